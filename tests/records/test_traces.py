"""What is left of a change: audit, events, timeline; and what it takes to delete a record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from formloom.errors import Conflict, Forbidden, NotFound, StaleVersion
from formloom.records import actions, audit, comments, timeline
from tests.conftest import Bench
from tests.records.conftest import Desk, findings, refused


def _audit(bench: Bench, entity: str, number: int) -> list[Any]:
    with bench.reading() as context:
        return audit.entries(context, entity, number)


def _timeline(desk: Desk, number: int, entity: str = "deal") -> list[timeline.Entry]:
    with desk.bench.reading(desk.who) as context:
        return timeline.of(context, entity, number)


def test_audit_keeps_before_and_after(rita: Desk, mona: Desk) -> None:
    made = rita.deal(name="Old", lines=[{"product": "a", "price": "1"}])
    mona.update("deal", made.id, name="New", discount="50")
    created, updated = _audit(rita.bench, "deal", made.id)
    assert (created["kind"], created["actor_id"], created["actor_name"], created["before"]) == (
        "created", 1, "Rita", None)
    assert (created["after"]["name"], created["after"]["owner"], created["after"]["version"]) == ("Old", 1, 1)
    assert [row["product"] for row in created["after"]["lines"]] == ["a"]
    assert (updated["actor_name"], updated["at"]) == ("Mona", rita.bench.now)
    assert updated["before"] == {"name": "Old", "discount": Decimal(0), "total": Decimal(1)}
    assert updated["after"] == {"name": "New", "discount": Decimal(50), "total": Decimal("0.50"), "version": 2}


def test_audit_keeps_all_of_what_is_deleted(rita: Desk) -> None:
    made = rita.deal(name="Gone", lines=[{"product": "a", "price": "1"}])
    rita.delete("deal", made.id)
    *_, deleted = _audit(rita.bench, "deal", made.id)
    assert (deleted["kind"], deleted["after"], deleted["before"]["name"]) == ("deleted", None, "Gone")
    assert [row["product"] for row in deleted["before"]["lines"]] == ["a"]
    refused(NotFound, rita.read, "deal", made.id)


def test_audit_keeps_the_currency(claims_bench: Bench) -> None:
    desk = Desk(claims_bench, "system")
    made = desk.create("claim", name="x", amount="1", amount_currency="CNY")
    desk.update("claim", made.id, amount_currency="USD")
    _, updated = _audit(claims_bench, "claim", made.id)
    assert (updated["before"], updated["after"]) == (
        {"amount_currency": "CNY"}, {"amount_currency": "USD", "version": 2})


def test_refused_change_leaves_no_trace(rita: Desk) -> None:
    made = rita.deal()

    def stopped() -> None:
        with rita.bench.writing("rita") as context:
            comments.add(context, "deal", made.id, "before it fails")
            actions.update(context, "deal", made.id, {"name": "x"})
            actions.update(context, "deal", made.id, {"name": ""})

    assert findings(stopped) == {"name": "required"}
    assert rita.read("deal", made.id).version == 1
    assert len(_audit(rita.bench, "deal", made.id)) == 1
    assert [entry.kind for entry in _timeline(rita, made.id)] == ["created"]


def test_events_tell_what_happened(rita: Desk) -> None:
    made = rita.deal(name="a", end_date="2026-03-09")
    rita.update("deal", made.id, name="b")
    rita.run("deal", made.id, "win")
    told = [(e.kind, e.entity, e.action, sorted(e.changed & {"name", "status"})) for e in rita.bench.events
            if e.entity == "deal"]
    assert told == [("created", "deal", "", ["name", "status"]), ("updated", "deal", "", ["name"]),
                    ("updated", "deal", "", ["status"]), ("action", "deal", "win", ["status"])]
    renamed = rita.bench.events[-3]
    assert renamed.before is not None
    assert renamed.after is not None
    assert (renamed.before["name"], renamed.after["name"], renamed.actor.username) == ("a", "b", "rita")


def test_deleting_tells_and_needs_the_right(rita: Desk, mona: Desk) -> None:
    made = rita.deal()
    refused(Forbidden, rita.delete, "customer", rita.customer())
    refused(StaleVersion, rita.delete, "deal", made.id, 2)
    rita.delete("deal", made.id, 1)
    event = rita.bench.events[-1]
    assert (event.kind, event.id, event.after) == ("deleted", made.id, None)
    refused(NotFound, mona.delete, "deal", made.id)


def test_referenced_record_says_who_refers(rita: Desk, mona: Desk) -> None:
    customer = rita.customer()
    made = rita.deal()
    assert str(refused(Conflict, mona.delete, "customer", customer)) == (
        "It cannot be deleted: Customer of Deal refers to it.")
    assert len(_audit(rita.bench, "customer", customer)) == 1
    mona.delete("deal", made.id)
    mona.delete("customer", customer)
    refused(NotFound, mona.read, "customer", customer)


def test_many_references_forget_what_is_deleted(claims_bench: Bench) -> None:
    desk = Desk(claims_bench, "system")
    first, second = (desk.create("claim", name=name).id for name in ("first", "second"))
    made = desk.create("claim", name="third", others=[second, first])
    assert made.values["others"] == [second, first]
    desk.delete("claim", first)
    assert desk.read("claim", made.id).values["others"] == [second]


def test_new_record_inherits_nothing_from_a_deleted_one(rita: Desk) -> None:
    made = rita.deal()
    with rita.bench.writing("rita") as context:
        comments.add(context, "deal", made.id, "secret")
    rita.delete("deal", made.id)
    again = rita.deal()
    assert again.id != made.id
    assert [entry.kind for entry in _timeline(rita, again.id)] == ["created"]


# -- timeline ----------------------------------------------------------------------------------------------------

def test_timeline_is_newest_first(rita: Desk) -> None:
    made = rita.deal(name="a")
    for number, name in enumerate("bc", 1):
        rita.bench.now += timedelta(minutes=number)
        rita.update("deal", made.id, name=name)
    entries = _timeline(rita, made.id)
    rita.bench.now -= timedelta(minutes=3)
    assert [(entry.kind, entry.actor_name) for entry in entries] == [
        ("updated", "Rita"), ("updated", "Rita"), ("created", "Rita")]
    assert [(c.field, c.old, c.new) for c in entries[0].changes] == [("name", "b", "c")]


def test_timeline_leaves_out_what_only_follows(mini: Bench) -> None:
    desk = Desk(mini, "system")
    made = desk.deal(name="a")
    line = desk.create("deal_line", parent=made.id, product="x", quantity=2, price=5)
    desk.update("deal_line", line.id, price=7)
    with mini.reading("system") as context:
        kept = context.store.get(context.unit, "deal", made.id)
    assert kept is not None
    assert kept["total"] == Decimal(14)
    assert [entry.kind for entry in _timeline(desk, made.id)] == ["created"]


def test_timeline_hides_what_may_not_be_read(claims_bench: Bench) -> None:
    desk = Desk(claims_bench, "system")
    made = desk.create("claim", name="x", secret="s3cret", bank="62220001", owner=1)
    desk.update("claim", made.id, secret="t0p", bank="62229999")
    clerk = Desk(claims_bench, "clerk")
    clerk.who = replace(claims_bench.actor("rita"), roles=frozenset({"clerk"}))
    text = repr(_timeline(clerk, made.id, "claim"))
    assert "s3cret" not in text
    assert "t0p" not in text
    assert "62220001" not in text
    assert "•••0001" in text
    assert "•••9999" in text


def test_timeline_of_unreadable_record_is_not_found(rita: Desk, mini: Bench) -> None:
    made = rita.deal()
    refused(NotFound, _timeline, Desk(mini, "ron"), made.id)
