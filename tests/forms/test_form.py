"""The form of an entity as one actor sees it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from formloom.errors import FieldError, Forbidden, Text
from formloom.forms import form
from formloom.forms.display import Display
from formloom.forms.form import Control, Sheet
from formloom.metadata.catalog import Catalog
from formloom.records import actions
from formloom.records.context import Context

As = Callable[[str], AbstractContextManager[Context]]


def _blank(context: Context, show: Display, **more: Any) -> Sheet:
    return form.blank(context, context.catalog.entity("claim"), show, **more)


def _stored(context: Context, number: int, show: Display, **more: Any) -> Sheet:
    return form.of_record(context, actions.read(context, "claim", number), show, **more)


def _controls(sheet: Sheet) -> dict[str, Control]:
    return {c.name: c for tab in form.tabs(sheet) for section in tab.sections for c in section.controls}


def test_sections_keep_the_authors_order(acting: As, show: Display) -> None:
    with acting("clerk") as context:
        sections = [s for tab in form.tabs(_blank(context, show)) for s in tab.sections]
    assert [s.label["zh"] for s in sections] == ["基本信息", "银行", "支付", "明细"]
    assert [c.name for c in sections[0].controls] == ["name", "amount", "urgent", "reason", "status", "total"]
    assert [s.columns for s in sections] == [2, 1, 2, 2]


def test_unreadable_field_has_no_control(acting: As, claim: int, show: Display) -> None:
    with acting("clerk") as context:
        assert "secret" not in _controls(_stored(context, claim, show))
    with acting("system") as context:
        assert _controls(_stored(context, claim, show))["secret"].typed == "plan"


def test_masked_field_stays_unreadable(acting: As, claim: int, show: Display) -> None:
    with acting("clerk") as context:
        bank = _controls(_stored(context, claim, show))["bank"]
    assert (bank.typed, bank.shown.text, bank.writable) == ("•••6666", "•••6666", False)


def test_field_without_right_is_readonly(acting: As, claim: int, show: Display) -> None:
    with acting("clerk") as context:
        shown = _controls(_stored(context, claim, show))
    assert {name for name, c in shown.items() if not c.writable} == {"status", "total", "bank"}


def test_state_takes_the_pen_away(acting: As, claim: int, show: Display) -> None:
    with acting("system") as context:
        actions.run(context, "claim", claim, "pay", {})
    with acting("clerk") as context:
        shown = _controls(_stored(context, claim, show))
        assert not shown["amount"].writable
        assert not shown["fixed"].writable      # readonly_when
        assert shown["name"].writable


def test_rules_show_and_require_fields(acting: As, show: Display) -> None:
    with acting("clerk") as context:
        calm = _controls(_blank(context, show))
        hurried = form.blank(context, context.catalog.entity("claim"), show)
        hurried = dataclasses.replace(hurried, values={**hurried.values, "urgent": True})
        urgent = _controls(hurried)
    assert (calm["name"].required, calm["reason"].required, calm["reason"].visible) == (True, False, False)
    assert (urgent["reason"].required, urgent["reason"].visible) == (True, True)


def test_section_hides_by_its_rule(acting: As, claim: int, show: Display) -> None:
    with acting("clerk") as context:
        hidden = [s.label["en"] for tab in form.tabs(_stored(context, claim, show)) for s in tab.sections
                  if not s.visible]
    assert hidden == ["Payment"]


def test_new_form_holds_defaults(acting: As, show: Display) -> None:
    with acting("clerk") as context:
        shown = _controls(_blank(context, show))
    assert (shown["status"].shown.text, shown["urgent"].typed) == ("起草", "false")


def test_form_without_right_is_refused(acting: As, show: Display) -> None:
    with acting("guest") as context, pytest.raises(Forbidden):
        _blank(context, show)


def test_typed_text_wins_with_its_error(acting: As, claim: int, show: Display) -> None:
    wrong = FieldError("amount", "bad-number", Text("must be a number"))
    with acting("clerk") as context:
        shown = _controls(_stored(context, claim, show, typed={"amount": "twelve"}, errors=[wrong]))
    assert (shown["amount"].typed, shown["amount"].error, shown["name"].typed) == ("twelve", wrong, "Trip")
    assert shown["amount"].shown.text == "US$1,234.50"


def test_rows_hide_what_is_unreadable(acting: As, claim: int, show: Display) -> None:
    with acting("clerk") as context:
        lines = _controls(_stored(context, claim, show))["lines"]
    assert [cell.field.name for cell in lines.rows[0].cells] == ["what", "count", "price", "net"]
    assert lines.blank is not None
    assert [cell.name for cell in lines.blank.cells][:2] == ["lines/__row__/what", "lines/__row__/count"]
    assert [cell.typed for cell in lines.rows[0].cells[:3]] == ["Train", "2", "50.00"]
    assert lines.rows[0].cells[3].shown.text == "¥100.00"
    assert [cell.writable for cell in lines.rows[0].cells] == [True, True, True, False]


def test_row_errors_stand_in_their_cells(acting: As, claim: int, show: Display) -> None:
    wrong = FieldError("lines/0/count", "bad-number", Text("must be a whole number"))
    with acting("clerk") as context:
        sheet = _stored(context, claim, show, typed={"lines": [{"what": "Bus", "count": "many"}]}, errors=[wrong])
        cells = {c.field.name: c for c in _controls(sheet)["lines"].rows[0].cells}
        assert [tab.errors for tab in form.tabs(sheet)] == [1]
    assert (cells["count"].typed, cells["count"].error, cells["what"].error) == ("many", wrong, None)


def test_totals_stand_under_columns(acting: As, claim: int, show: Display) -> None:
    with acting("clerk") as context:
        assert _controls(_stored(context, claim, show))["lines"].totals["net"].text == "¥100.00"


def test_reading_offers_nothing_to_type(acting: As, claim: int, show: Display) -> None:
    with acting("clerk") as context:
        shown = _controls(form.readonly(_stored(context, claim, show)))
    assert not any(c.writable for c in shown.values())
    assert shown["lines"].blank is None


def test_action_gives_what_it_asks(acting: As, claim: int, claims: Catalog, show: Display) -> None:
    with acting("clerk") as context:
        sheet = form.of_action(context, actions.read(context, "claim", claim), "pay", show)
        secret = form.control(sheet, claims.entity("claim").field("secret"))
    assert (sheet.readable, secret.writable) == ({"secret"}, True)
    assert secret.typed == ""       # granted for writing; what stands there stays unreadable


def test_action_shows_fields_as_they_will_be(acting: As, claim: int, claims: Catalog, show: Display) -> None:
    """Paying sets the state that the notes wait for."""
    notes = claims.entity("claim").field("notes")
    with acting("clerk") as context:
        record = actions.read(context, "claim", claim)
        now, after = _stored(context, claim, show), form.of_action(context, record, "pay", show)
        assert (form.control(now, notes).visible, form.control(after, notes).visible) == (False, True)
