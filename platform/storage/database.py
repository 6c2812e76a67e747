"""The database and its units of work: the only place that opens connections and ends transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from formloom.storage.columns import dumps, loads
from formloom.storage.functions import postgresql as postgresql_functions
from formloom.storage.functions import sqlite as sqlite_functions

Wake: TypeAlias = Callable[[int], None]

_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=8000")
_STALE_STATES = frozenset(("42703", "42P01", "0A000"))   # no such column, no such table, cached plan changed
_STALE_WORDS = ("no such column", "no such table", "has no column named")
_UPGRADE_LOCK = 7_205_010_001
_open: ContextVar[bool] = ContextVar("formloom_unit_open", default=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """The element of a process instance in whose step something is done."""

    instance_id: int
    node: str


class Unit:
    """One transaction: a connection, and what is to happen once it has committed."""

    __slots__ = ("_after", "connection", "dialect", "origin", "wake")

    def __init__(self, connection: sa.Connection, wake: Wake | None = None) -> None:
        self.connection = connection
        self.wake = wake        # tells a worker of a new job, once it can be seen
        self.dialect = connection.dialect.name
        self.origin: Origin | None = None
        self._after: list[Callable[[], None]] = []

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Called in the order of registration, and not at all if the transaction rolls back."""
        self._after.append(callback)

    def insert_once(self, table: sa.Table, values: Mapping[str, Any], *keys: str) -> bool:
        """Inserts the row unless one with these keys exists; whether it did."""
        insert = postgresql.insert if self.dialect == "postgresql" else sqlite.insert
        statement = insert(table).values(values).on_conflict_do_nothing(index_elements=list(keys))
        return self.connection.execute(statement.returning(table.c[keys[0]])).first() is not None

    def committed(self) -> None:
        for callback in self._after:
            callback()


class Rehearsal(Unit):
    """A unit of `Database.rehearse`: nothing of it is kept, nobody is woken, nothing is called afterwards."""

    __slots__ = ()

    def committed(self) -> None:
        raise AssertionError("a rehearsal never commits")


class Database:
    """SQLite or PostgreSQL behind one engine; safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.dialect = self.url.get_backend_name()
        self.wake: Wake | None = None
        self.engine = _sqlite(self.url) if self.dialect == "sqlite" else _postgresql(self.url)

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A unit that is rolled back at its end."""
        with _alone(), self.engine.connect() as connection:
            yield Unit(connection)

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """A unit that commits at its end. On SQLite it takes the write lock at once: upgrading later would fail."""
        with _alone(), self._writing() as connection, connection.begin():
            unit = Unit(connection, self.wake)
            yield unit
        unit.committed()

    @contextmanager
    def rehearse(self) -> Iterator[Rehearsal]:
        """A unit that may write and is always rolled back. It sees the database as it was when it began, so the rows
        that are new to it are its own.
        """
        with _alone(), self._rehearsing() as connection:
            try:
                yield Rehearsal(connection)
            finally:
                connection.rollback()

    def upgrade(self) -> None:
        """Brings the platform's own tables and functions to this version of the code; processes that start together
        take turns."""
        with self.write() as unit:
            if self.dialect == "postgresql":
                unit.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
            config.attributes["connection"] = unit.connection
            command.upgrade(config, "head")
            if self.dialect == "postgresql":
                for statement in postgresql_functions.functions():
                    unit.connection.exec_driver_sql(statement)

    def _writing(self) -> sa.Connection:
        return self.engine.connect().execution_options(sqlite_begin="IMMEDIATE")

    def _rehearsing(self) -> sa.Connection:
        if self.dialect == "sqlite":
            return self._writing()
        return self.engine.connect().execution_options(isolation_level="REPEATABLE READ")

    def forget_statements(self) -> None:
        """Compiled statements hold on to the tables of catalogs that are gone."""
        self.engine.clear_compiled_cache()

    def dispose(self) -> None:
        """After a fork: the parent keeps its connections, this process opens its own."""
        self.engine.dispose(close=False)


def is_stale_schema(error: BaseException) -> bool:
    """Whether a statement failed because tables changed under it: refresh the catalog and run the unit once more."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in _STALE_STATES
    return any(words in str(error.orig) for words in _STALE_WORDS)


@contextmanager
def _alone() -> Iterator[None]:
    """A unit inside a unit would wait for its own lock, or not see what the outer one did."""
    if _open.get():
        raise RuntimeError("a unit of work is open already; pass it on instead of opening another")
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)


def _sqlite(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url, json_serializer=dumps, json_deserializer=loads)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    sqlite_functions.register(connection)


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sqlite_begin', '')}")


def _postgresql(url: sa.URL) -> sa.Engine:
    return sa.create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True,
                            json_serializer=dumps, json_deserializer=loads)
