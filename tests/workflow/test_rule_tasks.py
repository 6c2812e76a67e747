"""Business rule tasks: read strictly, decided inside the step, told in the history, stopped by a broken table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from formloom.metadata.catalog import EntityRule, FieldRule
from formloom.records import actions
from formloom.workflow import incidents, instances, reader, rule_tasks
from formloom.workflow.decisions import library
from formloom.workflow.failure import StepFailed

START = "<bpmn:startEvent id='s'/>"
ASK = ('<bpmn:businessRuleTask id="ask" name="Ask"><bpmn:extensionElements><formloom:decision ref="{ref}" '
       'result="matrix">{params}</formloom:decision></bpmn:extensionElements></bpmn:businessRuleTask>')


def body(draw: Any, task: str, condition: str = "matrix.director") -> str:
    chain = str(draw.chain("s", "ask", "g"))
    return (START + task + '<bpmn:exclusiveGateway id="g" default="g_small"/>' + chain
            + draw.flow("g", "big", condition) + draw.flow("g", "small")
            + draw.person("big") + draw.person("small") + draw.chain("big", "e")
            + draw.chain("small", "e") + draw.end())


def begin(world: Any, process: Any, **values: Any) -> Any:
    world.use(process)
    with world.writing("sales") as context:
        record = actions.create(context, "contract", {"name": "C", "owner": 1, **values})
        return instances.start(context, process, ("contract", record.id))


def history(world: Any, who: str, instance_id: int) -> dict[str, Any]:
    with world.reading(who) as context:
        return next(dict(v.data) for v in instances.diagram(context, instance_id).history if v.kind == "ruled")


def waiting(world: Any, instance_id: int) -> list[str]:
    with world.reading() as context:
        return [w.node for w in instances.diagram(context, instance_id).waiting]


TASKS = (
    ASK.format(ref="approvers", params=""),
    ASK.format(ref="Approvers", params='<formloom:param name="amount">amount * 1</formloom:param>'),
    '<bpmn:businessRuleTask id="ask" camunda:decisionRef="approvers" camunda:resultVariable="matrix" '
    'camunda:mapDecisionResult="singleResult"/>',
    '<bpmn:businessRuleTask id="ask"><bpmn:extensionElements><zeebe:calledDecision decisionId="approvers" '
    'resultVariable="matrix"/></bpmn:extensionElements></bpmn:businessRuleTask>',
)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("amount", "goes"), [(500_000, "small"), (500_001, "big")])
def test_answer_decides_the_way(
    world: Any, draw: Any, definition: Callable[..., Any], task: str, amount: int, goes: str,
) -> None:
    instance = begin(world, definition(body(draw, task)), amount=amount)
    assert waiting(world, instance.id) == [goes]


def test_answer_is_known_under_the_element(world: Any, draw: Any, definition: Callable[..., Any]) -> None:
    instance = begin(world, definition(body(draw, TASKS[0], "ask.legal and matrix.legal")), amount=60_000)
    assert waiting(world, instance.id) == ["big"]


def test_history_says_why(world: Any, draw: Any, definition: Callable[..., Any]) -> None:
    instance = begin(world, definition(body(draw, TASKS[0])), amount=600_000)
    told = history(world, "admin", instance.id)
    assert (told["decision"], told["label"]["zh"], told["hash"]) == (
        "approvers", "审批人", world.decisions["approvers"].hash)
    assert [(i["name"], i["value"]) for i in told["inputs"]] == [("amount", "600000")]
    assert [(r["number"], r["note"]["en"]) for r in told["rules"]] == [(3, "very large")]
    assert told["result"] == {"legal": True, "director": True}


def test_hidden_field_stays_hidden(world: Any, draw: Any, definition: Callable[..., Any],
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    instance = begin(world, definition(body(draw, TASKS[0])), amount=600_000)
    legal = world.catalog.roles["legal"]
    rule: EntityRule = legal.rules["contract"]
    assert [i["name"] for i in history(world, "lawyer", instance.id)["inputs"]] == ["amount"]
    closed = {"legal": _with_field(legal, rule, "amount")}
    monkeypatch.setattr(world, "catalog", _with_roles(world.catalog, closed))
    told = history(world, "lawyer", instance.id)
    assert (told["inputs"], told["rules"]) == ([], [])


def _with_field(role: Any, rule: Any, name: str) -> Any:
    return replace(role, rules={"contract": replace(rule, fields={name: FieldRule(read=False)})})


def _with_roles(catalog: Any, roles: dict[str, Any]) -> Any:
    return replace(catalog, roles={**catalog.roles, **roles})


@pytest.mark.parametrize(("ref", "values", "words"), [
    ("twice", {"amount": 500}, "Twice: the rules 1, 2 hold at once"),
    ("approvers", {}, "Approvers: no rule holds, and the input amount is empty"),
])
def test_broken_answer_is_an_incident(
    world: Any, draw: Any, definition: Callable[..., Any], ref: str, values: dict[str, Any], words: str,
) -> None:
    process = definition(body(draw, ASK.format(ref=ref, params=""), 'matrix = "some"'))
    with pytest.raises(StepFailed, match=words):
        begin(world, process, **values)
    with world.reading() as context:
        assert [(i.node, words in i.error) for i in incidents.listed(context).items] == [("ask", True)]


@pytest.mark.parametrize(("task", "words"), [
    ('<bpmn:businessRuleTask id="ask"/>', "does not say which decision it asks"),
    (ASK.format(ref="aprovers", params=""), "names the decision aprovers, which does not exist"),
    (ASK.format(ref="approvers", params='<formloom:param name="amont">1</formloom:param>'),
     "names the parameter amont, which does not exist"),
    (ASK.format(ref="approvers", params="").replace('"matrix"', '"amount"'), "The result amount is also a field"),
    ('<bpmn:businessRuleTask id="ask" camunda:decisionRef="approvers" camunda:decisionRefBinding="version"/>',
     "decisionRefBinding"),
    ('<bpmn:businessRuleTask id="ask" camunda:decisionRef="approvers" camunda:mapDecisionResult="all"/>', "all"),
])
def test_mistake_is_told(draw: Any, read: Callable[..., Any], task: str, words: str) -> None:
    found, problems = read(body(draw, task, "true"))
    assert found is None
    assert any(words in str(p.message) for p in problems)


def test_input_without_source_is_told(draw: Any, catalog: Any) -> None:
    text = draw.diagram(body(draw, TASKS[0], "true")).replace('<formloom:binding entity="contract"/>', "")
    _, problems = reader.read(text, "tiny.bpmn", catalog, None, library.read_all(catalog)[0])
    assert "cannot fill the input amount of Approvers" in " ".join(str(p) for p in problems)


@pytest.mark.parametrize(("mapping", "value", "shaped"), [
    ("", {"a": 1}, {"a": 1}), ("singleEntry", {"a": 1}, 1), ("singleEntry", 7, 7), ("singleResult", 7, {"legal": 7}),
    ("singleResult", [], None), ("collectEntries", 7, [7]), ("collectEntries", None, []),
    ("resultList", 7, [{"legal": 7}]), ("resultList", [{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 2}]),
])
def test_camunda_shapes_the_answer(world: Any, mapping: str, value: Any, shaped: Any) -> None:
    assert rule_tasks._shaped(value, mapping, world.decisions["approvers"]) == shaped


def test_history_is_plain() -> None:
    assert rule_tasks.plain({"a": [Decimal("1.50"), None, True, "x"]}) == {"a": ["1.5", None, True, "x"]}
