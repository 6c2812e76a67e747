"""Which BPMN runs: every element and attribute a diagram may hold, and what becomes of it. What is not in these tables
is refused by name: nothing that is drawn is silently ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from lxml import etree

from formloom.errors import Text
from formloom.workflow.markup import BPMN, DIAGRAM, FORMLOOM, XSI, local, namespace
from formloom.workflow.reading import Reading, naming


class Treatment(StrEnum):
    RUNS = "runs"
    REWRITTEN = "rewritten"     # runs as something equivalent, which is reported
    REMARK = "remark"           # drawn for people; `REASONS` says why it may stay
    NEEDED = "needed"           # the drawing is fine; what it says has to be said in FEEL or in our extension elements
    REFUSED = "refused"


_TASKS = frozenset({"task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask",
                    "businessRuleTask"})
_GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
_SCOPES = frozenset({"subProcess", "transaction", "callActivity"})
_EVENTS = frozenset({"startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"})
ACTIVITIES = _TASKS | _SCOPES
FLOW_NODES = ACTIVITIES | _GATEWAYS | _EVENTS

REASONS: Mapping[str, Text] = {
    name: reason for names, reason in (
        (("documentation", "textAnnotation", "text", "association", "group", "category", "categoryValue",
          "categoryValueRef", "auditing", "monitoring"), Text("a note for readers")),
        (("incoming", "outgoing"), Text("repeats what the flows say")),
        (("collaboration", "participant", "participantMultiplicity", "messageFlow", "messageFlowAssociation",
          "participantRef", "conversation", "subConversation", "callConversation", "conversationLink",
          "conversationNode", "messageFlowRef", "partnerEntity", "partnerRole", "interfaceRef",
          "supportedInterfaceRef"),
         Text("shows who talks to whom; messages find their instance by name and key")),
        (("dataObject", "dataObjectReference", "dataStore", "dataStoreReference", "dataState", "property",
          "dataInputAssociation", "dataOutputAssociation", "ioSpecification", "dataInput", "dataOutput", "inputSet",
          "outputSet", "dataInputRefs", "dataOutputRefs", "optionalInputRefs", "whileExecutingInputRefs",
          "optionalOutputRefs", "whileExecutingOutputRefs", "outputSetRefs", "inputSetRefs", "sourceRef", "targetRef",
          "itemDefinition", "ioBinding"), Text("shows data; data lives in the record and in results of elements")),
        (("import", "interface", "operation", "inMessageRef", "outMessageRef", "errorRef", "operationRef", "endPoint",
          "extension", "relationship", "source", "target", "resource", "resourceParameter", "supports",
          "correlationProperty", "correlationPropertyRetrievalExpression", "messagePath", "correlationKey",
          "correlationPropertyRef", "correlationSubscription"),
         Text("describes interfaces of other engines")),
        (("globalTask", "globalUserTask", "globalManualTask", "globalScriptTask", "globalBusinessRuleTask"),
         Text("is no part of this process")),
        (("laneSet", "childLaneSet", "flowNodeRef", "partitionElement"), Text("lanes name the role of their tasks")),
    ) for name in names}
NEEDED: Mapping[str, Text] = {
    name: hint for names, hint in (
        (("assignment", "transformation", "from", "to"),
         Text("Write what is to be computed as a script task or as a parameter, in FEEL.")),
        (("resourceRole", "performer", "humanPerformer", "potentialOwner", "resourceRef", "formalExpression",
          "expression", "resourceAssignmentExpression", "resourceParameterBinding", "rendering"),
         Text('Say who does it: <formloom:assignment role="..."/>.')),
        (("loopDataOutputRef", "outputDataItem", "complexBehaviorDefinition", "noneBehaviorEventRef",
          "oneBehaviorEventRef"), Text("Results of all rounds are a list under the id of the element.")),
    ) for name in names}
REWRITTEN = frozenset({"task", "lane", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics",
                       "linkEventDefinition"})

_NODE = frozenset({"documentation", "extensionElements", "incoming", "outgoing", "auditing", "monitoring", "property"})
_RESOURCES = frozenset({"resourceRole", "performer", "humanPerformer", "potentialOwner", "rendering"})
_DATA = frozenset({"ioSpecification", "dataInputAssociation", "dataOutputAssociation"})
_ACTIVITY = _NODE | _DATA | _RESOURCES | {"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"}
_CONTAINER = FLOW_NODES | {
    "sequenceFlow", "documentation", "extensionElements", "textAnnotation", "association", "group", "laneSet",
    "dataObject", "dataObjectReference", "dataStoreReference", "property", "auditing", "monitoring"}
_THROWN = frozenset({"messageEventDefinition", "signalEventDefinition", "escalationEventDefinition"})
_CAUGHT = frozenset({"messageEventDefinition", "signalEventDefinition", "timerEventDefinition",
                     "conditionalEventDefinition"})
_EVENT_DATA = frozenset({"dataInput", "dataOutput", "inputSet", "outputSet", "dataInputAssociation",
                         "dataOutputAssociation"})
_ANYTHING = frozenset(REASONS) | frozenset(NEEDED) | {"extensionElements"}

# Which of our elements stand in which; what is a remark, or needed, may hold what is such itself.
CHILDREN: Mapping[str, frozenset[str]] = {
    "definitions": frozenset(REASONS) | {"process", "message", "signal", "error", "escalation", "extensionElements"},
    "message": frozenset({"documentation", "extensionElements"}),
    "signal": frozenset({"documentation", "extensionElements"}),
    "error": frozenset({"documentation", "extensionElements"}),
    "escalation": frozenset({"documentation", "extensionElements"}),
    "process": _CONTAINER | _RESOURCES | {"ioSpecification", "ioBinding", "supports", "supportedInterfaceRef",
                                            "correlationSubscription"},
    "subProcess": _CONTAINER | _ACTIVITY,
    "transaction": _CONTAINER | _ACTIVITY,
    "startEvent": _NODE | _CAUGHT | _EVENT_DATA | {"errorEventDefinition", "escalationEventDefinition"},
    "endEvent": _NODE | _THROWN | _EVENT_DATA | {"terminateEventDefinition", "errorEventDefinition",
                                                 "cancelEventDefinition"},
    "boundaryEvent": _NODE | _CAUGHT | _EVENT_DATA | {"errorEventDefinition", "escalationEventDefinition",
                                                      "cancelEventDefinition"},
    "intermediateCatchEvent": _NODE | _CAUGHT | _EVENT_DATA | {"linkEventDefinition"},
    "intermediateThrowEvent": _NODE | _THROWN | _EVENT_DATA | {"linkEventDefinition"},
    "scriptTask": _ACTIVITY | {"script"},
    **dict.fromkeys(ACTIVITIES - {"subProcess", "transaction", "scriptTask"}, _ACTIVITY),
    **dict.fromkeys(_GATEWAYS, _NODE),
    "sequenceFlow": frozenset({"documentation", "extensionElements", "conditionExpression", "auditing", "monitoring"}),
    "timerEventDefinition": frozenset({"timeDuration", "timeDate", "timeCycle", "documentation", "extensionElements"}),
    "conditionalEventDefinition": frozenset({"condition", "documentation", "extensionElements"}),
    "linkEventDefinition": frozenset({"source", "target", "documentation", "extensionElements"}),
    **{f"{kind}EventDefinition": frozenset({"documentation", "extensionElements", "operationRef"})
       for kind in ("message", "signal", "escalation", "error", "terminate", "cancel")},
    "multiInstanceLoopCharacteristics": frozenset({
        "loopCardinality", "completionCondition", "loopDataInputRef", "inputDataItem", "documentation",
        "extensionElements", "loopDataOutputRef", "outputDataItem", "complexBehaviorDefinition", "noneBehaviorEventRef",
        "oneBehaviorEventRef"}),
    "standardLoopCharacteristics": frozenset({"loopCondition", "documentation", "extensionElements"}),
    "laneSet": frozenset({"lane", "documentation", "extensionElements"}),
    "childLaneSet": frozenset({"lane", "documentation", "extensionElements"}),
    "lane": frozenset({"flowNodeRef", "childLaneSet", "documentation", "extensionElements", "partitionElement"}),
    "extensionElements": frozenset(),
}
_ANYWHERE = frozenset({"id", "name"})
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "process": frozenset({"isExecutable"}),
    "boundaryEvent": frozenset({"attachedToRef", "cancelActivity"}),
    "startEvent": frozenset({"isInterrupting"}),
    "subProcess": frozenset({"triggeredByEvent", "default"}),
    "transaction": frozenset({"default"}),
    "callActivity": frozenset({"calledElement", "default"}),
    "exclusiveGateway": frozenset({"default"}),
    "inclusiveGateway": frozenset({"default"}),
    **{name: frozenset({"default"}) for name in _TASKS - {"scriptTask", "sendTask", "receiveTask"}},
    "sendTask": frozenset({"messageRef", "default"}),
    "receiveTask": frozenset({"messageRef", "default"}),
    "scriptTask": frozenset({"scriptFormat", "default"}),
    "sequenceFlow": frozenset({"sourceRef", "targetRef"}),
    "messageEventDefinition": frozenset({"messageRef"}),
    "signalEventDefinition": frozenset({"signalRef"}),
    "errorEventDefinition": frozenset({"errorRef"}),
    "escalationEventDefinition": frozenset({"escalationRef"}),
    "error": frozenset({"errorCode"}),
    "escalation": frozenset({"escalationCode"}),
    "multiInstanceLoopCharacteristics": frozenset({"isSequential"}),
    "standardLoopCharacteristics": frozenset({"testBefore", "loopMaximum"}),
}
# Attributes that describe, in whatever element they stand.
DESCRIBING = frozenset({
    "gatewayDirection", "language", "textFormat", "processType", "isClosed", "implementation", "operationRef",
    "itemRef", "itemSubjectRef", "structureRef", "evaluatesToTypeRef", "dataObjectRef", "dataStoreRef",
    "isCollection", "capacity", "isUnlimited", "definitionalCollaborationRef", "supports", "partitionElementRef"})
# Written by modelers with the value that changes nothing.
NEUTRAL: Mapping[str, frozenset[str]] = {
    "isForCompensation": frozenset({"false"}), "startQuantity": frozenset({"1"}),
    "completionQuantity": frozenset({"1"}), "isInterrupting": frozenset({"true"}),
    "parallelMultiple": frozenset({"false"}), "instantiate": frozenset({"false"}),
    "isImmediate": frozenset({"true", "false"}),
    "triggeredByEvent": frozenset({"false"}), "eventGatewayType": frozenset({"Exclusive"}),
    "behavior": frozenset({"All"}), "cancelActivity": frozenset({"true"}),
    "method": frozenset({"##Compensate", "##compensate", ""}), "testBefore": frozenset({"false"}),
}
# Of other tools, and read by `rule_tasks` as what they mean.
UNDERSTOOD = frozenset({"decisionRef", "resultVariable", "mapDecisionResult"})
INSTEAD: Mapping[str, Text] = {
    "complexGateway": Text("Use an inclusive or an exclusive gateway with conditions."),
    "adHocSubProcess": Text("Draw the order of the tasks, or offer them in parallel."),
    **dict.fromkeys(("compensateEventDefinition", "isForCompensation"),
                    Text("Draw what undoes the work as tasks behind an error or cancel event.")),
    "choreography": Text("Draw a process; a choreography is between organisations and runs nowhere."),
    "choreographyTask": Text("Draw a process; a choreography is between organisations and runs nowhere."),
}
_MODELER = Text("Remove it in the modeler.")


def treatment(kind: str) -> Treatment:
    """Of a BPMN element by its name."""
    if kind in REWRITTEN:
        return Treatment.REWRITTEN
    if kind in REASONS:
        return Treatment.REMARK
    if kind in NEEDED:
        return Treatment.NEEDED
    known = kind in CHILDREN or any(kind in allowed for allowed in CHILDREN.values())
    return Treatment.RUNS if known else Treatment.REFUSED


def check(root: etree._Element, process: etree._Element, reading: Reading) -> None:
    """Notes a problem for every element and attribute that would have no effect. Other processes of the file do not
    run, so they may hold anything.
    """
    for child in root:
        other = local(child) == "process" and child is not process
        if namespace(child) not in DIAGRAM and not other:
            _element(child, root, reading)


def _element(element: etree._Element, parent: etree._Element, reading: Reading) -> None:
    reading.hurry()
    if namespace(element) != BPMN:
        _foreign(element, reading)
        return
    kind = local(element)
    if kind not in CHILDREN.get(local(parent), _ANYTHING if _may_stay(local(parent)) else frozenset()):
        _refuse(element, parent, reading)
        return
    if kind in NEEDED:
        reading.problem("bpmn-data", element,
                        Text("{element} has {kind}, which is not read.", element=naming(element), kind=kind),
                        NEEDED[kind])
        return
    if kind not in REASONS:
        _attributes(element, reading)
    for child in element:
        if not (kind in REASONS and (namespace(child) != BPMN or local(child) == "extensionElements")):
            _element(child, element, reading)


def _may_stay(kind: str) -> bool:
    return kind in REASONS or kind in NEEDED


def _refuse(element: etree._Element, parent: etree._Element, reading: Reading) -> None:
    reading.problem("bpmn-unsupported", element,
                    Text("{element} is not supported in {parent}: {kind}.",
                         element=naming(element) if element.get("id") else local(element), parent=naming(parent),
                         kind=local(element)),
                    INSTEAD.get(local(element), _MODELER))


# Other tools' extensions that say nothing about how the process runs.
COSMETIC: Mapping[str, Text] = {
    "http://www.signavio.com": Text("colours and notes of a modeler"),
    "http://bpmn.io/schema/bpmn/biocolor/1.0": Text("colours"),
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0": Text("colours"),
    "http://camunda.org/schema/modeler/1.0": Text("the version of a modeler"),
    "http://www.bpsim.org/schemas/1.0": Text("figures for simulations"),
    "http://www.omg.org/spec/BPMN/non-normative/extensions/i18n/1.0": Text("names in other languages"),
    "http://www.w3.org/XML/1998/namespace": Text("the language of a text"),
    XSI: Text("the type of an element"),
}
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
# Attributes of Camunda that are about its own operation.
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
OPERATIONAL = frozenset({"historyTimeToLive", "versionTag", "isStartableInTasklist", "asyncBefore", "asyncAfter",
                         "exclusive", "jobPriority", "taskPriority", "diagramRelationId", "candidateGroups"})


def _foreign(element: etree._Element, reading: Reading) -> None:
    """Our own extension elements are read, and checked, by `vocabulary`."""
    if namespace(element) in (FORMLOOM, *DIAGRAM, *COSMETIC):
        return
    if local(element) == "calledDecision" and namespace(element) == ZEEBE:
        return
    reading.problem("bpmn-extension", element,
                    Text("{element} has an extension of another tool: {name}.",
                         element=naming(element), name=local(element)),
                    Text("Remove it, or say the same with an element of the namespace {namespace}.",
                         namespace=FORMLOOM))


def _attributes(element: etree._Element, reading: Reading) -> None:
    allowed = ATTRIBUTES.get(local(element), frozenset()) | _ANYWHERE | DESCRIBING
    for name, value in element.attrib.items():
        qualified = etree.QName(name)
        plain, home = str(qualified.localname), qualified.namespace
        if home in (None, BPMN):
            if plain not in allowed and value not in NEUTRAL.get(plain, frozenset()):
                _refuse_attribute("bpmn-attribute", element, f"{plain}={value!s}", reading,
                                  INSTEAD.get(plain, _MODELER))
        elif home not in COSMETIC and not (home == CAMUNDA and plain in _understood(element)):
            _refuse_attribute("bpmn-extension", element, plain, reading)


def _understood(element: etree._Element) -> frozenset[str]:
    return OPERATIONAL | UNDERSTOOD if local(element) == "businessRuleTask" else OPERATIONAL


def _refuse_attribute(code: str, element: etree._Element, name: str, reading: Reading,
                      instead: Text = _MODELER) -> None:
    reading.problem(code, element,
                    Text("{element} has an attribute that would be ignored: {name}.", element=naming(element),
                         name=name),
                    instead)
