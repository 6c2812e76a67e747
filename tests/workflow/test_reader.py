"""Nothing that is drawn is silently ignored: it runs, or it is refused by name, with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from formloom.metadata.catalog import Catalog
from formloom.workflow import reader

PACK = Path(__file__).parents[1] / "packs" / "approval"


def update_record(step: Any, *, entity: Any = None, id: Any = None, **fields: Any) -> dict[str, Any]:
    return {}


def notify(step: Any, *, text: Any, user: Any = None) -> dict[str, Any]:
    return {}


TASKS = {"update_record": update_record, "create_records": update_record, "notify": notify}


def codes(problems: Any) -> list[str]:
    return [p.code for p in problems]


def test_approval_pack_reads_without_problems(catalog: Catalog) -> None:
    text = (PACK / "workflows" / "contract_approval.bpmn").read_text()
    definition, problems = reader.read(text, "contract_approval.bpmn", catalog, TASKS)
    assert problems == []
    assert definition is not None
    assert definition.entity == "contract"
    assert definition.label == {"en": "Contract approval", "zh": "合同审批"}
    review = definition.nodes["legal_review"]
    assert [(f.name, f.access) for f in review.fields] == [("name", "show"), ("amount", "show"), ("risk", "required")]
    assert review.outcome("reject").comment == "required"  # type: ignore[union-attr]


@pytest.mark.parametrize("element", [
    '<bpmn:complexGateway id="x"/>', '<bpmn:adHocSubProcess id="x"/>', '<bpmn:choreographyTask id="x"/>',
    '<bpmn:lateralThinking id="x"/>',
])
def test_unsupported_element_is_refused_by_name(read: Callable[..., Any], draw: Any, element: str) -> None:
    definition, problems = read(draw.start() + "\n" + element + draw.end() + draw.chain("s", "e"))
    refusal = next(p for p in problems if p.code == "bpmn-unsupported")
    assert definition is None
    assert element.split()[0].removeprefix("<bpmn:") in str(refusal.message)
    assert refusal.element.endswith(" x")
    assert refusal.place.line == 7


@pytest.mark.parametrize("inner", [
    "<bpmn:multiInstanceLoopCharacteristics/>", "<bpmn:standardLoopCharacteristics/>",
    "<bpmn:script>x = 1</bpmn:script>",
    "<bpmn:dataInputAssociation><bpmn:assignment/></bpmn:dataInputAssociation>", "<camunda:formData/>",
    "<bpmn:potentialOwner/>",
])
def test_what_is_inside_a_task_is_refused_too(read: Callable[..., Any], draw: Any, inner: str) -> None:
    task = draw.person("t").replace("</bpmn:userTask>", f"{inner}</bpmn:userTask>")
    definition, problems = read(draw.start() + task + draw.end() + draw.chain("s", "t", "e"))
    assert definition is None
    assert set(codes(problems)) <= {"bpmn-unsupported", "bpmn-extension", "bpmn-loop", "bpmn-data"}


def test_refusal_is_told_without_consequences(read: Callable[..., Any], draw: Any) -> None:
    refused = ('<bpmn:adHocSubProcess id="p"/><bpmn:boundaryEvent id="b" attachedToRef="p">'
               "<bpmn:errorEventDefinition/></bpmn:boundaryEvent>")
    problems = read(draw.start() + refused + draw.end() + draw.chain("s", "p", "e") + draw.chain("b", "e"))[1]
    assert codes(problems) == ["bpmn-unsupported"]


def test_start_without_message_is_told_once(read: Callable[..., Any], draw: Any) -> None:
    start = '<bpmn:startEvent id="s"><bpmn:messageEventDefinition/></bpmn:startEvent>'
    assert codes(read(start + draw.end() + draw.chain("s", "e"))[1]) == ["bpmn-message"]


@pytest.mark.parametrize("attribute", ['camunda:assignee="jane"', 'isForCompensation="true"', 'startQuantity="2"'])
def test_attribute_without_effect_is_refused(read: Callable[..., Any], draw: Any, attribute: str) -> None:
    task = draw.person("t").replace("<bpmn:userTask", f"<bpmn:userTask {attribute}")
    problems = read(draw.start() + task + draw.end() + draw.chain("s", "t", "e"))[1]
    assert codes(problems) == ["bpmn-extension" if attribute.startswith("camunda") else "bpmn-attribute"]


def test_remarks_may_be_drawn(definition: Callable[..., Any], draw: Any) -> None:
    remarks = ('<bpmn:textAnnotation id="n"><bpmn:text>why</bpmn:text></bpmn:textAnnotation>'
               '<bpmn:association id="a" sourceRef="s" targetRef="n"/><bpmn:group id="g"/>'
               '<bpmn:laneSet id="l"><bpmn:lane id="l1"><bpmn:flowNodeRef>s</bpmn:flowNodeRef></bpmn:lane>'
               "</bpmn:laneSet>")
    assert set(definition(draw.start() + draw.end() + draw.chain("s", "e") + remarks).nodes) == {"s", "e"}


@pytest.mark.parametrize(("body", "code"), [
    ("{person}<bpmn:sequenceFlow id='x' sourceRef='t' targetRef='t'/>", "bpmn-start"),
    ("{start}{person}{end}{s_t}{t_e}<bpmn:subProcess id='e'/>", "bpmn-id"),
    ("{start}<bpmn:subProcess id='p'/>{end}<bpmn:sequenceFlow id='x' sourceRef='s' targetRef='p'/>", "bpmn-empty"),
    ("{start}{end}<bpmn:sequenceFlow id='x' sourceRef='s' targetRef='e'/>{person}{t_e}", "bpmn-unreachable"),
    ("{start}{person}{end}{s_t}<bpmn:sequenceFlow id='x' sourceRef='t' targetRef='nowhere'/>", "bpmn-flow"),
    ("{start}{person}{end}{s_t}<bpmn:sequenceFlow id='x' sourceRef='t' targetRef='e'>"
     "<bpmn:conditionExpression>amount > 1</bpmn:conditionExpression></bpmn:sequenceFlow>", "bpmn-gateway"),
])
def test_graph_that_cannot_run_is_refused(read: Callable[..., Any], draw: Any, body: str, code: str) -> None:
    parts = {"start": draw.start(), "person": draw.person("t"), "end": draw.end(),
             "s_t": draw.flow("s", "t"), "t_e": draw.flow("t", "e")}
    definition, problems = read(body.format(**parts))
    assert definition is None
    assert code in codes(problems)


def test_gateway_must_always_be_able_to_decide(read: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + '<bpmn:exclusiveGateway id="g"/>' + draw.end("a") + draw.end("b") + draw.flow("s", "g")
            + draw.flow("g", "a", "amount > 1") + draw.flow("g", "b"))
    assert codes(read(body)[1]) == ["bpmn-gateway", "bpmn-gateway"]


@pytest.mark.parametrize(("text", "code", "near"), [
    ("amuont > 1", "unknown-name", "amount"), ("record.amuont > 1", "unknown-field", "amount"),
    ("amount", "not-a-condition", None), ("name > 5", "type-mismatch", None),
    ('status = "sigend"', "unknown-choice", "signed"), ("owner.manager.nmae = name", "unknown-field", "name"),
    ("some p in payments satisfies p.amuont > 1", "unknown-field", "amount"),
    ("amount >", "bpmn-expression", None), ('__import__("os").system("id")', "unknown-name", None),
])
def test_condition_is_checked_against_the_entity(read: Callable[..., Any], draw: Any, text: str, code: str,
                                                 near: str | None) -> None:
    body = (draw.start() + '<bpmn:exclusiveGateway id="g" default="g_b"/>' + draw.end("a") + draw.end("b")
            + draw.flow("s", "g") + draw.flow("g", "a", text.replace(">", "&gt;")) + draw.flow("g", "b"))
    problem = read(body)[1][0]
    assert (problem.code, problem.near) == (code, near)


@pytest.mark.parametrize(("condition", "code", "near"), [
    ('t.outcome = "yess"', "unknown-choice", "yes"), ("t.outcom = null", "unknown-field", "outcome"),
    ("t.by = owner.name", "type-mismatch", None),
])
def test_result_of_a_task_is_checked(read: Callable[..., Any], draw: Any, condition: str, code: str,
                                     near: str | None) -> None:
    person = draw.person("t").replace("</bpmn:extensionElements>",
                                      '<formloom:outcome value="yes"/></bpmn:extensionElements>')
    body = (draw.start() + person + '<bpmn:exclusiveGateway id="g" default="g_b"/>' + draw.end("a") + draw.end("b")
            + draw.chain("s", "t", "g") + draw.flow("g", "a", condition) + draw.flow("g", "b"))
    assert [(p.code, p.near) for p in read(body)[1]] == [(code, near)]


@pytest.mark.parametrize(("field", "value", "code"), [
    ("status", '"sigend"', "unknown-choice"), ("signed_on", "now()", "type-mismatch"), ("amount", "owner != null",
                                                                                    "type-mismatch"),
])
def test_parameter_must_fit_its_field(catalog: Catalog, draw: Any, field: str, value: str, code: str) -> None:
    body = (draw.start() + '<bpmn:serviceTask id="w"><bpmn:extensionElements><formloom:action name="update_record">'
            f'<formloom:param name="{field}">{value}</formloom:param></formloom:action></bpmn:extensionElements>'
            "</bpmn:serviceTask>" + draw.end() + draw.chain("s", "w", "e"))
    assert codes(reader.read(draw.diagram(body), "x.bpmn", catalog, TASKS)[1]) == [code]


@pytest.mark.parametrize(("trigger", "code"), [
    ('when="old.amuont != amount"', "unknown-field"), ('when="amount"', "not-a-condition"),
    ('when="old.owner.name = name"', "unknown-member"), ('when="old.owner != owner"', ""),
])
def test_trigger_sees_the_record_before(read: Callable[..., Any], draw: Any, trigger: str, code: str) -> None:
    body = draw.start() + draw.person("t") + draw.end() + draw.chain("s", "t", "e")
    assert codes(read(body, f'<formloom:trigger on="updated" {trigger}/>')[1]) == [code] * bool(code)


def test_all_problems_come_at_once(catalog: Catalog, draw: Any) -> None:
    body = (draw.start()
            + '<bpmn:serviceTask id="w"><bpmn:extensionElements><formloom:action name="udpate_record"/>'
              "</bpmn:extensionElements></bpmn:serviceTask>\n"
            + '<bpmn:userTask id="t"><bpmn:extensionElements><formloom:assignment role="leagl"/>'
              '<formloom:field name="amuont"/></bpmn:extensionElements></bpmn:userTask>\n'
            + '<bpmn:serviceTask id="n"><bpmn:extensionElements><formloom:action name="notify">'
              '<formloom:param name="txt">1</formloom:param></formloom:action></bpmn:extensionElements>'
              "</bpmn:serviceTask>"
            + draw.end() + draw.chain("s", "w", "t", "n", "e"))
    _, problems = reader.read(draw.diagram(body, '<formloom:trigger on="action" action="sumbit"/>'), "x.bpmn",
                              catalog, TASKS)
    assert sorted(codes(problems)) == ["bpmn-action", "unknown-action", "unknown-field", "unknown-parameter",
                                       "unknown-role", "unknown-service-task"]
    assert {p.near for p in problems if p.near} == {"update_record", "legal", "amount", "text", "submit"}


@pytest.mark.parametrize("text", [
    "<a", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a>" * 60 + "</a>" * 60, "<a/>", "",
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "<a>" + "<b/>" * 21_000 + "</a>",
    "x" * 1_000_001,
])
def test_hostile_xml_is_a_problem(catalog: Catalog, text: str) -> None:
    definition, problems = reader.read(text, "x.bpmn", catalog)
    assert definition is None
    assert len(problems) == 1
    assert "root:" not in str(problems[0])


def test_misspelled_extension_is_not_ignored(read: Callable[..., Any], draw: Any) -> None:
    task = draw.person("t").replace('role="legal"', 'role="legal" assigne="user.id"')
    assert codes(read(draw.start() + task + draw.end() + draw.chain("s", "t", "e"))[1]) == ["unknown-attribute"]


def test_timer_start_is_a_schedule(definition: Callable[..., Any], draw: Any) -> None:
    start = ('<bpmn:startEvent id="s"><bpmn:timerEventDefinition><bpmn:timeCycle>R/PT1H</bpmn:timeCycle>'
             "</bpmn:timerEventDefinition></bpmn:startEvent>")
    trigger = definition(start + draw.end() + draw.chain("s", "e")).triggers[0]
    assert (trigger.on, trigger.every) == ("schedule", "PT1H")
