"""Calendars of a pack: what they mean, and what is wrong with them at its line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from formloom.metadata import compiler, loader
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.metadata.sources import Source

CRM = Path(__file__).parents[2] / "config"
SHANGHAI = ZoneInfo("Asia/Shanghai")
PLAIN = "timezone: Asia/Shanghai\nweek: {weekdays: [\"09:00-17:00\"]}\n"


def sources(*texts: str) -> list[Source]:
    return [Source("p", f"calendars/c{n}.yaml", text) for n, text in enumerate(texts)]


def problems(*texts: str) -> list[tuple[int, str]]:
    return [(p.place.line, p.code) for p in compiler.check(sources(*texts), TYPES)]


@pytest.fixture(scope="module")
def crm() -> Catalog:
    return compiler.compile(loader.read_pack(CRM), TYPES)


def test_crm_calendar_holds_the_published_days(crm: Catalog) -> None:
    """By the notices of the State Council: 28 and 33 days off, weekends among them; five and six weekends worked."""
    calendar = crm.calendar("china").calendar
    for year, off, worked in ((2025, 28, 5), (2026, 33, 6)):
        days = [date(year, 1, 1) + timedelta(n) for n in range(365)]
        special = {d for s in calendar.special if not s.hours for d in s.rule.dates(year)}
        assert len(special) == off
        assert sum(d.weekday() > 4 and bool(calendar.hours_on(d)) for d in days) == worked
        # 13 statutory days leave 248 working days a year where none falls on a weekend that is not made up.
        assert sum(bool(calendar.hours_on(d)) for d in days) == 248


def test_make_up_sunday_counts_like_a_weekday(crm: Catalog) -> None:
    calendar = crm.calendar("china").calendar
    evening = datetime(2026, 9, 19, 20, tzinfo=SHANGHAI)      # a Saturday; the Sunday after it is worked
    assert calendar.add(evening, timedelta(hours=4)) == datetime(2026, 9, 20, 14, tzinfo=SHANGHAI)
    assert calendar.add_days(date(2026, 9, 30), 1) == date(2026, 10, 8)


def test_organisation_has_one_calendar(crm: Catalog) -> None:
    assert crm.own_calendar is crm.calendar("china")
    several = compiler.compile(sources(f"calendar: a\n{PLAIN}", f"calendar: b\n{PLAIN}"), TYPES)
    assert several.own_calendar is None
    assert compiler.compile(sources(f"calendar: a\n{PLAIN}"), TYPES).own_calendar is not None


def test_calendar_takes_over_what_it_does_not_say() -> None:
    other = "calendar: b\nlike: a\nweek: {saturday: [\"10:00-12:00\"], weekdays: [\"10:00-12:00\"], monday: []}\n"
    first = f"calendar: a\n{PLAIN}holidays: [{{on: \"05-01\"}}]\nworked: [{{dates: [\"2026-05-03\"], like: friday}}]\n"
    calendar = compiler.compile(sources(first, other), TYPES).calendar("b").calendar
    assert calendar.zone.key == "Asia/Shanghai"
    assert [bool(calendar.hours_on(date(2026, 5, day))) for day in (1, 2, 3, 4, 5)] == [False, True, True, False, True]
    morning = datetime(2026, 5, 3, tzinfo=UTC)
    assert calendar.between(morning - timedelta(1), morning + timedelta(1)) == timedelta(hours=4)


@pytest.mark.parametrize(("text", "line", "code"), [
    ("calendar: a\nweek: {weekdays: []}\n", 1, "missing-key"),
    ("calendar: a\ntimezone: Asia/Peking\nweek: {weekdays: []}\n", 2, "unknown-timezone"),
    ("calendar: a\ntimezone: UTC\nweek:\n  monday: [\"17:00-09:00\"]\n", 4, "bad-hours"),
    ("calendar: a\ntimezone: UTC\nweek:\n  monday: [\"09:00-13:00\",\n    \"12:00-18:00\"]\n", 5, "bad-hours"),
    ("calendar: a\ntimezone: UTC\nweek:\n  monday: [\"9-12\"]\n", 4, "bad-name"),
    (f"calendar: a\n{PLAIN}holidays:\n  - {{on: \"02-30\"}}\n", 5, "bad-date"),
    (f"calendar: a\n{PLAIN}holidays:\n  - {{dates: [\"2026-02-10..2026-02-01\"]}}\n", 5, "bad-date"),
    (f"calendar: a\n{PLAIN}holidays:\n  - {{on: \"02-03\", weekday: monday}}\n", 5, "bad-holiday"),
    (f"calendar: a\n{PLAIN}holidays:\n  - {{label: Nothing}}\n", 5, "bad-holiday"),
    (f"calendar: a\n{PLAIN}worked:\n  - {{dates: [\"2026-02-10\"], like: noday}}\n", 5, "unknown-value"),
    (f"calendar: a\n{PLAIN}like: b\n", 4, "unknown-calendar"),
    (f"calendar: a\n{PLAIN}like: a\n", 4, "calendar-cycle"),
])
def test_mistake_in_a_calendar_is_told_at_its_line(text: str, line: int, code: str) -> None:
    assert problems(text) == [(line, code)]


def test_second_default_calendar_is_refused() -> None:
    first, second = (f"calendar: {name}\n{PLAIN}default: true\n" for name in "ab")
    assert problems(first, second) == [(4, "two-defaults")]


LEVEL = """entity: ticket
fields:
  priority: {type: choice, choices: [{value: low}, {value: high}]}
  due: {type: datetime}
  clock: {type: choice, choices: [{value: running}, {value: met}, {value: breached}]}
  answered: {type: boolean}
sla:
  answer:
"""
ALWAYS = "calendar: a\ntimezone: UTC\nweek: {weekdays: [\"00:00-24:00\"]}\n"


@pytest.mark.parametrize(("text", "line", "code"), [
    ("    {target: PT4H}\n", 8, "missing-key"),
    ("    {stops: answered}\n", 9, "bad-sla"),
    ("    {stops: answered, target: PT0S}\n", 9, "bad-sla"),
    ("    {stops: answerd, target: PT4H}\n", 9, "unknown-name"),
    ("    {stops: answered, target: 4h}\n", 9, "bad-name"),
    ("    {stops: answered, target: PT4H, calendar: b}\n", 9, "unknown-calendar"),
    ("    {stops: answered, target: PT4H, due: done}\n", 9, "unknown-field"),
    ("    {stops: answered, target: PT4H, due: answered}\n", 9, "wrong-field-type"),
    ("    {stops: answered, target: PT4H, pauses: answered, state: clock}\n", 9, "bad-sla"),
    ("    {stops: answered, by: priority, targets: {low: PT4H}}\n", 9, "bad-sla"),
    ("    {stops: answered, by: priority, targets: {low: PT4H, high: PT1H, top: PT1H}}\n", 9, "unknown-choice"),
])
def test_mistake_in_a_service_level_is_told_at_its_line(text: str, line: int, code: str) -> None:
    given = [Source("p", "entities/ticket.yaml", LEVEL + text), *sources(ALWAYS)]
    assert [(p.place.line, p.code) for p in compiler.check(given, TYPES)] == [(line, code)]


def test_service_level_needs_some_calendar() -> None:
    given = [Source("p", "entities/ticket.yaml", LEVEL + "    {stops: answered, target: PT4H}\n")]
    assert [p.code for p in compiler.check(given, TYPES)] == ["no-calendar"]


def test_crm_calendar_of_a_year_without_a_notice_has_the_statutory_days(crm: Catalog) -> None:
    calendar = crm.calendar("china").calendar
    off = {d for s in calendar.special if not s.hours for d in s.rule.dates(2027)}
    assert len(off) == 13
    assert not [d for s in calendar.special if s.hours for d in s.rule.dates(2027)]
