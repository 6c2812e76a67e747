"""Built-ins over contexts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from formloom.feel.functions.registry import builtin
from formloom.feel.members import MISSING, member
from formloom.feel.values import kind


@builtin("get value(m: context, key: string)", "取值")
def get_value(m: Any, key: str) -> Any:
    found = member(m, key)
    return None if found is MISSING else found


@builtin("get value(m: context, keys: list)")
def get_value_along(m: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        m = member(m, key)
    return None if m is MISSING or not keys else m


@builtin("get entries(m: context)")
def get_entries(m: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _mapping(m)[key]} for key in _mapping(m)]


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{kind(value)} has no entries to list")
    return value


@builtin("context(entries: list)")
def context(entries: Sequence[Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for entry in entries:
        key, value = member(entry, "key"), member(entry, "value")
        if not isinstance(key, str) or value is MISSING or key in made:
            raise ValueError("every entry needs a key of its own and a value")
        made[key] = value
    return made


@builtin("context put(context: context, key: string, value: any)")
def context_put(base: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**_mapping(base), key: value}


@builtin("context put(context: context, keys: list, value: any)")
def context_put_along(base: Mapping[str, Any], keys: Sequence[str], value: Any) -> dict[str, Any]:
    if not keys or not all(isinstance(key, str) for key in keys):
        raise ValueError("keys must be strings, at least one")
    if len(keys) > 1:
        value = context_put_along(_mapping(base.get(keys[0], {})), keys[1:], value)
    return {**_mapping(base), keys[0]: value}


@builtin("context merge(contexts: list)")
def context_merge(contexts: Sequence[Any]) -> dict[str, Any]:
    return {key: value for each in contexts for key, value in _mapping(each).items()}
