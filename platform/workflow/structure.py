"""Whether the drawn graph can run: flows that lead somewhere, gateways that can always decide, nothing unreachable."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from formloom.errors import Problem, Text
from formloom.workflow.definition import SCOPES, Flow, Node, ProcessDefinition
from formloom.workflow.elements import ACTIVITIES
from formloom.workflow.equivalents import GATEWAYS
from formloom.workflow.occurrences import REFUSED

DECIDING = frozenset({"exclusiveGateway", "inclusiveGateway"})
_AWAITED = frozenset({"timer", "message", "signal", "conditional"})
_HANDLED = _AWAITED | {"error", "escalation"}
_AT_ONCE = frozenset({"serviceTask", "scriptTask", "sendTask", "businessRuleTask"})
_FALLIBLE = SCOPES | {"serviceTask", "sendTask"}


def check(definition: ProcessDefinition, refused: Collection[str] = ()) -> list[Problem]:
    """`refused`: ids of elements of kinds that do not run. That is told; what follows from it is not told again."""
    scopes = ["", *(n.id for n in definition.nodes.values() if n.kind in ("subProcess", "transaction"))]
    problems = [p for scope in scopes for p in _scope(definition, scope)]
    problems += [p for flow in definition.flows for p in _flow(definition, flow, refused)]
    problems += [p for node in definition.nodes.values() if node.attached_to not in refused
                 for rule in _RULES for p in rule(definition, node)]
    return problems


def shown(node: Node) -> str:
    name = f' "{node.label["en"]}"' if node.label.get("en") else ""
    return f"{node.kind} {node.id}{name}"


def _problem(node: Node, code: str, message: Text, hint: Text | None = None, severity: str = "error") -> Problem:
    return Problem(code, message, node.place, hint, severity, element=shown(node))


def _scope(definition: ProcessDefinition, scope: str) -> Iterable[Problem]:
    nodes = list(definition.scope(scope))
    place = definition.nodes[scope].place if scope else definition.place
    where = scope or definition.key
    if not nodes:
        yield Problem("bpmn-empty", Text("{scope} is empty.", scope=where), place,
                      Text("Draw what is to be done in it."), element=where)
        return
    starts = [n for n in nodes if n.kind == "startEvent"]
    if scope:
        yield from _inner_starts(definition.nodes[scope], starts)
    entries = starts or [n for n in nodes if not definition.incoming(n.id) and n.kind != "boundaryEvent"
                         and not n.handler]
    if not entries:
        yield Problem("bpmn-start", Text("{scope} has no start event, and every element waits for another.",
                                         scope=where), place, Text("Draw a start event."), element=where)
        return
    reached = _reached(definition, [*entries, *(n for n in nodes if n.handler)])
    for node in nodes:
        if node.id not in reached:
            yield _problem(node, "bpmn-unreachable", Text("{element} cannot be reached.", element=shown(node)),
                           Text("Connect it to the start event, or remove it."))


def _inner_starts(scope: Node, starts: list[Node]) -> Iterable[Problem]:
    if len(starts) > 1:
        yield _problem(scope, "bpmn-start", Text("{scope} has {count} start events; it needs exactly one.",
                                                 scope=shown(scope), count=len(starts)))
    elif scope.handler and not (starts and starts[0].event in _HANDLED | {REFUSED}):
        yield _problem(scope, "bpmn-start", Text("{scope} does not say which event starts it.", scope=shown(scope)),
                       Text("Give it one start event with a timer, message, signal, error, escalation or condition."))
    elif starts and starts[0].event and not scope.handler:
        yield _problem(starts[0], "bpmn-start", Text("A sub-process starts with a plain start event."))


def _reached(definition: ProcessDefinition, starts: Iterable[Node]) -> set[str]:
    seen: set[str] = set()
    open_ = [n.id for n in starts]
    while open_:
        current = open_.pop()
        if current not in seen:
            seen.add(current)
            open_ += [f.target for f in definition.outgoing(current)] + [b.id for b in definition.boundaries(current)]
    return seen


def _flow(definition: ProcessDefinition, flow: Flow, refused: Collection[str]) -> Iterable[Problem]:
    source, target = definition.nodes.get(flow.source), definition.nodes.get(flow.target)
    if source is None or target is None:
        if not {flow.source, flow.target} <= {*definition.nodes, *refused}:
            yield Problem("bpmn-flow", Text("Flow {flow} does not connect two elements of the process.", flow=flow.id),
                          flow.place, element=flow.id)
    elif source.scope != target.scope:
        yield Problem("bpmn-flow", Text("Flow {flow} crosses the border of a sub-process.", flow=flow.id),
                      flow.place, element=flow.id)
    elif flow.condition and _ignores(source, len(definition.outgoing(source.id))):
        yield Problem("bpmn-condition", Text("The condition of flow {flow} would be ignored after {element}.",
                                             flow=flow.id, element=shown(source)), flow.place,
                      Text("Conditions belong on the several flows that leave an exclusive or inclusive gateway."),
                      element=flow.id)


def _ignores(source: Node, leaving: int) -> bool:
    return source.kind not in DECIDING | ACTIVITIES or (source.kind in DECIDING and leaving == 1)


def _leaves(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    leaving = definition.outgoing(node.id)
    if node.kind == "endEvent" and leaving:
        yield _problem(node, "bpmn-flow", Text("{element} ends the process; no flow can leave it.",
                                               element=shown(node)))
    elif node.handler and (leaving or definition.incoming(node.id)):
        yield _problem(node, "bpmn-flow", Text("{element} is started by its event; no flow leads to it or from it.",
                                               element=shown(node)))
    elif node.kind in (*GATEWAYS, "boundaryEvent", "startEvent") and not leaving and node.event != REFUSED:
        yield _problem(node, "bpmn-flow", Text("No flow leaves {element}.", element=shown(node)),
                       Text("Draw a flow to the next element or to an end event."))


def _enters(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    if node.kind in ("startEvent", "boundaryEvent") and definition.incoming(node.id):
        yield _problem(node, "bpmn-flow", Text("No flow can lead to {element}.", element=shown(node)))


def _decides(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    flows = definition.outgoing(node.id)
    if node.default and node.default not in {f.id for f in flows}:
        yield _problem(node, "bpmn-default", Text("The default flow {flow} does not leave {element}.",
                                                  flow=node.default, element=shown(node)))
    chooses = node.kind in ACTIVITIES and (node.default or any(f.condition for f in flows))
    if not (chooses or (node.kind in DECIDING and len(flows) > 1)):
        return
    yield from _conditions(node, flows)
    undecided = node.kind in DECIDING or all(f.condition or f.id == node.default for f in flows)
    if undecided and not node.default:
        yield _problem(node, "bpmn-gateway", Text("{element} has no default flow: where no condition holds, "
                                                  "the process could not go on.", element=shown(node)),
                       Text("Make one of its flows the default flow."))


def _conditions(node: Node, flows: Iterable[Flow]) -> Iterable[Problem]:
    """Beside a flow that is always taken, a default flow never is: behind an activity as behind a gateway."""
    for flow in flows:
        if flow.condition is None and flow.id != node.default and (node.kind in DECIDING or node.default):
            yield _problem(node, "bpmn-gateway", Text("Flow {flow} from {element} has no condition.",
                                                      flow=flow.id, element=shown(node)),
                           Text("Write its condition, or make it the default flow."))
        if flow.condition is not None and flow.id == node.default:
            yield _problem(node, "bpmn-gateway", Text("The default flow {flow} of {element} has a condition that "
                                                      "would be ignored.", flow=flow.id, element=shown(node)))


def _races(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    """Behind an event-based gateway stand events, and nothing else leads to them."""
    for flow in definition.outgoing(node.id) if node.kind == "eventBasedGateway" else ():
        target = definition.nodes.get(flow.target)
        if target is not None and not (target.event in _AWAITED and target.kind != "endEvent"):
            yield _problem(target, "bpmn-flow", Text("{element} stands behind an event-based gateway and waits for no "
                                                     "event.", element=shown(target)),
                           Text("Draw a timer, message, signal or condition there, or a receive task."))
        elif target is not None and len(definition.incoming(target.id)) > 1:
            yield _problem(target, "bpmn-flow", Text("Only the event-based gateway may lead to {element}.",
                                                     element=shown(target)))


def _attached(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    if node.kind != "boundaryEvent":
        return
    host = definition.nodes.get(node.attached_to)
    if host is None or host.scope != node.scope or host.kind not in ACTIVITIES or host.handler:
        yield _problem(node, "bpmn-boundary", Text("{element} is not attached to an activity.", element=shown(node)))
    elif node.event in ("error", "cancel") and not node.interrupting:
        yield _problem(node, "bpmn-boundary", Text("An error always interrupts its sub-process."))
    elif node.event == "cancel" and host.kind != "transaction":
        yield _problem(node, "bpmn-boundary", Text("A cancel event is attached to a transaction, not to {element}.",
                                                   element=shown(host)))
    else:
        yield from _idle(node, host)


def _idle(node: Node, host: Node) -> Iterable[Problem]:
    """Events that could never happen where they are drawn."""
    if node.event in _AWAITED and host.kind in _AT_ONCE and not (host.action and host.action.leaves):
        yield _problem(node, "bpmn-idle", Text("{element} would never happen: {host} takes no time.",
                                               element=shown(node), host=shown(host)))
    elif node.event == "error" and host.kind not in _FALLIBLE:
        yield _problem(node, "bpmn-idle", Text("Nothing in {element} can raise an error.", element=shown(host)),
                       Text("Attach it to a sub-process, a call or a service task."))
    elif node.event == "escalation" and host.kind not in SCOPES:
        yield _problem(node, "bpmn-idle", Text("Nothing in {element} can raise an escalation.", element=shown(host)),
                       Text("Attach it to a sub-process or a call."))


def _caught(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    if node.kind != "endEvent" or node.event not in ("error", "cancel"):
        return
    if any(c.event == node.event and c.code in ("", node.code) for c in _catchers(definition, node.scope)):
        return
    if node.event == "cancel":
        yield _problem(node, "bpmn-cancel", Text("No transaction around {element} has a cancel event.",
                                                 element=shown(node)),
                       Text("Attach a cancel event to the transaction."))
    else:
        yield _problem(node, "bpmn-error", Text("Nothing in this process catches the error of {element}: unless a "
                                                "process that calls it does, the instance stops.", element=shown(node)),
                       Text("Attach an error event to the sub-process around it."), "warning")


def _catchers(definition: ProcessDefinition, scope: str) -> Iterable[Node]:
    """Events that an error thrown in `scope` could reach: of event sub-processes, and on the borders around it."""
    inside = ""
    while True:
        for handler in definition.scope(scope):
            if handler.handler and handler.id != inside:
                yield from (n for n in definition.scope(handler.id) if n.kind == "startEvent")
        if not scope:
            return
        yield from definition.boundaries(scope)
        inside, scope = scope, definition.nodes[scope].scope


def _timed(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    cycles = node.timer is not None and node.timer.kind == "cycle"
    if cycles and node.kind == "intermediateCatchEvent":
        yield _problem(node, "bpmn-timer", Text("{element} waits once; a cycle cannot be waited for.",
                                                element=shown(node)))
    if cycles and node.kind in ("boundaryEvent", "startEvent") and node.interrupting:
        yield _problem(node, "bpmn-timer", Text("{element} interrupts, so it happens once, not in a cycle.",
                                                element=shown(node)))


def _handles(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    if node.handler and node.loop:
        yield _problem(node, "bpmn-event", Text("{element} is started by its event and cannot be repeated as well.",
                                                element=shown(node)))
    if node.kind == "startEvent" and node.event == "error" and not node.interrupting:
        yield _problem(node, "bpmn-boundary", Text("An error always interrupts its sub-process."))


def _scripted(definition: ProcessDefinition, node: Node) -> Iterable[Problem]:
    if node.kind == "scriptTask" and not node.script:
        yield _problem(node, "bpmn-script", Text("{element} has no script.", element=shown(node)),
                       Text("Write one assignment in FEEL per line: total = amount * 1.06"))


_RULES: tuple[Callable[[ProcessDefinition, Node], Iterable[Problem]], ...] = (
    _leaves, _enters, _decides, _races, _attached, _caught, _timed, _handles, _scripted,
)
