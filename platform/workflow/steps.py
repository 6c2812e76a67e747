"""One step of an instance: lock, load, move tokens, do automatic work, store; all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError

from formloom.errors import Conflict, FormloomError, NotFound, Text
from formloom.jobs import queue
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.records.scope import Scope
from formloom.storage import platform_tables as t
from formloom.storage.database import Origin
from formloom.workflow import approvers, definitions, engine, offers, performing, rule_tasks
from formloom.workflow.definition import DecisionCall, ProcessDefinition
from formloom.workflow.failure import RecordRef, StepFailed
from formloom.workflow.scope import Surroundings, local_now, zone
from formloom.workflow.trail import Trail

_busy: ContextVar[tuple[Any, set[int]]] = ContextVar("busy", default=(None, set()))
ROUNDS = 500        # service tasks of one step; more is an endless loop
EXTERNAL = "external-task"      # the kind of job that does what a step has sent away
# Built once: to build a statement takes SQLAlchemy several times as long as to run it.
_SEEN = sa.select(t.fl_instance).where(t.fl_instance.c.id == sa.bindparam("instance"))
_LOCKED = _SEEN.with_for_update()
_LOCKED_OF_TASK = sa.select(t.fl_instance).where(t.fl_instance.c.id == sa.select(t.fl_task.c.instance_id).where(
    t.fl_task.c.id == sa.bindparam("task")).scalar_subquery()).with_for_update()
_MAKE = sa.insert(t.fl_instance).returning(t.fl_instance.c.id)
_STORE = sa.update(t.fl_instance).where(
    t.fl_instance.c.id == sa.bindparam("instance"), t.fl_instance.c.version == sa.bindparam("seen"))


@dataclass(slots=True)
class Step:
    """One instance while it is locked and in memory. One that just starts has no id before its row is written."""

    context: Context
    instance_id: int
    version: int
    definition: ProcessDefinition
    surroundings: Surroundings
    record: RecordRef | None
    started_by: int
    execution: engine.Execution | None = None
    node: str = ""      # where the step is, for the incident
    acted: bool = False     # whether it did something besides moving tokens: such a step cannot be taken back
    spoke: bool = False     # whether it sent a message or signal
    job_id: int | None = None                       # whose answer it tells
    unstarted: tuple[str, Mapping[str, Any]] | None = None      # start event and variables, of one that is yet to begin
    stopped: bool = False                           # by incidents, which are over once it goes on
    skips: dict[str, Any] = field(default_factory=dict)         # results given to elements instead of performing them
    trail: Trail = field(default_factory=Trail)
    _sent: frozenset[str] = frozenset()             # tokens that were away when it was opened
    _before: tuple[engine.Token, ...] | None = None     # what waited then; None where rows may differ from that

    @property
    def running(self) -> engine.Execution:
        if self.execution is None:
            raise AssertionError("the instance is not in memory")
        return self.execution

    def begin(self, variables: Mapping[str, Any] | None, at: str = "") -> None:
        """`at`: the start event, where the process has several."""
        self._before = ()
        with self._failing():
            self.execution = engine.start(self.definition, self.surroundings, local_now(self.context),
                                          zone(self.context), variables, at)
            self._go_on()

    def complete(self, token: str, node: str, result: Mapping[str, Any]) -> None:
        """Ends a token's wait. Timers that are due by now come first: they may have ended it already."""
        with self._failing():
            self.node = node
            self.running.fire(local_now(self.context))
            self.running.complete(token, result, local_now(self.context))
            self._go_on()

    def move(self, token: str, target: str, leaving: frozenset[str]) -> None:
        """Goes back to an earlier step, from which the process goes on again."""
        with self._failing():
            self.node = target
            self.running.move(token, target, leaving, local_now(self.context))
            self._go_on()

    def restart(self) -> None:
        """From the start event that it began with."""
        with self._failing():
            self.running.restart(self._began_at(), local_now(self.context))
            self._go_on()

    def amend(self, token: str, node: str, result: Mapping[str, Any]) -> None:
        """What a step says now that was done again, and from which the process does not go on again."""
        with self._failing():
            self.running.amend(token, node, result)
            self._go_on()

    def _began_at(self) -> str:
        """The start event; '' for the plain one, or where none is drawn."""
        starts = {n.id for n in self.definition.scope() if n.kind == "startEvent"}
        first = sa.select(t.fl_history.c.node).where(
            t.fl_history.c.instance_id == self.instance_id, t.fl_history.c.kind == "passed",
            t.fl_history.c.node.in_(starts)).order_by(t.fl_history.c.id).limit(1)
        return str(self.context.unit.connection.scalar(first) or "")

    def assign(self, values: Mapping[str, Any]) -> None:
        """Sets variables; of one that is yet to begin, those it begins with."""
        if self.unstarted is not None:
            self.unstarted = self.unstarted[0], {**self.unstarted[1], **values}
        elif values:
            self.running.assign(values)

    def fire(self) -> None:
        if self.unstarted is not None:
            self.begin(self.unstarted[1], self.unstarted[0])
            return
        with self._failing():
            self.running.fire(local_now(self.context))
            self._go_on()

    def settle(self) -> None:
        """After its definition was replaced: does what goes on by itself, and stores."""
        with self._failing():
            self.running.settle(local_now(self.context))
            self._go_on()

    def away(self) -> frozenset[str]:
        """Tokens whose work is done outside."""
        return frozenset(w.id for w in self.running.waiting() if w.kind == "external")

    def answer(self, token: str, node: str, result: Mapping[str, Any]) -> None:
        """The work outside is done."""
        with self._failing():
            self.node = node
            self.running.complete(token, result, local_now(self.context))
            self._go_on()

    def refuse(self, token: str, node: str, code: str) -> bool:
        """The work outside could not be done: whether an error event catches that; else nothing has changed."""
        with self._failing():
            self.node = node
            caught = self.running.fail(token, code, local_now(self.context))
            if caught:
                self._go_on()
        return caught

    def deliver(self, kind: str, name: str, payload: Mapping[str, Any], key: str | None = None) -> int:
        """How many tokens the message or signal moved."""
        with self._failing():
            self.running.fire(local_now(self.context))
            count = self.running.deliver(kind, name, payload, local_now(self.context), key)
            self._go_on()
        return count

    def _go_on(self) -> None:
        """Does service tasks until only people and time are awaited, then stores."""
        for _ in range(ROUNDS):
            token = next((w for w in self.running.waiting() if w.kind in ("service", "ballot")), None)
            if token is None:
                self._store()
                return
            if not self.instance_id:
                self._make()
            self.trail.write(self.context, self.instance_id)        # before whatever the service notes
            self._serve(token)
        raise engine.EndlessLoop(Text("The process took {count} steps without waiting for anybody.", count=ROUNDS))

    def _serve(self, token: engine.Token) -> None:
        self.node = token.node
        node = self.definition.nodes[token.node]
        if token.kind == "ballot":
            found = approvers.voters(self.context, self.instance_id, self.definition, node, self.started_by,
                                     self.running.scope_of(token.id))
            self.running.poll(token.id, found, local_now(self.context))
            return
        if token.node in self.skips:
            self.running.complete(token.id, self.skips.pop(token.node), local_now(self.context))
            return
        call = node.decision
        if call is not None:
            self._decide(token, call)
            return
        self.acted = True
        place = performing.Step(self.context, self.instance_id, token.node, self.record,
                                f"{self.instance_id}.{token.id}", self.started_by)
        try:
            with self._at(token.node), self.context.unit.connection.begin_nested():
                result = performing.perform(place, node, self.running.scope_of(token.id))
        except FormloomError as error:      # nothing of the task was kept; an error event around it may go on from here
            self.surroundings.refresh()
            if not self.running.fail(token.id, error.code, local_now(self.context)):
                raise
            return
        self.surroundings.refresh()
        if isinstance(result, performing.External):
            self._send_away(token, place.key, result)
        else:
            self.running.complete(token.id, result, local_now(self.context))

    @contextmanager
    def _at(self, node: str) -> Iterator[None]:
        """Jobs of this element know where they come from."""
        unit, before = self.context.unit, self.context.unit.origin
        unit.origin = Origin(self.instance_id, node)
        try:
            yield
        finally:
            unit.origin = before

    def _send_away(self, token: engine.Token, key: str, work: performing.External) -> None:
        entity, record_id = self.record or ("", None)
        given = {name: _portable(value) for name, value in work.parameters.items()}
        payload = {"task": work.task, "parameters": engine.write_values(given), "instance": self.instance_id,
                   "node": token.node, "entity": entity, "record": record_id}
        with self._at(token.node):
            queue.enqueue(self.context.unit, EXTERNAL, payload, key=f"external:{key}", token=token.id)
        self.running.send_away(token.id)

    def _decide(self, token: engine.Token, call: DecisionCall) -> None:
        now = local_now(self.context)
        value, kept = rule_tasks.ask(self.context, call, self.running.scope_of(token.id), now)
        self.trail.add("ruled", [(token.node, now)], None, kept)
        if call.result:
            self.running.remember(token.id, call.result, value)
        self.running.complete(token.id, value, now)

    def _make(self) -> None:
        row = {"key": self.definition.key, "hash": self.definition.hash, "version": self.version,
               "entity": self.record[0] if self.record else "", "record_id": self.record[1] if self.record else None,
               "started_by": self.started_by, "started_at": self.context.now, **self._values()}
        self.instance_id = int(self.context.unit.connection.execute(_MAKE, row).scalar_one())
        under_way(self.context).add(self.instance_id)

    def _values(self) -> dict[str, Any]:
        execution = self.running
        return {"state": execution.dump(), "next_due": execution.next_due(),
                "status": "done" if execution.ended else "running",
                "ended_at": self.context.now if execution.ended else None,
                "skips": engine.write_values(self.skips) if self.skips else None}

    def _store(self) -> None:
        if not self.instance_id:
            self._make()
        elif not self._update():
            return
        self.trail.add("passed", [(step.node, step.at) for step in self.running.passed])
        self.trail.write(self.context, self.instance_id)
        self.running.passed.clear()
        self._withdraw()
        offers.synchronize(self.context, self.instance_id, self.definition, self.record, self.running,
                           self.started_by, self._before, self.surroundings.title)
        self._before = tuple(self.running.waiting())
        under_way(self.context).discard(self.instance_id)
        self._send()

    def _update(self) -> bool:
        """False if the step itself ended the process."""
        values = {**self._values(), "version": self.version + 1, "instance": self.instance_id, "seen": self.version}
        if self.context.unit.connection.execute(_STORE, values).rowcount != 1:
            if self._cancelled():
                return False
            raise Conflict(Text("The process has gone on meanwhile. Try again."))
        self.version += 1
        return True

    def closed(self, token: str) -> None:
        """The only task of this token was just done: no row of it is left to be withdrawn."""
        if self._before is not None:
            self._before = tuple(w for w in self._before if w.id != token)

    def differs(self) -> None:
        """Rows may not be as the state says, because the state was put back."""
        self._before = None

    def _withdraw(self) -> None:
        """Jobs whose tokens are gone, and incidents that the step has left behind."""
        gone = self._sent - self.away()
        if gone:
            theirs = (t.fl_job.c.instance_id == self.instance_id) & t.fl_job.c.token.in_(gone)
            queue.cancel(self.context.unit, theirs, self.context.now)
            close_incidents(self.context, t.fl_incident.c.job_id.in_(sa.select(t.fl_job.c.id).where(theirs)))
        if self.stopped:
            own = (t.fl_incident.c.instance_id == self.instance_id) & t.fl_incident.c.job_id.is_(None)
            close_incidents(self.context, own)
            self.stopped = False

    def _send(self) -> None:
        """To whoever listens, now that this instance is stored: an answer may come back to it at once."""
        entity, record_id = self.record or ("", 0)
        sent, self.running.sent[:] = list(self.running.sent), []
        self.spoke |= bool(sent)
        for one in sent:
            event = Event(kind=one.kind, entity=entity, id=record_id, actor=self.context.actor, at=self.context.now,
                          action=one.name, values={"payload": one.payload, "key": one.key, "sender": self.instance_id})
            for listener in self.context.listeners:
                listener(self.context, event)

    def _cancelled(self) -> bool:
        """The step itself deleted the record, and with it the process."""
        status = sa.select(t.fl_instance.c.status).where(t.fl_instance.c.id == self.instance_id)
        return self.context.unit.connection.scalar(status) == "cancelled"

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """What goes wrong inside a step is not the user's input: it becomes StepFailed, and so an incident. A database
        that is away is no fault of the process: whoever asked tries again.
        """
        under_way(self.context).add(self.instance_id)
        try:
            yield
        except (Conflict, StepFailed, OperationalError, InterfaceError):
            raise
        except Exception as error:
            raise StepFailed(self.definition.key, self.instance_id, self.node, error, self.job_id) from error


def under_way(context: Context) -> set[int]:
    """Instances that are in memory in this unit of work, and not stored yet."""
    unit, ids = _busy.get()
    if unit is not context.unit:
        ids = set()
        _busy.set((context.unit, ids))
    return ids


def open_instance(context: Context, instance_id: int) -> Step:
    """Locks the instance until the transaction ends, and brings it into memory."""
    return loaded(context, _row(context, _LOCKED, instance_id))


def look_at(context: Context, instance_id: int) -> Step:
    """In memory, to be asked and not to be moved."""
    return loaded(context, _row(context, _SEEN, instance_id))


def lock_of_task(context: Context, task_id: int) -> Any:
    """Locks the instance of a task; its row, or None if there is no such task."""
    return context.unit.connection.execute(_LOCKED_OF_TASK, {"task": task_id}).one_or_none()


def _row(context: Context, query: sa.Select[Any], instance_id: int) -> Any:
    row = context.unit.connection.execute(query, {"instance": instance_id}).one_or_none()
    if row is None:
        raise NotFound(Text("There is no process instance {id}.", id=instance_id))
    return row


def loaded(context: Context, row: Any) -> Step:
    """Of a row that was read under its lock, or is only looked at."""
    if row.status not in ("running", "incident"):
        raise Conflict(Text("This process is over."))
    record = (row.entity, row.record_id) if row.record_id is not None else None
    definition = definitions.pinned(context, row.key, row.hash)
    surroundings = Surroundings(context, record, row.started_by)
    step = Step(context, row.id, row.version, definition, surroundings, record, row.started_by,
                stopped=row.status == "incident", unstarted=engine.load_start(row.state))
    if step.unstarted is None:
        with step._failing():
            step.skips = engine.read_values(row.skips) if row.skips else {}
            step.execution = engine.load(definition, row.state, surroundings, local_now(context), zone(context))
            step._sent, step._before = step.away(), tuple(step.running.waiting())
    return step


def close_incidents(context: Context, which: sa.ColumnElement[bool], resolution: str = "went on") -> None:
    """`resolution`: went on | retried | skipped | cancelled. What is resolved already stays as it was."""
    context.unit.connection.execute(
        sa.update(t.fl_incident).where(which, t.fl_incident.c.status == "open").values(
            status="resolved", resolution=resolution, resolved_at=context.now, resolved_by=context.actor.user_id))


def _portable(value: Any) -> Any:
    """A record as its values, without what it leads to."""
    if isinstance(value, Scope):
        return dict(value.row)
    return [_portable(item) for item in value] if isinstance(value, list) else value

