"""What diagrams and decisions name: attributes, parameters, expressions, texts in those."""

from __future__ import annotations

from pathlib import Path

import pytest

from formloom.design import usage
from formloom.metadata import compiler, loader
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.metadata.references import Name, Use
from formloom.metadata.sources import Source

ENTITY = """\
entity: order
fields:
  amount: {type: decimal}
  status: {type: choice, default: '"open"', choices: [{value: open}, {value: won}]}
  grade: {type: formula, returns: text, decision: rank}
  level: {type: choice, choices: [{value: gold}, {value: iron}]}
actions:
  close: {label: Close}
"""
PROCESS = """\
<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:f="https://formloom.org/bpmn/1.0">
  <process id="handle" isExecutable="true">
    <extensionElements>
      <f:binding entity="order"/>
      <f:trigger on="action" action="close"/>
      <f:trigger on="updated" when="amount &gt; 5 and old.amount &lt; 5"/>
    </extensionElements>
    <startEvent id="start"/>
    <sequenceFlow id="a" sourceRef="start" targetRef="look"/>
    <userTask id="look"><extensionElements><f:assignment role="clerk"/><f:field name="amount"/></extensionElements>
    </userTask>
    <sequenceFlow id="b" sourceRef="look" targetRef="write"/>
    <serviceTask id="write"><extensionElements><f:action name="update_record">
      <f:param name="amount">amount + 1</f:param><f:param name="status">"won"</f:param>
    </f:action></extensionElements></serviceTask>
    <sequenceFlow id="c" sourceRef="write" targetRef="tell"/>
    <serviceTask id="tell"><extensionElements><f:action name="notify">
      <f:param name="role">"clerk"</f:param><f:param name="text">"x"</f:param>
      <f:param name="link">"/records/order/" + string(record.id)</f:param>
    </f:action></extensionElements></serviceTask>
    <sequenceFlow id="d" sourceRef="tell" targetRef="ask"/>
    <businessRuleTask id="ask"><extensionElements><f:decision ref="rank" result="found"/></extensionElements>
    </businessRuleTask>
    <sequenceFlow id="e" sourceRef="ask" targetRef="count"/>
    <scriptTask id="count" scriptFormat="feel"><script>
      twice = amount * 2
      again = twice + amount
    </script></scriptTask>
    <sequenceFlow id="g" sourceRef="count" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>
"""
DECISION = """\
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="file" name="f" namespace="urn:f">
  <inputData id="i" name="level"><variable name="level" typeRef="string"/></inputData>
  <decision id="rank" name="Rank"><variable name="Rank" typeRef="string"/>
    <informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>
    <decisionTable id="t"><input id="in"><inputExpression typeRef="string"><text>level</text></inputExpression></input>
      <output id="out" typeRef="string"/>
      <rule id="one"><inputEntry><text>"gold"</text></inputEntry><outputEntry><text>"gold"</text></outputEntry></rule>
      <rule id="two"><inputEntry><text>not("gold")</text></inputEntry><outputEntry><text>"B"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    texts = {"pack.yaml": "pack: p\nversion: 1.0.0\n", "entities/order.yaml": ENTITY, "workflows/handle.bpmn": PROCESS,
             "decisions/rank.dmn": DECISION, "roles/clerk.yaml": "role: clerk\ndecisions: [rank]\n"}
    return compiler.compile([Source("p", path, text) for path, text in texts.items()], TYPES)


def where(catalog: Catalog, target: Name) -> list[str]:
    return [f"{use.file}:{use.place.line} {use.kind} {use.text.strip()}"
            for use in checked(catalog, usage.where_used(catalog, TYPES, target))]


def checked(catalog: Catalog, uses: tuple[Use, ...]) -> tuple[Use, ...]:
    texts = {source.path: source.text for source in catalog.sources}
    for use in uses:
        assert use.span
        assert texts[use.file][slice(*use.span)] == use.text[use.start:use.end]
    return uses


def test_uses_of_a_field_in_a_diagram_are_exactly_these(catalog: Catalog) -> None:
    assert where(catalog, Name("field", "amount", "order")) == [
        "entities/order.yaml:3 definition amount",
        "workflows/handle.bpmn:7 expression amount > 5 and old.amount < 5",
        "workflows/handle.bpmn:7 expression amount > 5 and old.amount < 5",
        "workflows/handle.bpmn:11 name amount",
        "workflows/handle.bpmn:15 name amount", "workflows/handle.bpmn:15 expression amount + 1",
        "workflows/handle.bpmn:27 expression amount * 2", "workflows/handle.bpmn:28 expression twice + amount"]


def test_uses_of_other_kinds_are_exactly_these(catalog: Catalog) -> None:
    assert where(catalog, Name("entity", "order")) == [
        "entities/order.yaml:1 definition order", "workflows/handle.bpmn:5 name order",
        'workflows/handle.bpmn:20 text "/records/order/" + string(record.id)']
    assert where(catalog, Name("role", "clerk")) == [
        "roles/clerk.yaml:1 definition clerk", "workflows/handle.bpmn:11 name clerk",
        'workflows/handle.bpmn:19 text "clerk"']
    assert where(catalog, Name("action", "close", "order")) == [
        "entities/order.yaml:8 definition close", "workflows/handle.bpmn:6 name close"]
    assert where(catalog, Name("choice", "won", "order.status")) == [
        "entities/order.yaml:4 definition won", 'workflows/handle.bpmn:15 expression "won"']
    assert where(catalog, Name("process", "handle")) == ["workflows/handle.bpmn:3 definition handle"]
    assert where(catalog, Name("decision", "rank")) == [
        "decisions/rank.dmn:3 definition rank", "entities/order.yaml:5 name rank", "roles/clerk.yaml:2 name rank",
        "workflows/handle.bpmn:23 name rank"]


def test_cells_of_a_decision_name_choices_it_is_asked_with(catalog: Catalog) -> None:
    assert where(catalog, Name("choice", "gold", "order.level")) == [
        "entities/order.yaml:6 definition gold",
        'decisions/rank.dmn:7 expression "gold"', 'decisions/rank.dmn:8 expression not("gold")']


def test_inputs_that_follow_from_a_name_are_uses(catalog: Catalog) -> None:
    assert where(catalog, Name("field", "level", "order")) == [
        "entities/order.yaml:6 definition level", "entities/order.yaml:5 implied rank",
        "workflows/handle.bpmn:23 implied rank"]


def test_every_expression_of_the_packs_is_found_in_its_file() -> None:
    packs = Path(__file__).parents[1] / "packs"
    for folder in (packs.parents[1] / "config", packs / "approval", packs / "desk"):
        made = compiler.compile(loader.read_pack(folder), TYPES)
        texts = {source.path: source.text for source in made.sources}
        for found in usage.of_diagrams(made, made.sources):
            passage = found.passage
            assert passage.written is not None
            raw = texts[passage.file][slice(*passage.written.span(0, len(passage.text)))]
            assert raw.replace("&gt;", ">").replace("&lt;", "<").replace("&quot;", '"').replace("&amp;", "&") == (
                passage.text)
