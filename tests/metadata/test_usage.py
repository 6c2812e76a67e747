"""Where a field is used, and what its users say once it is called otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formloom import feel
from formloom.feel.renaming import Renaming, rename, renamed
from formloom.metadata import compiler, loader, usage
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.metadata.sources import Source
from formloom.metadata.usage import Spoken
from formloom.workflow import reader

ORDER = """\
entity: order
fields:
  amount: {type: decimal}
  total: {type: formula, formula: amount + sum(lines.amount)}
  lines: {type: table, entity: line}
  big: {type: rollup, of: lines, function: count, where: parent.amount > amount}
views:
  - name: large
    filter: |
      // amount of the whole order
      amount > 5
"""
LINE = "entity: line\nparent: order\nfields:\n  amount: {type: decimal, default: parent.amount}\n"
ROLE = "role: clerk\nentities: {order: {read: 'some l in lines satisfies l.amount > 0'}}\n"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    texts = (("entities/order.yaml", ORDER), ("entities/line.yaml", LINE), ("roles/clerk.yaml", ROLE))
    return compiler.compile([Source("p", path, text) for path, text in texts], TYPES)


@pytest.fixture(scope="module")
def crm() -> list[Spoken]:
    catalog = compiler.compile(loader.read_pack(Path(__file__).parents[2] / "config"), TYPES)
    diagrams = (reader.spoken(p.text, p.place.file, catalog) for p in catalog.processes.values())
    return [*usage.spoken(catalog, TYPES), *(spoken for diagram in diagrams for spoken in diagram)]


def test_users_of_a_field_are_found(catalog: Catalog) -> None:
    found = usage.usages(usage.spoken(catalog, TYPES), "order", "amount")
    assert [(u.spoken.definition, u.spoken.path, u.place.line, u.start) for u in found] == [
        ("entity/line", ("fields", "amount", "default"), 4, 7), ("entity/order", ("fields", "total", "formula"), 4, 0),
        ("entity/order", ("fields", "big", "where"), 6, 7), ("entity/order", ("views", 0, "filter"), 11, 29),
    ]


def test_users_of_a_renamed_field_are_rewritten(catalog: Catalog) -> None:
    made, problems = usage.rewritten(usage.spoken(catalog, TYPES), Renaming("line", "amount", "net"))
    assert problems == []
    assert [(r.spoken.path[-1], r.text) for r in made] == [
        ("formula", "amount + sum(lines.net)"), ("where", "parent.amount > net"),
        ("read", "some l in lines satisfies l.net > 0")]


def test_new_name_that_clashes_is_told_with_its_place(catalog: Catalog) -> None:
    _, problems = usage.rewritten(usage.spoken(catalog, TYPES), Renaming("order", "amount", "if"))
    assert [(p.code, p.place.line) for p in problems] == [("rename-clash", 4), ("rename-clash", 4),
                                                          ("rename-clash", 6), ("rename-clash", 11)]


def test_crm_reads_fields_through_references_and_results(crm: list[Spoken]) -> None:
    users = {u.spoken.definition for u in usage.usages(crm, "account", "owner")}
    assert {"role/sales_rep", "process/follow_up_escalation", "entity/account"} <= users


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_renaming_there_and_back_changes_nothing(crm: list[Spoken], data: st.DataObject) -> None:
    environments = [s.environment for s in crm if s.environment.record]
    record = data.draw(st.sampled_from(environments)).record
    assert record
    change = Renaming(record.owner, data.draw(st.sampled_from(sorted(record.names()))), "another_name")
    made, problems = usage.rewritten(crm, change)
    assert problems == []
    for changed in made:
        environment = renamed(changed.spoken.environment, change)
        again = rename(feel.compile(changed.text, environment.names()), environment, change.back)
        assert again == changed.spoken.text
