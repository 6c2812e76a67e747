"""A simulation's figures as the page shows them: beside each other, with the difference, and as bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from formloom.errors import Text
from formloom.metadata.catalog import Catalog
from formloom.web.i18n import label, t
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.simulation.summary import BINS

SOURCES: Mapping[str, Text] = {
    "given": Text("as you said"), "step": Text("as this step took before"),
    "role": Text("as this role took for other steps"), "process": Text("as other steps of this process took"),
    "none": Text("no history: 8 hours")}
SHARES: Mapping[str, Text] = {
    "given": Text("as you said"), "step": Text("as this step ended before"),
    "role": Text("as this role decided elsewhere"), "process": Text("as other steps of this process ended"),
    "none": Text("no history: all alike")}
# Name, whether less is better, and how to count it.
_KPIS = (("done", Text("Cases that ended"), False), ("waiting", Text("Still waiting"), True),
         ("p50", Text("Half take at most"), True), ("p90", Text("9 of 10 take at most"), True),
         ("p95", Text("19 of 20 take at most"), True), ("tasks_late", Text("Tasks done late"), True),
         ("failed", Text("Cases that broke"), True))
_DAY = 24


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: str
    before: str
    difference: str
    better: bool | None         # None where there is no difference


@dataclass(frozen=True, slots=True)
class Row:
    """A step, role or person under both diagrams; bars are shares of the largest."""

    label: str
    key: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    hours_before: str
    hours_after: str
    bar_before: float
    bar_after: float


def hours(value: float | None) -> str:
    """In the largest unit that leaves a number a person can grasp."""
    if value is None:
        return "–"
    if value >= 2 * _DAY:
        return t(Text("{count} days", count=_short(value / _DAY)))
    return t(Text("{count} h", count=_short(value))) if value >= 1 else t(Text("{count} min", count=round(value * 60)))


def figures(result: Mapping[str, Any]) -> list[Figure]:
    before, after = result["current"], result["draft"]
    return [_figure(name, words, less, before[name], after[name]) for name, words, less in _KPIS
            if name != "failed" or before[name] or after[name]]


def _figure(name: str, words: Text, less: bool, was: float | None, is_: float | None) -> Figure:
    show = hours if name.startswith("p") else _count
    if was is None or is_ is None or was == is_:
        return Figure(t(words), show(is_), show(was), "", None)
    gap = is_ - was
    return Figure(t(words), show(is_), show(was), ("+" if gap > 0 else "−") + show(abs(gap)), (gap < 0) == less)


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _short(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def steps(result: Mapping[str, Any], definitions: Sequence[ProcessDefinition]) -> list[Row]:
    names = {node.id: label(node.label) or node.id for one in definitions for node in one.nodes.values()}
    return list(_rows(result["current"]["steps"], result["draft"]["steps"], names))


def roles(result: Mapping[str, Any], catalog: Catalog) -> list[Row]:
    names = {role.name: label(role.label) for role in catalog.roles.values()}
    return list(_rows(result["current"]["roles"], result["draft"]["roles"], names))


def persons(result: Mapping[str, Any], names: Mapping[int, str]) -> list[Row]:
    known = {str(number): who for number, who in names.items()}
    return list(_rows(result["current"]["people"], result["draft"]["people"], known))


def _rows(before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Row]:
    most = max([float(one["hours"]) for side in (before, after) for one in side.values()], default=0) or 1
    for key in _by_weight({**before, **after}):
        was, is_ = before.get(key, _NONE), after.get(key, _NONE)
        yield Row(names.get(key, key), key, was, is_, hours(was["hours"]), hours(is_["hours"]),
                  round(100 * float(was["hours"]) / most, 1), round(100 * float(is_["hours"]) / most, 1))


_NONE: Mapping[str, Any] = {"tasks": 0, "hours": 0, "median": None, "late": 0, "due": 0, "assumed": 0, "cost": 0}


def _by_weight(found: Mapping[str, Any]) -> Iterable[str]:
    return sorted(found, key=lambda key: (-float(found[key]["hours"]), key))


def bars(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The histogram: for each bin its place, heights in per cent of the fullest, and words."""
    before, after = result["current"]["histogram"], result["draft"]["histogram"]
    most, width = max([*before, *after, 1]), float(result["longest"]) / BINS
    return [{"before": round(100 * was / most, 1), "after": round(100 * is_ / most, 1),
             "to": hours(width * (index + 1)),
             "words": t(Text("up to {time}: {before} now, {after} with the draft", time=hours(width * (index + 1)),
                             before=was, after=is_))}
            for index, (was, is_) in enumerate(zip(before, after, strict=True))]


def named(counts: Mapping[str, int], other: Mapping[str, int],
          definitions: Sequence[ProcessDefinition]) -> list[tuple[str, int, int]]:
    """Cases by element, now and with the draft."""
    names = {node.id: label(node.label) or node.id for one in definitions for node in one.nodes.values()}
    return [(names.get(key, key), counts.get(key, 0), other.get(key, 0)) for key in sorted({*counts, *other})]
