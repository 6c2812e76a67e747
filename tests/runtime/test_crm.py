"""The CRM with its demo data on PostgreSQL: bulk loading, then people act as themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from formloom import installation
from formloom.metadata import loader
from formloom.policy.actor import SYSTEM

PACK = Path(__file__).parents[2] / "config"
TEMPLATE = [("C001", "ABC科技"), ("C002", "XYZ制造"), ("C003", "DEF零售")]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_crm_demo_loads_and_plays(processes):
    runtime = processes()
    installation.prepare(runtime)
    installation.apply(runtime, PACK, loader.read_pack(PACK))
    people = installation.load_demo(runtime, PACK)
    assert people[0] == "admin"
    with runtime.reading(SYSTEM) as context:
        accounts = context.store.list(context.unit, "account")
        assert [(a["code"], a["company"]) for a in sorted(accounts, key=lambda a: str(a["code"]))[:3]] == TEMPLATE
        assert len(accounts) >= 300
        states = {c["status"] for c in context.store.list(context.unit, "contract")}
        assert "in_approval" in states
    assert installation.load_demo(runtime, PACK) == people      # a second start changes nothing
    with runtime.reading(SYSTEM) as context:
        assert context.store.count(context.unit, "account", None) == len(accounts)
