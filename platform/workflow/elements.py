"""Which BPMN runs. What is not in these tables is refused by name: nothing that is drawn is silently ignored."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from formloom.errors import Text
from formloom.workflow.markup import BPMN, DIAGRAM, FORMLOOM, local, namespace
from formloom.workflow.reading import Reading, naming

FLOW_NODES = frozenset({
    "startEvent", "endEvent", "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask",
    "exclusiveGateway",
    "parallelGateway", "inclusiveGateway", "subProcess", "boundaryEvent", "intermediateCatchEvent",
})
# Drawn for people only; they carry no behaviour.
REMARKS = frozenset({"documentation", "textAnnotation", "text", "association", "group", "laneSet", "lane",
                     "flowNodeRef",
                     "category", "categoryValue", "incoming", "outgoing", "participant"})

_CONTAINER = FLOW_NODES | {"sequenceFlow", "documentation", "extensionElements", "textAnnotation", "association",
                           "group", "laneSet"}
_NODE = frozenset({"documentation", "extensionElements", "incoming", "outgoing"})
CHILDREN: Mapping[str, frozenset[str]] = {
    "definitions": frozenset({"process", "collaboration", "message", "error", "category", "documentation"}),
    "collaboration": frozenset({"participant", "textAnnotation", "association", "group", "documentation"}),
    "participant": frozenset({"documentation"}),
    "process": _CONTAINER,
    "subProcess": _CONTAINER | _NODE,
    "startEvent": _NODE | {"timerEventDefinition", "messageEventDefinition"},
    "endEvent": _NODE | {"terminateEventDefinition", "errorEventDefinition"},
    "boundaryEvent": _NODE | {"timerEventDefinition", "errorEventDefinition"},
    "intermediateCatchEvent": _NODE | {"timerEventDefinition"},
    "scriptTask": _NODE | {"script"},
    "userTask": _NODE, "manualTask": _NODE, "serviceTask": _NODE, "businessRuleTask": _NODE,
    "exclusiveGateway": _NODE, "parallelGateway": _NODE, "inclusiveGateway": _NODE,
    "sequenceFlow": frozenset({"documentation", "extensionElements", "conditionExpression"}),
    "timerEventDefinition": frozenset({"timeDuration", "timeDate", "timeCycle", "documentation"}),
    "textAnnotation": frozenset({"text", "documentation", "extensionElements"}),
    "association": frozenset({"documentation"}),
    "group": frozenset({"documentation"}),
    "category": frozenset({"categoryValue", "documentation"}),
    "laneSet": frozenset({"lane", "documentation"}),
    "lane": frozenset({"flowNodeRef", "documentation"}),
    "extensionElements": frozenset(),
}
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "process": frozenset({"isExecutable"}),
    "participant": frozenset({"processRef"}),
    "boundaryEvent": frozenset({"attachedToRef", "cancelActivity"}),
    "exclusiveGateway": frozenset({"default", "gatewayDirection"}),
    "inclusiveGateway": frozenset({"default", "gatewayDirection"}),
    "parallelGateway": frozenset({"gatewayDirection"}),
    "sequenceFlow": frozenset({"sourceRef", "targetRef"}),
    "scriptTask": frozenset({"scriptFormat"}),
    "messageEventDefinition": frozenset({"messageRef"}),
    "errorEventDefinition": frozenset({"errorRef"}),
    "error": frozenset({"errorCode"}),
    "association": frozenset({"sourceRef", "targetRef", "associationDirection"}),
    "group": frozenset({"categoryValueRef"}),
    "categoryValue": frozenset({"value"}),
    "textAnnotation": frozenset({"textFormat"}),
    "documentation": frozenset({"textFormat"}),
    "conditionExpression": frozenset({"language"}),
    "timeDuration": frozenset({"language"}), "timeDate": frozenset({"language"}), "timeCycle": frozenset({"language"}),
}
# Written by modelers with the value that changes nothing.
NEUTRAL: Mapping[str, frozenset[str]] = {
    "isForCompensation": frozenset({"false"}), "startQuantity": frozenset({"1"}),
    "completionQuantity": frozenset({"1"}),
    "isInterrupting": frozenset({"true"}), "parallelMultiple": frozenset({"false"}), "isImmediate": frozenset({"true"}),
    "implementation": frozenset({"##unspecified", "##WebService"}), "triggeredByEvent": frozenset({"false"}),
    "processType": frozenset({"None", "Private"}), "isClosed": frozenset({"false", "true"}),
}
# Of other tools, and read by `rule_tasks` as what they mean.
UNDERSTOOD = frozenset({"decisionRef", "resultVariable", "mapDecisionResult"})
INSTEAD: Mapping[str, Text] = {
    "task": Text("Say what it is: change it to a user task, a service task or a script task."),
    "sendTask": Text("Use a service task with the action send_mail, notify or webhook."),
    "receiveTask": Text("Start a process by a message trigger, or wait in a user task."),
    "callActivity": Text("Use an embedded sub-process."),
    "eventBasedGateway": Text("Use a user task with a boundary timer."),
    "complexGateway": Text("Use an inclusive or an exclusive gateway with conditions."),
    "intermediateThrowEvent": Text("Use a service task."),
    "multiInstanceLoopCharacteristics": Text("Draw one task for each person, between two parallel gateways."),
    "standardLoopCharacteristics": Text("Draw the loop with an exclusive gateway and a flow back."),
    "dataObject": Text("Data lives in the bound record; write remarks as text annotations."),
    "dataObjectReference": Text("Data lives in the bound record; write remarks as text annotations."),
    "dataStoreReference": Text("Data lives in the bound record; write remarks as text annotations."),
    "messageFlow": Text("Remove it; processes are started by triggers."),
}
_MODELER = Text("Remove it in the modeler.")


def check(root: etree._Element, reading: Reading) -> None:
    """Notes a problem for every element and attribute of the file that would have no effect."""
    for child in root:
        if namespace(child) not in DIAGRAM:
            _element(child, root, reading)


def _element(element: etree._Element, parent: etree._Element, reading: Reading) -> None:
    if namespace(element) != BPMN:
        _foreign(element, reading)
        return
    kind, allowed = local(element), CHILDREN.get(local(parent), frozenset())
    if kind not in allowed:
        _refuse(element, parent, reading)
        return
    _attributes(element, reading)
    for child in element:
        _element(child, element, reading)


def _refuse(element: etree._Element, parent: etree._Element, reading: Reading) -> None:
    reading.problem("bpmn-unsupported", element,
                    Text("{element} is not supported in {parent}: {kind}.",
                         element=naming(element), parent=naming(parent), kind=local(element)),
                    INSTEAD.get(local(element), _MODELER))


def _foreign(element: etree._Element, reading: Reading) -> None:
    """Our own extension elements are read, and checked, by `vocabulary`."""
    if namespace(element) == FORMLOOM or namespace(element) in DIAGRAM:
        return
    if local(element) == "calledDecision" and namespace(element) == "http://camunda.org/schema/zeebe/1.0":
        return
    reading.problem("bpmn-extension", element,
                    Text("{element} has an extension of another tool: {name}.",
                         element=naming(element), name=local(element)),
                    Text("Remove it, or say the same with an element of the namespace {namespace}.",
                         namespace=FORMLOOM))


def _attributes(element: etree._Element, reading: Reading) -> None:
    allowed = ATTRIBUTES.get(local(element), frozenset()) | {"id", "name"}
    for name, value in element.attrib.items():
        qualified = etree.QName(name)
        if qualified.namespace in (None, BPMN):
            plain = str(qualified.localname)
            if plain not in allowed and value not in NEUTRAL.get(plain, frozenset()):
                _refuse_attribute(element, f"{plain}={value!s}", reading)
        elif local(element) == "businessRuleTask" and qualified.localname in UNDERSTOOD:
            continue
        elif qualified.namespace != "http://www.w3.org/2001/XMLSchema-instance":
            _refuse_attribute(element, str(qualified.localname), reading)


def _refuse_attribute(element: etree._Element, name: str, reading: Reading) -> None:
    reading.problem("bpmn-attribute", element,
                    Text("{element} has an attribute that would be ignored: {name}.", element=naming(element),
                         name=name),
                    _MODELER)
