"""Whether the drawn graph can run: flows that lead somewhere, gateways that can always decide, nothing unreachable."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from formloom.errors import Problem, Text
from formloom.workflow.definition import Flow, Node, ProcessDefinition

DECIDING = frozenset({"exclusiveGateway", "inclusiveGateway"})
GATEWAYS = DECIDING | {"parallelGateway"}


def check(definition: ProcessDefinition) -> list[Problem]:
    scopes = ["", *(n.id for n in definition.nodes.values() if n.kind == "subProcess")]
    problems = [p for scope in scopes for p in _scope(definition, scope)]
    problems += [p for flow in definition.flows for p in _flow(definition, flow)]
    problems += [p for node in definition.nodes.values() for rule in _RULES for p in rule(definition, node)]
    return problems


def shown(node: Node) -> str:
    name = f' "{node.label["en"]}"' if node.label.get("en") else ""
    return f"{node.kind} {node.id}{name}"


def _problem(node: Node, code: str, message: Text, hint: Text | None = None) -> Problem:
    return Problem(code, message, node.place, hint, element=shown(node))


def _scope(definition: ProcessDefinition, scope: str) -> Iterable[Problem]:
    nodes = list(definition.scope(scope))
    starts = [n for n in nodes if n.kind == "startEvent"]
    place = definition.nodes[scope].place if scope else definition.place
    where = scope or definition.key
    if len(starts) != 1:
        yield Problem("bpmn-start", Text("{scope} has {count} start events; it needs exactly one.",
                                         scope=where, count=len(starts)), place,
                      Text("Several ways to start are several triggers of one process."), element=where)
    if not any(n.kind == "endEvent" for n in nodes):
        yield Problem("bpmn-end", Text("{scope} has no end event.", scope=where), place, element=where)
    if scope and starts and starts[0].event:
        yield _problem(starts[0], "bpmn-start", Text("A sub-process starts with a plain start event."))
    reached = _reached(definition, starts)
    for node in nodes:
        if starts and node.id not in reached:
            yield _problem(node, "bpmn-unreachable", Text("{element} cannot be reached.", element=shown(node)),
                           Text("Connect it to the start event, or remove it."))


def _reached(definition: ProcessDefinition, starts: Iterable[Node]) -> set[str]:
    seen: set[str] = set()
    open_ = [n.id for n in starts]
    while open_:
        current = open_.pop()
        if current not in seen:
            seen.add(current)
            open_ += [f.target for f in definition.outgoing(current)] + [b.id for b in definition.boundaries(current)]
    return seen


def _flow(definition: ProcessDefinition, flow: Flow) -> Iterable[Problem]:
    source, target = definition.nodes.get(flow.source), definition.nodes.get(flow.target)
    if source is None or target is None:
        yield Problem("bpmn-flow", Text("Flow {flow} does not connect two elements of the process.", flow=flow.id),
                      flow.place, element=flow.id)
    elif source.scope != target.scope:
        yield Problem("bpmn-flow", Text("Flow {flow} crosses the border of a sub-process.", flow=flow.id),
                      flow.place, element=flow.id)
    elif flow.condition and (source.kind not in DECIDING or len(definition.outgoing(source.id)) == 1):
        yield Problem("bpmn-condition", Text("The condition of flow {flow} would be ignored after {element}.",
                                             flow=flow.id, element=shown(source)), flow.place,
                      Text("Conditions belong on the several flows that leave an exclusive or inclusive gateway."),
                      element=flow.id)


def _leaves(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    count = len(definition.outgoing(node.id))
    if node.kind == "endEvent" and count:
        yield _problem(node, "bpmn-flow", Text("{element} ends the process; no flow can leave it.",
                                               element=shown(node)))
    elif node.kind != "endEvent" and not count:
        yield _problem(node, "bpmn-flow", Text("No flow leaves {element}.", element=shown(node)),
                       Text("Draw a flow to the next element or to an end event."))
    elif count > 1 and node.kind not in GATEWAYS:
        yield _problem(node, "bpmn-flow", Text("{count} flows leave {element}.", count=count, element=shown(node)),
                       Text("Draw a gateway after it: exclusive for one of them, parallel for all."))


def _enters(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    if node.kind in ("startEvent", "boundaryEvent") and definition.incoming(node.id):
        yield _problem(node, "bpmn-flow", Text("No flow can lead to {element}.", element=shown(node)))


def _decides(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    flows = definition.outgoing(node.id)
    if node.default and node.default not in {f.id for f in flows}:
        yield _problem(node, "bpmn-gateway", Text("The default flow {flow} does not leave {element}.",
                                                  flow=node.default, element=shown(node)))
    if node.kind not in DECIDING or len(flows) < 2:
        return
    for flow in flows:
        if flow.condition is None and flow.id != node.default:
            yield _problem(node, "bpmn-gateway", Text("Flow {flow} from {element} has no condition.",
                                                      flow=flow.id, element=shown(node)),
                           Text("Write its condition, or make it the default flow."))
        if flow.condition is not None and flow.id == node.default:
            yield _problem(node, "bpmn-gateway", Text("The default flow {flow} of {element} has a condition that "
                                                      "would be ignored.", flow=flow.id, element=shown(node)))
    if not node.default:
        yield _problem(node, "bpmn-gateway", Text("{element} has no default flow: where no condition holds, "
                                                  "the process could not go on.", element=shown(node)),
                       Text("Make one of its flows the default flow."))


def _attached(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    if node.kind != "boundaryEvent":
        return
    host = definition.nodes.get(node.attached_to)
    if host is None or host.scope != node.scope:
        yield _problem(node, "bpmn-boundary", Text("{element} is not attached to an activity.", element=shown(node)))
    elif node.event == "timer" and not (host.for_people or host.kind == "subProcess"):
        yield _problem(node, "bpmn-boundary", Text("A timer on {element} would never run: it takes no time.",
                                                   element=shown(host)))
    elif node.event == "error" and host.kind != "subProcess":
        yield _problem(node, "bpmn-boundary", Text("An error event is attached to a sub-process, not to {element}.",
                                                   element=shown(host)))
    elif node.event == "error" and not node.interrupting:
        yield _problem(node, "bpmn-boundary", Text("An error always interrupts its sub-process."))


def _caught(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    """An error that nobody catches would stop the instance."""
    if node.kind != "endEvent" or node.event != "error":
        return
    scope = node.scope
    while scope:
        if any(b.event == "error" and b.code in ("", node.code) for b in definition.boundaries(scope)):
            return
        scope = definition.nodes[scope].scope
    yield _problem(node, "bpmn-error", Text("Nothing catches the error of {element}.", element=shown(node)),
                   Text("Attach an error event to the sub-process around it."))


def _timed(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    cycles = node.timer is not None and node.timer.kind == "cycle"
    if cycles and node.kind == "intermediateCatchEvent":
        yield _problem(node, "bpmn-timer", Text("{element} waits once; a cycle cannot be waited for.",
                                                element=shown(node)))
    if cycles and node.kind == "boundaryEvent" and node.interrupting:
        yield _problem(node, "bpmn-timer", Text("{element} interrupts, so it happens once, not in a cycle.",
                                                element=shown(node)))


def _scripted(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    if node.kind == "scriptTask" and not node.script:
        yield _problem(node, "bpmn-script", Text("{element} has no script.", element=shown(node)),
                       Text("Write one assignment in FEEL per line: total = amount * 1.06"))


_RULES: tuple[Callable[[ProcessDefinition, Node], Iterable[Problem]], ...] = (
    _leaves, _enters, _decides, _attached, _caught, _timed, _scripted,
)
