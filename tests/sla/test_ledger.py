"""Clocks follow their records, exactly in working time, and every turn of theirs is written down once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from formloom.errors import ValidationFailed
from formloom.policy import people
from formloom.records import actions
from formloom.sla import recomputation
from formloom.storage.platform_tables import fl_sla, fl_sla_entry
from formloom.workflow import instances, triggers
from tests.sla.conftest import Desk, at

HOUR = timedelta(hours=1)
both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def test_clock_starts_with_the_record(desk: Desk) -> None:
    request = desk.new()
    assert desk.row(request)["due"] == at(3, 18)          # two days of eight hours
    assert desk.row(request)["clock"] == "running"
    assert desk.ledger(request) == [("started", at(2, 9), timedelta())]


def test_answer_in_time_meets_the_target(desk: Desk) -> None:
    request = desk.new()
    desk.set(at(3, 9, 30))
    desk.change(request, status="done")
    assert desk.clock(request).state == "met"
    assert desk.clock(request).clock.consumed == 8.5 * HOUR
    assert desk.row(request)["due"] == at(3, 18)
    assert desk.sweep() == 0


@both
def test_waiting_for_the_customer_does_not_count(desk: Desk) -> None:
    request = desk.new()
    desk.set(at(2, 15))
    desk.change(request, status="waiting")
    assert (desk.row(request)["due"], desk.row(request)["clock"]) == (None, "paused")
    desk.set(at(6, 11))                                   # days later, with a holiday in between
    assert desk.sweep() == 0
    desk.change(request, status="new")
    assert desk.clock(request).clock.consumed == 5 * HOUR
    assert desk.row(request)["due"] == at(8, 15)          # 6 hours on Friday and 5 on the Sunday that is worked
    assert desk.kinds(request) == ["started", "paused", "resumed"]


def test_priority_gives_another_target_and_keeps_what_is_consumed(desk: Desk) -> None:
    request = desk.new()
    desk.set(at(2, 12, 30))
    desk.change(request, priority="urgent")
    assert desk.row(request)["due"] == at(2, 14)
    desk.set(at(2, 13, 30))
    desk.change(request, priority="normal")
    assert desk.row(request)["due"] == at(3, 18)
    told = [(kind, consumed) for kind, _, consumed in desk.ledger(request) if kind != "warned"]
    assert told == [("started", timedelta()), ("retargeted", 3 * HOUR), ("retargeted", 3.5 * HOUR)]


def test_shorter_target_that_is_used_up_breaches_at_once(desk: Desk) -> None:
    request = desk.new()
    desk.set(at(3, 10))
    desk.change(request, priority="urgent")
    assert desk.kinds(request) == ["started", "warned", "retargeted", "warned", "breached"]
    assert desk.clock(request).clock.breached_at == at(3, 10)


@both
def test_due_time_fires_once_and_starts_processes(desk: Desk) -> None:
    request = desk.new()
    desk.set(at(3, 17, 59))
    assert [desk.sweep(), desk.sweep()] == [1, 0]
    assert desk.row(request)["clock"] == "warning"
    assert desk.row(request)["log"] == "75% "
    desk.set(at(3, 18))
    assert [desk.sweep(), desk.sweep()] == [1, 0]
    assert desk.row(request)["log"] == "75% breached "
    assert desk.row(request)["clock"] == "breached"


def test_downtime_is_made_up_for_once_at_the_right_times(desk: Desk) -> None:
    request = desk.new()
    desk.set(at(20, 10))
    assert [desk.sweep(), desk.sweep()] == [1, 0]
    assert desk.ledger(request)[1:] == [
        ("warned", at(2, 18), 8 * HOUR), ("warned", at(3, 14), 12 * HOUR), ("breached", at(3, 18), 16 * HOUR)]
    assert desk.row(request)["log"] == "75% breached "


def test_late_answer_is_a_breach_though_nobody_looked(desk: Desk) -> None:
    request = desk.new()
    desk.set(at(4, 10))
    desk.change(request, status="done")
    assert desk.kinds(request)[-2:] == ["breached", "stopped"]
    assert desk.clock(request).state == "breached"
    assert desk.clock(request).clock.consumed == 17 * HOUR
    assert desk.row(request)["log"] == "75% breached "
    assert desk.sweep() == 0


def test_reopened_request_goes_on_with_what_it_had(desk: Desk) -> None:
    request = desk.new()
    desk.set(at(2, 17))
    desk.change(request, status="done")
    desk.set(at(4, 9))
    desk.change(request, status="new")
    assert desk.clock(request).state == "running"
    assert desk.row(request)["due"] == at(6, 10)          # nine hours are left, and the 5th is a holiday
    assert desk.kinds(request) == ["started", "met", "reopened"]


def test_clock_does_not_get_in_the_way_of_who_edits(desk: Desk) -> None:
    """A page that was opened before a clock came due can still be saved and its actions done."""
    request = desk.new()
    seen = desk.row(request)["version"]
    desk.set(at(4, 10))
    desk.sweep()
    assert desk.row(request)["clock"] == "breached"
    with desk.world.writing("admin") as context:
        assert actions.update(context, "request", request, {"name": "B"}, seen).values["name"] == "B"


def test_refused_change_leaves_no_trace(desk: Desk) -> None:
    request = desk.new()
    with pytest.raises(ValidationFailed):
        desk.change(request, status="done", priority="nonsense")
    assert desk.kinds(request) == ["started"]


def test_deleted_record_ends_its_clock(desk: Desk) -> None:
    request = desk.new()
    with desk.world.writing("admin") as context:
        actions.delete(context, "request", request)
    desk.set(at(9, 10))
    assert desk.sweep() == 0
    assert desk.clock(request).state == "cancelled"
    assert desk.kinds(request) == ["started", "cancelled"]


def test_ledger_is_added_up_to_what_is_consumed(desk: Desk) -> None:
    request = desk.new()
    for moment, values in ((at(2, 11), {"status": "waiting"}), (at(2, 14), {"status": "new"}),
                           (at(2, 15), {"priority": "urgent"}), (at(2, 15, 30), {"priority": "normal"})):
        desk.set(moment)
        desk.change(request, **values)
    with desk.world.reading() as context:
        assert list(recomputation.moves(context)) == []
    assert desk.clock(request).clock.consumed == 3.5 * HOUR


@both
def test_team_has_its_own_calendar(desk: Desk) -> None:
    with desk.world.database.write() as unit:
        night = people.ensure_team(unit, "night")
        inner = people.ensure_team(unit, "inner", night)
        people.add_member(unit, inner, 3)
        unit.connection.execute(sa.text("UPDATE fl_team SET calendar = 'night' WHERE id = :id"), {"id": night})
    assert desk.row(desk.new(agent=3))["due"] == at(3, 1)
    request = desk.new(agent=1)
    assert desk.row(request)["due"] == at(3, 18)
    desk.set(at(2, 12))
    desk.change(request, agent=3)
    assert desk.row(request)["due"] == at(3, 1)           # 13 hours are left, round the clock
    assert desk.kinds(request) == ["started", "moved"]


@both
def test_two_workers_fire_each_breach_once(desk: Desk) -> None:
    requests = [desk.new() for _ in range(5)]
    desk.set(at(10, 10))
    fired = desk.sweep(), desk.sweep()
    assert fired == (5, 0)
    with desk.world.reading() as context:
        query = sa.select(sa.func.count()).where(fl_sla_entry.c.kind == "breached")
        assert context.unit.connection.scalar(query) == len(requests)
        assert context.unit.connection.scalar(sa.select(sa.func.count()).where(fl_sla.c.next_at.is_not(None))) == 0


def test_due_dates_and_timers_count_in_working_time(desk: Desk) -> None:
    request = desk.new()
    desk.set(at(2, 17))
    with desk.world.writing("admin") as context:
        started = triggers.start_manually(context, "remind", ("request", request))
        waiting = instances.diagram(context, started.id).waiting
    assert [(w.node, w.due_at) for w in waiting] == [("look", at(3, 12)), ("late", at(6, 17))]
