"""A calendar or a promise that was changed moves open clocks, as a preview says before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.sources import Source
from formloom.policy import people
from formloom.sla import recomputation
from formloom.workflow import definitions
from tests.sla.conftest import PACK, Desk, at

HOUR = timedelta(hours=1)
Change = Callable[..., None]


@pytest.fixture
def change(desk: Desk, tmp_path: Path) -> Change:
    """Puts an edited pack into force."""
    def edited(old: str, new: str) -> None:
        sources = [Source(s.pack, s.path, s.text.replace(old, new)) for s in loader.read_pack(PACK)]
        assert any(old in s.text for s in loader.read_pack(PACK))
        desk.world.catalog = compiler.compile(sources, builtin_types.TYPES)
    return edited


def moves(desk: Desk) -> list[Any]:
    with desk.world.reading() as context:
        return list(recomputation.moves(context))


def test_new_holiday_moves_open_clocks(desk: Desk, change: Change) -> None:
    running, paused, done = desk.new(), desk.new(), desk.new()
    desk.set(at(2, 12))
    desk.change(paused, status="waiting")
    desk.change(done, status="done")
    change('dates: ["2026-03-05"]', 'dates: ["2026-03-03"]')
    found = moves(desk)
    assert [(m.record_id, m.before, m.after) for m in found] == [(running, at(3, 18), at(4, 18))]
    assert desk.row(running)["due"] == at(3, 18)          # a preview changes nothing
    assert recomputation.recompute(desk.world) == 1
    assert desk.row(running)["due"] == at(4, 18)
    assert desk.kinds(running)[-1] == "recomputed"
    assert [desk.row(n)["due"] for n in (paused, done)] == [None, at(3, 18)]
    assert moves(desk) == []
    assert recomputation.recompute(desk.world) == 0


def test_hours_that_were_none_are_given_back(desk: Desk, change: Change) -> None:
    """What was counted before a pause is added up again, too."""
    request = desk.new()
    desk.set(at(2, 15))
    desk.change(request, status="waiting")
    desk.set(at(3, 9))
    desk.change(request, status="new")
    assert desk.row(request)["due"] == at(4, 12)
    change('dates: ["2026-03-05"]', 'dates: ["2026-03-02"]')
    assert recomputation.recompute(desk.world) == 1
    assert desk.clock(request).clock.consumed == timedelta()
    assert desk.row(request)["due"] == at(4, 18)


def test_shorter_promise_breaches_when_it_would_have(desk: Desk, change: Change) -> None:
    request = desk.new()
    desk.set(at(2, 17))
    change("normal: PT16H", "normal: PT3H")
    assert [(m.target_before, m.target_after, m.after) for m in moves(desk)] == [(16 * HOUR, 3 * HOUR, at(2, 12))]
    assert recomputation.recompute(desk.world) == 1
    assert desk.clock(request).clock.breached_at == at(2, 12)
    assert desk.row(request)["log"] == "75% breached "


def test_service_level_that_is_gone_ends_its_clocks(desk: Desk, change: Change) -> None:
    request = desk.new()
    change("  solve:", "  answer:")
    assert [(m.record_id, m.after) for m in moves(desk)] == [(request, None)]
    assert recomputation.recompute(desk.world) == 1
    assert desk.clock(request).state == "cancelled"


def test_clock_that_is_touched_first_follows_the_calendar(desk: Desk, change: Change) -> None:
    """Nobody ran the command; the due time that comes up is not the one that fires."""
    request = desk.new()
    change('dates: ["2026-03-05"]', 'dates: ["2026-03-03"]')
    desk.set(at(3, 18))
    assert desk.sweep() == 1
    assert desk.clock(request).state == "running"
    assert desk.row(request)["due"] == at(4, 18)
    assert desk.sweep() == 0
    desk.set(at(4, 18))
    desk.sweep()
    assert desk.clock(request).state == "breached"


def test_team_that_changes_its_calendar_keeps_what_was_counted(desk: Desk) -> None:
    with desk.world.database.write() as unit:
        people.add_member(unit, people.ensure_team(unit, "late"), 3)
    desk.new(agent=3)
    desk.set(at(2, 11))
    with desk.world.database.write() as unit:
        assert people.set_calendar(unit, "late", "night")
    assert [(m.before, m.after) for m in moves(desk)] == [(at(3, 18), at(3, 1))]
    assert recomputation.recompute(desk.world) == 1
    desk.set(at(2, 20))
    assert moves(desk) == []
    with desk.world.database.write() as unit:
        people.set_calendar(unit, "late", "office")
    assert [(m.before, m.after) for m in moves(desk)] == [(at(3, 1), at(3, 15))]      # 2 + 9 hours are consumed


def test_calendar_without_hours_holds_nobody_up(desk: Desk, change: Change) -> None:
    running = desk.new()
    change('week: {weekdays: ["09:00-12:00", "13:00-18:00"]}', "week: {weekdays: []}")
    change_of_record = desk.row(desk.new())
    assert (change_of_record["due"], change_of_record["clock"]) == (None, None)
    assert [(m.record_id, m.after) for m in moves(desk)] == [(running, None)]
    desk.change(running, status="done")
    assert desk.clock(running).state == "cancelled"
    assert desk.row(running)["status"] == "done"


def test_pack_that_names_no_level_of_the_entity_is_refused(desk: Desk) -> None:
    texts = [Source(s.pack, s.path, s.text.replace('level="solve"', 'level="sovle"')) for s in loader.read_pack(PACK)]
    from_pack = compiler.compile(texts, builtin_types.TYPES)
    problems = definitions.read_all(from_pack, {})[1]
    assert {p.code for p in problems if "level" in p.code} == {"unknown-service-level"}
