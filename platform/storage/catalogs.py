"""The catalog in force: its sources in the database, published together with the tables they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from formloom.errors import FormloomError, NotFound, Text
from formloom.metadata import compiler, layers
from formloom.metadata.catalog import Catalog
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.sources import Source
from formloom.storage import archive, backfill, diff, reversal, state
from formloom.storage.choices import NO_CHOICES, Choices, from_json, to_json
from formloom.storage.database import Database, Unit
from formloom.storage.forecast import ONLINE_ROWS
from formloom.storage.operations import Stamp
from formloom.storage.platform_tables import fl_catalog
from formloom.storage.shadows import Shadows, shadows, taking

First: TypeAlias = Callable[[Unit, Catalog | None], Iterable[str]]
_PUBLISH_LOCK = 7_205_010_002
_HISTORY_ROWS = 500


class StaleCatalog(FormloomError):
    """Somebody else published between reading and publishing; nothing was applied."""

    code, status = "stale-catalog", 409

    def __init__(self) -> None:
        super().__init__(Text("Something else was published meanwhile."), Text("Look at it, then publish again."))


@dataclass(frozen=True, slots=True)
class Published:
    """A publication that changed one file; `text` is what was in force from then on, empty for nothing."""

    id: int
    at: datetime
    by: int
    text: str
    local: bool
    reason: str = ""        # in the words of who published it


@dataclass(frozen=True, slots=True)
class Earlier:
    sources: tuple[Source, ...]
    choices: Choices


def _source(kept: Sequence[str]) -> Source:
    """Catalogs of early days kept a fourth part, which nothing reads any more."""
    return Source(*kept[:3])


def version(unit: Unit) -> str | None:
    return state.values(unit).get("catalog")


def load(unit: Unit) -> tuple[Source, ...] | None:
    """The sources in force; None before the first publication."""
    newest = sa.select(fl_catalog.c.sources).order_by(fl_catalog.c.id.desc()).limit(1)
    found = unit.connection.execute(newest).scalar_one_or_none()
    return None if found is None else tuple(_source(source) for source in found)


def tolerated(unit: Unit) -> frozenset[str]:
    """Keys of the rules in force that hold only for what is new or changed."""
    newest = sa.select(fl_catalog.c.tolerated).order_by(fl_catalog.c.id.desc()).limit(1)
    return frozenset(unit.connection.execute(newest).scalar_one_or_none() or ())


@dataclass(frozen=True, slots=True)
class Publication:
    """`sources` are left out of lists; `plan` is what was done to the tables, a line each."""

    id: int
    version: str
    at: datetime
    by: int
    reason: str
    plan: str
    newest: bool
    sources: tuple[Source, ...] = ()


def publications(unit: Unit, limit: int = _HISTORY_ROWS) -> list[Publication]:
    """What was published, newest first."""
    t = fl_catalog.c
    chosen = sa.select(t.id, t.version, t.applied_at, t.applied_by, t.reason, t.plan).order_by(t.id.desc()).limit(limit)
    return [Publication(row.id, row.version, row.applied_at, row.applied_by or 0, row.reason or "", row.plan, n == 0)
            for n, row in enumerate(unit.connection.execute(chosen))]


def publication(unit: Unit, id: int) -> Publication:
    """One with its sources. Raises NotFound."""
    row = unit.connection.execute(sa.select(fl_catalog).where(fl_catalog.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(Text("There is no such version."))
    newest = unit.connection.execute(sa.select(sa.func.max(fl_catalog.c.id))).scalar_one()
    return Publication(row.id, row.version, row.applied_at, row.applied_by or 0, row.reason or "", row.plan,
                       row.id == newest, tuple(_source(source) for source in row.sources))


def sources_before(unit: Unit, id: int) -> tuple[Source, ...]:
    """What was in force until this publication; nothing before the first."""
    earlier = sa.select(fl_catalog.c.sources).where(fl_catalog.c.id < id).order_by(fl_catalog.c.id.desc()).limit(1)
    return tuple(_source(source) for source in unit.connection.execute(earlier).scalar_one_or_none() or ())


def sources_at(unit: Unit, moment: datetime) -> tuple[Source, ...]:
    """What was in force then."""
    then = (sa.select(fl_catalog.c.sources).where(fl_catalog.c.applied_at <= moment)
            .order_by(fl_catalog.c.id.desc()).limit(1))
    return tuple(_source(source) for source in unit.connection.execute(then).scalar_one_or_none() or ())


def history(unit: Unit, path: str) -> list[Published]:
    """The publications that changed a file, newest first."""
    newest = sa.select(
        fl_catalog.c.id, fl_catalog.c.applied_at, fl_catalog.c.applied_by, fl_catalog.c.sources,
        fl_catalog.c.reason
    ).order_by(fl_catalog.c.id.desc()).limit(_HISTORY_ROWS)
    found: list[Published] = []
    for row in unit.connection.execute(newest):
        held = layers.at((_source(source) for source in row.sources), path)
        one = Published(row.id, row.applied_at, row.applied_by or 0, held.text, held.local is not None,
                        row.reason or "")
        if found and (found[-1].text, found[-1].local) == (one.text, one.local):
            found.pop()
        found.append(one)
    if found and not found[-1].text:
        found.pop()
    return found


def _compiled(unit: Unit, types: Mapping[str, FieldType]) -> Catalog | None:
    """What is in force; None before the first publication."""
    sources = load(unit)
    return None if sources is None else compiler.compile(sources, types)


def earlier(unit: Unit, id: int, types: Mapping[str, FieldType]) -> Earlier:
    """A publication of the past, to be published again: going back is going on to what was.

    The choices are those of the way there, reversed; what has no way back becomes empty, and stays in the archive.
    """
    row = unit.connection.execute(sa.select(fl_catalog).where(fl_catalog.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(Text("There is no publication {id}.", id=id))
    since = unit.connection.execute(
        sa.select(fl_catalog.c.choices).where(fl_catalog.c.id > id).order_by(fl_catalog.c.id)).scalars()
    sources = tuple(_source(source) for source in row.sources)
    was = compiler.compile(sources, types)
    return Earlier(sources, reversal.reversed_choices(_compiled(unit, types), was, map(from_json, since)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """What is to be published: see `publish`."""

    catalog: Catalog
    types: Mapping[str, FieldType]
    by: int
    now: datetime
    then: Callable[[Unit, Catalog | None], None]
    expected: str | None
    known: Catalog | None
    reason: str
    choices: Choices
    first: First

    def planned(self, unit: Unit) -> tuple[Catalog | None, diff.Plan]:
        """What is in force, and what leads from there to here. Raises StaleCatalog."""
        in_force = version(unit)
        if self.expected is not None and in_force != self.expected:
            raise StaleCatalog
        old = self.known if self.known is not None and self.known.version == in_force else _compiled(unit, self.types)
        return old, diff.plan(old, self.catalog, self.choices, archive.load(unit, self.types, self.catalog))


class _Overtaken(Exception):
    """What was made ready is not what is needed any more."""


Progress: TypeAlias = backfill.Progress


def untold(done: int, total: int, step: Text) -> None:
    """For whoever does not ask how far it is."""


def publish(
    database: Database, catalog: Catalog, types: Mapping[str, FieldType], by: int, now: datetime,
    then: Callable[[Unit, Catalog | None], None] = lambda unit, old: None, expected: str | None = None,
    known: Catalog | None = None, reason: str = "", choices: Choices = NO_CHOICES, first: First = lambda unit, old: (),
    progress: Progress = untold,
) -> diff.Plan:
    """Tables, sources and version in one transaction: a crash leaves the old or the new, never something between.

    Publishers take turns, and each compares with what is in force by then; `then` gets what that was, in the same
    transaction, and `first` before anything changed: it gives the keys of rules that old values need not meet.
    `expected`: the version that `catalog` was made from; `known`: what was in force a moment ago, to be compared with
    if it still is. On PostgreSQL large tables are made ready before, in short transactions, and who holds on to a table
    makes us try again. Raises BadConfiguration, StaleCatalog, DoesNotConvert, TablesBusy.
    """
    wish = Publishing(catalog=catalog, types=types, by=by, now=now, then=then, expected=expected, known=known,
                      reason=reason, choices=choices, first=first)
    if database.dialect == "sqlite":
        return _switch(database, wish, Shadows())
    while True:
        ready = _prepare(database, wish, progress)
        try:
            plan = backfill.patiently(lambda: _switch(database, wish, ready))  # noqa: B023 - called at once
        except _Overtaken:
            continue
        backfill.validate(database)
        return plan


def _prepare(database: Database, wish: Publishing, progress: Progress) -> Shadows:
    with database.read() as unit:
        if version(unit) == wish.catalog.version:
            return Shadows()
        wanted = shadows(wish.planned(unit)[1], wish.catalog.version, _large(unit))
        clean = backfill.is_clean(unit)
    backfill.forget_defaults(database)
    if wanted.fills:
        with database.rehearse() as unit:
            wish.first(unit, wish.planned(unit)[0])
    try:
        if wanted.keys or not clean:
            backfill.prepare(database, wanted, progress)
    except (FormloomError, IntegrityError):
        backfill.prepare(database, Shadows(), progress)
        raise
    return wanted


def _large(unit: Unit) -> Callable[[str], bool]:
    def is_large(table: str) -> bool:
        if table not in known:
            some = sa.select(sa.literal(1)).select_from(sa.table(table)).limit(ONLINE_ROWS).subquery()
            known[table] = (unit.connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0) >= ONLINE_ROWS
        return known[table]

    known: dict[str, bool] = {}
    there = set(sa.inspect(unit.connection).get_table_names())
    return lambda table: table in there and is_large(table)


def _switch(database: Database, wish: Publishing, ready: Shadows) -> diff.Plan:
    catalog = wish.catalog
    with database.write() as unit:
        if unit.dialect == "postgresql":
            unit.connection.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
            unit.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PUBLISH_LOCK)))
        if version(unit) == catalog.version:
            return diff.Plan(())
        old, plan = wish.planned(unit)
        tolerated = sorted(wish.first(unit, old))
        unit.connection.execute(fl_catalog.insert().values(
            version=catalog.version, sources=[list(astuple(s)) for s in catalog.sources], applied_at=wish.now,
            applied_by=wish.by, plan="\n".join(map(str, plan.describe())), reason=wish.reason or None,
            choices=to_json(wish.choices) if wish.choices != NO_CHOICES else None, tolerated=tolerated or None,
        ))
        _changed(unit, plan, ready, Stamp(catalog.version, wish.now, wish.by))
        state.put(unit, "catalog", catalog.version)
        wish.then(unit, old)
    return plan


def _changed(unit: Unit, plan: diff.Plan, ready: Shadows, stamp: Stamp) -> None:
    if unit.dialect == "sqlite":
        plan.apply(unit, stamp)
        return
    wanted = shadows(plan, stamp.version, _large(unit))
    if wanted.keys != ready.keys:
        raise _Overtaken
    backfill.wait_briefly(unit)
    backfill.hold(unit, wanted)
    taking(plan, wanted).apply(unit, stamp)
