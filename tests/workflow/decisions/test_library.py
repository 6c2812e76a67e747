"""All decisions of a catalog: what may be called, how an answer came about, and every problem of their files."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from formloom.errors import Problem, UnknownDecision
from formloom.metadata import compiler, decision_source, loader
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.sources import Source
from formloom.workflow.decisions import library
from formloom.workflow.decisions.library import DecisionFailed, Decisions

HEAD = ('<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" '
        'xmlns:formloom="https://formloom.org/bpmn/1.0" xmlns:camunda="http://camunda.org/schema/1.0/dmn" '
        'id="d" namespace="urn:{space}" name="d"{more}>')
AMOUNT = '<inputData id="i" name="amount"><variable name="amount" typeRef="number"/></inputData>'
NEEDS = '<informationRequirement><requiredInput href="#i"/></informationRequirement>'


def table(*rules: str, policy: str = "UNIQUE", needs: str = NEEDS, column: str = "amount", more: str = "") -> str:
    rows = "".join(
        f'<rule><description>{test.replace("<", "&lt;").replace(">", "&gt;")}</description><inputEntry><text>'
        f'{test.replace("<", "&lt;").replace(">", "&gt;")}</text></inputEntry><outputEntry><text>{out}</text>'
        "</outputEntry></rule>" for test, out in (rule.split(" -> ") for rule in rules))
    return (f'<decision id="level" name="Level">{more}<variable name="Level" typeRef="string"/>{needs}'
            f'<decisionTable hitPolicy="{policy}"><input {VARIABLE}><inputExpression typeRef="number"><text>{column}'
            f'</text></inputExpression></input><output name="level" typeRef="string"/>{rows}</decisionTable>'
            "</decision>")


VARIABLE = 'camunda:inputVariable="given"'


def file(body: str, space: str = "a", more: str = "") -> Source:
    return Source("p", f"decisions/{space}.dmn", HEAD.format(space=space, more=more) + body + "</definitions>")


def read(*sources: Source) -> tuple[Decisions, list[Problem]]:
    catalog = compiler.compile([Source("p", "pack.yaml", "pack: p\nversion: '1.0.0'\n"), *sources], TYPES)
    return library.read_all(catalog)


def found(body: str, **more: Any) -> Decisions:
    decisions, problems = read(file(body, **more))
    assert problems == []
    return decisions


def test_pack_brings_its_decisions(tmp_path: Path) -> None:
    (tmp_path / "decisions").mkdir()
    (tmp_path / "pack.yaml").write_text("pack: p\nversion: '1.0.0'\n")
    (tmp_path / "decisions" / "a.dmn").write_text(file(AMOUNT + table('> 5 -> "high"')).text)
    (tmp_path / "decisions" / "notes.txt").write_text("no decision")
    catalog = compiler.compile(loader.read_pack(tmp_path), TYPES)
    assert list(catalog.decisions) == ["level"]
    assert catalog.decision("level").keys["level"].file == "decisions/a.dmn"


def test_answer_tells_the_rules() -> None:
    level = found(AMOUNT + table('> 5 -> "high"', '<= 5 -> "low"'))["level"]
    answer = level.decide({"amount": 3})
    assert answer.value == "low"
    assert [(hit.values, [(rule.number, rule.note["en"]) for rule in hit.rules]) for hit in answer.hits] == [
        ((3,), [(2, "<= 5")])]
    assert {name: one.type.name for name, one in level.inputs.items()} == {"amount": "number"}


def test_decision_is_found_by_name() -> None:
    decisions = found(AMOUNT + table('> 5 -> "high"'))
    assert decisions.find("Level") is decisions.find("level")
    with pytest.raises(UnknownDecision, match="There is no decision levl"):
        decisions.find("levl")


@pytest.mark.parametrize(("policy", "inputs", "words"), [
    ("UNIQUE", {"amount": 7}, "Level: the rules 1, 2 hold at once"),
    ("ANY", {"amount": 7}, "Level: the rules 1, 2 hold at once and disagree"),
    ("UNIQUE", {}, "Level: the input amount is missing"),
    ("UNIQUE", {"amount": None}, "the input amount is empty"),
    ("UNIQUE", {"amount": "many"}, "amount: many is not of the type number"),
    ("UNIQUE", {"amount": 7, "Level": "high"}, "Level has no input Level"),
])
def test_no_answer_says_why(policy: str, inputs: dict[str, Any], words: str) -> None:
    level = found(AMOUNT + table('> 5 -> "high"', '> 6 -> "higher"', policy=policy))["level"]
    with pytest.raises(DecisionFailed, match=words):
        level.decide(inputs)


def test_table_drawn_alone_takes_its_columns() -> None:
    level = found(table('given > 5 -> "high"', needs=""))["level"]
    assert level.decide({"amount": Decimal(9)}).value == "high"


def test_file_imports_another_by_namespace() -> None:
    imported = ('<import name="base" namespace="urn:a" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
                '<decision id="word" name="Word"><variable name="Word"/><informationRequirement>'
                '<requiredDecision href="urn:a#level"/></informationRequirement>'
                "<literalExpression><text>upper case(base.Level)</text></literalExpression></decision>")
    decisions, problems = read(file(AMOUNT + table('> 5 -> "high"')), file(imported, "b"))
    assert problems == []
    assert decisions["word"].decide({"amount": 6}).value == "HIGH"


LITERAL = ('<decision id="level" name="Level">{needs}<literalExpression><text>{text}</text></literalExpression>'
           "</decision>")


@pytest.mark.parametrize(("body", "code"), [
    (AMOUNT + table("> 5 -> high"), "unknown-name"),
    (AMOUNT + table('> 5 -> "high"', needs=""), "unknown-name"),
    (AMOUNT + table('> > -> "high"'), "dmn-expression"),
    (AMOUNT + table('> 5 -> "high"', policy="BEST"), "dmn-hit-policy"),
    (AMOUNT + table('> 5 -> "high"').replace('"string"', '"sting"'), "dmn-type"),
    (AMOUNT + table('> 5 -> "high"', column=" "), "dmn-input"),
    (AMOUNT + table('> 5 -> "high"').replace('<output name="level" typeRef="string"/>', ""), "dmn-rule"),
    (AMOUNT + table('> 5 -> "high"').replace("<inputEntry>", '<inputEntry expressionLanguage="juel">'), "dmn-language"),
    (table('> 5 -> "high"'), "dmn-requirement"),
    ('<decision id="level" name="Level"/>', "dmn-logic"),
    ('<decision id="level" name=""><literalExpression><text>1</text></literalExpression></decision>', "dmn-name"),
    ('<import name="x" namespace="urn:nowhere"/>', "dmn-import"),
    ('<import name="x" namespace="urn:a"/>', "dmn-import"),
    ('<decisionService id="s" name="S"/>', "dmn-logic"),
    ('<itemDefinition name="t"><typeRef>string</typeRef><allowedValues><text>"a",</text></allowedValues>'
     "</itemDefinition>", "dmn-expression"),
    (LITERAL.format(text="Level", needs='<informationRequirement><requiredDecision href="#level"/>'
                    "</informationRequirement>"), "dmn-circle"),
])
def test_mistake_is_told(body: str, code: str) -> None:
    decisions, problems = read(file(body))
    assert code in {p.code for p in problems}
    assert all(p.place.file == "decisions/a.dmn" for p in problems)
    assert not decisions


def test_same_id_twice_is_told() -> None:
    one = AMOUNT + table('> 5 -> "high"')
    problems = compiler.check([file(one), file(one, "b")], TYPES)
    assert ("duplicate-decision", "decisions/b.dmn") in {(p.code, p.place.file) for p in problems}


@pytest.mark.parametrize(("text", "code"), [
    ("<definitions", "xml-syntax"),
    ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "xml-doctype"),
    ("<definitions/>", "no-decisions"),
    ('<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd"/>', "no-decisions"),
])
def test_other_files_are_refused(text: str, code: str) -> None:
    problems = compiler.check([Source("p", "decisions/a.dmn", text)], TYPES)
    assert [p.code for p in problems] == [code]


MODELER = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="{model}" xmlns:dmndi="{model}DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0" xmlns:biodi="http://bpmn.io/schema/dmn/biodi/2.0"
  xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="Definitions_1x" name="DRD"
  namespace="http://camunda.org/schema/1.0/dmn" exporter="Camunda Modeler" exporterVersion="5.20.0"
  modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.20.0">
  <decision id="Dish" name="Dish" camunda:historyTimeToLive="P180D" camunda:versionTag="1">
    <decisionTable id="DecisionTable_1" hitPolicy="FIRST">
      <input id="Input_1" label="Season" biodi:width="192"><inputExpression id="InputExpression_1" typeRef="string">
        <text>season</text></inputExpression><inputValues id="UnaryTests_1"><text>"Fall","Winter"</text></inputValues>
      </input>
      <input id="Input_2" label="Guests" camunda:inputVariable="guests">
        <inputExpression id="InputExpression_2" typeRef="integer"><text>guestCount</text></inputExpression></input>
      <output id="Output_1" label="Dish" name="desiredDish" typeRef="string" />
      <rule id="DecisionRule_1"><description>a crowd</description>
        <inputEntry id="UnaryTests_2"><text></text></inputEntry>
        <inputEntry id="UnaryTests_3"><text>guests &gt; 8</text></inputEntry>
        <outputEntry id="LiteralExpression_1"><text>"Stew"</text></outputEntry></rule>
      <rule id="DecisionRule_2"><inputEntry id="UnaryTests_4"><text>"Fall"</text></inputEntry>
        <inputEntry id="UnaryTests_5"><text>-</text></inputEntry>
        <outputEntry id="LiteralExpression_2"><text>"Spareribs"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <dmndi:DMNDI><dmndi:DMNDiagram><dmndi:DMNShape dmnElementRef="Dish">
    <dc:Bounds height="80" width="180" x="160" y="100" /></dmndi:DMNShape></dmndi:DMNDiagram></dmndi:DMNDI>
</definitions>"""


@pytest.mark.parametrize("space", sorted(decision_source.MODELS))
def test_file_of_a_modeler_loads(space: str) -> None:
    one, other = (Source("p", f"decisions/{name}.dmn", MODELER.format(model=space).replace("Dish", name))
                  for name in ("Dish", "Supper"))
    decisions, problems = read(one, other)
    assert problems == []
    assert decisions["Dish"].decide({"season": "Winter", "guestCount": 9}).value == "Stew"
    assert decisions["Supper"].decide({"season": "Fall", "guestCount": 2}).value == "Spareribs"
    assert "not an allowed value" in str(decisions["Dish"].evaluate({"season": "May", "guestCount": 2}).failures[0])
