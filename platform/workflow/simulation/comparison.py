"""A draft beside the version in force, over the same cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from formloom.metadata.catalog import EMPTY
from formloom.records.context import Context
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.simulation import history
from formloom.workflow.simulation.assumptions import Assumption, Assumptions, Given
from formloom.workflow.simulation.course import Conditions, Run, follow
from formloom.workflow.simulation.history import Case
from formloom.workflow.simulation.summary import Summary, summarise, to_json

STEP = 20           # courses in one go


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`content`: the hash of the version whose cases count, '' for those of every version. `rate`: what an hour of
    waiting costs.
    """

    cases: int = 200
    seed: int = 1
    content: str = ""
    rate: float = 0
    given: Mapping[str, Given] = EMPTY


@dataclass(frozen=True, slots=True)
class Comparison:
    cases: Sequence[Case]
    current: Summary
    draft: Summary
    assumptions: Sequence[Assumption]       # of the draft's steps, as far as they were asked for

    def to_json(self) -> dict[str, Any]:
        longest = max([*self.current.durations, *self.draft.durations], default=0.0)
        return {
            "cases": len(self.cases), "longest": round(longest, 2),
            "current": to_json(self.current) | {"histogram": self.current.histogram(longest)},
            "draft": to_json(self.draft) | {"histogram": self.draft.histogram(longest)},
            "assumptions": [{
                "node": one.node, "source": one.source, "hours": round(one.median.total_seconds() / 3600, 2),
                "outcomes": {name: round(share, 3) for name, share in one.outcomes.items()},
                "source_of_outcomes": one.source_of_outcomes} for one in self.assumptions]}


class Study:
    """A simulation in small portions, each in a unit of work of its own. It reads, and writes nothing: service tasks
    are not called, and nothing is sent.
    """

    def __init__(self, draft: ProcessDefinition, current: ProcessDefinition, wish: Wish) -> None:
        self._definitions, self._wish = (current, draft), wish
        self._cases: list[Case] = []
        self._runs: tuple[list[Run], list[Run]] = [], []
        self._assumptions = Assumptions((), current)

    @property
    def total(self) -> int:
        return 2 * len(self._cases)

    @property
    def done(self) -> int:
        return sum(map(len, self._runs))

    def begin(self, context: Context) -> None:
        current, wish = self._definitions[0], self._wish
        self._cases = history.cases(context, current.key, wish.cases, wish.content)
        own = context.catalog.own_calendar
        self._assumptions = Assumptions(self._cases, current, wish.given, own.calendar if own else None)

    def go_on(self, context: Context) -> bool:
        """The next courses; whether there are more."""
        for definition, runs in zip(self._definitions, self._runs, strict=True):
            rest = self._cases[len(runs):len(runs) + STEP]
            if rest:
                conditions = Conditions(context, definition, self._assumptions, self._wish.seed)
                runs += [follow(conditions, case) for case in rest]
                break
        return self.done < self.total

    def outcome(self, now: datetime) -> Comparison:
        before, after = self._runs
        asked = {work.node for run in after for work in run.works if not work.known}
        steps = self._definitions[1].nodes
        return Comparison(self._cases, summarise(before, now, self._wish.rate), summarise(after, now, self._wish.rate),
                          [self._assumptions.of(steps[node]) for node in sorted(asked)])


def compare(context: Context, draft: ProcessDefinition, current: ProcessDefinition, wish: Wish) -> Comparison:
    study = Study(draft, current, wish)
    study.begin(context)
    while study.go_on(context):
        pass
    return study.outcome(context.now)
