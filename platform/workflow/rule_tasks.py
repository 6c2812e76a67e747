"""Business rule tasks: which decision one asks, with which inputs, what it answered, and who may see that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from lxml import etree

from formloom import feel
from formloom.errors import Text, UnknownDecision
from formloom.feel import text as feel_text
from formloom.metadata.catalog import Entity
from formloom.policy.policy import Policy
from formloom.records.context import Context
from formloom.workflow.decisions.library import Answer, Decision, Decisions
from formloom.workflow.definition import DecisionCall
from formloom.workflow.markup import BPMN, FORMLOOM, words
from formloom.workflow.reading import Reading, naming

CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
# How Camunda's engine shapes a result before it becomes a variable.
MAPPINGS = ("singleEntry", "singleResult", "collectEntries", "resultList")
_DECISION, _CALLED = f"{{{FORMLOOM}}}decision", f"{ZEEBE}calledDecision"
_INNER = f"{{{BPMN}}}extensionElements/"


def read(element: etree._Element, reading: Reading) -> DecisionCall | None:
    """Our extension element, or the equivalents of Camunda 7 and 8."""
    given = [*element.iterfind(_INNER + _DECISION), *element.iterfind(_INNER + _CALLED)]
    if element.get(f"{CAMUNDA}decisionRef"):
        given.append(element)
    if len(given) != 1:
        reading.problem("bpmn-decision", element, Text("{element} does not say which decision it asks.",
                                                       element=naming(element)),
                        Text('Add one <formloom:decision ref="..." result="..."/>.'))
        return None
    mapping = element.get(f"{CAMUNDA}mapDecisionResult", "")
    if mapping and mapping not in MAPPINGS:
        reading.unknown("attribute", mapping, MAPPINGS, element)
    call = DecisionCall(_reference(given[0]), _result(given[0]), _parameters(given[0], reading), mapping)
    if call.result and reading.entity and call.result in reading.entity.fields:
        reading.problem("bpmn-decision", element, Text("The result {name} is also a field of {entity}; expressions "
                                                       "could not tell them apart.", name=call.result,
                                                       entity=reading.entity.name),
                        Text("Give the result another name."))
    if reading.decisions is not None:
        _check(element, call, reading, reading.decisions)
    return call


def results(elements: Iterable[etree._Element]) -> Iterator[str]:
    """Names under which later expressions read what rule tasks found."""
    for element in elements:
        for given in (*element.iterfind(_INNER + _DECISION), *element.iterfind(_INNER + _CALLED), element):
            if _result(given):
                yield _result(given)


def _reference(element: etree._Element) -> str:
    return _first(element, "ref", "decisionId", f"{CAMUNDA}decisionRef")


def _result(element: etree._Element) -> str:
    return _first(element, "result", "resultVariable", f"{CAMUNDA}resultVariable")


def _first(element: etree._Element, *names: str) -> str:
    return next((value for name in names if (value := element.get(name))), "")


def _parameters(element: etree._Element, reading: Reading) -> dict[str, feel.Expression]:
    found = ((given.get("name", ""), reading.expression(words(given), given))
             for given in element.iterfind(f"{{{FORMLOOM}}}param"))
    return {name: expression for name, expression in found if expression is not None}


def _check(element: etree._Element, call: DecisionCall, reading: Reading, decisions: Decisions) -> None:
    try:
        decision = decisions.find(call.ref)
    except UnknownDecision:
        if call.ref not in reading.catalog.decisions:       # else its file has problems of its own
            reading.unknown("decision", call.ref, reading.catalog.decisions, element)
        return
    for name in call.parameters.keys() - decision.inputs.keys():
        reading.unknown("parameter", name, decision.inputs, element)
    if reading.misbound:
        return
    for name in decision.inputs.keys() - call.parameters.keys() - reading.environment().names():
        reading.problem("bpmn-decision", element, Text("{element} cannot fill the input {input} of {decision}.",
                                                       element=naming(element), input=name, decision=decision.label),
                        Text('Add <formloom:param name="{name}">an expression</formloom:param>.', name=name))


def ask(context: Context, call: DecisionCall, scope: Mapping[str, Any], now: datetime) -> tuple[Any, dict[str, Any]]:
    """The result as later expressions see it, and what the history keeps of how it came about."""
    decision = _find(context.decisions, call.ref)
    inputs = {name: call.parameters[name].evaluate(scope, now) if name in call.parameters else scope[name]
              for name in decision.inputs if name in call.parameters or name in scope}
    answer = decision.decide(inputs, now)
    value = _shaped(answer.value, call.mapping, decision)
    return value, _kept(call, decision, inputs, answer)


def _find(decisions: Mapping[str, Any], ref: str) -> Decision:
    if not isinstance(decisions, Decisions):
        raise UnknownDecision(ref)
    return decisions.find(ref)


def _shaped(value: Any, mapping: str, decision: Decision) -> Any:
    if mapping in ("", "singleEntry"):
        alone = mapping and isinstance(value, Mapping) and len(value) == 1
        return next(iter(value.values())) if alone else value
    if mapping == "collectEntries":
        return value if isinstance(value, list) else [] if value is None else [value]
    rows = [row if isinstance(row, Mapping) else {next(iter(decision.outputs)): row}
            for row in (value if isinstance(value, list) else [] if value is None else [value])]
    return (rows[0] if rows else None) if mapping == "singleResult" else rows


def _kept(call: DecisionCall, decision: Decision, inputs: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    return {
        "decision": decision.id, "label": dict(decision.label), "hash": decision.hash,
        "inputs": [{"name": name, "label": dict(decision.inputs[name].label), "value": plain(value),
                    "reads": sorted(map(list, _reads(call, name)))} for name, value in inputs.items()],
        "rules": [{"table": dict(hit.table.label), "number": rule.number, "note": dict(rule.note)}
                  for hit in answer.hits for rule in hit.rules],
        "result": plain(answer.value), "outputs": {name: dict(one.label) for name, one in decision.outputs.items()},
    }


def _reads(call: DecisionCall, name: str) -> frozenset[tuple[str, ...]]:
    return call.parameters[name].paths if name in call.parameters else frozenset({(name,)})


def plain(value: Any) -> Any:
    """As JSON that a person can read."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, (date, time)) else feel_text.scalar(value)


def visible(context: Context, entity: Entity | None, row: Mapping[str, Any] | None,
            kept: Mapping[str, Any]) -> dict[str, Any]:
    """What this actor may see: an input read from a field that is closed to the actor is left out, and then so is what
    the rules say about it.
    """
    if entity is None or context.actor.admin or context.actor.system:
        return {**kept}
    inputs = [given for given in kept["inputs"]
              if all(_open(context, entity, row, tuple(path)) for path in given["reads"])]
    return {**kept, "inputs": inputs, "rules": kept["rules"] if len(inputs) == len(kept["inputs"]) else []}


def _open(context: Context, entity: Entity, row: Mapping[str, Any] | None, path: tuple[str, ...]) -> bool:
    """Whether every field along the path is shown in full: of this record, and of any that it points at."""
    policy: Policy = context.policy
    for name in path[1:] if path[0] == "record" else path:
        field = entity.fields.get(name)
        if field is None:
            return True         # a result of the process, or of the person: no field
        access = policy.access(context.actor, entity, row, context.now)
        if name not in access.readable or name in access.masks:
            return False
        if field.target is None:
            return True
        entity, row = context.catalog.entity(field.target), None
    return True
