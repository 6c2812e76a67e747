"""Where a task may be returned to: the steps that every way to it leads through, and that were done already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from formloom.workflow.definition import Node, ProcessDefinition
from formloom.workflow.engine.specs import entries


def targets(definition: ProcessDefinition, node: Node, done: Sequence[str]) -> list[Node]:
    """The nearest first. In parallel branches only what stands before their split, or in the task's own branch."""
    found: list[Node] = []
    at: Node | None = node
    while at is not None:
        ahead = [target for target in definition.scope(at.scope) if target.for_people and target.id in done
                 and target.id != at.id and at.id in behind(definition, target)]
        found += sorted(ahead, key=lambda target: -_depth(definition, target))
        at = definition.nodes.get(at.scope)
    return found


def behind(definition: ProcessDefinition, target: Node) -> frozenset[str]:
    """`target` and everything in its scope that can only be reached through it: what a return takes back."""
    inside = list(definition.scope(target.scope))
    starts = [n.id for n in entries(definition, inside)] + [n.id for n in inside if n.handler]
    return _reached(definition, starts, "") - _reached(definition, starts, target.id)


def _depth(definition: ProcessDefinition, target: Node) -> int:
    """How much stands before it."""
    return -len(behind(definition, target))


def _reached(definition: ProcessDefinition, starts: Sequence[str], without: str) -> frozenset[str]:
    seen: set[str] = set()
    waiting = [start for start in starts if start != without]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += [following for following in _following(definition, at) if following != without]
    return frozenset(seen)


def _following(definition: ProcessDefinition, at: str) -> Iterator[str]:
    yield from (flow.target for flow in definition.outgoing(at))
    yield from (boundary.id for boundary in definition.boundaries(at))
