"""What is over is cut off, so that state and step time stay the same however often a process loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent
from SpiffWorkflow.util.task import TaskState


def prune(workflow: Any) -> None:
    """All that is unfinished hangs below one completed task: what is above and beside that has no effect any more."""
    live = [t for t in workflow.tasks.values() if not t.has_state(TaskState.FINISHED_MASK)]
    if not live:
        return
    common = _common([_chain(task) for task in live])
    kept = common[_lowest_safe(common)]
    root = workflow.task_tree
    if kept is root:
        return
    wanted = {root.id, *_below(workflow, kept)}
    for gone in [task_id for task_id in workflow.tasks if task_id not in wanted]:
        del workflow.tasks[gone]
    root._children, kept._parent = [kept.id], root.id
    workflow.last_task = kept


def _chain(task: Any) -> list[Any]:
    chain, tasks = [], task.workflow.tasks
    while task is not None:
        chain.append(task)
        task = tasks.get(task._parent)
    return chain[::-1]


def _common(chains: Sequence[list[Any]]) -> list[Any]:
    result = []
    for tasks in zip(*chains, strict=False):
        if any(task is not tasks[0] for task in tasks):
            break
        result.append(tasks[0])
    return result


def _lowest_safe(common: Sequence[Any]) -> int:
    """The deepest that is completed, and not below an activity whose boundary events may still happen."""
    k = len(common) - 1
    while k > 0 and (common[k].state != TaskState.COMPLETED or isinstance(common[k].task_spec, BoundaryEvent)):
        k -= 1
    open_splits = (i for i, task in enumerate(common[: k + 1]) if _is_open_split(task))
    return next(open_splits, k)


def _is_open_split(task: Any) -> bool:
    if not isinstance(task.task_spec, BoundaryEventSplit):
        return False
    joins = (c for branch in task.children for c in branch.children if isinstance(c.task_spec, BoundaryEventJoin))
    return not any(join.state == TaskState.COMPLETED for join in joins)


def _below(workflow: Any, task: Any) -> list[Any]:
    found, open_ = [], [task.id]
    while open_:
        current = open_.pop()
        found.append(current)
        open_ += workflow.tasks[current]._children
    return found
