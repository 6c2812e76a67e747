"""Loads the data that ships with a pack: reference data always, demo data once and only in demo mode.

In bulk: no rules of roles, no listeners and no audit, for nobody did this; but types, required fields, formulas and
constraints hold. What people do afterwards in a demo goes through actions, as themselves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from formloom.errors import BadConfiguration, Problem, Text
from formloom.exchange import data_files
from formloom.exchange.data_cells import Cells, Names
from formloom.exchange.data_files import Batch, Row
from formloom.metadata.catalog import Entity
from formloom.policy.actor import Actor
from formloom.records import actions, derivation, validation
from formloom.records.context import Context
from formloom.records.query import Query
from formloom.records.scope import Scope
from formloom.storage import rows, sequences, state

LOADED = "demo_loaded"

ActorOf = Callable[[str], Actor]


@dataclass(slots=True)
class Loaded:
    """What one load has written, kept in memory until formulas are computed and rules checked."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sources: dict[tuple[str, int], Row] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, row: Row, text: Text) -> None:
        self.problems.append(Problem("bad-data", text, row.place))

    def refuse(self) -> None:
        if self.problems:
            raise BadConfiguration(self.problems)


def load_reference(context: Context, folder: Path) -> int:
    """How many records were added: none of an entity that has records already."""
    batches = [b for b in data_files.reference(folder) if not context.store.count(context.unit, b.entity, None, 1)]
    return _load(context, batches, days=0)


def load_demo(context: Context, folder: Path, today: date) -> int:
    """How many records were added; nothing when this database has had its demo data."""
    plan = data_files.demo(folder)
    if plan is None or LOADED in state.values(context.unit):
        return 0
    state.put(context.unit, LOADED, today.isoformat())
    days = (today - plan.anchor).days if plan.anchor else 0
    return _load(context, data_files.demo_batches(folder, plan), days)


def play(context: Context, folder: Path, actor_of: ActorOf) -> None:
    """What people of the demo do, as themselves: submit what they drafted, open what they were told of."""
    plan = data_files.demo(folder)
    if plan is None:
        return
    for act in plan.actions:
        _act(dataclasses.replace(context, actor=actor_of(str(act["as"]))), act)
    for made in plan.records:
        _create(dataclasses.replace(context, actor=actor_of(str(made["as"]))), made)


def _act(context: Context, act: Mapping[str, Any]) -> None:
    query = Query(filter=str(act.get("filter", "")), page_size=int(act.get("limit", 1)))
    for record in actions.list(context, str(act["entity"]), query).records:
        actions.run(context, str(act["entity"]), record.id, str(act["action"]))


def _create(context: Context, made: Mapping[str, Any]) -> None:
    entity, names = context.catalog.entity(str(made["entity"])), Names(context)
    references = {name: names.find(str(entity.field(name).target), text)
                  for name, text in made.get("references", {}).items()}
    actions.create(context, entity.name, {**made.get("values", {}), **references})


def _load(context: Context, batches: Iterable[Batch], days: int) -> int:
    names, loaded = Names(context), Loaded()
    for batch in batches:
        cells = Cells(context, names, days if batch.shift else 0)
        _insert(context, batch, cells, names, loaded)
        loaded.refuse()
    for name in loaded.rows:
        _finish(context, context.catalog.entity(name), loaded)
    loaded.refuse()
    return sum(map(len, loaded.rows.values()))


def _insert(context: Context, batch: Batch, cells: Cells, names: Names, loaded: Loaded) -> None:
    entity = context.catalog.entity(batch.entity)
    made: list[tuple[Row, dict[str, Any]]] = []
    for row in batch.rows:
        try:
            made.append((row, _complete(context, entity, cells.read(entity, row.values))))
        except ValueError as error:
            loaded.problem(row, error.args[0])
    for (row, values), record_id in zip(made, _write(context, entity, [v for _, v in made]), strict=True):
        values["id"] = record_id
        names.add(entity, values, record_id, row.key)
        loaded.sources[entity.name, record_id] = row
    loaded.rows.setdefault(entity.name, []).extend(values for _, values in made)
    _continue_numbers(context, entity, [values for _, values in made])


def _complete(context: Context, entity: Entity, values: dict[str, Any]) -> dict[str, Any]:
    """Defaults, numbers that were not given, and who made it when."""
    values = {**derivation.defaults(context, entity, values), **values}
    at = values.setdefault("created_at", context.now)
    author = values.get(entity.owner or "") or context.actor.user_id or None
    return {"updated_at": at, "created_by": author, "updated_by": author, "version": 1} | values


def _write(context: Context, entity: Entity, values: list[dict[str, Any]]) -> list[int]:
    if rows.links_of(entity):
        return [context.store.insert(context.unit, entity.name, one) for one in values]
    table = context.store.tables[entity.name]
    stored = [rows.stored(entity, table, one) for one in values]
    columns = {name for one in stored for name in one}
    even = [{name: one.get(name) for name in columns} for one in stored]
    if not even:
        return []
    statement = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return [int(number) for number in context.unit.connection.scalars(statement, even)]


def _continue_numbers(context: Context, entity: Entity, values: list[dict[str, Any]]) -> None:
    for one in entity.fields.values():
        if one.type.name == "sequence":
            given = [str(v[one.name]) for v in values if v.get(one.name)]
            sequences.continue_after(context.unit, entity.name, one.name, str(one.options["pattern"]), given)


def _finish(context: Context, entity: Entity, loaded: Loaded) -> None:
    """Formulas and roll-ups over the rows in memory, then the rules of a record."""
    if entity.parent in loaded.rows:
        return      # computed and checked with its parent
    children = {name: _by_parent(loaded.rows.get(child.name, []))
                for name, child in context.catalog.children(entity).items()}
    for row in loaded.rows[entity.name]:
        below = {name: by_parent.get(row["id"], []) for name, by_parent in children.items()}
        derivation.compute(context, entity, row, below)
        for error in validation.check(context, entity, row, Scope(context, entity, row, below), ()):
            loaded.problem(loaded.sources[entity.name, row["id"]],
                           Text("{column}: {reason}", column=error.path, reason=error.message))
    _store_computed(context, entity, loaded.rows[entity.name])
    for child in context.catalog.children(entity).values():
        _store_computed(context, child, loaded.rows.get(child.name, []))


def _by_parent(children: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(children, key=lambda r: r.get("position") or 0):
        found.setdefault(row["parent"], []).append(row)
    return found


def _store_computed(context: Context, entity: Entity, computed: list[dict[str, Any]]) -> None:
    names = [f.name for f in entity.fields.values() if f.type.name in ("formula", "rollup")]
    if not names or not computed:
        return
    table = context.store.tables[entity.name]
    statement = sa.update(table).where(table.c.id == sa.bindparam("b_id")).values(
        {name: sa.bindparam(f"b_{name}") for name in names})
    context.unit.connection.execute(
        statement, [{"b_id": row["id"], **{f"b_{name}": row.get(name) for name in names}} for row in computed])
