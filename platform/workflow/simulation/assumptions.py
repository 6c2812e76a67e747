"""What is assumed where history has no answer: how long a step takes and how it ends, from the nearest known steps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from formloom.calendars.working_time import Calendar, OutOfReach
from formloom.metadata.catalog import EMPTY
from formloom.workflow.definition import Node, ProcessDefinition
from formloom.workflow.simulation.history import Case

_USUAL = (timedelta(hours=8),)      # of a process without any history
SPREAD = (0.5, 1.5)                 # of a duration that was given


@dataclass(frozen=True, slots=True)
class Given:
    """What an administrator says of a step. A share of zero is possible; shares need not add up to one."""

    hours: float | None = None
    outcomes: Mapping[str, float] = EMPTY


@dataclass(frozen=True, slots=True)
class Assumption:
    """source: given | step (its own history) | role | process | none (no history at all)."""

    node: str
    source: str
    durations: Sequence[timedelta]
    outcomes: Mapping[str, float]
    source_of_outcomes: str = ""
    given: timedelta | None = None

    def draw(self, random: Random) -> tuple[timedelta, str]:
        """How long it takes, and how it ends."""
        took = random.choice(self.durations) if self.given is None else self.given * random.uniform(*SPREAD)
        names = list(self.outcomes)
        return took, random.choices(names, [self.outcomes[n] for n in names])[0] if names else ""

    @property
    def median(self) -> timedelta:
        return self.given if self.given is not None else self.durations[len(self.durations) // 2]


@dataclass(frozen=True, slots=True)
class _Known:
    durations: list[timedelta] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)


class Assumptions:
    """Of a definition, from the history of the current one. With a calendar, durations are working time."""

    def __init__(self, cases: Iterable[Case], current: ProcessDefinition, given: Mapping[str, Given] = EMPTY,
                 calendar: Calendar | None = None) -> None:
        self._given, self._calendar = given, calendar
        self._kept: dict[str, Assumption] = {}
        self._steps: Mapping[str, _Known] = defaultdict(_Known)
        self._roles: Mapping[str, _Known] = defaultdict(_Known)
        self._all = _Known()
        for case in cases:
            self._learn(case, current)

    def _learn(self, case: Case, current: ProcessDefinition) -> None:
        for name, visits in case.visits.items():
            node = current.nodes.get(name)
            known = [self._steps[name], self._all]
            if node is not None and node.assignment.role:
                known.append(self._roles[node.assignment.role])
            for visit in visits:
                if visit.done is None or visit.withdrawn:
                    continue
                for one in known:
                    one.durations.append(self._between(visit.arrived, visit.done))
                    one.outcomes[visit.outcome] += 1

    def after(self, start: datetime, took: timedelta) -> datetime:
        """When something is done that was begun at `start`; on the clock of the wall where nobody ever works."""
        try:
            return self._calendar.add(start, took) if self._calendar else start + took
        except OutOfReach:
            return start + took

    def _between(self, start: datetime, end: datetime) -> timedelta:
        try:
            return self._calendar.between(start, end) if self._calendar else end - start
        except OutOfReach:
            return end - start

    def of(self, node: Node) -> Assumption:
        if node.id not in self._kept:
            self._kept[node.id] = self._made(node)
        return self._kept[node.id]

    def _made(self, node: Node) -> Assumption:
        said = self._given.get(node.id, Given())
        role = self._roles.get(node.assignment.role, _Known())
        levels = (("step", self._steps.get(node.id, _Known())), ("role", role), ("process", self._all))
        source, durations = next(((name, k.durations) for name, k in levels if k.durations), ("none", list(_USUAL)))
        told, outcomes = self._outcomes(node, said, levels)
        # Sorted, so that the same seed draws the same, whatever the order of the cases.
        return Assumption(node.id, "given" if said.hours is not None else source, sorted(durations), outcomes, told,
                          None if said.hours is None else timedelta(hours=said.hours))

    def _outcomes(self, node: Node, said: Given,
                  levels: Sequence[tuple[str, _Known]]) -> tuple[str, Mapping[str, float]]:
        """Shares of the outcomes that the step has; even ones where nobody ever chose any of them."""
        names = [one.value for one in node.outcomes]
        given = {name: said.outcomes.get(name, 0.0) for name in names}
        if any(given.values()):
            return "given", given
        for source, known in levels:
            shares = {name: float(known.outcomes[name]) for name in names}
            if total := sum(shares.values()):
                return source, {name: share / total for name, share in shares.items()}
        return "none", {name: 1 / len(names) for name in names}
