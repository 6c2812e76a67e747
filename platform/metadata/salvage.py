"""What of a definition with mistakes can still be used, so that its other mistakes are told at once."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from formloom.metadata.authored import names_in, shadowed_in
from formloom.metadata.nodes import Mapping, Sequence
from formloom.metadata.validation import is_about_key
from formloom.metadata.values import ADDRESS_PARTS

Path = tuple[Any, ...]


def salvaged(value: Mapping, validator: Draft202012Validator) -> tuple[Mapping | None, frozenset[str]]:
    """The definition without the parts that break the schema, None if nothing is left; and the names in those parts.

    Each round leaves out at least one part, and may leave its surroundings without a key that they need.
    """
    lost = set(shadowed_in(value))
    while broken := {path for error in validator.iter_errors(value) for path in _broken(error)}:
        for path in broken:
            lost |= _lost(value, path)
        if () in broken:
            return None, frozenset(lost)
        value = _without(value, broken, ())
    return value, frozenset(lost)


def _broken(error: ValidationError) -> Iterator[Path]:
    path = tuple(error.absolute_path)
    if is_about_key(error):
        yield (*path, error.instance)
    elif error.validator == "additionalProperties":
        schema: Any = error.schema
        instance: Any = error.instance
        yield from ((*path, key) for key in instance if key not in schema["properties"])
    else:
        yield path


def _lost(value: Any, path: Path) -> set[str]:
    names = set(map(str, path[-1:]))
    if path[:1] == ("fields",) and len(path) > 1:    # its further columns may depend on what is left out
        names |= {f"{path[1]}_{part}" for part in ("currency", *ADDRESS_PARTS)}
    if path == ("parent",):
        names.add("position")
    for part in path:
        value = value[part]
    return names | set(names_in(value))


def _without(value: Any, broken: Set[Path], path: Path) -> Any:
    if isinstance(value, Mapping):
        kept = Mapping(value.place)
        kept.shadowed = value.shadowed
        for key, inner in value.items():
            if (*path, key) not in broken:
                kept[key] = _without(inner, broken, (*path, key))
                kept.keys_at[key], kept.values_at[key] = value.keys_at[key], value.values_at[key]
        return kept
    if isinstance(value, Sequence):
        items = Sequence(value.place)
        for index, (inner, place) in enumerate(zip(value, value.items_at, strict=True)):
            if (*path, index) not in broken:
                items.append(_without(inner, broken, (*path, index)))
                items.items_at.append(place)
        return items
    return value
