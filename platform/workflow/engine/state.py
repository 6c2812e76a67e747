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

FORMAT = 1


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


_SCALARS: tuple[tuple[str, type, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    ("datetime", datetime, datetime.isoformat, datetime.fromisoformat),
    ("date", date, date.isoformat, date.fromisoformat),
    ("time", time, time.isoformat, time.fromisoformat),
    ("duration", timedelta, lambda v: [v.days, v.seconds, v.microseconds], lambda v: timedelta(*v)),
    ("months", YearMonthDuration, lambda v: v.months, YearMonthDuration),
)


# -- tokens: [id, parent's row, state, specification, triggered, timer] ------------------------------------------------


def dump_tokens(workflow: Any) -> list[list[Any]]:
    order: list[Any] = []
    open_ = [workflow.task_tree.id]
    while open_:
        task_id = open_.pop()
        order.append(task_id)
        open_ += reversed(workflow.tasks[task_id]._children)
    rows = {task_id: index for index, task_id in enumerate(order)}
    return [_row(workflow.tasks[task_id], rows) for task_id in order]


def _row(task: Any, rows: Mapping[Any, int]) -> list[Any]:
    return [task.id.hex, rows.get(task._parent, -1), task.state, task.task_spec.name, int(task.triggered),
            task.internal_data or 0]


def load_tokens(workflow: Any, rows: list[list[Any]]) -> None:
    """Fills an empty workflow. A row whose specification is gone is an error, never a guess."""
    order: list[Any] = []
    for task_id, parent, state, name, triggered, own in rows:
        spec = workflow.spec.task_specs.get(name)
        if spec is None:
            raise BadState(Text("The state names {name}, which its process does not have.", name=name))
        task = _task(workflow, UUID(hex=task_id), order[parent] if parent >= 0 else None, state, spec)
        task.triggered, task.internal_data = bool(triggered), dict(own or {})
        order.append(task)
    workflow.task_tree = order[0]
    workflow.last_task = order[0]


def _task(workflow: Any, task_id: UUID, parent: Any, state: int, spec: Any) -> Any:
    task = Task.__new__(Task)
    task.id, task.workflow, task.task_spec = task_id, workflow, spec
    task._parent, task._children, task._state = (parent.id if parent else None), [], state
    task.thread_id, task.data, task.last_state_change = 0, {}, 0.0
    workflow.tasks[task_id] = task
    if parent is not None:
        parent._children.append(task_id)
    return task


