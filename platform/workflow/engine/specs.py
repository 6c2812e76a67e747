"""A process definition as SpiffWorkflow's task specifications: made of what the strict reader read, never of XML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache

from SpiffWorkflow.specs.StartTask import StartTask
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from formloom.workflow.definition import SCOPES, Node, ProcessDefinition
from formloom.workflow.engine.ballots import Ballot
from formloom.workflow.engine.elements import (
    Element,
    Exclusive,
    Inclusive,
    Join,
    Parallel,
    Person,
    Race,
    Script,
    Service,
    TerminateEnd,
)
from formloom.workflow.engine.events import Boundary, Catch, FaultEnd, Handler, Throw
from formloom.workflow.engine.hosts import Again, Each, Host

ROOT = ".root"


class ProcessSpec(WorkflowSpec):  # type: ignore[misc]
    """The elements of one scope. `isolated`: what is inside does not see the results of the scopes around it.
    `is_round`: one round of a task that runs more than once.
    """

    def __init__(self, name: str, isolated: bool = False) -> None:
        super().__init__(name=name)
        self.isolated = isolated
        self.is_round = False
        self.root = StartTask(self, ROOT)
        self.entries: list[Element] = []
        self.handlers: list[Handler] = []
        self._reached: dict[tuple[str, str], frozenset[str]] = {}

    @cached_property
    def joins(self) -> list[Join]:
        """Parallel before inclusive: what is certain before what depends on it."""
        found = [spec for spec in self.task_specs.values() if isinstance(spec, Join)]
        return sorted(found, key=lambda spec: isinstance(spec, Inclusive))

    @cached_property
    def _arriving(self) -> Mapping[str, frozenset[str]]:
        flows = [pair for spec in self.task_specs.values() if isinstance(spec, Element) for pair in spec.flows]
        return {join.name: frozenset(flow.id for flow, target in flows if target is join) for join in self.joins}

    def arriving(self, join: Join) -> frozenset[str]:
        return self._arriving[join.name]

    def reaching(self, start: Element, join: Join) -> frozenset[str]:
        """The flows into `join` that a token at `start` may come by, without passing `join` before."""
        pair = start.name, join.name
        if pair not in self._reached:
            self._reached[pair] = _reaching(start, join)
        return self._reached[pair]


def _reaching(start: Element, join: Join) -> frozenset[str]:
    seen: set[Element] = set()
    found: set[str] = set()
    open_ = [start]
    while open_:
        spec = open_.pop()
        if spec in seen:
            continue
        seen.add(spec)
        found.update(flow.id for flow, target in spec.flows if target is join)
        open_ += [*spec.boundaries, *(target for _, target in spec.flows if target is not join)]
    return frozenset(found)


@lru_cache(maxsize=256)
def _built(key: str, content: str, holder: _ByHash) -> Mapping[str, ProcessSpec]:
    definition = holder.definition
    inside = {node.id: _inside(definition, node) for node in definition.nodes.values() if node.kind in SCOPES}
    rounds = {node.id: _round(node) for node in definition.nodes.values() if node.loop and node.kind not in SCOPES}
    return {"": _scope(definition, "", False), **inside, **rounds}


class _ByHash:
    """Lets the cache compare definitions by hash instead of by content."""

    __slots__ = ("definition",)

    def __init__(self, definition: ProcessDefinition) -> None:
        self.definition = definition

    def __hash__(self) -> int:
        return hash(self.definition.hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByHash) and self.definition.hash == other.definition.hash


def build(definition: ProcessDefinition) -> Mapping[str, ProcessSpec]:
    """Specifications by scope ('' is the process), made once per hash and process; running never changes them."""
    return _built(definition.key, definition.hash, _ByHash(definition))


def _inside(definition: ProcessDefinition, node: Node) -> ProcessSpec:
    return _scope(definition, node.id, node.kind == "callActivity")


def _round(node: Node) -> ProcessSpec:
    """One round of a task that runs more than once."""
    spec = ProcessSpec(node.id)
    spec.is_round = True
    task = _task(spec, node)
    task.bpmn_id = None         # the activity around its rounds is what was passed
    spec.entries.append(task)
    return spec


def _scope(definition: ProcessDefinition, scope: str, isolated: bool) -> ProcessSpec:
    spec = ProcessSpec(scope or definition.key, isolated)
    nodes = list(definition.scope(scope))
    made = {node.id: _make(spec, node) for node in nodes}
    for node in nodes:
        made[node.id].flows = [(flow, made[flow.target]) for flow in definition.outgoing(node.id)]
        made[node.id].boundaries = [made[boundary.id] for boundary in definition.boundaries(node.id)]
        if node.handler:
            spec.handlers.append(_handler(spec, node, definition, made[node.id]))
    spec.entries = [made[node.id] for node in entries(definition, nodes)]
    return spec


def entries(definition: ProcessDefinition, nodes: Iterable[Node]) -> list[Node]:
    """Where a scope begins: at its start event, or, where none is drawn, at everything that no flow leads to."""
    nodes = list(nodes)
    starts = [node for node in nodes if node.kind == "startEvent"]
    plain = [node for node in starts if not node.event]
    if starts:
        return (plain or starts)[:1]
    return [node for node in nodes
            if not definition.incoming(node.id) and node.kind != "boundaryEvent" and not node.handler]


def _handler(spec: ProcessSpec, node: Node, definition: ProcessDefinition, body: Element) -> Handler:
    start = next(inner for inner in definition.scope(node.id) if inner.kind == "startEvent")
    handler = Handler(spec, node, start)
    handler.body = body
    return handler


def _make(spec: ProcessSpec, node: Node) -> Element:
    if node.loop is not None and node.approval is not None:
        return Ballot(spec, node, node.loop)
    if node.loop is not None:
        return Again(spec, node, node.loop) if node.loop.kind == "standard" else Each(spec, node, node.loop)
    return _task(spec, node)


def _task(spec: ProcessSpec, node: Node) -> Element:
    return _MAKE[node.kind](spec, node)


def _end(spec: ProcessSpec, node: Node) -> Element:
    if node.event == "terminate":
        return TerminateEnd(spec, node)
    return FaultEnd(spec, node) if node.event in ("error", "cancel") else Throw(spec, node)


_MAKE: Mapping[str, Callable[[ProcessSpec, Node], Element]] = {
    "startEvent": Element,
    "endEvent": _end,
    "boundaryEvent": Boundary,
    "intermediateCatchEvent": lambda spec, node: Catch(spec, node) if node.event else Element(spec, node),
    "intermediateThrowEvent": Throw,
    "task": Person,
    "userTask": Person,
    "manualTask": Person,
    "serviceTask": Service,
    "businessRuleTask": Service,
    "scriptTask": Script,
    "sendTask": lambda spec, node: Throw(spec, node) if node.action is None else Service(spec, node),
    "receiveTask": Catch,
    "exclusiveGateway": Exclusive,
    "parallelGateway": Parallel,
    "inclusiveGateway": Inclusive,
    "eventBasedGateway": Race,
    "subProcess": Host,
    "transaction": Host,
    "callActivity": Host,
}
