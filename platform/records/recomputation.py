"""Records that are older than their formulas: computed again after a formula or roll-up was added or changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

import sqlalchemy as sa

from formloom.metadata.catalog import Catalog, Entity, Field, Sort
from formloom.policy.actor import SYSTEM, Actor
from formloom.records import derivation
from formloom.records.context import Context

JOB: Final = "recompute"
BATCH: Final = 200


class Runtime(Protocol):
    """What this needs of the composition root."""

    def model(self) -> Any: ...
    def writing(self, actor: Actor) -> Any: ...


def outdated(old: Catalog | None, new: Catalog) -> list[str]:
    """Entities with rows whose computed fields the new catalog computes otherwise; of a child, its parent."""
    known = {entity.id: entity for entity in old.entities.values()} if old else {}
    found = {entity.parent or entity.name for entity in new.entities.values()
             if entity.id in known and _formulas(new, entity) - _formulas(old, known[entity.id])}
    return sorted(found)


def _formulas(catalog: Catalog | None, entity: Entity) -> set[tuple[Any, ...]]:
    return {(f.id, f.formula.text if f.formula else "", _decided(catalog, f),
             repr(sorted(f.options.items(), key=lambda item: item[0])))
            for f in entity.fields.values() if f.type.computed and f.type.name != "sequence"}


def _decided(catalog: Catalog | None, field: Field) -> tuple[Any, ...]:
    """The decision as it is written, with the files it imports."""
    rule = field.decision
    if rule is None or catalog is None:
        return ()
    files = [catalog.decisions[rule.key]]
    for file in files:
        files += [other for other in catalog.decision_files if other.namespace in file.imports and other not in files]
    return (rule.key, rule.output, *sorted((name, e.text) for name, e in rule.inputs.items()),
            *(file.hash for file in files))


def carry_out(runtime: Runtime, name: str, after: int | None) -> None:
    """In short transactions, so that people go on working; a job that starts over finds less to do."""
    while after is not None and name in runtime.model().catalog.entities:
        with runtime.writing(SYSTEM) as context:
            after = batch(context, name, after)


def batch(context: Context, name: str, after: int) -> int | None:
    """Computes the next records; the id to go on after, None at the end. No audit: nobody changed a record."""
    entity = context.catalog.entity(name)
    beyond = context.store.tables[name].c.id > after
    rows = context.store.list(context.unit, name, where=beyond, sort=(Sort("id"),), limit=BATCH)
    for row in rows:
        children = context.store.children(context.unit, name, row["id"])
        before = [(entity, row, {**row})]
        for field, child in context.catalog.children(entity).items():
            before += [(child, below, {**below}) for below in children.get(field, [])]
        derivation.compute(context, entity, row, children)
        for owner, now, was in before:
            _write(context, owner, now, was)
    return rows[-1]["id"] if len(rows) == BATCH else None


def _write(context: Context, entity: Entity, now: Mapping[str, Any], was: Mapping[str, Any]) -> None:
    changed = {f.name: now[f.name] for f in _computed(entity) if now.get(f.name) != was.get(f.name)}
    if changed:
        table = context.store.tables[entity.name]
        context.unit.connection.execute(sa.update(table).where(table.c.id == now["id"]).values(changed))


def _computed(entity: Entity) -> Iterator[Field]:
    return (f for f in entity.fields.values() if f.type.computed and f.type.name != "sequence")
