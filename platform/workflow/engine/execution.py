"""One instance in memory: start, complete a token, let timers fire, store, restore. No I/O, no clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from SpiffWorkflow.util.task import TaskState

from formloom.errors import Conflict, FormloomError, Text
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.engine import events, specs, state
from formloom.workflow.engine.scopes import Instance, Scope

STEPS = 2000        # automatic steps between two waits; more is an endless loop


class EndlessLoop(FormloomError):
    """The process goes round without ever waiting for anybody."""

    code = "endless-loop"


class StuckProcess(FormloomError):
    """Tokens are left, and nothing that could ever move them."""

    code = "stuck-process"


@dataclass(frozen=True, slots=True)
class Token:
    """Something the instance waits for. `key` is what a message must carry, None for one about the same record."""

    id: str
    node: str
    kind: str               # user | ballot | service | external | timer | message | signal | conditional
    due: datetime | None = None
    name: str = ""          # of the message or signal
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A node that was passed since the execution was loaded."""

    node: str
    at: datetime


class Execution:
    """Made by `start` or `load`. `surroundings`: the names besides the variables, such as record fields and `user`.
    `sent`: messages and signals for others, in the order in which they were sent. `taken`: ids of the flows that tokens
    went along since it was loaded, once for each token.
    """

    def __init__(self, instance: Instance, surroundings: Mapping[str, Any]) -> None:
        self._instance = instance
        instance.surroundings = surroundings
        self.passed: list[Step] = []
        self.sent: list[events.Sent] = instance.sent
        self.taken: list[str] = instance.taken

    @property
    def variables(self) -> Mapping[str, Any]:
        return self._instance.results

    def assign(self, values: Mapping[str, Any]) -> None:
        """Sets variables of the process from outside."""
        self._instance.results.update({name: state.decode(state.encode(value)) for name, value in values.items()})

    @property
    def scope(self) -> Mapping[str, Any]:
        return self._instance.names

    def scope_of(self, token_id: str) -> Mapping[str, Any]:
        """What expressions of the token's element see: its own round of a loop, what a call was given."""
        return self._live(token_id).workflow.names  # type: ignore[no-any-return]  # Spiff is not typed

    @property
    def ended(self) -> bool:
        return bool(self._instance.completed)

    def waiting(self) -> list[Token]:
        return [found for tree in self._instance.trees for found in _tokens(tree)]

    @property
    def trees(self) -> list[Scope]:
        return self._instance.trees

    def settle(self, now: datetime) -> None:
        """Does what goes on by itself, after something but a step has changed it."""
        self._instance.now = now
        self._advance()

    def next_due(self) -> datetime | None:
        return min((t.due for t in self.waiting() if t.due), default=None)

    def complete(self, token_id: str, result: Any, now: datetime) -> None:
        """Ends a user, service or external task; later expressions read `result` under the node's id."""
        self._instance.now = now
        task = self._find(token_id)
        task.workflow.results[task.task_spec.node.name] = result
        if task.state == TaskState.READY:
            task.run()
        else:
            task.complete()
        self._advance()

    def send_away(self, token_id: str) -> None:
        """The work of a service task is done outside; the token is external until it is completed or fails."""
        self._find(token_id).internal_data["away"] = 1

    def poll(self, token_id: str, voters: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Tells a ballot who votes: of each `user` or `role`, and the `weight` of the vote."""
        self._instance.now = now
        task = self._live(token_id)
        task.task_spec.open(task, voters)
        self._advance()

    def move(self, token_id: str, target: str, leaving: frozenset[str], now: datetime) -> None:
        """Goes back to `target`, in the token's scope or one around it: whatever came after it there is taken back."""
        self._instance.now = now
        scope = self._holding(token_id, target)
        for task in scope.tokens:
            if task.task_spec.bpmn_id in leaving:
                task.cancel()
        scope.enter(scope.spec.task_specs[target])
        self._advance()

    def amend(self, token_id: str, target: str, result: Any) -> None:
        """What an earlier element gives now, where its result is kept."""
        scope = self._holding(token_id, target)
        scope.results[scope.spec.task_specs[target].node.name] = result

    def _holding(self, token_id: str, target: str) -> Scope:
        """The token's scope or one around it, whichever the element stands in."""
        scope = self._live(token_id).workflow
        while target not in scope.spec.task_specs or scope.spec.is_round:
            scope = scope.around
        return scope  # type: ignore[no-any-return]  # Spiff is not typed

    def restart(self, at: str, now: datetime) -> None:
        """From the start event `at` again, with the results that there are."""
        self._instance.now = now
        self._instance.clear()
        self._instance.begin(at)
        self._advance()

    def fail(self, token_id: str, code: str, now: datetime) -> bool:
        """A service task could not do its work: whether an error event around it catches that."""
        self._instance.now = now
        task = self._find(token_id)
        caught = events.catcher_of(task, "error", code)
        if caught is not None:
            caught.task_spec.happen(caught)
            self._advance()
        return caught is not None

    def deliver(self, kind: str, name: str, payload: Mapping[str, Any], now: datetime, key: str | None = None) -> int:
        """How many tokens a message or signal from outside moved."""
        self._instance.now = now
        count = events.deliver(self._instance, events.Sent(kind, name, key, payload))
        if count:
            self._advance()
        return count

    def remember(self, token_id: str, name: str, value: Any) -> None:
        """Besides the result of the token's element, and where that is kept."""
        self._live(token_id).workflow.results[name] = value

    def fire(self, now: datetime) -> None:
        """Lets every timer that is due by `now` happen, the earliest first, and conditions that have come true."""
        self._instance.now = now
        for _ in range(STEPS):
            due = [t for t in self._instance.waiting("timer") if events.due(t) <= now]
            if not due:
                self._advance()
                return
            first = min(due, key=events.due)
            first.task_spec.happen(first)
            self._advance()
        raise EndlessLoop(Text("The process took {count} steps without waiting for anybody.", count=STEPS))

    def dump(self) -> str:
        instance = self._instance
        scopes = [state.dump_scope(scope) for scope in instance.trees]
        return state.dumps([state.FORMAT, int(instance.completed), scopes])

    def _live(self, token_id: str) -> Any:
        task = self._instance.find(token_id)
        if task is None:
            raise Conflict(Text("This task is over: the process has gone on."))
        return task

    def _find(self, token_id: str) -> Any:
        task = self._live(token_id)
        if _kind(task) not in ("user", "service", "external"):
            raise Conflict(Text("This task is over: the process has gone on."))
        return task

    def _advance(self) -> None:
        for _ in range(STEPS):
            if not self._step():
                self._settle()
                return
        raise EndlessLoop(Text("The process took {count} steps without waiting for anybody.", count=STEPS))

    def _step(self) -> bool:
        """Does the next automatic thing; whether there was one."""
        instance = self._instance
        return any(act(tree) for act in _ACTS for tree in instance.trees)

    def _settle(self) -> None:
        instance = self._instance
        self.passed += [Step(*noted) for noted in instance.passed]
        instance.passed.clear()
        if not instance.working:
            instance.clear()
            instance.completed = True
        elif not self.waiting():
            raise StuckProcess(Text("The process can neither go on nor end: a gateway waits in vain."))


def _run_ready(scope: Scope) -> bool:
    task = next((t for t in scope.tokens if t.state == TaskState.READY and not t.task_spec.manual), None)
    if task is not None:
        task.run()
    return task is not None


def _join(scope: Scope) -> bool:
    return any(join.go_on(scope) for join in scope.spec.joins)


def _end_round(scope: Scope) -> bool:
    over = scope.host is not None and not scope.working
    if over:
        scope.host.task_spec.round_over(scope.host, scope)
    return over


def _notice_condition(scope: Scope) -> bool:
    task = next((t for t in scope.tokens if t.task_spec.awaits == "conditional" and t.state == TaskState.WAITING
                 and t.task_spec.changed(t)), None)
    if task is not None:
        task.task_spec.happen(task)
    return task is not None


_ACTS: tuple[Callable[[Scope], bool], ...] = (_run_ready, _end_round, _notice_condition, _join)


def start(definition: ProcessDefinition, surroundings: Mapping[str, Any], now: datetime,
          zone: tzinfo = UTC, variables: Mapping[str, Any] | None = None, at: str = "") -> Execution:
    """`at`: the start event, where the process has several."""
    instance = Instance(specs.build(definition), now, zone)
    instance.results.update(variables or {})
    execution = Execution(instance, surroundings)
    instance.begin(at)
    execution._advance()
    return execution


def load(definition: ProcessDefinition, text: str, surroundings: Mapping[str, Any], now: datetime,
         zone: tzinfo = UTC) -> Execution:
    version, *rest = state.loads(text)
    if version != state.FORMAT:
        raise state.BadState(Text("The state has format {version}, not {known}.", version=version, known=state.FORMAT))
    completed, (own, *scopes) = rest
    instance = Instance(specs.build(definition), now, zone)
    instance.results.update({name: state.decode(value) for name, value in own[3].items()})
    instance.completed = bool(completed)
    hosts = state.load_tokens(instance, own[5])
    for row in scopes:
        hosts |= _load_scope(instance, hosts, row)
    return Execution(instance, surroundings)


def _load_scope(instance: Instance, hosts: Mapping[str, Any], row: list[Any]) -> dict[str, Any]:
    """Its tokens by key. Outer scopes were opened, and so are stored, before those inside them."""
    key, inside, host_id, layer, index, tokens = row
    host = hosts.get(host_id)
    if host is None or inside not in instance.specs:
        raise state.BadState(Text("The state holds a sub-process that no token hosts."))
    values = None if layer is None else {name: state.decode(value) for name, value in layer.items()}
    scope = Scope(instance.specs[inside], instance, host, key=key, layer=values, index=index)
    instance.scopes[key] = scope
    return state.load_tokens(scope, tokens)


def _tokens(tree: Scope) -> Iterator[Token]:
    for task in tree.tokens:
        kind, spec = _kind(task), task.task_spec
        if kind in ("user", "service", "external", "ballot"):
            yield Token(task.id.hex, spec.node.id, kind)
        elif kind:
            due = events.due(task) if kind == "timer" else None
            yield Token(task.id.hex, spec.event.id, kind, due, spec.event.code, task.internal_data.get("key"))


def _kind(task: Any) -> str:
    spec = task.task_spec
    if spec.kind == "user":
        return "user" if task.state == TaskState.READY else ""
    if spec.kind == "ballot":
        return "ballot" if task.state == TaskState.STARTED and spec.asks(task) else ""
    if spec.kind == "service":
        if task.state != TaskState.STARTED:
            return ""
        return "external" if "away" in task.internal_data else "service"
    return spec.awaits if spec.awaits in OUTSIDE and task.state == TaskState.WAITING else ""


OUTSIDE = frozenset({"timer", "message", "signal", "conditional"})     # events that come from outside an instance
