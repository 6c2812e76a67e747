"""Where tokens live: the process itself, and one scope for each round of each activity that holds a process.

Only live tokens are kept. What is over leaves nothing behind, so that state and step time stay the same however often
a process loops.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import datetime, tzinfo
from typing import Any, NoReturn
from uuid import uuid4

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState
from SpiffWorkflow.workflow import Workflow

from formloom.errors import FormloomError, Text
from formloom.feel import Expression
from formloom.workflow import moments
from formloom.workflow.definition import Moment

MOST_SCOPES = 1000      # open at once in one instance; more is a mistake in a loop


class TooManyScopes(FormloomError):
    """More rounds of activities are open at once than anybody can have meant."""

    code = "too-many-scopes"


class Scope(Workflow):  # type: ignore[misc]
    """Spiff's workflow as a flat bag of tokens below one root. `layer`: the results that only this scope sees, where it
    has its own; a scope that is `isolated` does not see those of the scopes around it.
    """

    def __init__(self, spec: Any, instance: Instance | None, host: Any = None, *, key: str = "",
                 layer: MutableMapping[str, Any] | None = None, index: int = 0) -> None:
        super().__init__(spec, deserializing=True)
        self.instance: Instance = instance or self
        self.key, self.host, self.layer, self.index = key or uuid4().hex, host, layer, index
        self.task_tree = Task(self, spec.root, state=TaskState.COMPLETED)

    @property
    def around(self) -> Scope | None:
        return self.host.workflow if self.host is not None else None

    @property
    def tokens(self) -> list[Any]:
        """In the order in which they came."""
        return [task for task in self.tasks.values() if task is not self.task_tree]

    @property
    def working(self) -> bool:
        """Whether anything is left to do: what waits for an event that may never come does not count."""
        return any(not task.task_spec.listens for task in self.tokens)

    @property
    def layers(self) -> list[Mapping[str, Any]]:
        own: list[Mapping[str, Any]] = [] if self.layer is None else [self.layer]
        return own if self.around is None or self.spec.isolated else own + self.around.layers

    @property
    def names(self) -> Mapping[str, Any]:
        return ChainMap(*self.layers, self.instance.surroundings)  # type: ignore[arg-type]  # only read

    @property
    def results(self) -> MutableMapping[str, Any]:
        """Where what an element gave back is kept."""
        scope: Scope = self
        while scope.layer is None:
            scope = scope.host.workflow
        return scope.layer

    def holds(self, condition: Expression, extra: Mapping[str, Any] | None = None) -> bool:
        return condition.test(ChainMap(dict(extra or {}), self.names), self.instance.now)  # type: ignore[arg-type]

    def value(self, expression: Expression, extra: Mapping[str, Any] | None = None) -> Any:
        names = ChainMap(dict(extra or {}), self.names)  # type: ignore[arg-type]  # only read
        return expression.evaluate(names, self.instance.now)

    def moment(self, moment: Moment) -> datetime | moments.Cycle:
        return moments.resolve(moment, self.names, self.instance.now, self.instance.zone)

    def enter(self, spec: Any, **own: Any) -> Any:
        """A new token at an element."""
        task = self.task_tree._add_child(spec, TaskState.FUTURE)
        task.internal_data.update(own)
        if "via" in own:
            self.instance.taken.append(own["via"])
        spec.arrive(task)
        return task

    def begin(self, at: str = "") -> None:
        """Tokens at the start, and one at each event sub-process that waits for its event."""
        for spec in self.spec.handlers:
            self.enter(spec)
        for spec in [self.spec.task_specs[at]] if at else self.spec.entries:
            self.enter(spec)

    def forget(self, task: Any) -> None:
        if self.tasks.pop(task.id, None) is not None:
            self.task_tree._children.remove(task.id)

    def clear(self) -> None:
        for task in self.tokens:
            task.cancel()

    def _task_completed_notify(self, task: Any) -> None:
        self.last_task = task


class _NoScripts:
    """Spiff's script engine evaluates Python; ours evaluates nothing, because everything of ours is FEEL."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"SpiffWorkflow asked its script engine for {name}")


class Instance(Scope):
    """The process itself, with a clock that is given to it, and every scope that is open inside it."""

    script_engine = _NoScripts()

    def __init__(self, specs: Mapping[str, Any], now: datetime, zone: tzinfo) -> None:
        self.specs, self.now, self.zone = specs, now, zone
        self.scopes: dict[str, Scope] = {}
        self.surroundings: Mapping[str, Any] = {}
        self.passed: list[tuple[str, datetime]] = []
        self.taken: list[str] = []
        self.sent: list[Any] = []
        super().__init__(specs[""], None, key="process", layer={})

    @property
    def trees(self) -> list[Scope]:
        """In the order in which they were opened, the process itself first."""
        return [self, *self.scopes.values()]

    def open(self, host: Any, layer: MutableMapping[str, Any] | None, index: int = 0) -> Scope:
        if len(self.scopes) >= MOST_SCOPES:
            raise TooManyScopes(Text("More than {limit} rounds of activities are open at once.", limit=MOST_SCOPES))
        scope = Scope(self.specs[host.task_spec.inside], self, host, layer=layer, index=index)
        self.scopes[scope.key] = scope
        scope.begin()
        return scope

    def hosted(self, host: Any) -> list[Scope]:
        return [scope for scope in self.scopes.values() if scope.host is host]

    def close(self, scope: Scope) -> None:
        self.scopes.pop(scope.key, None)
        scope.clear()

    def note(self, task: Any) -> None:
        if task.task_spec.bpmn_id:
            self.passed.append((task.task_spec.bpmn_id, self.now))

    def find(self, token_id: str) -> Any:
        return next((t for tree in self.trees for t in tree.tokens if t.id.hex == token_id), None)

    def waiting(self, kind: str) -> Iterator[Any]:
        """Tokens that wait for that kind of event."""
        for tree in self.trees:
            for task in tree.tokens:
                if task.task_spec.awaits == kind and task.state == TaskState.WAITING:
                    yield task
