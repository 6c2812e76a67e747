"""What is drawn in one way and runs as another that means the same, each told to whoever drew it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from formloom.errors import Problem, Text
from formloom.workflow.definition import Flow, Node, ProcessDefinition

GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
_WITHOUT_END = frozenset({"endEvent", "boundaryEvent"})


def link(definition: ProcessDefinition) -> tuple[ProcessDefinition, list[Problem]]:
    """A pair of link events is a flow from the one that throws to the one that catches."""
    found: list[Flow] = []
    problems: list[Problem] = []
    for node in definition.nodes.values():
        if node.event == "link" and node.kind == "intermediateThrowEvent":
            targets = [n for n in definition.scope(node.scope)
                       if n.event == "link" and n.kind == "intermediateCatchEvent" and n.code == node.code]
            if len(targets) == 1:
                found.append(Flow(f"{node.id}.link", node.id, targets[0].id, place=node.place))
            else:
                problems.append(Problem("bpmn-link", Text(
                    "{element} leads to {count} link events of the name {name}; it needs exactly one.",
                    element=node.id, count=len(targets), name=node.code or '""'), node.place, element=node.id))
    nodes = {n.id: replace(n, event="") if n.event == "link" else n for n in definition.nodes.values()}
    rewrites = [_note(definition.nodes[flow.source], Text(
        "The link {element} runs as a flow to {target}.", element=flow.source, target=flow.target)) for flow in found]
    return replace(definition, nodes=nodes, flows=(*definition.flows, *found),
                   rewrites=(*definition.rewrites, *rewrites)), problems


def notes(definition: ProcessDefinition) -> Iterator[Problem]:
    """What the engine does natively with what is implicit in the drawing."""
    for node in definition.nodes.values():
        leaving, entering = definition.outgoing(node.id), definition.incoming(node.id)
        if node.kind not in GATEWAYS:
            yield from _split(node, leaving)
            if len(entering) > 1 and node.kind != "endEvent":
                yield _note(node, Text("{element} runs once for each token that arrives, as behind an exclusive "
                                       "gateway.", element=node.id))
        if not leaving and node.kind not in _WITHOUT_END and not node.handler:
            yield _note(node, Text("{element} ends its path, as before an end event.", element=node.id))
    yield from _starts(definition)


def _split(node: Node, leaving: tuple[Flow, ...]) -> Iterator[Problem]:
    if any(flow.condition for flow in leaving) or (node.default and len(leaving) > 1):
        yield _note(node, Text("The conditional flows behind {element} run as behind an inclusive gateway.",
                               element=node.id))
    elif len(leaving) > 1:
        yield _note(node, Text("The {count} flows behind {element} run as behind a parallel gateway.",
                               count=len(leaving), element=node.id))


def _starts(definition: ProcessDefinition) -> Iterator[Problem]:
    scopes: Iterable[str] = ["", *(n.id for n in definition.nodes.values() if n.kind in ("subProcess", "transaction"))]
    for scope in scopes:
        inside = list(definition.scope(scope))
        if inside and not any(node.kind == "startEvent" for node in inside):
            place = definition.nodes[scope].place if scope else definition.place
            yield Problem("bpmn-start", Text("{scope} starts with every element that no flow leads to.",
                                             scope=scope or definition.key), place, None, "note",
                          element=scope or definition.key)


def _note(node: Node, message: Text) -> Problem:
    return Problem("bpmn-rewritten", message, node.place, None, "note", element=node.id)
