"""What a plan would do to this database: statements, rows, time, locks, and which values would not survive.

Reads only. The values are converted by the same functions as when the plan is applied, so what is foretold is what
happens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa

from formloom.errors import Text
from formloom.metadata.catalog import Field
from formloom.storage import choices, conversion, filling
from formloom.storage.choices import NO_CHOICES, Choices
from formloom.storage.conversion import Converted, key_of
from formloom.storage.database import Unit
from formloom.storage.diff import Plan, sql_of
from formloom.storage.filling import Fill
from formloom.storage.naming import Names
from formloom.storage.operations import AddColumn, AddForeignKeys, AddIndex, Operation, Rename
from formloom.storage.plain_text import typed
from formloom.storage.putting_aside import Convert, PutAside, PutEntityAside, count
from formloom.storage.tables import columns_of

ONLINE_ROWS: Final = 20_000     # from here on PostgreSQL converts and indexes before the switch, while work goes on
_SHOWN = 200
_SAMPLES, _IDS = 20, 5
_SECONDS = {    # per row, as measured with a million rows
    ("sqlite", "fill"): 1e-6, ("sqlite", "index"): 1e-6, ("sqlite", "convert"): 1.2e-5,
    ("postgresql", "fill"): 0.0, ("postgresql", "index"): 1.2e-6, ("postgresql", "convert"): 4e-5,
}
_FREE = Text("Nobody waits.")
_MOMENT = Text("For a moment nobody can use these records.")
_NO_WRITES = Text("Nobody can save these records meanwhile.")
_SINGLE_WRITER = Text("Nobody can save anything meanwhile.")


@dataclass(frozen=True, slots=True)
class Unconverted:
    """A value that does not convert by itself. `key` names it in `Conversion.mapping`; `suggestion` is what may go
    there, None where nothing is near. `mapped`: the mapping has it already."""

    key: str
    count: int
    why: Text
    suggestion: Any = None
    label: Any = None
    mapped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """`lost`: records that would have no value, or another than converted, where they have one now."""

    field_id: str
    was: Field
    now: Field
    values: int
    converted: int
    lost: int
    distinct: int                           # different values that do not convert
    unconverted: tuple[Unconverted, ...]    # the most frequent of them first
    otherwise: str
    bringing_back: bool = False             # originals return where nothing changed since


@dataclass(frozen=True, slots=True)
class Duplicate:
    values: tuple[str, ...]
    ids: tuple[int, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Records that share what shall be unique."""

    columns: tuple[str, ...]
    groups: int
    rows: int
    samples: tuple[Duplicate, ...]
    rule: str = ""          # by which `Choices.rules` may say that all but the first are emptied
    fixed: bool = False     # they do


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    text: Text
    risk: str
    element: str
    sql: tuple[str, ...]
    rows: int = 0
    seconds: float = 0.0
    lock: Text = _FREE
    rewrites: bool = False
    online: bool = False
    kept: int = 0                           # values or records that go to the archive
    conversion: Values | None = None
    duplicates: Duplicates | None = None

    @property
    def blocked(self) -> bool:
        """Whether it would stop the publication as it stands."""
        unsettled = (self.conversion is not None and self.conversion.lost > 0
                     and self.conversion.otherwise == choices.STOP)
        return unsettled or (self.duplicates is not None and not self.duplicates.fixed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """Records that a rule would refuse which is new or tighter. `key` names it in `Choices.rules`; `samples` are the
    first hundred, with their titles; `policies` are those that are open here, `chosen` the one that was chosen."""

    key: str
    entity: str
    field: str
    text: Text
    records: int
    samples: tuple[tuple[int, str], ...]
    policies: tuple[str, ...]
    chosen: str

    @property
    def blocked(self) -> bool:
        return self.chosen == choices.REFUSE


@dataclass(frozen=True, slots=True)
class Forecast:
    steps: tuple[Step, ...]
    rules: tuple[Failing, ...] = ()

    @property
    def blocked(self) -> bool:
        return any(step.blocked for step in self.steps) or any(rule.blocked for rule in self.rules)

    @property
    def lost(self) -> int:
        return sum(step.conversion.lost for step in self.steps if step.conversion)

    @property
    def kept(self) -> int:
        return sum(step.kept for step in self.steps)

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    @property
    def online(self) -> bool:
        """Whether anything is prepared for longer while work goes on."""
        return any(step.online for step in self.steps)


def forecast(unit: Unit, plan: Plan, chosen: Choices = NO_CHOICES) -> Forecast:
    scene = _Scene(unit, plan, chosen)
    return Forecast(tuple(scene.step(operation) for operation in plan.operations))


class _Scene:
    """The names that things have in the database now, by those they will have."""

    def __init__(self, unit: Unit, plan: Plan, chosen: Choices) -> None:
        self.unit, self.plan, self.chosen = unit, plan, chosen
        renames = [o for o in plan.operations if isinstance(o, Rename)]
        self.tables: dict[str, str] = {}
        self.columns: dict[tuple[str, str], str] = {}
        for one in renames:
            if one.column:
                self.columns[one.table, one.new] = self.columns.pop((one.table, one.old), one.old)
            else:
                self.tables[one.new] = self.tables.pop(one.old, one.old)
        self.inspector = sa.inspect(unit.connection)
        self._counted: dict[str, int] = {}

    def step(self, operation: Operation) -> Step:
        sql = tuple(sql_of(operation, self.unit))
        told: dict[str, Any] = {"lock": _MOMENT if sql else _FREE}
        if isinstance(operation, Convert):
            told |= self._conversion(operation)
        elif isinstance(operation, PutAside):
            told["kept"] = count(self.unit, operation.present)
        elif isinstance(operation, PutEntityAside):
            told["kept"] = self.rows(operation.table)
        elif isinstance(operation, AddIndex):
            told |= self._index(operation)
        elif isinstance(operation, AddForeignKeys):
            told["rows"] = self.rows(operation.table.name)
        elif isinstance(operation, AddColumn) and operation.fill is not None:
            told |= self._work(operation.table.name, "fill")
        return Step(text=operation.describe(), risk=operation.risk, element=operation.element, sql=sql, **told)

    def rows(self, table: str) -> int:
        name = self.tables.get(table, table)
        if name not in self._counted:
            there = self.inspector.has_table(name)
            query = sa.select(sa.func.count()).select_from(sa.table(name))
            self._counted[name] = (self.unit.connection.scalar(query) or 0) if there else 0
        return self._counted[name]

    def _work(self, table: str, kind: str, rows: int | None = None) -> dict[str, Any]:
        """How long it takes, and who waits for it."""
        there = self.rows(table)
        touched = there if rows is None else rows
        sqlite = self.unit.dialect == "sqlite"
        online = not sqlite and kind != "fill" and there >= ONLINE_ROWS
        waiting = _NO_WRITES if kind == "index" else _MOMENT
        return {"rows": touched, "seconds": touched * _SECONDS[self.unit.dialect, kind], "online": online,
                "rewrites": kind == "convert" or (kind == "fill" and sqlite),
                "lock": _SINGLE_WRITER if sqlite else _FREE if online else waiting}

    def _conversion(self, operation: Convert) -> dict[str, Any]:
        found = values_of(self.unit, operation)
        return {**self._work(operation.before.source.table, "convert", found.values), "conversion": found}

    def _index(self, operation: AddIndex) -> dict[str, Any]:
        table = str(operation.index.table.name) if operation.index.table is not None else ""
        told = self._work(table, "index")
        shared = self._duplicates(table, operation.index) if operation.index.unique else None
        if shared is None or not operation.rule:
            return {**told, "duplicates": shared}
        fixed = self.chosen.rule(operation.rule).policy == choices.FIX
        return {**told, "duplicates": replace(shared, rule=operation.rule, fixed=fixed)}

    def _duplicates(self, table: str, index: sa.Index) -> Duplicates | None:
        name, wanted = self.tables.get(table, table), tuple(c.name for c in index.columns)
        columns = tuple(self.columns.get((table, column), column) for column in wanted)
        filled = next((o for o in self.plan.operations if isinstance(o, Convert) and o.after.target.table == table
                       and set(o.after.target.columns.values()) & set(wanted)), None)
        if filled is not None:
            return _shared_later(self.unit, filled, wanted) if len(wanted) == 1 else None
        if not self.inspector.has_table(name):
            return None
        there = {c["name"] for c in self.inspector.get_columns(name)}
        return _shared_now(self.unit, name, columns, wanted) if set(columns) <= there else None


def _shared_now(unit: Unit, name: str, columns: tuple[str, ...], wanted: tuple[str, ...]) -> Duplicates | None:
    own = sa.table(name, sa.column("id", sa.Integer), *map(sa.column, columns))
    keys = [own.c[column] for column in columns]
    grouped = sa.select(*keys, sa.func.count().label("shared")).where(*(key.is_not(None) for key in keys))
    several = grouped.group_by(*keys).having(sa.func.count() > 1).subquery()
    groups, rows = unit.connection.execute(sa.select(sa.func.count(), sa.func.sum(several.c.shared))).one()
    if not groups:
        return None
    samples = []
    for *held, shared in unit.connection.execute(
            sa.select(several).order_by(several.c.shared.desc(), *several.c[:-1]).limit(_SAMPLES)):
        same = sa.and_(*(key == value for key, value in zip(keys, held, strict=True)))
        ids = unit.connection.scalars(sa.select(own.c.id).where(same).order_by(own.c.id).limit(_IDS))
        samples.append(Duplicate(tuple(map(str, held)), tuple(ids), shared))
    return Duplicates(wanted, groups, int(rows), tuple(samples))


def _shared_later(unit: Unit, operation: Convert, wanted: tuple[str, ...]) -> Duplicates | None:
    """Values that are different now may be the same once they are converted."""
    holders: dict[str, list[int]] = {}
    for id, _, after in _each(unit, operation):
        if not conversion.is_empty(after.value):
            holders.setdefault(str(after.value), []).append(id)
    shared = sorted(((v, ids) for v, ids in holders.items() if len(ids) > 1), key=lambda one: -len(one[1]))
    if not shared:
        return None
    samples = tuple(Duplicate((v,), tuple(ids[:_IDS]), len(ids)) for v, ids in shared[:_SAMPLES])
    return Duplicates(wanted, len(shared), sum(len(ids) for _, ids in shared), samples)


def values_of(unit: Unit, operation: Convert) -> Values:
    """How many values convert, and which do not."""
    job, names = operation.before, Names(unit, operation.places)
    held, unable = 0, Counter[str]()
    known: dict[str, tuple[Any, Field, Text]] = {}
    for value, after, times in _counted(unit, operation, names):
        if conversion.is_empty(value):
            continue
        held += times
        if after.why is not None:
            key = key_of(value, _field_of(job), names)
            unable[key] += times
            known.setdefault(key, (value, _field_of(job), after.why))
    shown = tuple(_unconverted(key, times, *known[key], job, names) for key, times in unable.most_common(_SHOWN))
    lost = sum(unable.values())
    return Values(
        field_id=job.target.field.id, was=_field_of(job), now=job.target.field, values=held, converted=held - lost,
        lost=lost, distinct=len(unable), unconverted=shown, otherwise=job.chosen.otherwise,
        bringing_back=bool(job.back))


def _field_of(job: Fill) -> Field:
    return job.others[0].field if job.others else job.source.field


def _unconverted(key: str, times: int, value: Any, was: Field, why: Text, job: Fill, names: Names) -> Unconverted:
    near = conversion.suggestion(value, was, job.target.field, names)
    suggested = None if near is None else typed(job.target.field).dump(near.value, job.target.field)
    return Unconverted(key, times, why, suggested, near.label if near else None,
                       key in job.chosen.mapping)


def _counted(unit: Unit, operation: Convert, names: Names) -> Iterator[tuple[Any, Converted, int]]:
    """Each value with what becomes of it and how often it is there; equal ones are converted once where the database
    can tell that they are equal."""
    job = operation.before
    if job.back or job.others or job.source.links or _suffixes(job.source.field) != ("",):
        yield from ((value, after, 1) for _, value, after in _each(unit, operation))
        return
    own = job.source.typed
    column = own.c[job.source.columns[""]]
    grouped = sa.select(column, sa.func.count()).where(column.is_not(None)).group_by(column)
    for value, times in unit.connection.execute(grouped):
        yield value, conversion.convert(value, job.source.field, job.target.field, job.chosen, names), times


def _suffixes(field: Field) -> tuple[str, ...]:
    return tuple(c.suffix for c in columns_of(field))


def _each(unit: Unit, operation: Convert) -> Iterator[tuple[int, Any, Converted]]:
    job, names, known, after = operation.before, Names(unit, operation.places), filling.Known(), 0
    while (ids := list(unit.connection.scalars(job.ids(after, filling.BATCH)))):
        found: Mapping[int, tuple[Any, Converted]] = filling.outcomes(unit, job, names, ids, known)
        yield from ((id, *found[id]) for id in ids)
        after = ids[-1]
