"""In which order the formulas and roll-ups of an entity are computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from formloom.feel import Expression
from formloom.metadata.catalog import Entity, Field


def computed_order(entity: Entity, entities: Mapping[str, Entity]) -> tuple[str, ...]:
    """Each after those it uses; members of a cycle, and what needs them, are left out."""
    computed = {f.name: f for f in entity.fields.values() if f.type.name in ("formula", "rollup")}
    needs = {name: _uses(field, entities) & computed.keys() for name, field in computed.items()}
    order: list[str] = []
    while ready := [name for name in needs if name not in order and needs[name] <= set(order)]:
        order += ready
    return tuple(order)


def _uses(field: Field, entities: Mapping[str, Entity]) -> frozenset[str]:
    """Fields of the same entity: named in the formula, or read by the rows of a roll-up as `parent.<field>`."""
    if field.uses:
        return field.uses
    child = entities.get(field.target or "")
    return frozenset(_of_parent(field, child)) if child else frozenset()


def _of_parent(field: Field, child: Entity) -> Iterator[str]:
    pending: list[Expression] = [e for e in (field.options.get("where"),) if isinstance(e, Expression)]
    names, seen = {str(field.options.get("field", ""))}, set[str]()
    while pending or names - seen:
        for name in names - seen:
            seen.add(name)
            measured = child.fields.get(name)
            if measured and measured.formula:
                pending.append(measured.formula)
            if measured and measured.decision:
                pending += measured.decision.inputs.values()
        for expression in pending:
            names |= expression.names
            yield from (path[1] for path in expression.paths if path[0] == "parent" and len(path) > 1)
        pending = []
