"""Whether a value is as a JSON Schema says, many times faster than `jsonschema` says what is wrong with it.

A check that gives true is sure: the value is valid. One that gives false is not: it is invalid, or the schema uses
what is not known here, and `jsonschema` has the last word. So a definition that is right is never validated slowly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

Check: TypeAlias = Callable[[Any], bool]
Schema: TypeAlias = Mapping[str, Any]

_SAY_NOTHING: Final = frozenset(("title", "description", "default", "examples", "$schema", "$id", "$comment",
                                 "enumDescriptions", "then", "else"))


def compiled(schema: Any) -> Check:
    if schema is True:
        return _always
    if not isinstance(schema, Mapping):
        return _never
    checks: list[Check] = []
    for keyword, rule in schema.items():
        if keyword not in _SAY_NOTHING:
            maker = _MAKERS.get(keyword)
            checks.append(maker(rule, schema) if maker else _never)
    return _all(checks)


def _always(value: Any) -> bool:
    return True


def _never(value: Any) -> bool:
    return False


def _all(checks: list[Check]) -> Check:
    kept = tuple(check for check in checks if check is not _always)
    if not kept:
        return _always
    if len(kept) == 1:
        return kept[0]

    def check(value: Any) -> bool:
        for one in kept:    # noqa: SIM110 - a generator would take twice the time
            if not one(value):
                return False
        return True
    return check


# -- values ------------------------------------------------------------------------------------------------------


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal, float)) and not isinstance(value, bool)


_TYPES: Final[Mapping[str, Check]] = {
    "object": lambda value: isinstance(value, dict), "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str), "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool), "number": _is_number,
    "null": lambda value: value is None,
}


def _type(rule: Any, schema: Schema) -> Check:
    if isinstance(rule, str):
        return _TYPES.get(rule, _never)
    kinds = tuple(_TYPES.get(name, _never) for name in rule)
    return lambda value: any(kind(value) for kind in kinds)


def _enum(rule: Any, schema: Schema) -> Check:
    """Of texts only: to JSON Schema 1 is 1.0 and is not true."""
    known = frozenset(value for value in rule if isinstance(value, str))
    numbers = tuple(value for value in rule if type(value) is int)
    return lambda value: value in known if isinstance(value, str) else type(value) is int and value in numbers


def _const(rule: Any, schema: Schema) -> Check:
    return _enum((rule,), schema)


def _pattern(rule: Any, schema: Schema) -> Check:
    search = re.compile(rule).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _least_length(rule: Any, schema: Schema) -> Check:
    return lambda value: not isinstance(value, str) or len(value) >= rule


def _most_length(rule: Any, schema: Schema) -> Check:
    return lambda value: not isinstance(value, str) or len(value) <= rule


def _minimum(rule: Any, schema: Schema) -> Check:
    return lambda value: not _is_number(value) or value >= rule


def _maximum(rule: Any, schema: Schema) -> Check:
    return lambda value: not _is_number(value) or value <= rule


# -- lists and mappings --------------------------------------------------------------------------------------------


def _items(rule: Any, schema: Schema) -> Check:
    check = compiled(rule)
    return lambda value: not isinstance(value, list) or all(map(check, value))


def _least_items(rule: Any, schema: Schema) -> Check:
    return lambda value: not isinstance(value, list) or len(value) >= rule


def _unique(rule: Any, schema: Schema) -> Check:
    def check(value: Any) -> bool:
        return not isinstance(value, list) or (all(isinstance(v, str) for v in value) and len(set(value)) == len(value))
    return check if rule else _always


def _least_properties(rule: Any, schema: Schema) -> Check:
    return lambda value: not isinstance(value, dict) or len(value) >= rule


def _required(rule: Any, schema: Schema) -> Check:
    needed = frozenset(rule)
    return lambda value: not isinstance(value, dict) or needed <= value.keys()


def _property_names(rule: Any, schema: Schema) -> Check:
    check = compiled(rule)
    return lambda value: not isinstance(value, dict) or all(map(check, value))


def _properties(rule: Any, schema: Schema) -> Check:
    checks = {name: made for name, inner in rule.items() if (made := compiled(inner)) is not _always}

    def check(value: Any) -> bool:
        if isinstance(value, dict):
            for name, inner in value.items():
                one = checks.get(name)
                if one is not None and not one(inner):
                    return False
        return True
    return check


def _additional(rule: Any, schema: Schema) -> Check:
    if "patternProperties" in schema:
        return _never
    named, check = frozenset(schema.get("properties", ())), compiled(rule)
    return lambda value: not isinstance(value, dict) or all(
        check(inner) for name, inner in value.items() if name not in named)


# -- schemas together ------------------------------------------------------------------------------------------------


def _all_of(rule: Any, schema: Schema) -> Check:
    cases = _cases(rule)
    return cases or _all([compiled(inner) for inner in rule])


def _cases(branches: Iterable[Any]) -> Check | None:
    """`if` a key is this word `then` ..., for one word after the other, is one look into a table."""
    key, table = None, {}
    for branch in branches:
        condition = branch.get("if") if isinstance(branch, Mapping) and branch.keys() == {"if", "then"} else None
        named = condition.get("properties") if isinstance(condition, Mapping) else None
        if not named or len(named) != 1 or condition != _is_word(named):
            return None
        (name, word), = named.items()
        if name != (key or name) or word["const"] in table:
            return None
        key, table[word["const"]] = name, compiled(branch["then"])

    def check(value: Any) -> bool:
        word = value.get(key) if isinstance(value, dict) else None
        return isinstance(word, str) and table.get(word, _always)(value)
    return check


def _is_word(named: Mapping[str, Any]) -> dict[str, Any]:
    (name, rule), = named.items()
    word = rule.get("const") if isinstance(rule, Mapping) else None
    return {"properties": {name: {"const": word}}, "required": [name]} if isinstance(word, str) else {}


def _any_of(rule: Any, schema: Schema) -> Check:
    checks = tuple(map(compiled, rule))
    return lambda value: any(check(value) for check in checks)


def _if(rule: Any, schema: Schema) -> Check:
    """Where the condition is not surely true it may be either; then both ways have to be right."""
    if isinstance(rule, Mapping) and rule.keys() == {"not"} and rule["not"].keys() == {"required"}:
        return _unless_there(frozenset(rule["not"]["required"]), schema)
    condition = compiled(rule)
    then, otherwise = compiled(schema.get("then", True)), compiled(schema.get("else", True))
    return lambda value: then(value) and (condition(value) or otherwise(value))


def _unless_there(names: frozenset[str], schema: Schema) -> Check:
    then, otherwise = compiled(schema.get("then", True)), compiled(schema.get("else", True))
    return lambda value: isinstance(value, dict) and (otherwise(value) if names <= value.keys() else then(value))


_MAKERS: Final[Mapping[str, Callable[[Any, Schema], Check]]] = {
    "type": _type, "enum": _enum, "const": _const, "pattern": _pattern, "minLength": _least_length,
    "maxLength": _most_length, "minimum": _minimum, "maximum": _maximum, "items": _items, "minItems": _least_items,
    "uniqueItems": _unique, "minProperties": _least_properties, "required": _required, "propertyNames": _property_names,
    "properties": _properties, "additionalProperties": _additional, "allOf": _all_of, "anyOf": _any_of, "if": _if,
}
