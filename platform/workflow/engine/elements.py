"""What each element does with a token. Spiff gives a token its life cycle; where it goes next is decided here."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from formloom.errors import FormloomError, Text
from formloom.workflow.definition import Flow, Node


class NoWay(FormloomError):
    """No condition holds, and there is no default flow."""

    code = "no-way"


class Element(BpmnSpecMixin):  # type: ignore[misc]
    """Passed at once. `awaits`: the kind of event it waits for. `listens`: whether its scope may end without it."""

    awaits = ""
    listens = False
    joins = False
    kind = ""               # user | service: who has to complete it

    def __init__(self, process: Any, node: Node, name: str = "") -> None:
        super().__init__(process, name or node.id)
        self.bpmn_id: str | None = node.id
        self.node = node
        self.flows: list[tuple[Flow, Element]] = []
        self.boundaries: list[Element] = []

    def test(self) -> None:
        """Spiff would have every element between others; what stands where is checked by the reader."""

    def arrive(self, task: Any) -> None:
        for boundary in self.boundaries:
            task.workflow.enter(boundary, host=task.id.hex)
        task._ready()

    def _on_complete_hook(self, task: Any) -> None:
        self._note(task)
        self._release(task)
        self.leave(task)

    def _note(self, task: Any) -> None:
        task.workflow.instance.note(task)

    def _on_cancel(self, task: Any) -> None:
        self._release(task)

    def _release(self, task: Any) -> None:
        """The token is gone, and with it the events on its border."""
        task.workflow.forget(task)
        for other in task.workflow.tokens:
            if other.internal_data.get("host") == task.id.hex:
                other.cancel()

    def leave(self, task: Any) -> None:
        for flow, target in self.taken(task):
            task.workflow.enter(target, via=flow.id)

    def taken(self, task: Any) -> list[tuple[Flow, Element]]:
        """Every flow without a condition, and those whose condition holds; else the default."""
        plain = [pair for pair in self.flows if pair[0].condition is None and pair[0].id != self.node.default]
        return self._matching(task) + plain or self._default()

    def _matching(self, task: Any) -> list[tuple[Flow, Element]]:
        return [pair for pair in self.flows
                if pair[0].condition and pair[0].id != self.node.default and task.workflow.holds(pair[0].condition)]

    def _default(self) -> list[tuple[Flow, Element]]:
        found = [pair for pair in self.flows if pair[0].id == self.node.default]
        if self.flows and not found:
            raise NoWay(Text("No condition of {element} holds, and it has no default flow.", element=self.node.id))
        return found


class Person(Element):
    kind = "user"

    def __init__(self, process: Any, node: Node) -> None:
        super().__init__(process, node)
        self.manual = True


class Service(Element):
    """Starts and waits: whoever drives the engine does the work and completes the token."""

    kind = "service"

    def _run_hook(self, task: Any) -> None:
        return None


class Script(Element):
    def _run_hook(self, task: Any) -> bool:
        scope, results = task.workflow, dict[str, Any]()
        for name, expression in self.node.script.items():
            names = ChainMap(results, scope.names)
            results[name] = expression.evaluate(names, scope.instance.now)
        scope.results[self.node.name] = results
        return True


class Exclusive(Element):
    def taken(self, task: Any) -> list[tuple[Flow, Element]]:
        if len(self.flows) < 2:
            return self.flows
        for flow, target in self.flows:
            if flow.condition and flow.id != self.node.default and task.workflow.holds(flow.condition):
                return [(flow, target)]
        return self._default()


class Join(Element):
    """Tokens gather here until they may go on as one."""

    joins = True

    def arrive(self, task: Any) -> None:
        task._set_state(TaskState.WAITING)

    def gathered(self, scope: Any) -> dict[str, Any]:
        """The oldest token on each flow that leads here."""
        first: dict[str, Any] = {}
        for task in scope.tokens:
            if task.task_spec is self:
                first.setdefault(task.internal_data.get("via", ""), task)
        return first

    def may_go_on(self, scope: Any, gathered: dict[str, Any]) -> bool:
        raise NotImplementedError

    def go_on(self, scope: Any) -> bool:
        gathered = self.gathered(scope)
        if not gathered or not self.may_go_on(scope, gathered):
            return False
        first, *others = gathered.values()
        for task in others:
            scope.forget(task)
        first._ready()
        return True


class Parallel(Join):
    """One token from each flow; a second one on the same flow stays for the next round."""

    def may_go_on(self, scope: Any, gathered: dict[str, Any]) -> bool:
        return bool(gathered.keys() >= scope.spec.arriving(self))

    def taken(self, task: Any) -> list[tuple[Flow, Element]]:
        return self.flows


class Inclusive(Join):
    """Waits for every token that can still come on a flow that has none, unless that token could as well come on a flow
    that already has one, as in a loop (BPMN 2.0, 13.4.3).
    """

    def may_go_on(self, scope: Any, gathered: dict[str, Any]) -> bool:
        return not any(still_comes(scope.spec, task.task_spec, self, gathered.keys())
                       for task in scope.tokens if task.task_spec is not self and not task.task_spec.listens)

    def taken(self, task: Any) -> list[tuple[Flow, Element]]:
        return self.flows if len(self.flows) < 2 else super().taken(task)


def still_comes(spec: Any, start: Element, join: Join, full: Iterable[str]) -> bool:
    """Whether a token at `start` may still come on a flow into `join` that is not `full`."""
    reached = spec.reaching(start, join)
    return bool(reached - set(full)) and not reached & set(full)


class Race(Element):
    """An event-based gateway: waits at all its events, and goes on at the one that happens first."""

    def leave(self, task: Any) -> None:
        for flow, target in self.flows:
            task.workflow.enter(target, via=flow.id, race=task.id.hex)


class TerminateEnd(Element):
    def _run_hook(self, task: Any) -> None:
        task.workflow.instance.note(task)
        task.workflow.clear()
