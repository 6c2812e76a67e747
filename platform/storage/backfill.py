"""Makes shadows ready on PostgreSQL, in short transactions that wait for nobody and can be taken up again; and ends
them at the switch."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from formloom.errors import FormloomError, Text
from formloom.storage import filling
from formloom.storage.database import Database, Unit
from formloom.storage.holding import among
from formloom.storage.naming import Names
from formloom.storage.operations import literal
from formloom.storage.platform_tables import fl_shadow, fl_shadow_row
from formloom.storage.shadows import ShadowColumn, ShadowFill, ShadowIndex, Shadows

Progress = Callable[[int, int, Text], None]
T = TypeVar("T")

LOCK_TIMEOUT: Final = "300ms"   # below a second: who waits longer is looked at for deadlocks, and may lose
FEW: Final = 300                # records that may be left to convert at the switch
_PREPARE_LOCK = 7_205_010_003
_PATIENCE = 120.0
_BUSY = ("55P03", "40P01")      # lock not available, deadlock
_FUNCTION = """CREATE OR REPLACE FUNCTION fl_note_shadow() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
INSERT INTO fl_shadow_row (key, row_id) VALUES (TG_ARGV[0], NEW.id); RETURN NULL; END $body$"""


class TablesBusy(FormloomError):
    """Somebody held on to the tables for so long that the publication gave up; nothing was applied."""

    code, status = "tables-busy", 503

    def __init__(self) -> None:
        super().__init__(Text("The tables are in use all the time."), Text("Publish again when less is going on."))


def is_busy(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _BUSY


def patiently(work: Callable[[], T]) -> T:
    """Tries again while others hold the locks, so that nobody queues behind us for long. Raises `TablesBusy`."""
    end, pause = time.monotonic() + _PATIENCE, 0.1
    while True:
        try:
            return work()
        except DBAPIError as error:
            if not is_busy(error):
                raise
            if time.monotonic() > end:
                raise TablesBusy from error
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - guards nothing
        pause = min(pause * 1.5, 2.0)


def wait_briefly(unit: Unit) -> None:
    unit.connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")


def prepare(database: Database, wanted: Shadows, progress: Progress) -> None:
    """What `wanted` names is there and filled when this ends; what other publications left behind is gone."""
    with _alone(database) as connection:
        _clear(database, connection, wanted.keys)
        if wanted.keys:
            connection.exec_driver_sql(_FUNCTION)
        for column in wanted.columns:
            patiently(lambda column=column: _add_column(database, connection, column))  # type: ignore[misc]
        for fill in wanted.fills:
            _fill(database, fill, progress)
        for index in wanted.indexes:
            progress(0, 0, index.operation.describe())
            _add_index(database, connection, index)


def is_clean(unit: Unit) -> bool:
    return unit.connection.scalar(sa.select(sa.func.count()).select_from(fl_shadow)) == 0


@contextmanager
def _alone(database: Database) -> Iterator[sa.Connection]:
    """A connection without transactions, for what cannot be done in one. One process prepares at a time; the lock ends
    with the connection, also with that of a process that died."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(_PREPARE_LOCK)))
        try:
            yield connection
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_PREPARE_LOCK)))


def _quote(connection: sa.Connection) -> Callable[[str], str]:
    return connection.dialect.identifier_preparer.quote


def _known(database: Database, key: str) -> Any:
    with database.read() as unit:
        return unit.connection.execute(sa.select(fl_shadow).where(fl_shadow.c.key == key)).one_or_none()


def _note(unit: Unit, key: str, kind: str, table: str, names: Collection[str], done: bool) -> None:
    unit.connection.execute(sa.insert(fl_shadow).values(
        key=key, kind=kind, table_name=table, names=list(names), after_id=0, done=done))


def _add_column(database: Database, connection: sa.Connection, column: ShadowColumn) -> None:
    """With its constant default, which rows that are written until the switch get too."""
    if _known(database, column.key) is not None:
        return
    quote, own = _quote(connection), column.operation.column
    given = "" if column.operation.fill is None else f" DEFAULT {literal(column.operation.fill, own, connection)}"
    with database.write() as unit:
        wait_briefly(unit)
        unit.connection.execute(sa.text(
            f"ALTER TABLE {quote(column.table)} ADD COLUMN {quote(column.name)} "
            f"{own.type.compile(connection.dialect)}{given}".replace(":", r"\:")))
        _note(unit, column.key, "column", column.table, [column.name], True)


def _fill(database: Database, wanted: ShadowFill, progress: Progress) -> None:
    patiently(lambda: _begin(database, wanted))
    known = _known(database, wanted.key)
    with database.read() as unit:
        total = unit.connection.scalar(sa.select(sa.func.count()).select_from(
            wanted.fill.ids(known.after_id, 2**31 - 1).subquery())) or 0
        names = Names(unit, wanted.operation.places)
    after, done, told, values = int(known.after_id), 0, wanted.operation.describe(), filling.Known()
    while True:
        progress(done, total, told)
        found = patiently(lambda after=after: _next(database, wanted, names, values, after))  # type: ignore[misc]
        if found is None:
            break
        after, count = found
        done += count
    while patiently(lambda: _drained(database, wanted, names)) > FEW:
        progress(done, total, told)


def _begin(database: Database, wanted: ShadowFill) -> None:
    if _known(database, wanted.key) is not None:
        return
    table = wanted.fill.source.table
    with database.write() as unit:
        wait_briefly(unit)
        quote = _quote(unit.connection)
        for name, column in wanted.columns.items():
            kind = column.type.compile(unit.connection.dialect)
            unit.connection.exec_driver_sql(f"ALTER TABLE {quote(table)} ADD COLUMN {quote(name)} {kind}")
        read = wanted.fill.others or (wanted.fill.source,)
        watched = ", ".join(quote(name) for held in read for name in held.columns.values())
        unit.connection.exec_driver_sql(
            f"CREATE TRIGGER {_trigger(wanted.key)} AFTER INSERT OR UPDATE OF {watched} ON {quote(table)} "
            f"FOR EACH ROW EXECUTE FUNCTION fl_note_shadow('{wanted.key}')")
        _note(unit, wanted.key, "fill" if wanted.columns else "bring", table, wanted.columns, False)


def _trigger(key: str) -> str:
    return f"fl_shadow_{key}"


def _next(
    database: Database, wanted: ShadowFill, names: Names, values: filling.Known, after: int,
) -> tuple[int, int] | None:
    """Converts the next records; those that somebody is writing are left for later."""
    with database.write() as unit:
        names.unit = unit
        ids = list(unit.connection.scalars(wanted.fill.ids(after, filling.BATCH)))
        if not ids:
            unit.connection.execute(sa.update(fl_shadow).where(fl_shadow.c.key == wanted.key).values(done=True))
            return None
        free = _locked(unit, wanted, ids)
        filling.batch(unit, wanted.fill, names, free, values)
        _note_rows(unit, wanted.key, set(ids) - set(free))
        unit.connection.execute(
            sa.update(fl_shadow).where(fl_shadow.c.key == wanted.key).values(after_id=ids[-1]))
    return ids[-1], len(ids)


def _locked(unit: Unit, wanted: ShadowFill, ids: Collection[int]) -> list[int]:
    table = sa.table(wanted.fill.source.table, sa.column("id", sa.Integer))
    query = sa.select(table.c.id).where(among(table.c.id, ids, unit)).order_by(table.c.id)
    return list(unit.connection.scalars(query.with_for_update(skip_locked=True, key_share=True)))


def _drained(database: Database, wanted: ShadowFill, names: Names) -> int:
    with database.write() as unit:
        names.unit = unit
        return drain(unit, wanted, names)


def drain(unit: Unit, wanted: ShadowFill, names: Names) -> int:
    """Converts what was written since; how many. What somebody is writing again stays noted."""
    waiting = sa.select(fl_shadow_row.c.id).where(fl_shadow_row.c.key == wanted.key).order_by(fl_shadow_row.c.id)
    gone = sa.delete(fl_shadow_row).where(fl_shadow_row.c.id.in_(waiting.limit(filling.BATCH))).returning(
        fl_shadow_row.c.row_id)
    ids = sorted(set(unit.connection.scalars(gone)))
    free = _locked(unit, wanted, ids)
    filling.batch(unit, wanted.fill, names, free, filling.Known(), again=True)
    _note_rows(unit, wanted.key, _there(unit, wanted, set(ids) - set(free)))
    return len(free)


def _there(unit: Unit, wanted: ShadowFill, ids: Collection[int]) -> list[int]:
    table = sa.table(wanted.fill.source.table, sa.column("id", sa.Integer))
    return list(unit.connection.scalars(sa.select(table.c.id).where(among(table.c.id, ids, unit))))


def _note_rows(unit: Unit, key: str, ids: Collection[int]) -> None:
    if ids:
        unit.connection.execute(sa.insert(fl_shadow_row), [{"key": key, "row_id": id} for id in ids])


def _add_index(database: Database, connection: sa.Connection, wanted: ShadowIndex) -> None:
    quote = _quote(connection)
    if _known(database, wanted.key) is None:
        with database.write() as unit:
            _note(unit, wanted.key, "index", wanted.table, [wanted.name], False)
    valid = connection.scalar(sa.text(
        "SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = :name"),
        {"name": wanted.name})
    if valid:
        return
    if valid is False:
        connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY {quote(wanted.name)}")
    columns = ", ".join(map(quote, wanted.columns))
    unique = "UNIQUE " if wanted.operation.index.unique else ""
    try:
        connection.exec_driver_sql(
            f"CREATE {unique}INDEX CONCURRENTLY {quote(wanted.name)} ON {quote(wanted.table)} ({columns})")
    except IntegrityError:
        _clear(database, connection, frozenset())
        raise


def _clear(database: Database, connection: sa.Connection, keep: frozenset[str]) -> None:
    """What an earlier attempt prepared and nobody needs any more."""
    with database.read() as unit:
        left = [row for row in unit.connection.execute(sa.select(fl_shadow)) if row.key not in keep]
    quote = _quote(connection)
    for row in sorted(left, key=lambda row: str(row.kind != "index")):
        if row.kind == "index":
            for name in row.names:
                connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {quote(name)}")
        patiently(lambda row=row: _remove(database, row))  # type: ignore[misc]


def _remove(database: Database, row: Any) -> None:
    with database.write() as unit:
        wait_briefly(unit)
        quote = _quote(unit.connection)
        if row.kind != "index" and sa.inspect(unit.connection).has_table(row.table_name):
            unit.connection.exec_driver_sql(
                f"DROP TRIGGER IF EXISTS {_trigger(row.key)} ON {quote(row.table_name)}")
            for name in row.names:
                unit.connection.exec_driver_sql(
                    f"ALTER TABLE {quote(row.table_name)} DROP COLUMN IF EXISTS {quote(name)}")
        _forget(unit, row.key)


def _forget(unit: Unit, key: str) -> None:
    unit.connection.execute(sa.delete(fl_shadow_row).where(fl_shadow_row.c.key == key))
    unit.connection.execute(sa.delete(fl_shadow).where(fl_shadow.c.key == key))


def hold(unit: Unit, ready: Shadows) -> None:
    """At the switch: nobody writes to these tables any more, and what was written last is converted."""
    quote = _quote(unit.connection)
    for table in sorted({wanted.fill.source.table for wanted in ready.fills}):
        unit.connection.exec_driver_sql(f"LOCK TABLE {quote(table)} IN ACCESS EXCLUSIVE MODE")
    for wanted in ready.fills:
        names = Names(unit, wanted.operation.places)
        while drain(unit, wanted, names):
            pass
        unit.connection.exec_driver_sql(
            f"DROP TRIGGER {_trigger(wanted.key)} ON {quote(wanted.fill.source.table)}")
    for key in sorted(ready.keys):
        _forget(unit, key)


def validate(database: Database) -> None:
    """Looks whether old values keep to foreign keys that were added for new ones."""
    with database.read() as unit:
        left = unit.connection.execute(sa.text(
            "SELECT r.relname, c.conname FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid"
            " WHERE c.contype = 'f' AND NOT c.convalidated AND pg_table_is_visible(r.oid)")).all()
    for table, name in left:
        patiently(lambda table=table, name=name: _validate(database, table, name))  # type: ignore[misc]


def forget_defaults(database: Database) -> None:
    """A new column has its default in the database for as long as others may write without knowing of it."""
    with database.read() as unit:
        left = unit.connection.execute(sa.text(
            "SELECT r.relname, a.attname FROM pg_attrdef d JOIN pg_class r ON r.oid = d.adrelid"
            " JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum"
            " WHERE r.relname LIKE 'e\\_%' AND a.attname <> 'id' AND a.attname NOT LIKE 's\\_%'"
            " AND pg_table_is_visible(r.oid)")).all()
    for table, name in left:
        patiently(lambda table=table, name=name: _forget_default(database, table, name))  # type: ignore[misc]


def _forget_default(database: Database, table: str, name: str) -> None:
    with database.write() as unit:
        wait_briefly(unit)
        quote = _quote(unit.connection)
        unit.connection.exec_driver_sql(f"ALTER TABLE {quote(table)} ALTER COLUMN {quote(name)} DROP DEFAULT")


def _validate(database: Database, table: str, name: str) -> None:
    with database.write() as unit:
        wait_briefly(unit)
        quote = _quote(unit.connection)
        unit.connection.exec_driver_sql(f"ALTER TABLE {quote(table)} VALIDATE CONSTRAINT {quote(name)}")
