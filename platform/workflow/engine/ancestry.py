"""A patch of SpiffWorkflow: `Task` looks for ancestors by recursion, which ends in RecursionError in a long loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.task import Task


def _ancestors(task: Any) -> Iterator[Any]:
    tasks, parent = task.workflow.tasks, task.workflow.tasks.get(task._parent)
    while parent is not None:
        yield parent
        parent = tasks.get(parent._parent)


def is_descendant_of(self: Any, task: Any) -> bool:
    return any(ancestor is task for ancestor in _ancestors(self))


def find_ancestor(self: Any, spec_name: str) -> Any:
    return next((a for a in _ancestors(self) if a.task_spec.name == spec_name), None)


def install() -> None:
    Task.is_descendant_of = is_descendant_of
    Task.find_ancestor = find_ancestor
