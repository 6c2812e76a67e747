"""Whether tokens could stand together in an instance that began with this definition: what makes a migration safe.

A marking says where the tokens of one scope rest. Every marking is looked for that can follow from the start, whatever
conditions, people and events decide. A running instance that is put on a marking found there can be no worse off than
one that was started anew; on any other it might wait at a join for a token that never comes, or do a thing twice.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, combinations
from typing import Any

from formloom.errors import FormloomError, Text
from formloom.workflow.engine.elements import (
    Element,
    Exclusive,
    Inclusive,
    Join,
    Parallel,
    Person,
    Race,
    Service,
    TerminateEnd,
    still_comes,
)
from formloom.workflow.engine.events import Catch, FaultEnd
from formloom.workflow.engine.hosts import Host
from formloom.workflow.engine.specs import ProcessSpec

Place = tuple[str, str]             # an element, and for a join the flow by which the token came
Marking = tuple[Place, ...]         # sorted
Arrivals = tuple[Place, ...]        # elements that tokens come to, with the flow
MOST = 20_000                       # markings looked at before giving up
SPARE = 8                           # tokens more than those looked for


class TooManyMarkings(FormloomError):
    """The process can be in more states than are looked at."""

    code = "too-many-markings"


@lru_cache(maxsize=4096)
def reachable(spec: ProcessSpec, wanted: Marking) -> bool:
    """Raises `TooManyMarkings` where that cannot be said."""
    begun = set(chain.from_iterable(_settled(spec, (), starts) for starts in _beginnings(spec)))
    seen, open_ = set(begun), deque(begun)
    while open_ and wanted not in seen:
        for marking in _successors(spec, open_.popleft()):
            if marking not in seen and len(marking) <= len(wanted) + SPARE:
                seen.add(marking)
                open_.append(marking)
        if len(seen) > MOST:
            raise TooManyMarkings(Text("The process has too many branches at a time to be looked through."))
    return wanted in seen


def starved(spec: ProcessSpec, marking: Marking) -> Join | None:
    """A parallel join that waits for a flow on which nothing that runs can come."""
    runs = [spec.task_specs[name] for name, _ in marking]
    for join in spec.joins:
        came = {via for name, via in marking if name == join.name}
        coming = frozenset[str]().union(*(spec.reaching(start, join) for start in runs if start is not join))
        if isinstance(join, Parallel) and (came or coming) and not came | coming >= spec.arriving(join):
            return join
    return None


def _beginnings(spec: ProcessSpec) -> Iterator[Arrivals]:
    yield tuple((entry.name, "") for entry in spec.entries)
    for name, element in spec.task_specs.items():
        if isinstance(element, Element) and element.node.kind == "startEvent" and element not in spec.handlers:
            yield ((name, ""),)


def _successors(spec: ProcessSpec, marking: Marking) -> Iterator[Marking]:
    """Everything that a person, an event or finished work can make of it."""
    for place in dict.fromkeys(marking):
        element = spec.task_specs[place[0]]
        if not isinstance(element, Join):
            yield from _moved_on(spec, marking, place, element)
    for handler in spec.handlers:
        rest = () if handler.event.interrupting else marking
        yield from _settled(spec, rest, ((handler.body.name, ""),))


def _moved_on(spec: ProcessSpec, marking: Marking, place: Place, element: Any) -> Iterator[Marking]:
    rest = _without(marking, (place,))
    for taken in _ways(element):
        yield from _settled(spec, rest, taken)
    for boundary in element.boundaries:
        for taken in _ways(boundary):
            yield from _settled(spec, rest if boundary.node.interrupting else marking, taken)


def _settled(spec: ProcessSpec, resting: Iterable[Place], arriving: Arrivals) -> Iterator[Marking]:
    """The markings in which nothing goes on by itself any more."""
    open_ = [(tuple(resting), arriving)]
    budget = MOST
    while open_:
        resting, arriving = open_.pop()
        budget -= 1
        if not budget:
            raise TooManyMarkings(Text("The process has too many branches at a time to be looked through."))
        if arriving:
            open_ += _arrived(spec, resting, arriving)
        elif (joined := _joined(spec, resting)) is not None:
            open_ += joined
        else:
            yield tuple(sorted(resting))


def _arrived(spec: ProcessSpec, resting: Marking, arriving: Arrivals) -> list[tuple[Marking, Arrivals]]:
    (name, via), *others = arriving
    element = spec.task_specs[name]
    if isinstance(element, TerminateEnd):
        return [((), ())]
    if isinstance(element, FaultEnd):
        return []           # whoever catches it is looked at as an event that may happen at any time
    if isinstance(element, Join):
        return [((*resting, (name, via)), tuple(others))]
    if isinstance(element, (Person, Service, Catch, Host, Race)):
        return [((*resting, (name, "")), tuple(others))]
    return [(resting, (*others, *taken)) for taken in _ways(element)]


def _joined(spec: ProcessSpec, resting: Marking) -> list[tuple[Marking, Arrivals]] | None:
    for join in spec.joins:
        came = {via for name, via in resting if name == join.name}
        if came and _may_go_on(spec, join, came, resting):
            rest = _without(resting, [(join.name, via) for via in came])
            return [(rest, taken) for taken in _ways(join)]
    return None


def _may_go_on(spec: ProcessSpec, join: Join, came: set[str], resting: Marking) -> bool:
    if isinstance(join, Parallel):
        return came >= spec.arriving(join)
    others = (spec.task_specs[name] for name, _ in resting if name != join.name)
    starts = chain.from_iterable([t for _, t in o.flows] if isinstance(o, Race) else [o] for o in others)
    return not any(still_comes(spec, start, join, came) for start in starts)


def _ways(element: Any) -> Iterator[Arrivals]:
    """The flows that may be taken together; conditions may hold or not."""
    flows = element.flows
    choice = len(flows) > 1 and isinstance(element, (Exclusive, Race))
    free = isinstance(element, Parallel) or (isinstance(element, Inclusive) and len(flows) < 2)
    if choice or (isinstance(element, Exclusive) and flows):
        yield from (_along([pair]) for pair in flows)
    elif free or not flows:
        yield _along(flows)
    else:
        yield from _matching(element)


def _matching(element: Any) -> Iterator[Arrivals]:
    default = [pair for pair in element.flows if pair[0].id == element.node.default]
    plain = [pair for pair in element.flows if pair[0].condition is None and pair not in default]
    asked = [pair for pair in element.flows if pair[0].condition and pair not in default]
    for size in range(len(asked) + 1):
        for held in combinations(asked, size):
            if taken := [*held, *plain] or default:
                yield _along(taken)


def _along(flows: Iterable[Any]) -> Arrivals:
    return tuple((target.name, flow.id) for flow, target in flows)


def _without(marking: Marking, gone: Iterable[Place]) -> Marking:
    return tuple((Counter(marking) - Counter(gone)).elements())
