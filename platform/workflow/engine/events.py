"""Events: timers on the clock we are given, messages, signals and conditions from outside; errors, escalations and
cancellations, which reach the nearest activity around them and no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from SpiffWorkflow.util.task import TaskState

from formloom.errors import FormloomError, Text
from formloom.workflow.definition import Node
from formloom.workflow.engine.elements import Element
from formloom.workflow.moments import LATE, Cycle


class UncaughtError(FormloomError):
    """An error event that no boundary event and no event sub-process catches."""

    code = "uncaught-error"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message nobody in the instance waits for, or a signal for every other instance. `key` None: of the record."""

    kind: str                           # message | signal
    name: str
    key: str | None
    payload: Mapping[str, Any]


class Catch(Element):
    """Waits for its event: in the course of a process, in a race behind a gateway, or on the border of an activity."""

    def __init__(self, process: Any, node: Node, event: Node | None = None) -> None:
        super().__init__(process, node)
        self.event = event or node
        self.awaits = self.event.event

    @property
    def stays(self) -> bool:
        """Whether it can happen again after it has happened."""
        return False

    def arrive(self, task: Any) -> None:
        for boundary in self.boundaries:
            task.workflow.enter(boundary, host=task.id.hex)
        task._set_state(TaskState.WAITING)
        if self.awaits == "timer":
            self._arm(task)
        elif self.awaits == "message":
            key = self.event.key and task.workflow.value(self.event.key)
            task.internal_data["key"] = None if key is None else text_of(key)

    def _arm(self, task: Any) -> None:
        now = task.workflow.instance.now
        when = task.workflow.moment(self.event.timer)
        if isinstance(when, Cycle):
            task.internal_data.update(every=int(when.every.total_seconds()), left=when.count, missed=when.missed)
            when = now + when.every
        task.internal_data["due"] = when.isoformat()

    def happen(self, task: Any, payload: Mapping[str, Any] | None = None) -> None:
        if payload is not None and self.event.event in ("message", "signal"):
            task.workflow.results[self.event.name] = dict(payload)
        self.interrupt(task)
        skipped = self._is_skipped(task)
        if self.stays and self._remains(task):
            if not skipped:
                task.workflow.instance.note(task)
                self.leave(task)
        elif skipped:
            task.cancel()
        else:
            task._ready()

    def interrupt(self, task: Any) -> None:
        race = task.internal_data.get("race")
        for other in task.workflow.tokens if race else ():
            if other is not task and other.internal_data.get("race") == race:
                other.cancel()

    def _is_skipped(self, task: Any) -> bool:
        """Whether this time passed while nothing ran, and the diagram says that such times are left out."""
        late = task.internal_data.get("missed") == "skip" and task.workflow.instance.now - due(task)
        return bool(late and late >= LATE)

    def _remains(self, task: Any) -> bool:
        """After a long pause a cycle happens once, or once for each time that was missed: as the diagram says."""
        own, now = task.internal_data, task.workflow.instance.now
        if self.awaits != "timer":
            return True
        if "every" not in own:
            return False
        every = timedelta(seconds=int(own["every"]))
        missed = 0 if own.get("missed") == "all" else (now - due(task)) // every
        own["due"] = (due(task) + every * (missed + 1)).isoformat()
        own["left"] = -1 if own["left"] < 0 else max(0, own["left"] - 1 - missed)
        return bool(own["left"])

    def changed(self, task: Any) -> bool:
        """Whether its condition holds now and did not before."""
        before = task.internal_data.get("held", False)
        holds = task.workflow.holds(self.event.condition)
        task.internal_data["held"] = holds
        return bool(holds and not before)


class Boundary(Catch):
    listens = True

    @property
    def stays(self) -> bool:
        return not self.node.interrupting

    def interrupt(self, task: Any) -> None:
        host = task.workflow.instance.find(task.internal_data["host"])
        if self.node.interrupting:
            del task.internal_data["host"]
            host.cancel()


class Handler(Catch):
    """Waits at the start of an event sub-process for as long as the scope around it works."""

    listens = True

    def __init__(self, process: Any, node: Node, event: Node) -> None:
        super().__init__(process, Node(id=f"{node.id}.event", kind="startEvent"), event)
        self.bpmn_id = None
        self.body: Any = None

    @property
    def stays(self) -> bool:
        return not self.event.interrupting

    def interrupt(self, task: Any) -> None:
        for other in task.workflow.tokens if self.event.interrupting else ():
            if other is not task:
                other.cancel()

    def leave(self, task: Any) -> None:
        task.workflow.enter(self.body)


class Throw(Element):
    """Sends its message or signal, or raises its escalation, and goes on unless that ended it."""

    def _run_hook(self, task: Any) -> bool | None:
        task.workflow.instance.note(task)       # before what it sets off
        if self.node.event == "escalation":
            caught = catcher(task.workflow, "escalation", self.node.code)
            if caught is not None:
                caught.task_spec.happen(caught)
        elif self.node.event:
            self._send(task)
        return True if task.id in task.workflow.tasks else None      # what it threw may have ended it

    def _note(self, task: Any) -> None:
        """Done already."""

    def _send(self, task: Any) -> None:
        scope = task.workflow
        key = self.node.key and scope.value(self.node.key)
        payload = {name: scope.value(expression) for name, expression in self.node.parameters.items()}
        sent = Sent(self.node.event, self.node.code, None if key is None else text_of(key), payload)
        if deliver(scope.instance, sent) and sent.kind == "message":
            return
        scope.instance.sent.append(sent)


class FaultEnd(Element):
    """An error or a cancellation ends the scope it is thrown in, up to whoever catches it."""

    def _run_hook(self, task: Any) -> None:
        task.workflow.instance.note(task)
        caught = catcher(task.workflow, self.node.event, self.node.code)
        if caught is None:
            raise UncaughtError(Text("Nothing catches the error {code}.", code=self.node.code or '""'))
        caught.task_spec.happen(caught)


def catcher(scope: Any, kind: str, code: str) -> Any:
    """The nearest event that catches it, climbing from scope to scope; of two at one place, the one that names it."""
    found = _best((t for t in scope.tokens if isinstance(t.task_spec, Handler)), kind, code)
    if found is None and scope.host is not None:
        found = catcher_of(scope.host, kind, code)
    return found


def catcher_of(task: Any, kind: str, code: str) -> Any:
    """The event on the border of an activity that catches it, else one further out."""
    attached = (t for t in task.workflow.tokens if t.internal_data.get("host") == task.id.hex)
    return _best(attached, kind, code) or catcher(task.workflow, kind, code)


def _best(tasks: Iterator[Any], kind: str, code: str) -> Any:
    fitting = [t for t in tasks if t.task_spec.awaits == kind and t.task_spec.event.code in ("", code)]
    return max(fitting, key=lambda t: bool(t.task_spec.event.code), default=None)


def deliver(instance: Any, sent: Sent) -> int:
    """How many caught it: a message is for one, a signal for all."""
    fitting = [t for t in instance.waiting(sent.kind)
               if t.task_spec.event.code == sent.name
               and (sent.kind == "signal" or t.internal_data["key"] in (None, sent.key))]
    count = 0
    for task in fitting if sent.kind == "signal" else fitting[:1]:
        if task.id in task.workflow.tasks:
            task.task_spec.happen(task, sent.payload)
            count += 1
    return count


def text_of(value: Any) -> str:
    """A correlation key as the text that is compared and stored: 7 and 7.0 are the same."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value):
        return str(int(value))
    normalize = getattr(value, "normalize", None)
    return format(normalize(), "f") if normalize else str(value)


def due(task: Any) -> datetime:
    return datetime.fromisoformat(task.internal_data["due"])
