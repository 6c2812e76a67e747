"""Every element that the schemas of BPMN 2.0 name has a treatment, and the refused ones are these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from formloom.workflow import elements, reader
from formloom.workflow.elements import Treatment

# The global elements of Semantic.xsd and BPMN20.xsd, and those declared inside its types.
_SCHEMA = """
activity adHocSubProcess artifact assignment association auditing baseElement baseElementWithMixedContent boundaryEvent
businessRuleTask callActivity callChoreography callConversation cancelEventDefinition catchEvent category categoryValue
choreography choreographyActivity choreographyTask collaboration compensateEventDefinition complexBehaviorDefinition
complexGateway conditionalEventDefinition conversation conversationAssociation conversationLink conversationNode
correlationKey correlationProperty correlationPropertyBinding correlationPropertyRetrievalExpression
correlationSubscription dataAssociation dataInput dataInputAssociation dataObject dataObjectReference dataOutput
dataOutputAssociation dataState dataStore dataStoreReference definitions documentation endEvent endPoint error
errorEventDefinition escalation escalationEventDefinition event eventBasedGateway eventDefinition exclusiveGateway
expression extension extensionElements flowElement flowNode formalExpression gateway globalBusinessRuleTask
globalChoreographyTask globalConversation globalManualTask globalScriptTask globalTask globalUserTask group
humanPerformer implicitThrowEvent import inclusiveGateway inputSet interface intermediateCatchEvent
intermediateThrowEvent ioBinding ioSpecification itemDefinition lane laneSet linkEventDefinition loopCharacteristics
manualTask message messageEventDefinition messageFlow messageFlowAssociation monitoring
multiInstanceLoopCharacteristics operation outputSet parallelGateway participant participantAssociation
participantMultiplicity partnerEntity partnerRole performer potentialOwner process property receiveTask relationship
rendering resource resourceAssignmentExpression resourceParameter resourceParameterBinding resourceRole rootElement
scriptTask sendTask sequenceFlow serviceTask signal signalEventDefinition standardLoopCharacteristics startEvent
subChoreography subConversation subProcess task terminateEventDefinition text textAnnotation throwEvent
timerEventDefinition transaction userTask script conditionExpression condition timeDate timeCycle timeDuration
loopCardinality loopDataInputRef loopDataOutputRef inputDataItem outputDataItem completionCondition loopCondition
eventDefinitionRef childLaneSet flowNodeRef incoming outgoing
"""
_ABSTRACT = """
activity artifact baseElement baseElementWithMixedContent catchEvent choreographyActivity conversationNode
dataAssociation event eventDefinition flowElement flowNode gateway loopCharacteristics rootElement throwEvent
"""
_REFUSED = """
adHocSubProcess callChoreography choreography choreographyTask compensateEventDefinition complexGateway
conversationAssociation correlationPropertyBinding eventDefinitionRef globalChoreographyTask globalConversation
implicitThrowEvent participantAssociation subChoreography
"""
SCHEMA, ABSTRACT, REFUSED = (frozenset(names.split()) for names in (_SCHEMA, _ABSTRACT, _REFUSED))


def test_refused_elements_are_these() -> None:
    refused = {name for name in SCHEMA if elements.treatment(name) is Treatment.REFUSED}
    assert refused - ABSTRACT == REFUSED


def test_no_element_has_two_treatments() -> None:
    assert not set(elements.REASONS) & set(elements.NEEDED)
    assert not elements.FLOW_NODES & (set(elements.REASONS) | set(elements.NEEDED))


def test_nothing_is_allowed_that_bpmn_does_not_know() -> None:
    allowed = set(elements.CHILDREN) | {name for children in elements.CHILDREN.values() for name in children}
    assert allowed - SCHEMA - set(elements.REASONS) - set(elements.NEEDED) == set()


@pytest.mark.parametrize(("extension", "code"), [
    ('camunda:candidateGroups="legal"', None), ('camunda:candidateGroups="nobody"', "bpmn-assignment"),
    ('camunda:assignee="jane"', "bpmn-assignment"),
])
def test_candidate_group_of_camunda_is_a_role(read: Callable[..., Any], draw: Any, extension: str,
                                              code: str | None) -> None:
    task = f'<bpmn:userTask id="t" {extension}/>'
    definition, problems = read(draw.start() + task + draw.end() + draw.chain("s", "t", "e"))
    if code is None:
        assert definition is not None
        assert definition.nodes["t"].assignment.role == "legal"
        assert "candidate group" in str(definition.rewrites[0].message)
    else:
        assert code in [problem.code for problem in problems]


def test_role_of_an_inner_lane_wins(definition: Callable[..., Any], draw: Any) -> None:
    lanes = ('<bpmn:laneSet id="l"><bpmn:lane id="l1" name="Finance"><bpmn:flowNodeRef>t</bpmn:flowNodeRef>'
             '<bpmn:childLaneSet id="c"><bpmn:lane id="l2" name="legal"><bpmn:flowNodeRef>t</bpmn:flowNodeRef>'
             "</bpmn:lane></bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>")
    found = definition(draw.start() + '<bpmn:userTask id="t"/>' + draw.end() + draw.chain("s", "t", "e") + lanes)
    assert found.nodes["t"].assignment.role == "legal"
    assert found.nodes["t"].lane == "legal"


def test_pools_of_partners_may_hold_anything(catalog: Any, draw: Any) -> None:
    text = draw.diagram(draw.start() + draw.end() + draw.chain("s", "e"), "",
                        '<bpmn:process id="partner" isExecutable="false"><bpmn:complexGateway id="g"/></bpmn:process>')
    assert reader.read(text, "x.bpmn", catalog)[1] == []
    assert [bool(p.refused) for p in reader.examine(text, "x.bpmn", catalog)[0]] == [False]
