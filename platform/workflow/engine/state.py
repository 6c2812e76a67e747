"""The state of an instance as compact JSON: rows of tokens, and variables whose types are told by position.

Nothing in a state names a class or a function, so reading one can only ever give tokens and FEEL values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import simplejson
from SpiffWorkflow.task import Task

from formloom.errors import FormloomError, Text
from formloom.feel import YearMonthDuration

FORMAT = 2


class BadState(FormloomError):
    """A stored state that does not fit its definition."""

    code = "bad-state"


class BadVariable(FormloomError):
    """A value that a process cannot remember: a function, or something that is not FEEL."""

    code = "bad-variable"


def dumps(value: Any) -> str:
    return simplejson.dumps(value, use_decimal=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def loads(text: str) -> Any:
    return simplejson.loads(text, use_decimal=True)


# -- variables: every array in the JSON is [kind, ...], so no value can pass for another ------------------------------


def encode(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str, int, Decimal)):
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return ["context", {str(key): encode(item) for key, item in value.items()}]
    if isinstance(value, (list, tuple)):
        return ["list", *map(encode, value)]
    for name, kind, write, _ in _SCALARS:
        if isinstance(value, kind):
            return [name, write(value)]
    raise BadVariable(Text("A process cannot remember {value}.", value=repr(value)))


def decode(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    name, *rest = value
    if name == "context":
        return {key: decode(item) for key, item in rest[0].items()}
    if name == "list":
        return [decode(item) for item in rest]
    return next(read(rest[0]) for known, _, _, read in _SCALARS if known == name)


def write_values(values: Mapping[str, Any]) -> str:
    """Named FEEL values as text, each with its type."""
    return dumps({name: encode(value) for name, value in values.items()})


def read_values(text: str) -> dict[str, Any]:
    return {name: decode(value) for name, value in loads(text).items()}


_SCALARS: tuple[tuple[str, type, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    ("datetime", datetime, datetime.isoformat, datetime.fromisoformat),
    ("date", date, date.isoformat, date.fromisoformat),
    ("time", time, time.isoformat, time.fromisoformat),
    ("duration", timedelta, lambda v: [v.days, v.seconds, v.microseconds], lambda v: timedelta(*v)),
    ("months", YearMonthDuration, lambda v: v.months, YearMonthDuration),
)


# -- an instance that could not even start: with what it is to start, once that is repaired ----------------------------

_UNSTARTED = "start"


def dump_start(at: str, variables: Mapping[str, Any]) -> str:
    return dumps([_UNSTARTED, at, write_values(variables)])


def load_start(text: str) -> tuple[str, Mapping[str, Any]] | None:
    """The start event and the variables; None for the state of an instance that did start."""
    if not text.startswith(f'["{_UNSTARTED}"'):
        return None
    _, at, variables = loads(text)
    return at, read_values(variables)


# -- tokens: a row for each scope, [key, specification, hosting token, layer, round, tokens], and in it a row for each
#    token, [key, state, specification, what it remembers] -----------------------------------------------------------


def dump_scope(scope: Any) -> list[Any]:
    layer = None if scope.layer is None else {name: encode(value) for name, value in scope.layer.items()}
    host = scope.host
    return [scope.key, host.task_spec.inside if host else "", host.id.hex if host else "", layer, scope.index,
            [[t.id.hex, t.state, t.task_spec.name, t.internal_data or 0] for t in scope.tokens]]


def load_tokens(scope: Any, rows: list[list[Any]]) -> dict[str, Any]:
    """Fills an empty scope; its tokens by key. A row whose specification is gone is an error, never a guess."""
    found: dict[str, Any] = {}
    for token_id, kept, name, own in rows:
        spec = scope.spec.task_specs.get(name)
        if spec is None:
            raise BadState(Text("The state names {name}, which its process does not have.", name=name))
        task = Task(scope, spec, scope.task_tree, state=kept, id=UUID(hex=token_id))
        task.internal_data = dict(own or {})
        found[token_id] = task
    return found
