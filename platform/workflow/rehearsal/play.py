"""One test run: a sample, and moves that are played again from the beginning each time, so nothing is kept anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.errors import BadRequest, FormloomError, Text, ValidationFailed
from formloom.metadata.catalog import EMPTY
from formloom.policy import people
from formloom.policy.actor import SYSTEM, Actor
from formloom.records import actions
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.storage.database import Rehearsal
from formloom.workflow import engine, instances, moments, performing, steps, tasks, triggers
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.failure import StepFailed
from formloom.workflow.instances import Visit, Waiting
from formloom.workflow.rehearsal.effects import Effect, Recorder
from formloom.workflow.scope import Surroundings, local_now, zone
from formloom.workflow.tasks import Task

MOST_MOVES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the test run begins with. `record`: read as a copy; without one, a record of `values` is made. `begin`: the
    declared action that starts it, '' to start it as it is. `results`: of service tasks that are not called.
    """

    record: int | None = None
    values: Mapping[str, Any] = EMPTY
    started_by: int | None = None
    now: datetime | None = None
    begin: str = ""
    results: Mapping[str, Mapping[str, Any]] = EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """do: complete (the task at `node`) | wait (`duration`) | next (to the next timer) | change (the record's `values`)
    | message | signal (`name`, `values`) | finish (to the end; `outcomes` chosen by element).
    """

    do: str
    node: str = ""
    outcome: str = ""
    comment: str = ""
    by: int | None = None
    values: Mapping[str, Any] = EMPTY
    outcomes: Mapping[str, str] = EMPTY
    duration: str = ""
    name: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Where it could not go on, which for a real case would be an incident."""

    node: str
    message: Text | str
    hint: Text | None = None


@dataclass(slots=True, kw_only=True)
class Trace:
    """How far it came. status: running | done | cancelled | failed. `unheld`: roles for which a task waits and that
    nobody holds. `unfilled`: why a run to the end stopped at a task.
    """

    status: str
    now: datetime
    record: Mapping[str, Any] | None
    variables: Mapping[str, Any]
    waiting: Sequence[Waiting]
    tasks: Sequence[Task]
    passed: Sequence[str]
    flows: Sequence[str]
    history: Sequence[Visit]
    effects: Sequence[Effect]
    unheld: Sequence[str]
    failure: Failure | None
    unfilled: ValidationFailed | None = None


def rehearse(context: Context, definition: ProcessDefinition, sample: Sample, moves: Sequence[Move] = ()) -> Trace:
    """Plays the moves. `context` is one of `database.rehearse()`: whatever happens in it, it is rolled back."""
    if not isinstance(context.unit, Rehearsal):
        raise AssertionError("a test run needs a transaction that is rolled back")
    if len(moves) > MOST_MOVES:
        raise BadRequest(Text("A test run has at most {limit} moves.", limit=MOST_MOVES))
    stage = _Stage(context, definition, sample)
    stage.begin()
    for move in moves:
        if stage.open:
            stage.play(move)
    return stage.trace()


@dataclass(slots=True)
class _Stage:
    _given: Context
    _definition: ProcessDefinition
    _sample: Sample
    context: Context = field(init=False)
    _recorder: Recorder = field(init=False)
    _record: tuple[str, int] | None = None
    _instance: int = 0
    _failure: Failure | None = None
    _unfilled: ValidationFailed | None = None

    @property
    def open(self) -> bool:
        return self._failure is None and self._status() in ("running", "incident")

    def begin(self) -> None:
        given, sample = self._given, self._sample
        starter = people.load_actor(given.unit, sample.started_by) if sample.started_by else given.actor
        if starter is None:
            raise BadRequest(Text("There is no active person {id}.", id=str(sample.started_by)))
        quiet = replace(given, now=sample.now or given.now, listeners=(), actor=SYSTEM)
        self._record = self._prepare(quiet)
        self._recorder = Recorder(quiet, sample.results)
        self.context = replace(
            quiet, actor=starter, definitions={**given.definitions, self._definition.key: self._definition},
            listeners=(self._recorder.listen, *(x for x in given.listeners if performing.is_transactional(x))),
            service_tasks={name: self._recorder.around(name, call) for name, call in given.service_tasks.items()})
        self._attempt(self._start)

    def play(self, move: Move) -> None:
        verbs: Mapping[str, Callable[[Move], None]] = {
            "complete": self._complete, "wait": self._wait, "next": self._next, "change": self._change,
            "message": self._deliver, "signal": self._deliver, "finish": self._finish}
        verb = verbs.get(move.do)
        if verb is None:
            raise BadRequest(Text("There is no move {move}.", move=move.do),
                             Text("Use one of {moves}.", moves=", ".join(verbs)))
        self._attempt(lambda: verb(move))

    def trace(self) -> Trace:
        if not self._instance:
            return self._unstarted()
        drawn = instances.diagram(self.context, self._instance)
        found = [task for task in tasks.of_instance(self._seeing(), self._instance) if task.open]
        return Trace(
            status="failed" if self._failure else self._status(), now=self.context.now, record=self._row(),
            variables=self._variables(), waiting=drawn.waiting, tasks=found, passed=drawn.passed, flows=drawn.flows,
            history=drawn.history, effects=tuple(self._recorder.effects), failure=self._failure,
            unfilled=self._unfilled, unheld=sorted({
                task.role for task in found if task.role and not task.users and task.assignee is None
                and not people.with_role(self.context.unit, task.role)}))

    def _unstarted(self) -> Trace:
        return Trace(status="failed", now=self.context.now, record=self._row(), variables={}, waiting=(), tasks=(),
                     passed=(), flows=(), history=(), effects=tuple(self._recorder.effects), unheld=(),
                     failure=self._failure)

    def _prepare(self, quiet: Context) -> tuple[str, int] | None:
        """The copy, with the values that were typed."""
        entity, sample = self._definition.entity, self._sample
        if not entity:
            return None
        if sample.record is None:
            return entity, actions.create(quiet, entity, sample.values).id
        actions.read(quiet, entity, sample.record)
        if sample.values:
            actions.update(quiet, entity, sample.record, sample.values)
        return entity, sample.record

    def _start(self) -> None:
        before = self._newest()
        if self._sample.begin and self._record is not None:
            acting = replace(self.context, actor=tasks.granting(self.context.actor))
            actions.run(acting, *self._record, self._sample.begin)
            if self._newest() == before:
                raise BadRequest(Text("The action {action} does not start this process.", action=self._sample.begin),
                                 Text("Start it as it is, or give the process this trigger."))
        else:
            instances.start(self.context, self._definition, self._record)
        self._instance = self._newest()
        self._recorder.skip(self._instance)

    def _newest(self) -> int:
        """The last instance of the process in this transaction, which sees no other's."""
        found = sa.select(sa.func.max(t.fl_instance.c.id)).where(t.fl_instance.c.key == self._definition.key)
        return int(self.context.unit.connection.scalar(found) or 0)

    def _attempt(self, act: Callable[[], None]) -> None:
        """What would be an incident ends the test run where it stood; a refused move is the caller's to tell."""
        try:
            with self.context.unit.connection.begin_nested():
                act()
        except StepFailed as failed:
            self._failure = _failure(failed)
        self._recorder.collect(self.context)

    def _complete(self, move: Move) -> None:
        task = next((one for one in self._open_tasks() if one.node == move.node), None)
        if task is None:
            raise BadRequest(Text("Nobody has the task {node} now.", node=move.node))
        self._decide(task, move)

    def _decide(self, task: Task, move: Move) -> None:
        acting = replace(self.context, actor=self._performer(task, move.by))
        tasks.complete(acting, task.id, move.outcome, move.comment, move.values)

    def _performer(self, task: Task, chosen: int | None) -> Actor:
        """Somebody who could do it: who was chosen, who has it, or anybody to whom it is offered."""
        wanted = chosen or task.assignee or next(iter(
            task.users or people.with_role(self.context.unit, task.role or "")), None)
        who = people.load_actor(self.context.unit, wanted) if wanted else None
        who = who or self.context.actor
        return who if task.may_complete(who) else replace(who, roles=who.roles | {task.role or ""})

    def _wait(self, move: Move) -> None:
        step = moments.duration(move.duration)
        if step is None:
            raise BadRequest(Text("{text} is not a duration.", text=move.duration),
                             Text("Write it like PT24H or P2D."))
        self._to(self.context.now + step)

    def _next(self, _: Move) -> None:
        due = self._due()
        if due is None:
            raise BadRequest(Text("No timer is waiting."))
        self._to(max(due, self.context.now))

    def _to(self, until: datetime) -> None:
        """From one due time to the next, so that each timer happens at its own time."""
        for _ in range(MOST_MOVES):
            due = self._due()
            if due is None or due > until or self._status() != "running":
                break
            self._at(max(due, self.context.now))
            steps.open_instance(self.context, self._instance).fire()
        self._at(until)

    def _at(self, now: datetime) -> None:
        self.context = replace(self.context, now=now)

    def _change(self, move: Move) -> None:
        """Somebody changes the record meanwhile."""
        if self._record is None:
            raise BadRequest(Text("This process has no record."))
        actions.update(replace(self.context, actor=SYSTEM), *self._record, move.values)

    def _deliver(self, move: Move) -> None:
        if move.do == "message":
            triggers.deliver(self.context, move.name, self._record, move.values, move.key)
        else:
            triggers.signal(self.context, move.name, self._record, move.values)

    def _finish(self, move: Move) -> None:
        """Decides as was chosen, else by the first outcome; waits for timers only when nobody has a task."""
        for _ in range(MOST_MOVES):
            if self._status() != "running":
                return
            task = next(iter(self._open_tasks()), None)
            due = self._due()
            if task is not None and not self._decided(task, move):
                return
            if task is None and due is None:
                return
            if task is None and due is not None:
                self._to(max(due, self.context.now))

    def _decided(self, task: Task, move: Move) -> bool:
        outcome = move.outcomes.get(task.node) or (task.outcomes[0].value if task.outcomes else "")
        given = {one.name: move.values[one.name] for one in task.fields if one.editable and one.name in move.values}
        try:
            with self.context.unit.connection.begin_nested():
                self._decide(task, Move(do="complete", node=task.node, outcome=outcome, values=given,
                                        comment=move.comment or "…"))
        except ValidationFailed as error:
            self._unfilled = error
            return False
        return True

    def _open_tasks(self) -> list[Task]:
        return [task for task in tasks.of_instance(self._seeing(), self._instance) if task.open]

    def _seeing(self) -> Context:
        return replace(self.context, actor=SYSTEM)

    def _status(self) -> str:
        status = sa.select(t.fl_instance.c.status).where(t.fl_instance.c.id == self._instance)
        return str(self.context.unit.connection.scalar(status) or "failed")

    def _due(self) -> datetime | None:
        return self.context.unit.connection.scalar(
            sa.select(t.fl_instance.c.next_due).where(t.fl_instance.c.id == self._instance))

    def _variables(self) -> Mapping[str, Any]:
        row = self.context.unit.connection.execute(sa.select(t.fl_instance.c.state, t.fl_instance.c.started_by).where(
            t.fl_instance.c.id == self._instance)).one()
        around = Surroundings(self.context, self._record, row.started_by)
        return engine.load(self._definition, row.state, around, local_now(self.context), zone(self.context)).variables

    def _row(self) -> Mapping[str, Any] | None:
        return self.context.store.get(self.context.unit, *self._record) if self._record else None


def _failure(failed: StepFailed) -> Failure:
    cause = failed.cause
    if isinstance(cause, FormloomError):
        return Failure(failed.node, cause.message, cause.hint)
    return Failure(failed.node, f"{type(cause).__name__}: {cause}")
