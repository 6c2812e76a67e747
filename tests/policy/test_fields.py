"""Which fields of a record an actor reads and writes: rules, masks, states."""

from __future__ import annotations

import pytest

from formloom.metadata.catalog import SYSTEM_FIELDS
from formloom.policy import masks
from formloom.policy.actor import SYSTEM
from tests.conftest import person
from tests.policy.conftest import Given

RITA = person(1, "rita", "rep")
BOTH = person(1, "rita", "rep", "boss")
MINE, FOREIGN = {"owner": 1, "status": "draft"}, {"owner": 2, "status": "draft"}
OWN = "create: true, read: owner = user.id, update: owner = user.id"


def test_unnamed_fields_are_open(given: Given) -> None:
    access = given(rep=f"deal: {{{OWN}}}").access(RITA, "deal", MINE)
    assert {"name", "discount", "lines", "total", "version"} <= access.readable
    assert {"name", "discount", "lines", "owner"} <= access.writable


def test_nobody_writes_what_is_computed(given: Given) -> None:
    policy = given(rep=f"deal: {{{OWN}}}")
    for actor in (RITA, person(2, "root", admin=True), SYSTEM):
        assert policy.access(actor, "deal", MINE).writable.isdisjoint(
            {"number", "subtotal", "total", *SYSTEM_FIELDS})


def test_reading_alone_writes_nothing(given: Given) -> None:
    access = given(rep="deal: {read: true, update: owner = user.id}").access(RITA, "deal", FOREIGN)
    assert "name" in access.readable
    assert access.writable == frozenset()


def test_unreadable_record_has_no_fields(given: Given) -> None:
    access = given(rep="deal: {read: owner = user.id, update: true}").access(RITA, "deal", FOREIGN)
    assert (access.readable, access.writable) == (frozenset(), frozenset())


def test_hidden_field_cannot_be_written(given: Given) -> None:
    access = given(rep=f"deal: {{{OWN}, fields: {{discount: {{read: false, write: true}}}}}}").access(
        RITA, "deal", MINE)
    assert "discount" not in access.readable | access.writable


def test_masked_field_is_read_in_part_only(given: Given) -> None:
    access = given(rep=f"deal: {{{OWN}, fields: {{name: {{mask: last4}}}}}}").access(RITA, "deal", MINE)
    assert "name" in access.readable
    assert dict(access.masks) == {"name": "last4"}
    assert "name" not in access.writable


@pytest.mark.parametrize(("first", "second", "shown"), [
    ("last4", "all", "last4"), ("first1", "last4", "last4"), ("email", "last4", "email"), ("all", "all", "all"),
    ("first1", "all", "first1"),
])
def test_weakest_mask_wins(given: Given, first: str, second: str, shown: str) -> None:
    policy = given(rep=f"deal: {{read: true, fields: {{name: {{mask: {first}}}}}}}",
                   boss=f"deal: {{read: true, fields: {{name: {{mask: {second}}}}}}}")
    assert policy.access(BOTH, "deal", MINE).masks["name"] == shown
    assert policy.list_access(BOTH, "deal").masks["name"] in (first, second)


def test_role_without_mask_lifts_it_where_it_reads(given: Given) -> None:
    policy = given(rep="deal: {read: true, fields: {name: {mask: all}, discount: {read: false}}}",
                   boss="deal: {read: owner = user.id}")
    assert policy.access(BOTH, "deal", MINE).masks == {}
    assert "discount" in policy.access(BOTH, "deal", MINE).readable
    assert dict(policy.access(BOTH, "deal", FOREIGN).masks) == {"name": "all"}
    assert "discount" not in policy.access(BOTH, "deal", FOREIGN).readable


def test_list_shows_what_every_row_shows(given: Given) -> None:
    policy = given(rep="deal: {read: true, fields: {name: {mask: all}, discount: {read: false}}}",
                   boss="deal: {read: owner = user.id}")
    assert policy.varies(BOTH, "deal")
    assert not policy.varies(RITA, "deal")
    access = policy.list_access(BOTH, "deal")
    assert "discount" not in access.readable
    assert dict(access.masks) == {"name": "all"}


def test_writing_needs_one_role_that_grants_all_of_it(given: Given) -> None:
    """One role reads the field and may not update, the other updates and may not read: neither writes it."""
    policy = given(rep="deal: {read: true, update: true, fields: {discount: {read: false}}}", boss="deal: {read: true}")
    access = policy.access(BOTH, "deal", MINE)
    assert "discount" in access.readable
    assert "discount" not in access.writable


STATES = """
deal:
  read: true
  update: true
  delete: true
  fields: {name: {mask: last4}}
  states:
    won:
      delete: false
      fields: {discount: {write: false}, customer: {read: false}, name: {mask: all}}
      reason: {en: Won is won., zh: 赢了就是赢了。}
"""


def test_state_tightens_fields(given: Given) -> None:
    policy = given(rep=STATES)
    draft, won = ({"status": status} for status in ("draft", "won"))
    assert {"discount", "customer"} <= policy.access(RITA, "deal", draft).writable
    access = policy.access(RITA, "deal", won)
    assert "discount" in access.readable - access.writable
    assert "customer" not in access.readable
    assert (policy.access(RITA, "deal", draft).masks["name"], access.masks["name"]) == ("last4", "all")
    assert policy.varies(RITA, "deal")


def test_state_refuses_with_its_reason(given: Given) -> None:
    policy = given(rep=STATES)
    assert policy.decide(RITA, "delete", "deal", {"status": "draft"})
    assert policy.decide(RITA, "delete", "deal", {"status": None})
    refused = policy.decide(RITA, "delete", "deal", {"status": "won"})
    assert (str(refused.reason), refused.reason.render(None, "zh")) == ("Won is won.", "赢了就是赢了。")
    assert policy.decide(RITA, "update", "deal", {"status": "won"})


def test_state_reason_is_not_told_to_strangers(given: Given) -> None:
    policy = given(rep="""
        deal:
          read: true
          update: owner = user.id
          states: {won: {update: false, reason: {en: Won is won.}}}
        """)
    assert str(policy.decide(RITA, "update", "deal", {"owner": 1, "status": "won"}).reason) == "Won is won."
    assert "Won" not in str(policy.decide(RITA, "update", "deal", {"owner": 2, "status": "won"}).reason)


def test_state_may_narrow_by_rule(given: Given) -> None:
    policy = given(rep="""
        deal:
          read: true
          update: true
          states: {won: {update: "owner = user.id // for corrections"}}
        """)
    assert policy.decide(RITA, "update", "deal", {"owner": 2, "status": "draft"})
    assert policy.decide(RITA, "update", "deal", {"owner": 1, "status": "won"})
    assert not policy.decide(RITA, "update", "deal", {"owner": 2, "status": "won"})


def test_state_of_one_role_does_not_bind_another(given: Given) -> None:
    policy = given(rep=STATES, boss="deal: {read: true, update: true, delete: true}")
    assert policy.decide(BOTH, "delete", "deal", {"status": "won"})
    assert "discount" in policy.access(BOTH, "deal", {"status": "won"}).writable


def test_record_yet_to_be_made_opens_what_creating_opens(given: Given) -> None:
    policy = given(rep="deal: {create: true, read: owner = user.id, fields: {discount: {write: false}}}")
    access = policy.access(RITA, "deal")
    assert {"name", "customer", "lines"} <= access.writable
    assert "discount" in access.readable - access.writable
    assert given(rep="deal: {read: true, update: true}").access(RITA, "deal").writable == frozenset()


def test_role_that_does_not_fit_the_new_record_opens_nothing(given: Given) -> None:
    policy = given(rep="deal: {create: true, fields: {discount: {write: false}}}",
                   boss="deal: {create: owner = user.id}")
    assert "discount" in policy.access(BOTH, "deal").writable
    assert "discount" in policy.access(BOTH, "deal", MINE, creating=True).writable
    assert "discount" not in policy.access(BOTH, "deal", FOREIGN, creating=True).writable


@pytest.mark.parametrize(("mask", "value", "shown"), [
    ("last4", "13800138000", "•••8000"), ("last4", "1234", "•••"), ("last4", "12345", "•••2345"), ("last4", "", "•••"),
    ("first1", "张三丰", "张•••"), ("first1", "张", "•••"), ("all", "secret", "•••"), ("all", 42, "•••"),
    ("email", "ann@example.com", "a•••@example.com"), ("email", "not an address", "n•••"),
    ("nonsense", "secret", "•••"),
    ("last4", None, None), ("all", None, None),
])
def test_mask_hides(mask: str, value: object, shown: str | None) -> None:
    assert masks.masked(mask, value) == shown
