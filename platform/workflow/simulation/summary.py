"""Many courses in figures: cases per path, how long they take, who has how much to do, what is late, where it waits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from formloom.errors import Text
from formloom.workflow.simulation.course import Run, Work

BINS = 12


@dataclass(frozen=True, slots=True)
class Load:
    """Tasks of a role or person, and the hours for which they had them."""

    tasks: int
    hours: float


@dataclass(frozen=True, slots=True)
class Waits:
    """Of one step, over all cases. `late`: tasks done after they were due, or not at all by then."""

    tasks: int
    hours: float
    median: float
    late: int
    due: int
    assumed: int
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Durations are hours, of the cases that ended. `ends` and `waits` are cases by element; every case is in `ends`,
    waits somewhere, or failed.
    """

    cases: int
    done: int
    waiting: int
    failed: int
    flows: Mapping[str, int]
    passed: Mapping[str, int]
    ends: Mapping[str, int]
    waits_at: Mapping[str, int]
    durations: Sequence[float]
    steps: Mapping[str, Waits]
    roles: Mapping[str, Load]
    people: Mapping[int, Load]
    tasks_due: int
    tasks_late: int
    known: int
    assumed: int
    effects: Mapping[str, int]
    failures: Sequence[tuple[str, str, int]]

    def percentile(self, share: float) -> float | None:
        """The shortest duration that this share of the cases did not exceed."""
        if not self.durations:
            return None
        return self.durations[max(0, ceil(share * len(self.durations)) - 1)]

    @property
    def mean(self) -> float | None:
        return sum(self.durations) / len(self.durations) if self.durations else None

    def histogram(self, longest: float) -> list[int]:
        """Cases by duration, in bins of equal width up to `longest`."""
        counts = [0] * BINS
        for hours in self.durations:
            counts[min(BINS - 1, int(hours / longest * BINS)) if longest else 0] += 1
        return counts


def summarise(runs: Iterable[Run], now: datetime, rate: float = 0) -> Summary:
    """`rate`: what an hour of waiting costs. What still waits is counted up to `now`."""
    found = list(runs)
    states = Counter(run.status for run in found)
    works = [work for run in found for work in run.works]
    steps = _by(works, lambda work: work.node)
    return Summary(
        cases=len(found), done=states["done"], waiting=states["waiting"], failed=states["failed"],
        flows=_added(run.flows for run in found), passed=_added(run.passed for run in found),
        ends=Counter(run.end for run in found if run.status == "done"),
        waits_at=_added(Counter(run.waits_at) for run in found if run.status == "waiting"),
        durations=sorted(_hours(run.started, run.ended) for run in found if run.ended),
        steps={node: _waits(of, now, rate) for node, of in sorted(steps.items())},
        roles={role: _load(of, now) for role, of in sorted(_by(works, lambda work: work.role).items()) if role},
        people={who: _load(of, now) for who, of in sorted(_by(works, lambda work: work.person or 0).items()) if who},
        tasks_due=sum(work.due is not None for work in works), tasks_late=sum(_late(work, now) for work in works),
        known=sum(work.known for work in works), assumed=sum(not work.known for work in works),
        effects=_added(run.effects for run in found), failures=_failures(found))


def to_json(summary: Summary) -> dict[str, Any]:
    return {
        "cases": summary.cases, "done": summary.done, "waiting": summary.waiting, "failed": summary.failed,
        "flows": dict(summary.flows), "passed": dict(summary.passed), "ends": dict(summary.ends),
        "waits_at": dict(summary.waits_at), "mean": _rounded(summary.mean),
        **{f"p{share}": _rounded(summary.percentile(share / 100)) for share in (50, 90, 95)},
        "longest": _rounded(summary.percentile(1)),
        "steps": {node: {"tasks": one.tasks, "hours": _rounded(one.hours), "median": _rounded(one.median),
                         "due": one.due, "late": one.late, "assumed": one.assumed, "cost": _rounded(one.cost)}
                  for node, one in summary.steps.items()},
        "roles": {name: {"tasks": one.tasks, "hours": _rounded(one.hours)} for name, one in summary.roles.items()},
        "people": {str(who): {"tasks": one.tasks, "hours": _rounded(one.hours)}
                   for who, one in summary.people.items()},
        "tasks_due": summary.tasks_due, "tasks_late": summary.tasks_late, "known": summary.known,
        "assumed": summary.assumed, "effects": dict(summary.effects), "failures": [list(f) for f in summary.failures],
    }


def _added(counters: Iterable[Counter[str]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return dict(sorted(total.items()))


def _by(works: Iterable[Work], key: Any) -> Mapping[Any, list[Work]]:
    found: dict[Any, list[Work]] = defaultdict(list)
    for work in works:
        found[key(work)].append(work)
    return found


def _load(works: Sequence[Work], now: datetime) -> Load:
    return Load(len(works), sum(_had(work, now) for work in works))


def _waits(works: Sequence[Work], now: datetime, rate: float) -> Waits:
    hours = sorted(_had(work, now) for work in works)
    return Waits(len(works), sum(hours), hours[len(hours) // 2], sum(_late(work, now) for work in works),
                 sum(work.due is not None for work in works), sum(not work.known for work in works), sum(hours) * rate)


def _had(work: Work, now: datetime) -> float:
    return max(0.0, _hours(work.arrived, work.left or now))


def _late(work: Work, now: datetime) -> bool:
    return work.due is not None and (work.left or now) > work.due


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 3600


def _failures(runs: Iterable[Run]) -> list[tuple[str, str, int]]:
    """Element, reason, cases; the most frequent first."""
    found = Counter((run.failed_at, _words(run.failure)) for run in runs if run.status == "failed")
    return [(node, why, count) for (node, why), count in found.most_common(20)]


def _words(failure: Text | str) -> str:
    return str(failure)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
