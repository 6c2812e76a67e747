"""Decision graphs and tables, each in the smallest model that shows it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from formloom.errors import BadConfiguration
from formloom.workflow.decisions import model

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="urn:test" name="test">'
RULES = (("> 100", '"large"', "3"), ("> 10", '"medium"', "2"), ("-", '"any"', "1"))


def _table(policy: str, rules: tuple[tuple[str, str, str], ...] = RULES, column: int = 1, extra: str = "") -> str:
    rows = "".join(
        f"<rule><inputEntry><text>{test.replace('<', '&lt;').replace('>', '&gt;')}</text></inputEntry>"
        f"<outputEntry><text>{(word, rank)[column - 1]}</text></outputEntry></rule>" for test, word, rank in rules)
    return _model(
        f'<decisionTable {policy}><input><inputExpression><text>Order total</text></inputExpression></input>'
        f"<output>{extra}</output>{rows}</decisionTable>")


def _model(logic: str, more: str = "") -> str:
    return (f'{HEAD}{more}<inputData id="i" name="Order total"><variable name="Order total" typeRef="number"/>'
            '</inputData><decision id="d" name="Size"><variable name="Size"/><informationRequirement>'
            f'<requiredInput href="#i"/></informationRequirement>{logic}</decision></definitions>')


def _decide(text: str, total: Any) -> Any:
    return model.read(text, "test.dmn").evaluate("Size", {"Order total": total})


@pytest.mark.parametrize(("policy", "column", "expected"), [
    ('hitPolicy="FIRST"', 1, "large"),
    ('hitPolicy="UNIQUE"', 1, None),
    ('hitPolicy="ANY"', 1, None),
    ('hitPolicy="RULE ORDER"', 1, ["large", "medium", "any"]),
    ('hitPolicy="COLLECT"', 1, ["large", "medium", "any"]),
    ('hitPolicy="COLLECT" aggregation="SUM"', 2, Decimal(6)),
    ('hitPolicy="COLLECT" aggregation="MIN"', 2, Decimal(1)),
    ('hitPolicy="COLLECT" aggregation="MAX"', 2, Decimal(3)),
    ('hitPolicy="COLLECT" aggregation="COUNT"', 1, 3),
])
def test_hit_policy_chooses(policy: str, column: int, expected: Any) -> None:
    assert _decide(_table(policy, column=column), 500) == expected


@pytest.mark.parametrize(("policy", "expected"), [
    ('hitPolicy="PRIORITY"', "any"), ('hitPolicy="OUTPUT ORDER"', ["any", "medium", "large"]),
])
def test_output_values_give_the_priority(policy: str, expected: Any) -> None:
    order = '<outputValues><text>"any", "medium", "large"</text></outputValues>'
    assert _decide(_table(policy, extra=order), 500) == expected


def test_no_rule_gives_the_default() -> None:
    default = "<defaultOutputEntry><text>\"none\"</text></defaultOutputEntry>"
    assert _decide(_table("", RULES[:1], extra=default), 5) == "none"
    assert _decide(_table("", RULES[:1]), 5) is None


def test_input_of_another_type_is_null() -> None:
    assert _decide(_model("<literalExpression><text>Order total</text></literalExpression>"), "five") is None
    assert _decide(_model("<literalExpression><text>Order total</text></literalExpression>"), [5]) == 5


def test_knowledge_model_is_called_by_name() -> None:
    knowledge = (
        '<businessKnowledgeModel id="k" name="twice"><variable name="twice"/><encapsulatedLogic>'
        '<formalParameter name="n" typeRef="number"/><literalExpression><text>n * 2</text></literalExpression>'
        "</encapsulatedLogic></businessKnowledgeModel>")
    logic = ('<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>'
             "<literalExpression><text>twice(n: Order total)</text></literalExpression>")
    assert _decide(_model(logic, knowledge), 21) == Decimal(42)


def test_bad_expression_is_told_at_its_line() -> None:
    found = model.read(_model("\n<literalExpression><text>Order total +</text></literalExpression>"), "test.dmn")
    assert [(p.code, p.place.line) for p in found.problems] == [("dmn-expression", 2)]
    assert found.evaluate("Size", {"Order total": 1}) is None


def test_circle_of_decisions_is_null() -> None:
    logic = ('<informationRequirement><requiredDecision href="#d"/></informationRequirement>'
             "<literalExpression><text>Size</text></literalExpression>")
    assert _decide(_model(logic), 1) is None


@pytest.mark.parametrize("text", ["<definitions/>", "no xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(BadConfiguration):
        model.read(text, "test.dmn")
