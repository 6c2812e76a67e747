"""docs/permissions.md says what holds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.catalog import Catalog
from formloom.metadata.sources import Source
from formloom.policy import masks
from formloom.policy.policy import Policy
from formloom.records import reach
from tests.conftest import ROOT, person

TEXT = (ROOT / "docs" / "permissions.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
ROWS = re.findall(r"^\| `([^`]+)` \|", TEXT, re.MULTILINE)


def _catalog(*roles: str) -> Catalog:
    """The pack in config/ with these roles instead of its own."""
    pack = [s for s in loader.read_pack(ROOT / "config") if not s.path.startswith(("roles/", "workflows/"))]
    return compiler.compile(
        [*pack, *(Source(pack[0].pack, f"roles/{n}.yaml", text) for n, text in enumerate(roles))], builtin_types.TYPES)


def test_examples_load_together() -> None:
    catalog = _catalog(*EXAMPLES)
    assert set(catalog.roles) == {"sales_rep", "finance", "administrator"}
    assert reach.check(catalog) == []


@pytest.mark.parametrize("rule", ROWS)
def test_row_rules_of_the_table_load(rule: str) -> None:
    role = f"role: rep\nlabel: {{en: Rep}}\nentities:\n  contract:\n    read: {rule}\n"
    assert reach.check(_catalog(role)) == []


def test_examples_mean_what_the_text_says() -> None:
    policy, rep = Policy(_catalog(*EXAMPLES)), person(5, "rita", "sales_rep", team_members=frozenset({5, 6}))
    mine: dict[str, Any] = {"owner": 5, "status": "accepted"}
    assert policy.decide(rep, "read", "account", {"owner": 6})
    assert not policy.decide(rep, "delete", "account", mine)
    assert str(policy.decide(rep, "update", "quote", mine).reason) == "The customer has accepted this quote."
    (step,) = policy.explain(rep, "update", "quote", mine)
    assert step.values == {"owner": 5, "status": "accepted", "user.id": 5}
    clerk = person(7, "fay", "finance")
    assert "amount" not in policy.access(clerk, "payment_plan", {}).writable
    assert policy.is_admin(person(8, "ada", "administrator"))


def test_masks_are_listed_from_the_weakest() -> None:
    named = re.findall(r"`(email|last4|first1|all)` `([^`]*•[^`]*)`", TEXT)
    assert [name for name, _ in named] == list(masks._MASKS)
    samples = {"email": "ann@example.com", "last4": "13800138000", "first1": "张三", "all": "x"}
    assert {name: masks.masked(name, samples[name]) for name in samples} == dict(named)
