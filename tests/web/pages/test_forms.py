"""Forms in the browser's door: what is refused comes back, what was made for a picker is chosen, preferences stay."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from formloom import runtime as runtimes
from formloom.exchange import notifications
from formloom.runtime import Runtime

from .conftest import SignIn, token

NEW = "/records/customer/new"


def _send(browser: FlaskClient, address: str, page: str = NEW, **data: Any) -> Any:
    return browser.post(address, data={"csrf_token": token(browser, page), **data})


def _picked(text: str) -> dict[str, str]:
    found = re.search(r'id="picked" data-token="([^"]*)" data-id="([^"]*)" data-label="([^"]*)"', text)
    return dict(zip(("token", "id", "label"), found.groups(), strict=True)) if found else {}


def test_record_for_picker_is_handed_back(sign_in: SignIn) -> None:
    browser = sign_in("rita")
    form = browser.get(f"{NEW}?pick=t1&name=Bolt+%26+Co").text
    assert '<input type="hidden" name="pick" value="t1">' in form
    assert 'value="Bolt &amp; Co"' in form
    made = _send(browser, NEW, pick="t1", name="Bolt & Co")
    told = _picked(made.text)
    assert (made.status_code, told["token"], told["label"]) == (200, "t1", "Bolt &amp; Co")
    assert "Bolt &amp; Co" in browser.get(f"/records/customer/{told['id']}").text


def test_refused_record_remembers_its_picker(sign_in: SignIn) -> None:
    refused = _send(sign_in("rita"), NEW, pick="t2", name="", email="a@b.cn")
    assert refused.status_code == 422
    assert '<input type="hidden" name="pick" value="t2">' in refused.text
    assert 'value="a@b.cn"' in refused.text
    assert not _picked(refused.text)


def test_record_without_picker_opens_itself(sign_in: SignIn) -> None:
    assert _send(sign_in("rita"), NEW, name="Plain").location.startswith("/records/customer/")


def test_picker_offers_what_was_typed(sign_in: SignIn) -> None:
    assert 'href="/records/customer/new?name=Nut+%26+Co"' in sign_in("rita").get("/pick/customer?q=Nut+%26+Co").text


def test_unknown_input_is_refused_aloud(sign_in: SignIn) -> None:
    refused = _send(sign_in("rita"), NEW, name="Loud", nmae="typo")
    assert refused.status_code == 422
    assert "There is no field nmae." in refused.text
    assert 'value="Loud"' in refused.text


def test_mail_switch_is_kept(sign_in: SignIn) -> None:
    browser, switch = sign_in("ron"), 'name="mail_notifications" value="true" checked'
    assert switch not in browser.get("/profile").text
    _send(browser, "/preferences", "/profile", mail_notifications=["false", "true"], next="/profile")
    assert switch in browser.get("/profile").text
    _send(browser, "/preferences", "/profile", locale="en", next="/profile")
    assert switch in browser.get("/profile").text
    _send(browser, "/preferences", "/profile", mail_notifications="false", next="/profile")
    assert switch not in browser.get("/profile").text


def test_mail_follows_the_switch(mini: Runtime, sign_in: SignIn) -> None:
    browser = sign_in("ron")
    _send(browser, "/preferences", "/profile", mail_notifications="true")
    with mini.database.read() as unit:
        number = unit.connection.exec_driver_sql("SELECT id FROM ab_user WHERE username = 'ron'").scalar_one()
        assert notifications.wants_mail(unit, number)
    _send(browser, "/preferences", "/profile", mail_notifications="false")
    with mini.database.read() as unit:
        assert not notifications.wants_mail(unit, number)


def test_page_outlives_the_model(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is asked for again while a page is rendered, inside its unit of work."""
    browser = sign_in("rita")
    monkeypatch.setattr(runtimes, "POLL_SECONDS", 0.0)
    assert browser.get("/records/deal/new").status_code == 200
