"""Timers on the clock we are given, and errors that stay within the sub-process they are thrown in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, EndEvent
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.util.task import TaskState

from formloom.errors import FormloomError, Text
from formloom.workflow.definition import Moment
from formloom.workflow.moments import LATE, Cycle


class UncaughtError(FormloomError):
    """An error event that no boundary event catches."""

    code = "uncaught-error"


class Timer(EventDefinition):  # type: ignore[misc]
    """Armed when its element is entered; what is due is kept with the token as ISO 8601 in UTC."""

    def __init__(self, moment: Moment | None) -> None:
        super().__init__(name="timer")
        self.moment = moment

    def has_fired(self, my_task: Any) -> bool:
        own = my_task.internal_data
        if "due" not in own:
            self._arm(my_task)
        return "every" not in own and due(my_task) <= my_task.workflow.top_workflow.now

    def _arm(self, my_task: Any) -> None:
        top = my_task.workflow.top_workflow
        when = top.moment(self.moment)
        if isinstance(when, Cycle):
            my_task.internal_data.update(every=int(when.every.total_seconds()), left=when.count, missed=when.missed)
            when = top.now + when.every
        my_task.internal_data["due"] = when.isoformat()

    def update_task(self, my_task: Any) -> None:
        """A cycle starts its branch each time. Of the times that were missed while nothing ran, one is made up for;
        all of them, each with a firing of its own; or none: as the diagram says.
        """
        own, now = my_task.internal_data, my_task.workflow.top_workflow.now
        if "every" not in own or own["left"] == 0 or due(my_task) > now:
            return
        every = timedelta(seconds=int(own["every"]))
        late, policy = now - due(my_task), own.get("missed", "once")
        missed = 0 if policy == "all" else late // every
        own["due"] = (due(my_task) + every * (missed + 1)).isoformat()
        own["left"] = -1 if own["left"] < 0 else max(0, own["left"] - 1 - missed)
        if policy == "skip" and late >= LATE:
            return
        for output in my_task.task_spec.outputs:
            if not isinstance(output, BoundaryEventJoin):
                # Below the root: below the timer it would be dropped with it when the activity ends.
                child = my_task.workflow.task_tree._add_child(output, TaskState.FUTURE)
                child.triggered = True
                output._predict(child, mask=TaskState.NOT_FINISHED_MASK)
                output._update(child)

    def reset(self, my_task: Any) -> None:
        for key in ("due", "every", "left", "missed"):
            my_task.internal_data.pop(key, None)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def due(my_task: Any) -> datetime:
    return datetime.fromisoformat(my_task.internal_data["due"])


def pending(my_task: Any) -> datetime | None:
    """When the token's timer is due next; None where it has none, or where its cycle is over."""
    own = my_task.internal_data
    return None if "due" not in own or own.get("left") == 0 else due(my_task)


class CyclicBoundary(BoundaryEvent):  # type: ignore[misc]
    """Its branch is started by the timer itself, so none is predicted."""

    def _predict_hook(self, my_task: Any) -> None:
        return None


class Fault(EventDefinition):  # type: ignore[misc]
    """An error by code; on a boundary event, an empty code catches every error."""

    def __init__(self, code: str) -> None:
        super().__init__(name=code)
        self.code = code

    def throw(self, my_task: Any) -> None:
        """To the nearest sub-process around it with a boundary event for the error, the specific before the general."""
        for host in _hosts(my_task):
            catchers = [t for t in _boundaries(host) if t.task_spec.event_definition.code in ("", self.code)]
            if catchers:
                catcher = max(catchers, key=lambda t: bool(t.task_spec.event_definition.code))
                host.cancel()
                catcher.task_spec.catch(catcher, BpmnEvent(self))
                catcher.task_spec._update(catcher)
                return
        raise UncaughtError(Text("Nothing catches the error {code}.", code=self.code or '""'))

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class ErrorEnd(EndEvent):  # type: ignore[misc]
    def _run_hook(self, my_task: Any) -> None:
        """Leaves the token as `throw` left it: cancelled with its sub-process, never completed."""
        self.event_definition.throw(my_task)


def _hosts(my_task: Any) -> Iterator[Any]:
    scope = my_task.workflow
    while scope.parent_task_id is not None:
        host = scope.top_workflow.get_task_from_id(scope.parent_task_id)
        yield host
        scope = host.workflow


def _boundaries(host: Any) -> list[Any]:
    if host.parent is None or not isinstance(host.parent.task_spec, BoundaryEventSplit):
        return []
    return [t for t in host.parent.children if isinstance(t.task_spec, BoundaryEvent)
            and isinstance(t.task_spec.event_definition, Fault) and t.state == TaskState.WAITING]
