"""A copy of the whole database beside it, to try something out on; gone afterwards.

On SQLite a file, by the backup interface. On PostgreSQL a schema of the same database, which needs no other right than
that of making one: tables, constraints and indexes under their names, rows of one snapshot, sequences of its own.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from formloom.errors import Conflict, Text
from formloom.storage.database import Database
from formloom.storage.functions import postgresql as functions

Told = Callable[[int, int], None]       # tables done, of how many
PREFIX: Final = "fl_scratch_"
_FORBIDDEN: Final = "42501"             # insufficient privilege
_ROOM: Final = 1.2                      # times its size have to be free


@contextmanager
def copied(database: Database, folder: Path, told: Told = lambda done, total: None) -> Iterator[str]:
    """The URL of the copy. `folder`: where a file may lie. Raises Conflict without room or the right to make it."""
    if database.dialect == "sqlite":
        with _file(database, folder, told) as url:
            yield url
    else:
        with _schema(database, told) as url:
            yield url


@contextmanager
def _file(database: Database, folder: Path, told: Told) -> Iterator[str]:
    source = Path(database.url.database or "")
    if shutil.disk_usage(folder).free < source.stat().st_size * _ROOM:
        raise Conflict(Text("The disk has no room for a copy of the database."), Text("Make room, then try again."))
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=folder) as beside:
        copy = Path(beside) / "copy.db"
        with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(copy)) as write:
            told(0, 1)
            read.backup(write)      # in one go: a backup in parts begins anew whenever somebody writes
            told(1, 1)
        yield database.url.set(database=str(copy)).render_as_string(hide_password=False)


@contextmanager
def _schema(database: Database, told: Told) -> Iterator[str]:
    """Whoever makes one holds a lock by its name: a schema that nobody holds was left behind by a process that died."""
    name = f"{PREFIX}{uuid4().hex[:12]}"
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as holding:
        _forget_left_behind(holding)
        holding.execute(sa.select(sa.func.pg_advisory_lock(sa.func.hashtext(name))))
        _make(holding, name)
        try:
            snapshot = database.engine.connect().execution_options(isolation_level="REPEATABLE READ")
            with snapshot as connection, connection.begin():
                _fill(connection, name, told)
            url = database.url.update_query_dict({"options": f"-csearch_path={name}"})
            yield url.render_as_string(hide_password=False)
        finally:
            holding.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
            holding.execute(sa.select(sa.func.pg_advisory_unlock(sa.func.hashtext(name))))


def _make(connection: sa.Connection, name: str) -> None:
    try:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _FORBIDDEN:
            raise
        raise Conflict(Text("The database does not let us make a schema for the copy."),
                       Text("Let whoever owns the database say: GRANT CREATE ON DATABASE ... TO ...")) from error


def _forget_left_behind(connection: sa.Connection) -> None:
    known = sa.text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :prefix)")
    for name in connection.scalars(known, {"prefix": PREFIX}).all():
        lock = sa.func.hashtext(name)
        if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(lock))):
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            connection.execute(sa.select(sa.func.pg_advisory_unlock(lock)))


_TABLES = """SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
AND c.relkind = 'r' ORDER BY c.relname"""
_SERIALS = """SELECT t.relname, a.attname, s.relname AS sequence FROM pg_class s
JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE s.relkind = 'S' AND t.relnamespace = current_schema()::regnamespace"""
_CONSTRAINTS = """SELECT t.relname, c.conname, pg_get_constraintdef(c.oid) AS told FROM pg_constraint c
JOIN pg_class t ON t.oid = c.conrelid WHERE t.relnamespace = current_schema()::regnamespace
AND c.contype IN ('p', 'u', 'f') ORDER BY c.contype = 'f', t.relname, c.conname"""
_INDEXES = """SELECT i.relname, pg_get_indexdef(i.oid) AS told FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid WHERE i.relnamespace = current_schema()::regnamespace AND NOT EXISTS
(SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u', 'x'))"""


def _fill(connection: sa.Connection, scratch: str, told: Told) -> None:
    """What the catalog of PostgreSQL says is asked while names are those of the original, then said in the copy."""
    def ask(words: str) -> list[Any]:
        return list(connection.execute(sa.text(words)).all())

    quote = connection.dialect.identifier_preparer.quote
    source = quote(str(connection.scalar(sa.text("SELECT current_schema()"))))
    tables = [row.relname for row in ask(_TABLES)]
    serials, constraints, indexes = ask(_SERIALS), ask(_CONSTRAINTS), ask(_INDEXES)
    for number, table in enumerate(tables):
        told(number, len(tables) + 1)
        mine, original = f"{scratch}.{quote(table)}", f"{source}.{quote(table)}"
        _do(connection, f"CREATE TABLE {mine} (LIKE {original} INCLUDING ALL EXCLUDING INDEXES)")
        _do(connection, f"INSERT INTO {mine} OVERRIDING SYSTEM VALUE SELECT * FROM {original}")  # noqa: S608 - quoted
    _do(connection, f"SET LOCAL search_path = {scratch}")
    for table, column, sequence in serials:
        _do(connection, f"CREATE SEQUENCE {quote(sequence)} OWNED BY {quote(table)}.{quote(column)}")
        _do(connection, f"ALTER TABLE {quote(table)} ALTER {quote(column)} SET DEFAULT nextval('{quote(sequence)}')")
        _do(connection, f"SELECT setval('{quote(sequence)}', (SELECT coalesce(max({quote(column)}), 0) + 1"  # noqa: S608
                        f" FROM {quote(table)}), false)")
    for table, name, words in constraints:
        _do(connection, f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} {words}")
    for _, words in indexes:
        _do(connection, words.replace(f" ON {source}.", f" ON {scratch}.", 1))
    for statement in functions.functions():
        _do(connection, statement)
    told(len(tables) + 1, len(tables) + 1)


def _do(connection: sa.Connection, statement: str) -> None:
    connection.exec_driver_sql(statement.replace("%", "%%"))
