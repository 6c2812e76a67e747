"""What the server computes: defaults, formulas, roll-ups; in the order in which they depend on each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from graphlib import TopologicalSorter
from typing import Any

from formloom import feel
from formloom.errors import FieldError, ValidationFailed
from formloom.metadata import builtin_types
from formloom.metadata.catalog import DecisionRule, Entity, Field
from formloom.records.context import Context
from formloom.records.scope import Scope

Rows = Mapping[str, list[dict[str, Any]]]


def defaults(context: Context, entity: Entity, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the fields that were not given; the owner is the actor unless the field says otherwise."""
    found: dict[str, Any] = {}
    scope = Scope(context, entity, {**given}, rows={})
    for field in entity.fields.values():
        if field.name in given or field.type.computed or field.type.name == "table":
            continue
        if field.default is not None:
            found[field.name] = _typed(field, field.default.evaluate(scope, context.now))
        elif field.name == entity.owner and context.actor.user_id:
            found[field.name] = context.actor.user_id
    known = Scope(context, entity, {**found, **given}, rows={})
    for field in entity.fields.values():
        if field.decision is not None and not field.type.computed and field.name not in given:
            found[field.name] = _typed(field, _decided(context, field, field.decision, known))
    return {name: value for name, value in found.items() if value is not None}


def compute(
    context: Context, entity: Entity, row: dict[str, Any], rows: Rows, parent: Mapping[str, Any] | None = None,
) -> None:
    """Sets every formula and roll-up of `row` and of its child rows."""
    scope = Scope(context, entity, row, rows, parent)
    for name, child in context.catalog.children(entity).items():
        for below in rows.get(name, ()):
            compute(context, child, below, {}, scope)
    for field in _ordered(entity):
        if field.formula is not None:
            row[field.name] = _typed(field, field.formula.evaluate(scope, context.now))
        elif field.decision is not None:
            row[field.name] = _typed(field, _decided(context, field, field.decision, scope))
        elif field.type.name == "rollup":
            row[field.name] = _typed(field, _rolled_up(context, entity, field, rows))


def _ordered(entity: Entity) -> Iterator[Field]:
    computed = {f.name: f for f in entity.fields.values() if f.type.computed}
    needs = {name: f.uses & computed.keys() for name, f in computed.items()}
    return (computed[name] for name in TopologicalSorter(needs).static_order())


def _decided(context: Context, field: Field, rule: DecisionRule, scope: Mapping[str, Any]) -> Any:
    """Nothing while an input is still empty. A table that contradicts itself is told at the field."""
    inputs = {name: expression.evaluate(scope, context.now) for name, expression in rule.inputs.items()}
    answer = context.decisions[rule.key].evaluate(inputs, context.now)
    if answer.failures and None not in inputs.values():
        raise ValidationFailed([FieldError(field.name, "decision-failed", answer.failures[0])])
    value = answer.value
    return value.get(rule.output) if rule.output and isinstance(value, Mapping) else value


def _rolled_up(context: Context, entity: Entity, field: Field, rows: Rows) -> Any:
    table = str(field.options.get("of", ""))
    child = context.catalog.entity(entity.fields[table].target or "")
    where = field.options.get("where")
    kept: Sequence[Mapping[str, Any]] = rows.get(table, [])
    if where:
        condition = feel.compile(where, frozenset(child.fields)) if isinstance(where, str) else where
        kept = [row for row in kept if condition.test(Scope(context, child, row), context.now)]
    return aggregate(str(field.options["function"]), [row.get(str(field.options.get("field", ""))) for row in kept])


def aggregate(function: str, values: Sequence[Any]) -> Any:
    """Nulls do not count, as in SQL; the sum of nothing is 0, other aggregates of nothing are null."""
    if function == "count":
        return len(values)
    present = [value for value in values if value is not None]
    if function == "sum":
        return sum(present, Decimal(0))
    if not present:
        return None
    if function == "average":
        return sum(present, Decimal(0)) / len(present)
    return min(present) if function == "min" else max(present)


def _typed(field: Field, value: Any) -> Any:
    """A FEEL value as a value of the field; what the field cannot hold is no value."""
    if value is None:
        return None
    returned = holder(field)
    try:
        return returned.type.parse(_rounded(returned, value) if isinstance(value, Decimal) else value, returned)
    except (ValueError, TypeError, ArithmeticError):
        return None


def holder(field: Field) -> Field:
    """The field as what it returns. Limits of what is summed are not limits of the sum."""
    if field.type.name not in ("formula", "rollup"):
        return field
    kept = {k: v for k, v in field.options.items() if k not in ("minimum", "maximum", "precision", "max_length")}
    return replace(field, type=builtin_types.TYPES[field.options["returns"]], options=kept)


def _rounded(field: Field, value: Decimal) -> Decimal:
    """What is computed has more digits than its field: the last one kept is rounded half up, as people do."""
    scale = 0 if field.type.name in ("integer", "rating") else int(field.options.get("scale", 2))
    unit = Decimal(1).scaleb(-scale)
    return value if value == value.to_integral_value() else value.quantize(unit, ROUND_HALF_UP)
