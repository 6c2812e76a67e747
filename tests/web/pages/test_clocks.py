"""Clocks on pages: what is left in words, in both languages, and their ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from formloom.forms import clocks
from formloom.forms.display import Display
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from tests.web.pages.conftest import PACKS, SignIn, installed, sign_in_to


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    yield from installed(PACKS / "desk", tmp_path_factory.mktemp("desk"), agnes="agent")


@pytest.fixture(scope="module")
def desk_sign_in(desk: Runtime) -> SignIn:
    return sign_in_to(desk)


@pytest.fixture(scope="module")
def request_id(desk: Runtime) -> int:
    with desk.writing(SYSTEM) as context:
        return int(actions.create(context, "request", {"name": "Printer"}).id)


def test_record_shows_its_clock_and_ledger(desk_sign_in: SignIn, request_id: int) -> None:
    page = desk_sign_in("agnes").get(f"/records/request/{request_id}").text
    assert "16 h left" in page or "15 h" in page
    assert "fl-clocks" in page
    assert "started" in page
    assert "/ 16 h" in page


def test_list_shows_what_is_left(desk_sign_in: SignIn, desk: Runtime, request_id: int) -> None:
    with desk.writing(SYSTEM) as context:
        actions.update(context, "request", request_id, {"status": "waiting"})
    page = desk_sign_in("agnes").get("/records/request?columns=name,due,clock").text
    assert "on hold, " in page
    assert "fl-clock" in page
    with desk.writing(SYSTEM) as context:
        actions.update(context, "request", request_id, {"status": "done"})
    assert "met" in desk_sign_in("agnes").get("/records/request?columns=name,due").text


@pytest.mark.parametrize(("minutes", "words"), [(0, "0 min"), (59, "59 min"), (60, "1 h"), (130, "2 h 10 min"),
                                                (40 * 60, "40 h")])
def test_working_time_is_told_in_hours(minutes: int, words: str) -> None:
    show = Display("en", ZoneInfo("UTC"), datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")))
    assert clocks.amount(show, timedelta(minutes=minutes)) == words
