"""Views: what they mean where they say little, and what is told about wrong ones."""

from __future__ import annotations

import pytest

from formloom.metadata import compiler
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import BoardLayout, CalendarLayout, View
from formloom.metadata.sources import Source

PACK = Source("shop", "pack.yaml", "pack: shop\nversion: 1.0.0\n")
ENTITY = """\
entity: deal
state: stage
fields:
  name: {type: text}
  stage: {type: choice, choices: [{value: open}, {value: won}]}
  due: {type: date}
  at: {type: datetime}
  amount: {type: money}
  doubled: {type: formula, returns: money, formula: amount * 2}
views:
"""


def compiled(views: str) -> tuple[View, ...]:
    sources = [PACK, Source("shop", "entities/deal.yaml", ENTITY + views)]
    return compiler.compile(sources, TYPES).entity("deal").views


def told(views: str, entity: str = ENTITY) -> list[tuple[str, int]]:
    """Codes with how many lines below `views:` they are."""
    first = entity.count("\n")
    found = compiler.check([PACK, Source("shop", "entities/deal.yaml", entity + views)], TYPES)
    return [(p.code, p.place.line - first) for p in found]


def test_view_is_a_list_unless_it_says() -> None:
    [view] = compiled("  - {name: all, filter: amount > 3}\n")
    assert (view.kind, view.board, view.calendar, view.filter) == ("list", None, None, "amount > 3")


def test_board_goes_by_the_life_cycle() -> None:
    [view] = compiled("  - {name: board, kind: kanban}\n")
    assert view.board == BoardLayout("stage")


def test_board_keeps_every_setting() -> None:
    [view] = compiled("  - {name: b, kind: kanban, kanban: {group_by: stage, card: [due, amount], sum: doubled, "
                      "hide_empty: true, collapsed: [won]}}\n")
    assert view.board == BoardLayout("stage", ("due", "amount"), "doubled", True, ("won",))


def test_calendar_is_coloured_by_the_life_cycle() -> None:
    [view] = compiled("  - {name: c, kind: calendar, calendar: {start: due}}\n")
    assert view.calendar == CalendarLayout("due", color_by="stage")


def test_stamps_make_a_calendar() -> None:
    [view] = compiled("  - {name: c, kind: calendar, calendar: {start: created_at, end: updated_at}}\n")
    assert view.calendar
    assert (view.calendar.start, view.calendar.end) == ("created_at", "updated_at")


@pytest.mark.parametrize(("view", "code"), [
    ("{name: v, kind: kanban, kanban: {group_by: name}}", "wrong-field-type"),
    ("{name: v, kind: kanban, kanban: {group_by: nope}}", "unknown-field"),
    ("{name: v, kind: kanban, kanban: {card: [nope]}}", "unknown-field"),
    ("{name: v, kind: kanban, kanban: {sum: due}}", "wrong-field-type"),
    ("{name: v, kind: kanban, kanban: {collapsed: [lost]}}", "unknown-choice"),
    ("{name: v, kind: kanban, calendar: {start: due}}", "view-settings"),
    ("{name: v, kanban: {sum: amount}}", "view-settings"),
    ("{name: v, kind: calendar}", "missing-key"),
    ("{name: v, kind: calendar, calendar: {start: amount}}", "wrong-field-type"),
    ("{name: v, kind: calendar, calendar: {start: due, end: at}}", "wrong-field-type"),
    ("{name: v, kind: calendar, calendar: {start: due, color_by: name}}", "wrong-field-type"),
    ("{name: v, kind: timeline}", "unknown-value"),
])
def test_wrong_view_is_told_at_its_line(view: str, code: str) -> None:
    assert told(f"  - {{name: fine}}\n  - {view}\n") == [(code, 2)]


def test_board_without_life_cycle_needs_a_field() -> None:
    assert told("  - {name: v, kind: kanban}\n", ENTITY.replace("state: stage\n", "")) == [("missing-key", 1)]


def test_second_view_of_a_name_is_told() -> None:
    assert told("  - {name: v}\n  - {name: v}\n") == [("duplicate-view", 2)]
