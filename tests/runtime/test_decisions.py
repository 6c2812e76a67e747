"""Decisions of a pack while the server runs: they compute fields, are published live, and tell their mistakes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from formloom import installation
from formloom.errors import BadConfiguration, ValidationFailed
from formloom.jobs import runner
from formloom.metadata import loader
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage.platform_tables import fl_job

RULES = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="d" namespace="urn:mini">
<inputData id="i" name="total"><variable name="total" typeRef="number"/></inputData>
<decision id="size" name="Size"><variable name="Size"/><informationRequirement><requiredInput href="#i"/>
</informationRequirement><decisionTable hitPolicy="UNIQUE"><input><inputExpression typeRef="number"><text>total</text>
</inputExpression></input><output name="word" typeRef="string"/><output name="limit" typeRef="number"/>
<rule><inputEntry><text>&lt; 100</text></inputEntry><outputEntry><text>"small"</text></outputEntry>
<outputEntry><text>5</text></outputEntry></rule>
<rule><inputEntry><text>&gt;= 100</text></inputEntry><outputEntry><text>"large"</text></outputEntry>
<outputEntry><text>10</text></outputEntry></rule></decisionTable></decision></definitions>"""
FIELDS = """  size: {type: formula, returns: text, decision: size, output: word}
  limit: {type: formula, returns: integer, decision: size, output: limit, inputs: {total: total * 1}}
  twice: {type: formula, returns: integer, formula: limit * 2}
  owner: {type: user"""


def _publish(runtime: Runtime, pack: Path, rules: str = RULES, fields: str = FIELDS) -> None:
    (pack / "decisions").mkdir(exist_ok=True)
    (pack / "decisions" / "size.dmn").write_text(rules, encoding="utf-8")
    path = pack / "entities" / "deal.yaml"
    text = path.read_text(encoding="utf-8")
    if "decision:" not in text:
        path.write_text(text.replace("  owner: {type: user", fields), encoding="utf-8")
    installation.apply(runtime, pack, loader.read_pack(pack))


def _deal(runtime: Runtime, quantity: int) -> Any:
    with runtime.writing(SYSTEM) as context:
        customer = actions.create(context, "customer", {"name": f"A{quantity}", "owner": None}).id
        lines = [{"product": "x", "quantity": quantity, "price": 10}]
        return actions.create(context, "deal", {"name": "D", "customer": customer, "lines": lines})


def _problems(runtime: Runtime, pack: Path, **parts: str) -> list[tuple[str, str]]:
    with pytest.raises(BadConfiguration) as caught:
        _publish(runtime, pack, **parts)
    return [(p.code, p.place.file) for p in caught.value.problems]


def test_decision_computes_fields_in_order(runtime: Runtime, pack: Path) -> None:
    _publish(runtime, pack)
    deals = [_deal(runtime, quantity).values for quantity in (1, 50)]
    assert [(deal["size"], deal["limit"], deal["twice"]) for deal in deals] == [("small", 5, 10), ("large", 10, 20)]


def test_changed_decision_reaches_older_records(runtime: Runtime, pack: Path) -> None:
    _publish(runtime, pack)
    deal = _deal(runtime, 50).id
    _publish(runtime, pack, RULES.replace('"large"', '"huge"'))
    with runtime.database.read() as unit:
        jobs = list(unit.connection.scalars(sa.select(fl_job.c.id).where(fl_job.c.kind == "recompute")))
    for job in jobs:
        assert runner.run(runtime.database, job, runtime.job_handlers, runtime.now())
    with runtime.reading(SYSTEM) as context:
        assert actions.read(context, "deal", deal).values["size"] == "huge"
    assert _deal(runtime, 60).values["size"] == "huge"


def test_rules_that_contradict_are_told_at_the_field(runtime: Runtime, pack: Path) -> None:
    _publish(runtime, pack, RULES.replace("&lt; 100", "&gt; 200"))
    with pytest.raises(ValidationFailed) as caught:
        _deal(runtime, 50)
    assert [(e.path, e.code) for e in caught.value.errors] == [("size", "decision-failed")]
    assert _deal(runtime, 15).values["size"] == "large"


def test_default_comes_from_a_decision(runtime: Runtime, pack: Path) -> None:
    share = "  share: {type: percent, decision: size, output: limit, inputs: {total: 500}}\n"
    fields = share + FIELDS
    _publish(runtime, pack, fields=fields)
    assert _deal(runtime, 1).values["share"] == Decimal(10)


@pytest.mark.parametrize(("old", "new", "code"), [
    ("decision: size, output: word", "decision: sise", "unknown-decision"),
    ("output: word", "output: words", "decision-rule"),
    (", output: word", "", "decision-rule"),
    ("inputs: {total: total * 1}", "inputs: {totl: 1}", "decision-rule"),
    ("inputs: {total: total * 1}", "inputs: {total: totl * 1}", "unknown-name"),
    ("output: word}", "output: word, formula: '1'}", "decision-rule"),
    ("total * 1", "limit * 1", "formula-cycle"),
])
def test_mistaken_rule_is_told(runtime: Runtime, pack: Path, old: str, new: str, code: str) -> None:
    assert (code, "entities/deal.yaml") in _problems(runtime, pack, fields=FIELDS.replace(old, new, 1))


def test_input_without_field_is_told(runtime: Runtime, pack: Path) -> None:
    rules = RULES.replace('name="total"', 'name="sum"').replace("<text>total", "<text>sum")
    assert ("decision-input", "entities/deal.yaml") in _problems(runtime, pack, rules=rules)


def test_problems_come_with_all_others(runtime: Runtime, pack: Path) -> None:
    rules = RULES.replace("&lt; 100", "&lt; hundred")
    found = _problems(runtime, pack, rules=rules, fields=FIELDS.replace("limit * 2", "limitt * 2"))
    assert {("unknown-name", "decisions/size.dmn"), ("unknown-name", "entities/deal.yaml")} <= set(found)
