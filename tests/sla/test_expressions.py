"""Expressions over records ask the calendar of the owner's team; what asks the database may not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from formloom import feel
from formloom.policy import people
from formloom.records.scope import Scope
from formloom.storage import query
from formloom.storage.platform_tables import fl_team
from formloom.web.pages import live
from tests.sla.conftest import Desk, at

NAMES = frozenset({"agent", "due", "user", "record"})


def value(desk: Desk, text: str, **row: Any) -> Any:
    with desk.world.reading() as context:
        scope = Scope(context, context.catalog.entity("request"), row)
        return feel.compile(text, NAMES).evaluate(scope, context.now)


def test_record_counts_by_the_calendar_of_its_owners_team(desk: Desk) -> None:
    with desk.world.database.write() as unit:
        team = people.ensure_team(unit, "night")
        people.add_member(unit, team, 3)
        unit.connection.execute(fl_team.update().where(fl_team.c.id == team).values(calendar="night"))
    text = 'add working time(now(), @"PT10H")'
    assert value(desk, text, agent=1) == at(3, 11)
    assert value(desk, text, agent=3) == at(2, 19)
    assert value(desk, text) == at(3, 11)
    assert value(desk, 'add working time(now(), @"PT10H", "night")', agent=1) == at(2, 19)
    assert value(desk, 'working time between(now(), now() + @"P1D")', agent=3) == timedelta(hours=24)
    assert value(desk, 'add working time(now(), @"PT10H", "noon")') is None


@pytest.mark.parametrize("text", [
    'due < add working time(now(), @"PT4H")', "is working time(now())", "是否工作时间(due)",
    'working days between(date(due), today()) > 3',
])
def test_database_is_not_asked_for_working_time(desk: Desk, text: str) -> None:
    catalog = desk.world.catalog
    found = query.check(feel.compile(text, NAMES), catalog.entity("request"), catalog)
    assert len(found) == 1
    position, reason = found[0]
    assert 0 <= position < len(text)
    assert str(reason)


def test_browser_leaves_working_time_to_the_server(desk: Desk) -> None:
    entity = desk.world.catalog.entity("request")
    assert live._tree(entity, feel.compile("is working time(due)", NAMES)) is None
    assert live._tree(entity, feel.compile("due != null", NAMES)) is not None


@pytest.mark.parametrize("text", ['get value(record, "(calendars)")', 'record.calendars', "calendars"])
def test_calendars_themselves_are_out_of_reach(desk: Desk, text: str) -> None:
    assert value(desk, text) is None
