"""A process definition as SpiffWorkflow's task specifications: made of what the strict reader read, never of XML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, SimpleBpmnTask, _EndJoin
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EndEvent,
    ExclusiveGateway,
    InclusiveGateway,
    IntermediateCatchEvent,
    ParallelGateway,
    StartEvent,
    SubWorkflowTask,
    UserTask,
)
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition, TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.operators import Operator
from SpiffWorkflow.util.task import TaskState

from formloom.feel import Expression
from formloom.workflow.definition import Node, ProcessDefinition
from formloom.workflow.engine.events import CyclicBoundary, ErrorEnd, Fault, Timer

SPLIT, JOIN = ".split", ".join"      # names of the tasks that Spiff puts around an activity with boundary events


class Condition(Operator):  # type: ignore[misc]
    """A flow's FEEL condition, asked of the running instance."""

    def __init__(self, expression: Expression) -> None:
        super().__init__(expression)
        self.expression = expression

    def _matches(self, task: Any) -> bool:
        return bool(task.workflow.top_workflow.holds(self.expression))


class ServiceTask(BpmnSpecMixin):  # type: ignore[misc]
    """Starts and waits: whoever drives the engine does the work and completes the token."""

    def _run_hook(self, my_task: Any) -> None:
        return None


class ScriptTask(BpmnSpecMixin):  # type: ignore[misc]
    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.top_workflow.run_script(self.bpmn_id)
        return True


class AllEnded(_EndJoin):  # type: ignore[misc]
    """Like its parent, without its walk of the tree, which ends at a depth of 1000 and calls that the end."""

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        return not any(
            task.has_state(TaskState.NOT_FINISHED_MASK)
            for task in my_task.workflow.tasks.values()
            if task.task_spec is not self and task.task_spec.name != "End"
        )


class ProcessSpec(BpmnProcessSpec):  # type: ignore[misc]
    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        del self.task_specs[f"{name}.EndJoin"], self.task_specs["End"]
        self.end: Any = AllEnded(self, f"{name}.EndJoin")
        self.end.connect(SimpleBpmnTask(self, "End"))


@lru_cache(maxsize=256)
def _built(key: str, content: str, holder: _ByHash) -> Mapping[str, ProcessSpec]:
    definition = holder.definition
    scopes = ["", *(n.id for n in definition.nodes.values() if n.kind == "subProcess")]
    return {scope: _scope(definition, scope) for scope in scopes}


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


def _scope(definition: ProcessDefinition, scope: str) -> ProcessSpec:
    spec = ProcessSpec(scope or definition.key)
    nodes = list(definition.scope(scope))
    made = {node.id: _MAKE[node.kind](spec, node) for node in nodes}
    entries = {node.id: _guarded(definition, spec, node, made) for node in nodes if node.kind != "boundaryEvent"}
    for node in nodes:
        if node.kind == "startEvent":
            spec.start.connect(made[node.id])
        _connect(definition, spec, node, made, entries)
    return spec


def _guarded(definition: ProcessDefinition, spec: ProcessSpec, node: Node, made: Mapping[str, Any]) -> Any:
    """Where flows to the node enter: the node itself, or the split that arms its boundary events first."""
    boundaries = definition.boundaries(node.id)
    if not boundaries:
        return made[node.id]
    split = BoundaryEventSplit(spec, node.id + SPLIT)
    join = BoundaryEventJoin(spec, node.id + JOIN, split_task=split.name, cancel=True)
    for task in (made[node.id], *(made[b.id] for b in boundaries)):
        split.connect(task)
        task.connect(join)
    return split


def _connect(
    definition: ProcessDefinition, spec: ProcessSpec, node: Node, made: Mapping[str, Any], entries: Mapping[str, Any]
) -> None:
    task, flows = made[node.id], definition.outgoing(node.id)
    if node.kind == "endEvent":
        task.connect(spec.end)
    for flow in flows:
        target = entries[flow.target]
        if flow.condition is not None:
            task.connect_if(Condition(flow.condition), target)
        else:
            task.connect(target)


def _start(spec: ProcessSpec, node: Node) -> Any:
    return StartEvent(spec, node.id, NoneEventDefinition())


def _end(spec: ProcessSpec, node: Node) -> Any:
    if node.event == "error":
        return ErrorEnd(spec, node.id, Fault(node.error))
    return EndEvent(spec, node.id, TerminateEventDefinition() if node.event == "terminate" else NoneEventDefinition())


def _boundary(spec: ProcessSpec, node: Node) -> Any:
    if node.event == "error":
        return BoundaryEvent(spec, node.id, Fault(node.error), True)
    kind = CyclicBoundary if node.timer and node.timer.kind == "cycle" else BoundaryEvent
    return kind(spec, node.id, Timer(node.timer), node.interrupting)


_MAKE: Mapping[str, Callable[[ProcessSpec, Node], Any]] = {
    "startEvent": _start,
    "endEvent": _end,
    "boundaryEvent": _boundary,
    "userTask": lambda spec, node: UserTask(spec, node.id),
    "manualTask": lambda spec, node: UserTask(spec, node.id),
    "serviceTask": lambda spec, node: ServiceTask(spec, node.id),
    "businessRuleTask": lambda spec, node: ServiceTask(spec, node.id),
    "scriptTask": lambda spec, node: ScriptTask(spec, node.id),
    "exclusiveGateway": lambda spec, node: ExclusiveGateway(spec, node.id),
    "parallelGateway": lambda spec, node: ParallelGateway(spec, node.id),
    "inclusiveGateway": lambda spec, node: InclusiveGateway(spec, node.id),
    "intermediateCatchEvent": lambda spec, node: IntermediateCatchEvent(spec, node.id, Timer(node.timer)),
    "subProcess": lambda spec, node: SubWorkflowTask(spec, node.id, node.id),
}
