"""Decisions over the API: which there are, what they are asked with, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify

from formloom import feel
from formloom.errors import FieldError, UnknownDecision, ValidationFailed
from formloom.web.api import arguments
from formloom.web.api.blueprint import blueprint
from formloom.web.i18n import label
from formloom.web.requests import actor, model, reading
from formloom.workflow.decisions.library import Datum, Decision
from formloom.workflow.decisions.tables import Hit
from formloom.workflow.decisions.types import ItemType, Types

_TEMPORAL = ("date", "time", "date and time", "days and time duration", "years and months duration")


@blueprint.get("/decisions")
def list_decisions() -> Response:
    arguments.known_arguments(frozenset({"_l_"}))
    return jsonify(items=[_summary(one) for one in _askable().values()])


@blueprint.get("/decisions/<id>")
def read_decision(id: str) -> Response:
    decision = _named(id)
    return jsonify(_summary(decision) | {
        "inputs": [_datum(one) for one in decision.inputs.values()],
        "outputs": [_datum(one) for one in decision.outputs.values()]})


@blueprint.post("/decisions/<id>/evaluate")
def evaluate_decision(id: str) -> Response:
    """The answer and how it came about. What is missing or contradictory is told, all of it at once."""
    decision = _named(id)
    given = arguments.take(arguments.body(), {"inputs": dict}).get("inputs", {})
    types = decision.model.types
    inputs = {name: _value(value, decision.inputs[name].type, types) if name in decision.inputs else value
              for name, value in given.items()}
    with reading() as context:
        answer = decision.evaluate(inputs, context.now)
    if answer.failures:
        raise ValidationFailed([FieldError("inputs", "decision-failed", failure) for failure in answer.failures])
    return jsonify(decision=decision.id, hash=decision.hash, result=answer.value,
                   rules=[rule for hit in answer.hits for rule in _rules(hit)],
                   warnings=[warning.message for warning in answer.warnings])


def _askable() -> dict[str, Decision]:
    current, who = model(), actor()
    return {key: one for key, one in current.decisions.items() if current.policy.may_ask(who, key)}


def _named(key: str) -> Decision:
    """One that may not be asked is not told of."""
    known = _askable()
    if key not in known:
        raise UnknownDecision(key, known)
    return known[key]


def _summary(decision: Decision) -> dict[str, Any]:
    return {"id": decision.id, "name": decision.name, "label": label(decision.label), "kind": decision.node.kind,
            "help": decision.node.help, "pack": decision.source.pack, "hash": decision.hash}


def _datum(datum: Datum) -> dict[str, Any]:
    return {"name": datum.name, "label": label(datum.label), "type": datum.type.name or datum.type.base,
            "list": datum.type.collection}


def _rules(hit: Hit) -> list[dict[str, Any]]:
    return [{"decision": hit.table.owner, "number": rule.number, "id": rule.id, "note": label(rule.note)}
            for rule in hit.rules]


def _value(value: Any, kind: ItemType, types: Types) -> Any:
    """JSON has no dates and durations: a text stands for one where the decision asks for one."""
    base = kind.base
    for _ in range(len(types.items)):
        base = types.items[base].base if base in types.items else base
    if isinstance(value, list):
        return [_value(item, kind, types) for item in value]
    if isinstance(value, Mapping):
        return {name: _value(item, kind.components.get(name, ItemType()), types) for name, item in value.items()}
    return _moment(value) if isinstance(value, str) and base in _TEMPORAL else value


def _moment(text: str) -> Any:
    try:
        return feel.compile(f'@"{text}"').evaluate() if '"' not in text and "\\" not in text else text
    except feel.FeelSyntaxError:
        return text
