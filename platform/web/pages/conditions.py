"""A filter as a person builds it, and the same filter as FEEL: both ways for plain conjunctions.

A value is what stands in an input: `draft`, `15000`, `2026-11-30`. One that begins with `=` is FEEL itself:
`=user.id`, `=today() - duration("P30D")`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from werkzeug.datastructures import MultiDict

from formloom import feel
from formloom.errors import FieldError, Text, ValidationFailed
from formloom.feel import syntax
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Entity, Field

EMPTY, NOT_EMPTY = "is empty", "is not empty"
SYMBOLS: Mapping[str, Text] = {
    "=": Text("is"), "!=": Text("is not"), "<": Text("<"), "<=": Text("≤"), ">": Text(">"), ">=": Text("≥"),
    "in": Text("is one of"), "between": Text("between"), "contains": Text("contains"),
    "starts with": Text("starts with"), EMPTY: Text("is empty"), NOT_EMPTY: Text("is not empty"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    operator: str
    values: tuple[str, ...] = ()


def posted(form: MultiDict[str, str], entity: Entity) -> list[Condition]:
    """The rows of the builder; those without a value are not filled in yet."""
    rows = zip(form.getlist("f"), form.getlist("o"), form.getlist("v"), strict=False)
    given = [Condition(f, o, _split(o, v)) for f, o, v in rows if f in entity.fields]
    return [c for c in given if c.values or c.operator in (EMPTY, NOT_EMPTY)]


def _split(operator: str, text: str) -> tuple[str, ...]:
    if operator in ("in", "between"):
        return tuple(v.strip() for v in text.replace("，", ",").split(",") if v.strip())
    return (text.strip(),) if text.strip() else ()


def to_feel(conditions: Sequence[Condition], entity: Entity) -> str:
    """Raises ValidationFailed naming the condition whose value does not fit its field."""
    return " and ".join(_clause(c, entity.field(c.field), n) for n, c in enumerate(conditions))


def from_feel(text: str, entity: Entity) -> tuple[Condition, ...] | None:
    """The conditions of a plain conjunction over fields; None for anything that only FEEL can say.

    Raises FeelSyntaxError.
    """
    if not text.strip():
        return ()
    tree = feel.compile(text, frozenset(entity.fields)).ast
    parts = tree.operands if isinstance(tree, syntax.And) else (tree,)
    found = [_condition(part, text, entity) for part in parts]
    return None if None in found else tuple(c for c in found if c)


def _clause(condition: Condition, field: Field, number: int) -> str:
    name, operator = field.name, condition.operator
    if operator not in (*field.type.operators, EMPTY, NOT_EMPTY):
        raise _refused(number, Text("{field} cannot be compared this way.", field=field.label))
    if operator in (EMPTY, NOT_EMPTY):
        return f"{name} {'=' if operator == EMPTY else '!='} null"
    values = [_operand(v, field, number) for v in condition.values if v.strip()]
    if len(values) < (2 if operator == "between" else 1):
        raise _refused(number, Text("Fill in a value for {field}.", field=field.label))
    return _written(name, operator, values, _is_list(field))


def _written(name: str, operator: str, values: Sequence[str], many: bool) -> str:
    if operator == "in":
        return f"{name} in ({', '.join(values)})"
    if operator == "between":
        return f"{name} between {values[0]} and {values[1]}"
    if operator == "contains" and many:
        return f"list contains({name}, {values[0]})"
    if operator in ("contains", "starts with"):
        return f"{operator}({name}, {values[0]})"
    return f"{name} {operator} {values[0]}"


def _is_list(field: Field) -> bool:
    return field.type.feel_type.startswith("list")


def _operand(value: str, field: Field, number: int) -> str:
    value = value.strip()
    if value.startswith("="):
        return value[1:].strip()
    try:
        return _literal(value, _kind(field), field.target is not None or field.type.name in ("user", "team"))
    except (ValueError, InvalidOperation):
        raise _refused(number, Text("{value} does not fit {field}.", value=value, field=field.label)) from None


def _kind(field: Field) -> str:
    """What FEEL sees in the field; a computed one is of the type that it returns."""
    returned = TYPES.get(str(field.options.get("returns", "")))
    return returned.feel_type if returned else field.type.feel_type


def _literal(value: str, kind: str, by_id: bool) -> str:
    if by_id:
        return str(int(value.lstrip("#")))
    if kind == "number":
        return f"{Decimal(value.replace(',', '').replace('，', '')):f}"
    if kind == "boolean":
        return {"true": "true", "false": "false"}[value.lower()] if value.lower() in ("true", "false") else _no(value)
    if kind == "date":
        return f'date("{date.fromisoformat(value).isoformat()}")'
    if kind == "date and time":
        return f'date and time("{datetime.fromisoformat(value).isoformat()}")'
    if kind.endswith("duration"):
        return f"duration({json.dumps(value)})"
    return json.dumps(value, ensure_ascii=False)


def _no(value: str) -> str:
    raise ValueError(value)


def _refused(number: int, message: Text) -> ValidationFailed:
    return ValidationFailed([FieldError(f"conditions/{number}", "bad-condition", message)])


def _condition(node: syntax.Node, text: str, entity: Entity) -> Condition | None:
    match node:
        case syntax.Comparison(operator=operator, left=syntax.Name(name=name), right=right) if name in entity.fields:
            return _comparison(name, operator, right, text)
        case syntax.In(value=syntax.Name(name=name), tests=tests) if name in entity.fields:
            return Condition(name, "in", tuple(_value(t, text) for t in _flat(tests)))
        case syntax.Between(value=syntax.Name(name=name), low=low, high=high) if name in entity.fields:
            return Condition(name, "between", (_value(low, text), _value(high, text)))
        case syntax.Call(function=syntax.Name(name=called), arguments=(first, second)):
            return _called(called, first.value, second.value, text, entity)
    return None


def _comparison(name: str, operator: str, right: syntax.Node, text: str) -> Condition:
    if isinstance(right, syntax.Literal) and right.value is None and operator in ("=", "!="):
        return Condition(name, EMPTY if operator == "=" else NOT_EMPTY)
    return Condition(name, operator, (_value(right, text),))


def _called(called: str, first: syntax.Node, second: syntax.Node, text: str, entity: Entity) -> Condition | None:
    if not isinstance(first, syntax.Name) or first.name not in entity.fields:
        return None
    if called in ("contains", "starts with"):
        return Condition(first.name, called, (_value(second, text),))
    return Condition(first.name, "contains", (_value(second, text),)) if called == "list contains" else None


def _flat(tests: Sequence[syntax.Node]) -> Sequence[syntax.Node]:
    return tests[0].items if len(tests) == 1 and isinstance(tests[0], syntax.ListOf) else tests


_QUOTED = re.compile(r'(?:date|date and time|duration)\s*\(\s*"([^"]*)"\s*\)|@"([^"]*)"')


def _value(node: syntax.Node, text: str) -> str:
    source = text[node.start:node.end].strip()
    if isinstance(node, syntax.Literal) and isinstance(node.value, bool):
        return "true" if node.value else "false"
    if isinstance(node, syntax.Literal) and isinstance(node.value, str):
        return node.value
    if isinstance(node, syntax.Literal) and isinstance(node.value, Decimal):
        return f"{node.value:f}"
    quoted = _QUOTED.fullmatch(source)
    return (quoted[1] or quoted[2]) if quoted else f"={source}"
