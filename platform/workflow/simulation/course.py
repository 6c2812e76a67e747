"""One case on a simulated clock: the engine runs it, history or an assumption says what people do and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from formloom.errors import FormloomError, Text
from formloom.feel.functions.working import CALENDARS
from formloom.metadata.catalog import Entity
from formloom.records.calendars import Calendars
from formloom.records.context import Context
from formloom.records.scope import Scope
from formloom.workflow import approvers, engine, moments, rule_tasks
from formloom.workflow.definition import Node, ProcessDefinition
from formloom.workflow.scope import Surroundings, zone
from formloom.workflow.simulation import standing_in
from formloom.workflow.simulation.assumptions import Assumptions
from formloom.workflow.simulation.history import Case, Visit

MOST_EVENTS = 1000      # of one case; more is a loop that nobody leaves


class EndlessCase(FormloomError):
    """A case goes round and round under the assumptions that were made."""

    code = "endless-case"


@dataclass(slots=True)
class Work:
    """A task that somebody had. `known`: history says how long and how it ended; else it is assumed."""

    node: str
    role: str
    person: int | None
    arrived: datetime
    due: datetime | None
    known: bool
    left: datetime | None = None        # when it was done or withdrawn


@dataclass(slots=True)
class Run:
    """What became of a case. status: done | waiting | failed. `end`: the end event that was last reached."""

    case: int
    started: datetime
    status: str = "waiting"
    end: str = ""
    ended: datetime | None = None
    waits_at: tuple[str, ...] = ()
    passed: Counter[str] = field(default_factory=Counter)
    flows: Counter[str] = field(default_factory=Counter)
    works: list[Work] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)      # service tasks that were not done, by element
    failure: Text | str = ""
    failed_at: str = ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What all cases of a simulation share. `users`: what expressions see of whoever started a case, by id."""

    context: Context
    definition: ProcessDefinition
    assumptions: Assumptions
    seed: int
    users: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    def user(self, user_id: int) -> Mapping[str, Any]:
        if user_id not in self.users:
            self.users[user_id] = Surroundings(self.context, None, user_id).user
        return self.users[user_id]

    @property
    def entity(self) -> Entity | None:
        return self.context.catalog.entities.get(self.definition.entity)


class Remembered(Mapping[str, Any]):
    """What expressions see of a case: a record in memory that service tasks and forms change, and `user`."""

    def __init__(self, conditions: Conditions, case: Case) -> None:
        self._entity, self._context = conditions.entity, conditions.context
        self._user = conditions.user(case.started_by)
        self.row = dict(case.row or {})
        self._scope: Scope | None = None

    def change(self, values: Mapping[str, Any]) -> None:
        self.row |= values
        self._scope = None

    @property
    def record(self) -> Scope | None:
        if self._scope is None and self._entity is not None:
            self._scope = Scope(self._context, self._entity, self.row)
        return self._scope

    def __getitem__(self, name: str) -> Any:
        if name == "user":
            return self._user
        if name == CALENDARS:
            return self.record[name] if self.record is not None else Calendars(self._context, None, {})
        if self._entity is None or (name != "record" and name not in self._entity.fields):
            raise KeyError(name)
        return self.record if name == "record" or self.record is None else self.record[name]

    def __contains__(self, name: object) -> bool:
        known = ("user", CALENDARS) if self._entity is None else ("user", CALENDARS, "record", *self._entity.fields)
        return name in known

    def __iter__(self) -> Iterator[str]:
        yield "user"
        if self._entity is not None:
            yield from ("record", *self._entity.fields)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def follow(conditions: Conditions, case: Case) -> Run:
    """From its start until it ends, or until nothing is known of what it waits for."""
    return _Course(conditions, case).run()


class _Course:
    def __init__(self, conditions: Conditions, case: Case) -> None:
        self._all, self._case = conditions, case
        self._names = Remembered(conditions, case)
        self._zone = zone(conditions.context)
        self._now = case.started_at.astimezone(self._zone)
        # What is still open in reality is known up to now and no further.
        self._until = None if case.ended_at else conditions.context.now
        self._agenda: dict[str, datetime | None] = {}
        self._works: dict[str, tuple[Work, str, Visit | None]] = {}
        self._visits: Counter[str] = Counter()
        self._changes = sorted(case.changes, key=lambda change: change[0])
        self._run = Run(case.id, case.started_at)
        self._node = ""
        self._execution: engine.Execution | None = None

    @property
    def _running(self) -> engine.Execution:
        if self._execution is None:
            raise AssertionError("the case has not begun")
        return self._execution

    def run(self) -> Run:
        try:
            self._follow()
        except FormloomError as error:
            self._run.status, self._run.failure, self._run.failed_at = "failed", error.message, self._node
        if self._execution is not None:
            self._tell(self._execution)
        return self._run

    def _follow(self) -> None:
        definition, case = self._all.definition, self._case
        start = case.start if case.start in definition.nodes else ""
        kept = {name: value for name, value in case.results.items() if name in ("message", "signal", start) and name}
        self._execution = engine.start(definition, self._names, self._now, self._zone, kept, start)
        for _ in range(MOST_EVENTS):
            self._serve()
            if self._running.ended or not self._go_on():
                break
        else:
            raise EndlessCase(Text("A case took more than {count} steps.", count=MOST_EVENTS))

    def _tell(self, execution: engine.Execution) -> None:
        run = self._run
        run.flows, run.passed = Counter(execution.taken), Counter(step.node for step in execution.passed)
        run.works = [*run.works, *(work for work, _, _ in self._works.values())]
        if execution.ended and run.status != "failed":
            run.status, run.ended = "done", self._now
            for work in run.works:
                work.left = work.left or self._now
            ends = [step.node for step in execution.passed if self._all.definition.nodes[step.node].kind == "endEvent"]
            run.end = ends[-1] if ends else ""
        else:
            run.waits_at = tuple(dict.fromkeys(token.node for token in execution.waiting()))

    def _serve(self) -> None:
        """Does what needs nobody, and notes who has to do the rest."""
        for _ in range(MOST_EVENTS):
            token = next((w for w in self._running.waiting() if w.kind in ("service", "ballot")), None)
            if token is None:
                self._note_arrivals()
                return
            self._node = token.node
            if token.kind == "ballot":
                self._running.poll(token.id, self._voters(token), self._now)
            else:
                self._running.complete(token.id, self._result(token), self._now)
        raise EndlessCase(Text("A case took more than {count} steps.", count=MOST_EVENTS))

    def _voters(self, token: engine.Token) -> list[approvers.Voter]:
        """Who would decide an approval; those who approved an earlier step of this case only if nobody else can."""
        definition = self._all.definition
        node = definition.nodes[token.node]
        found = approvers.voters(self._all.context, 0, definition, node, self._case.started_by,
                                 self._running.scope_of(token.id))
        if node.approval is None or node.approval.self == "allow":
            return found
        earlier = {work.person for work in self._run.works if work.left and definition.nodes[work.node].approval}
        return [one for one in found if one["user"] is None or int(one["user"]) not in earlier] or found[:1]

    def _result(self, token: engine.Token) -> Any:
        node = self._all.definition.nodes[token.node]
        names = self._running.scope_of(token.id)
        if node.decision is not None:
            value, _ = rule_tasks.ask(self._all.context, node.decision, names, self._now)
            if node.decision.result:
                self._running.remember(token.id, node.decision.result, value)
            return value
        entity = self._all.entity
        change = standing_in.change(node, names, entity, self._now) if entity is not None else None
        if change is None:
            self._run.effects[node.id] += 1
            return self._case.results.get(node.name) or {}
        self._names.change(change)
        return {"id": self._names.row.get("id")}

    def _note_arrivals(self) -> None:
        waiting = self._running.waiting()
        there = {token.id for token in waiting}
        for gone in self._works.keys() - there:
            work = self._works.pop(gone)[0]
            work.left = self._now
            self._run.works.append(work)
        self._agenda = {key: at for key, at in self._agenda.items() if key in there}
        for token in waiting:
            if token.id in self._agenda:
                continue
            if token.kind == "user":
                self._agenda[token.id] = self._assign(token)
            elif token.kind in ("message", "signal"):
                self._agenda[token.id] = self._comes(token)

    def _assign(self, token: engine.Token) -> datetime | None:
        """When the task will be done; None if it never was."""
        node, visit = self._all.definition.nodes[token.node], self._visits[token.node]
        self._visits[token.node] += 1
        known = self._case.visits.get(token.node, ())
        real = known[visit] if visit < len(known) else None
        if real is not None and real.outcome and node.outcome(real.outcome) is None:
            real = None         # it ended in a way that the draft does not have
        assumed, outcome = self._all.assumptions.of(node).draw(
            Random(f"{self._all.seed}/{self._case.id}/{node.id}/{visit}"))  # noqa: S311 - guards nothing
        work = Work(node.id, self._role(node, token), self._person(node, token, real), self._now,
                    self._due(node, token), real is not None)
        self._works[token.id] = work, real.outcome if real and real.outcome else outcome, real
        return self._done_at(real, assumed)

    def _done_at(self, real: Visit | None, assumed: timedelta) -> datetime | None:
        """A task that was withdrawn would have taken longer than it was there."""
        if real is None:
            return self._all.assumptions.after(self._now, assumed)
        if real.done is None:
            return None
        left = self._now + (real.done - real.arrived)
        return self._all.assumptions.after(left, assumed) if real.withdrawn else left

    def _role(self, node: Node, token: engine.Token) -> str:
        voter = self._running.scope_of(token.id)["approver"] if node.approval else {}
        return voter.get("role") or node.assignment.role or node.assignment.fallback

    def _person(self, node: Node, token: engine.Token, real: Visit | None) -> int | None:
        if real is not None and real.by is not None:
            return real.by
        given = node.assignment.assignee
        if node.approval is not None:
            voter = self._running.scope_of(token.id)["approver"]["user"]
            return None if voter is None else int(voter)
        value = given.evaluate(self._running.scope_of(token.id), self._now) if given else None
        return None if value is None or isinstance(value, (bool, str)) else int(value)

    def _due(self, node: Node, token: engine.Token) -> datetime | None:
        due, names = node.assignment.due, self._running.scope_of(token.id)
        if due is None or (due.expression and due.expression.evaluate(names, self._now) is None):
            return None
        found = moments.resolve(due, names, self._now, self._zone)
        return found if isinstance(found, datetime) else None

    def _comes(self, token: engine.Token) -> datetime | None:
        """Events from outside come when they came; to a token that was not there yet, at once."""
        visit = self._visits[token.node]
        self._visits[token.node] += 1
        known = self._case.happened.get(token.node, ())
        return max(known[visit].astimezone(self._zone), self._now) if visit < len(known) else None

    def _go_on(self) -> bool:
        """To the next thing that happens; False if nothing is known to happen any more."""
        coming: list[tuple[datetime, int, Any]] = [
            (at, 2, key) for key, at in self._agenda.items() if at is not None]
        coming += [(token.due, 1, "") for token in self._running.waiting() if token.due]
        if self._changes:
            coming.append((max(self._changes[0][0].astimezone(self._zone), self._now), 0, ""))
        if not coming:
            return False
        at, kind, key = min(coming, key=lambda one: one[:2])
        if self._until is not None and at > self._until:
            return False
        self._now = max(at, self._now)
        (self._change, self._fire, self._happen)[kind](key)
        return True

    def _change(self, _: str) -> None:
        self._names.change(self._changes.pop(0)[1])
        self._running.fire(self._now)

    def _fire(self, _: str) -> None:
        self._running.fire(self._now)

    def _happen(self, key: str) -> None:
        del self._agenda[key]
        if key in self._works:
            self._complete(key)
            return
        token = next(one for one in self._running.waiting() if one.id == key)
        self._node = token.node
        payload = self._case.results.get(self._all.definition.nodes[token.node].name)
        self._running.deliver(token.kind, token.name, payload if isinstance(payload, Mapping) else {}, self._now,
                                token.key)

    def _complete(self, key: str) -> None:
        work, outcome, real = self._works.pop(key)
        self._node, work.left = work.node, self._now
        self._run.works.append(work)
        if real is not None:
            work.known = not real.withdrawn
            self._names.change(real.values)
        node = self._all.definition.nodes[work.node]
        result = {"outcome": outcome, "comment": real.comment if real else "", "by": work.person, "at": self._now}
        chosen = node.outcome(outcome)
        if node.approval is not None:
            result["agrees"] = chosen is None or chosen.tone != "stop"
        self._running.complete(key, result, self._now)
