"""Structure of one definition against its JSON Schema, told in an author's words."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from functools import cached_property
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError

from formloom.errors import Place, Problem, Text, near
from formloom.metadata import quick_check
from formloom.metadata.nodes import Mapping, Sequence


class Rules:
    """Of one kind of definition: what is right is seen quickly, what is wrong is told by `jsonschema`."""

    def __init__(self, schema: AnyMapping[str, Any]) -> None:
        self._schema = schema
        self.holds = quick_check.compiled(schema)

    @cached_property
    def thorough(self) -> Draft202012Validator:
        return Draft202012Validator(self._schema)


def validate(value: Any, rules: Rules, place: Place, element: str) -> list[Problem]:
    """Every finding, at the line of the node it is about."""
    if not isinstance(value, Mapping):
        return [Problem("not-a-mapping", Text("The file must hold keys and values."), place, element=element)]
    if rules.holds(value):
        return []
    errors = _leaves(rules.thorough.iter_errors(value))
    return [problem for error in errors for problem in _problems(error, value, element)]


def _leaves(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    """`if/then` and `allOf` hide the real error one level down; `anyOf` (labels) is told as one."""
    for error in errors:
        if error.context and error.validator in ("if", "allOf", "then"):
            yield from _leaves(iter(error.context))
        else:
            yield error


def is_about_key(error: ValidationError) -> bool:
    """The instance is a key of the mapping that the path names."""
    return "propertyNames" in error.absolute_schema_path


def place_of(root: Any, path: list[Any], *, key: bool = False) -> Place:
    """Where the node at `path` was written: its value, or its key; the nearest around it if it is not there."""
    node, place = root, _begin(root)
    for index, part in enumerate(path):
        last = index == len(path) - 1
        if isinstance(node, Mapping) and part in node:
            place = (node.keys_at if key and last else node.values_at)[part]
        elif isinstance(node, Sequence):
            place = node.items_at[part]
        else:
            break
        node = node[part]
    return place


def _begin(root: Any) -> Place:
    place: Place = root.place
    return place


def _rule(error: ValidationError) -> Any:
    """What the schema says at the rule that was broken; the library types it as possibly unset, which it never is."""
    return error.validator_value


def _problems(error: ValidationError, root: Mapping, element: str) -> Iterator[Problem]:
    path = list(error.absolute_path)
    where = ".".join([element, *[str(p) for p in path if p != "fields"]])
    if error.validator == "additionalProperties" and isinstance(error.instance, AnyMapping):
        known = list(cast("dict[str, Any]", error.schema).get("properties", ()))
        for name in error.instance:
            if name not in known:
                guess = near(str(name), known)
                hint = (
                    Text("Did you mean {near}?", near=guess)
                    if guess
                    else Text("Known are {names}.", names=", ".join(sorted(known)))
                )
                yield Problem(
                    "unknown-key",
                    Text("{name} is not a key here.", name=name),
                    place_of(root, [*path, name], key=True),
                    hint,
                    element=where,
                    near=guess,
                )
    elif error.validator == "required":
        for name in _rule(error):
            if name not in cast("dict[str, Any]", error.instance):
                yield Problem(
                    "missing-key", Text("{name} is missing.", name=name), place_of(root, path, key=True), element=where
                )
    else:
        place = place_of(root, [*path, error.instance], key=True) if is_about_key(error) else place_of(root, path)
        yield Problem(*_told(error), place, _hint(error), element=where, near=_near(error))


def _told(error: ValidationError) -> tuple[str, Text]:
    value = error.instance
    match error.validator:
        case "type":
            kinds = (
                _rule(error) if isinstance(_rule(error), str) else " or ".join(_rule(error))
            )
            return "wrong-type", Text("Must be of type {kind}, not {value}.", kind=kinds, value=_short(value))
        case "enum" | "const":
            code = "unknown-type" if list(error.absolute_path)[-1:] == ["type"] else "unknown-value"
            return code, Text("{value} is not one of the known values.", value=_short(value))
        case "pattern":
            return "bad-name", Text(
                "{value} does not have the form {pattern}.", value=_short(value), pattern=_rule(error)
            )
        case "anyOf":
            return "bad-label", Text("{value} must be a text, or one text per language.", value=_short(value))
        case _:
            return "bad-value", Text(
                "{value} is not allowed: {rule} {limit}.",
                value=_short(value),
                rule=error.validator,
                limit=_rule(error),
            )


def _hint(error: ValidationError) -> Text | None:
    if error.validator == "enum":
        guess = _near(error)
        if guess:
            return Text("Did you mean {near}?", near=guess)
        return Text("Known are {names}.", names=", ".join(map(str, _rule(error))))
    return None


def _near(error: ValidationError) -> str | None:
    return near(str(error.instance), map(str, _rule(error))) if error.validator == "enum" else None


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
