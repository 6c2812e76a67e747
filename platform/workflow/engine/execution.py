"""One instance in memory: start, complete a token, let timers fire, store, restore. No I/O, no clock of its own."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, NoReturn
from uuid import UUID

from SpiffWorkflow.bpmn.specs.defaults import UserTask
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.util.task import BpmnTaskIterator
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from formloom.errors import Conflict, FormloomError, Text
from formloom.feel import Expression
from formloom.workflow import moments
from formloom.workflow.definition import Moment, ProcessDefinition
from formloom.workflow.engine import ancestry, events, pruning, specs, state

STEPS = 2000        # automatic steps between two waits; more is an endless loop
_DEPTH = 10**9      # Spiff's walks end at a depth of 1000 and take that for the end of the process

ancestry.install()


class EndlessLoop(FormloomError):
    """The process goes round without ever waiting for anybody."""

    code = "endless-loop"


class StuckProcess(FormloomError):
    """Tokens are left, and nothing that could ever move them."""

    code = "stuck-process"


@dataclass(frozen=True, slots=True)
class Token:
    """Something the instance waits for. kind: user | service | timer."""

    id: str
    node: str
    kind: str
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A node that was passed since the execution was loaded."""

    node: str
    at: datetime


class _NoScripts:
    """Spiff's script engine evaluates Python; ours evaluates nothing, because everything of ours is FEEL."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"SpiffWorkflow asked its script engine for {name}")


class _Tree:
    """What both kinds of workflow do without Spiff's bounded walks."""

    tasks: dict[UUID, Any]
    task_tree: Any

    def get_tasks_iterator(self, first_task: Any = None, **wanted: Any) -> BpmnTaskIterator:
        return BpmnTaskIterator(first_task or self.task_tree, max_depth=_DEPTH, **wanted)

    def update_waiting_tasks(self) -> None:
        for task in [t for t in self.tasks.values() if t.state == TaskState.WAITING]:
            if task.state == TaskState.WAITING:
                task.task_spec._update(task)

    def unfinished(self) -> list[Any]:
        return [t for t in self.tasks.values() if t.has_state(TaskState.NOT_FINISHED_MASK)]


class _Scope(_Tree, BpmnSubWorkflow):  # type: ignore[misc]
    def cancel(self, success: bool = False) -> list[Any]:
        self.success, self.completed = success, True
        cancelled = self.unfinished()
        for task in cancelled:
            task.cancel()
        return cancelled


class _Instance(_Tree, BpmnWorkflow):  # type: ignore[misc]
    """Spiff's workflow with our clock, our scope and our variables, which are kept apart from the tokens: parallel
    branches then cannot overwrite each other's results where they join.
    """

    def __init__(self, definition: ProcessDefinition, now: datetime, zone: tzinfo, **kwargs: Any) -> None:
        self.definition, self.now, self.zone = definition, now, zone
        self.variables: dict[str, Any] = {}
        self.surroundings: Mapping[str, Any] = {}
        built = specs.build(definition)
        super().__init__(built[""], subprocess_specs=dict(built), script_engine=_NoScripts(), **kwargs)

    @property
    def scope(self) -> Mapping[str, Any]:
        return ChainMap(self.variables, self.surroundings)  # type: ignore[arg-type]  # only read

    def holds(self, condition: Expression) -> bool:
        return condition.test(self.scope, self.now)

    def moment(self, moment: Moment) -> datetime | moments.Cycle:
        return moments.resolve(moment, self.scope, self.now, self.zone)

    def run_script(self, node_id: str) -> None:
        results: dict[str, Any] = {}
        for name, expression in self.definition.nodes[node_id].script.items():
            results[name] = expression.evaluate(ChainMap(results, self.scope), self.now)  # type: ignore[arg-type]
        self.variables[node_id] = results

    def create_subprocess(self, my_task: Any, spec_name: str) -> _Scope:
        scope = _Scope(self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self)
        self.subprocesses[my_task.id] = scope
        return scope

    def trees(self) -> list[Any]:
        """Inner sub-processes before the outer, the process itself last."""
        return [*sorted(self.subprocesses.values(), key=lambda s: s.depth, reverse=True), self]

    def refresh_timers(self) -> None:
        for task in list(self.event_manager.tasks.values()):
            if isinstance(task.task_spec.event_definition, events.Timer) and task.state == TaskState.WAITING:
                task.task_spec._update(task)


class Execution:
    """Made by `start` or `load`. `surroundings`: the names besides the variables, such as record fields and `user`."""

    def __init__(self, instance: _Instance, surroundings: Mapping[str, Any]) -> None:
        self._instance = instance
        instance.surroundings = surroundings
        self.passed: list[Step] = []

    @property
    def variables(self) -> Mapping[str, Any]:
        return self._instance.variables

    @property
    def scope(self) -> Mapping[str, Any]:
        return self._instance.scope

    @property
    def ended(self) -> bool:
        return bool(self._instance.completed)

    def waiting(self) -> list[Token]:
        return [] if self.ended else [t for tree in self._instance.trees() for t in _tokens(tree)]

    def next_due(self) -> datetime | None:
        return min((t.due for t in self.waiting() if t.kind == "timer" and t.due), default=None)

    def complete(self, token_id: str, result: Any, now: datetime) -> None:
        """Ends a user or service task; later expressions read `result` under the node's id."""
        self._instance.now = now
        task = self._find(token_id)
        self._instance.variables[task.task_spec.bpmn_id] = result
        self._note(task)
        if task.state == TaskState.READY:
            task.run()
        else:
            task.complete()
        self._advance()

    def remember(self, name: str, value: Any) -> None:
        self._instance.variables[name] = value

    def fire(self, now: datetime) -> None:
        """Lets every timer that is due by `now` happen."""
        self._instance.now = now
        self._instance.refresh_timers()
        self._advance()

    def _find(self, token_id: str) -> Any:
        for tree in self._instance.trees():
            task = tree.tasks.get(UUID(hex=token_id))
            if task is not None and _kind(task) in ("user", "service"):
                return task
        raise Conflict(Text("This task is over: the process has gone on."))

    def _advance(self) -> None:
        for _ in range(STEPS):
            task = self._next()
            if task is None:
                self._settle()
                return
            task.run()
            self._note(task)
            self._drop_dead_scopes()
        raise EndlessLoop(Text("The process took {count} steps without waiting for anybody.", count=STEPS))

    def _next(self) -> Any:
        if self._instance.completed:
            return None
        return next((t for tree in self._instance.trees() for t in tree.tasks.values()
                     if t.state == TaskState.READY and not t.task_spec.manual), None)

    def _note(self, task: Any) -> None:
        if task.task_spec.bpmn_id:
            self.passed.append(Step(task.task_spec.bpmn_id, self._instance.now))

    def _drop_dead_scopes(self) -> None:
        instance = self._instance
        for host_id, scope in list(instance.subprocesses.items()):
            host = instance.tasks.get(host_id) or next(
                (s.tasks[host_id] for s in instance.subprocesses.values() if host_id in s.tasks), None)
            if host is None or host.has_state(TaskState.FINISHED_MASK):
                del instance.subprocesses[host_id]
                for task_id in scope.tasks:
                    instance.event_manager.tasks.pop(task_id, None)

    def _settle(self) -> None:
        for tree in self._instance.trees():
            pruning.prune(tree)
        if not self.ended and not self.waiting():
            raise StuckProcess(Text("The process can neither go on nor end: a gateway waits in vain."))

    def dump(self) -> str:
        instance = self._instance
        scopes = {host_id.hex: state.dump_tokens(scope) for host_id, scope in instance.subprocesses.items()}
        variables = {name: state.encode(value) for name, value in instance.variables.items()}
        return state.dumps([state.FORMAT, int(instance.completed), variables, state.dump_tokens(instance), scopes])


def start(definition: ProcessDefinition, surroundings: Mapping[str, Any], now: datetime,
          zone: tzinfo = UTC, variables: Mapping[str, Any] | None = None) -> Execution:
    instance = _Instance(definition, now, zone)
    instance.variables.update(variables or {})
    execution = Execution(instance, surroundings)
    execution._advance()
    return execution


def load(definition: ProcessDefinition, text: str, surroundings: Mapping[str, Any], now: datetime,
         zone: tzinfo = UTC) -> Execution:
    version, completed, variables, tokens, scopes = state.loads(text)
    if version != state.FORMAT:
        raise state.BadState(Text("The state has format {version}, not {known}.", version=version, known=state.FORMAT))
    instance = _Instance(definition, now, zone, deserializing=True)
    instance.variables.update({name: state.decode(value) for name, value in variables.items()})
    state.load_tokens(instance, tokens)
    instance.completed = bool(completed)
    _load_scopes(instance, scopes)
    for tree in instance.trees():
        for task in tree.tasks.values():
            if task.state == TaskState.WAITING and hasattr(task.task_spec, "event_definition"):
                instance.event_manager.add_task(task)
    return Execution(instance, surroundings)


def _load_scopes(instance: _Instance, scopes: Mapping[str, list[list[Any]]]) -> None:
    """Outer before inner, because a scope is found by the token that hosts it."""
    waiting = {UUID(hex=host_id): rows for host_id, rows in scopes.items()}
    while waiting:
        found = [(host_id, t) for host_id in waiting for tree in instance.trees() if (t := tree.tasks.get(host_id))]
        if not found:
            raise state.BadState(Text("The state holds a sub-process that no token hosts."))
        for host_id, host in found:
            scope = _Scope(instance.subprocess_specs[host.task_spec.spec], parent_task_id=host_id,
                           top_workflow=instance,
                           deserializing=True)
            state.load_tokens(scope, waiting.pop(host_id))
            scope.completed_event.connect(host.task_spec._on_subworkflow_completed, host)
            instance.subprocesses[host_id] = scope


def _tokens(tree: Any) -> Iterator[Token]:
    for task in tree.tasks.values():
        kind = _kind(task)
        if kind:
            yield Token(task.id.hex, task.task_spec.bpmn_id, kind, events.pending(task) if kind == "timer" else None)


def _kind(task: Any) -> str:
    if isinstance(task.task_spec, UserTask):
        return "user" if task.state == TaskState.READY else ""
    if isinstance(task.task_spec, specs.ServiceTask):
        return "service" if task.state == TaskState.STARTED else ""
    waits = task.state == TaskState.WAITING and isinstance(getattr(task.task_spec, "event_definition", None),
                                                           events.Timer)
    return "timer" if waits and events.pending(task) else ""
