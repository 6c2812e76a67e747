"""Activities that hold a process: sub-processes, transactions, calls, and whatever runs more than once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formloom.errors import FormloomError, Text
from formloom.workflow.definition import Loop, Node
from formloom.workflow.engine import state
from formloom.workflow.engine.elements import Element

MOST_ITEMS = 500        # rounds of one multi-instance activity


class TooManyRounds(FormloomError):
    """A multi-instance activity over more items than people or the engine could handle."""

    code = "too-many-rounds"


class Host(Element):
    """Waits while its scope works. `inside` names the specification of that scope."""

    def __init__(self, process: Any, node: Node) -> None:
        super().__init__(process, node)
        self.inside = node.id

    def _run_hook(self, task: Any) -> bool | None:
        self._open(task, 0)
        return None

    def _open(self, task: Any, index: int, extra: Mapping[str, Any] | None = None) -> None:
        task.workflow.instance.open(task, self._layer(task, extra or {}), index)

    def _layer(self, task: Any, extra: Mapping[str, Any]) -> dict[str, Any] | None:
        """A called process sees what it is given, and nothing else of the caller."""
        if self.node.kind != "callActivity":
            return dict(extra) if extra else None
        return {name: task.workflow.value(expression, extra) for name, expression in self.node.parameters.items()}

    def round_over(self, task: Any, scope: Any) -> None:
        task.workflow.instance.close(scope)
        if self.node.kind == "callActivity":
            task.workflow.results[self.node.name] = self._given_back(scope, {})
        task.complete()

    def _given_back(self, scope: Any, extra: Mapping[str, Any]) -> Any:
        """What one round gave: the result of a task, or by element what the process inside gave."""
        own = {k: v for k, v in scope.layer.items() if k not in extra and k not in self.node.parameters}
        return own if self.node.kind in ("subProcess", "transaction", "callActivity") else own.get(self.node.name)

    def _on_cancel(self, task: Any) -> None:
        super()._on_cancel(task)
        self._close_all(task)

    def _close_all(self, task: Any) -> int:
        hosted = task.workflow.instance.hosted(task)
        for scope in hosted:
            task.workflow.instance.close(scope)
        return len(hosted)


class Each(Host):
    """Multi-instance: the list of what each round gave is its result, in the order of the items."""

    def __init__(self, process: Any, node: Node, loop: Loop) -> None:
        super().__init__(process, node)
        self.loop = loop

    def _run_hook(self, task: Any) -> bool | None:
        return self._begin(task, self._items(task))

    def _begin(self, task: Any, items: list[Any]) -> bool | None:
        task.workflow.results[self.node.name] = []
        task.internal_data.update(count=len(items), open=0, results={}, rest=[])
        if not items:
            return True
        if self.loop.kind == "sequential":
            task.internal_data["rest"] = [state.encode(item) for item in items[1:]]
            items = items[:1]
        for index, item in enumerate(items):
            self._round(task, index, item)
        return None

    def _items(self, task: Any) -> list[Any]:
        value = task.workflow.value(self.loop.items) if self.loop.items else None
        number = None if value is None or isinstance(value, (bool, str, list, Mapping)) else _whole(value)
        length = len(value) if isinstance(value, list) else number or 1
        if length > MOST_ITEMS:
            raise TooManyRounds(Text("{element} would run {count} times; the limit is {limit}.",
                                     element=self.node.id, count=length, limit=MOST_ITEMS))
        if number is not None:
            return list(range(1, number + 1))
        return value if isinstance(value, list) else [] if value is None else [value]

    def _round(self, task: Any, index: int, item: Any) -> None:
        task.internal_data["open"] += 1
        self._open(task, index, {self.loop.item: item, "loopCounter": index + 1})

    def _layer(self, task: Any, extra: Mapping[str, Any]) -> dict[str, Any]:
        return super()._layer(task, extra) or {}

    def round_over(self, task: Any, scope: Any) -> None:
        own = task.internal_data
        given = self._given_back(scope, {self.loop.item: None, "loopCounter": None})
        task.workflow.instance.close(scope)
        own["open"] -= 1
        own["results"][str(scope.index)] = state.encode(given)
        results = [state.decode(own["results"][key]) for key in sorted(own["results"], key=int)]
        task.workflow.results[self.node.name] = results
        if self._enough(task, scope, len(results)):
            self._close_all(task)
            self._finish(task)
        elif own["rest"]:
            self._round(task, scope.index + 1, state.decode(own["rest"].pop(0)))
        elif not own["open"]:
            self._finish(task)

    def _finish(self, task: Any) -> None:
        task.complete()

    def _enough(self, task: Any, scope: Any, done: int) -> bool:
        counts = self._counts(task, scope, done)
        return self.loop.until is not None and task.workflow.holds(self.loop.until, counts)

    def _counts(self, task: Any, scope: Any, done: int) -> dict[str, Any]:
        own = task.internal_data
        return {"numberOfInstances": own["count"], "numberOfActiveInstances": own["open"],
                "numberOfCompletedInstances": done, "numberOfTerminatedInstances": 0,
                "loopCounter": scope.index + 1}


def _whole(value: Any) -> int | None:
    try:
        return max(0, int(value))
    except (TypeError, ValueError, OverflowError):
        return None


class Again(Host):
    """A standard loop: results of a round replace those of the round before, so the condition sees the last."""

    def __init__(self, process: Any, node: Node, loop: Loop) -> None:
        super().__init__(process, node)
        self.loop = loop

    def _run_hook(self, task: Any) -> bool | None:
        if self.loop.before and not self._once_more(task, 0):
            return True
        self._open(task, 0)
        return None

    def round_over(self, task: Any, scope: Any) -> None:
        task.workflow.instance.close(scope)
        if self.node.kind == "callActivity":
            task.workflow.results[self.node.name] = self._given_back(scope, {})
        if self._once_more(task, scope.index + 1):
            self._open(task, scope.index + 1)
        else:
            task.complete()

    def _once_more(self, task: Any, done: int) -> bool:
        if self.loop.most is not None and done >= self.loop.most:
            return False
        return self.loop.again is None or task.workflow.holds(self.loop.again, {"loopCounter": done})
