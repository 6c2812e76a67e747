"""Language, theme and other choices of one person."""

from __future__ import annotations

from urllib.parse import urlsplit
from zoneinfo import available_timezones

from flask import redirect, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadRequest, Text
from formloom.policy import people
from formloom.web.i18n import COOKIE, LANGUAGES
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import THEMES
from formloom.web.requests import actor_or_none, runtime

YEAR = 365 * 86400


@blueprint.post("/preferences")
def preferences() -> ResponseReturnValue:
    """A person who is signed in takes the language along; the theme belongs to the device."""
    response = redirect(inside(request.form.get("next", "/")))
    if locale := request.form.get("locale"):
        if locale not in LANGUAGES:
            raise BadRequest(Text("There is no language {name}.", name=locale))
        _remember(locale=locale)
        response.set_cookie(COOKIE, locale, max_age=YEAR, samesite="Lax", secure=request.is_secure)
    if timezone := request.form.get("timezone"):
        if timezone not in available_timezones():
            raise BadRequest(Text("There is no time zone {name}.", name=timezone))
        _remember(timezone=timezone)
    if sent := request.form.getlist("mail_notifications"):      # a checkbox follows its hidden "false"
        _remember(mail_notifications=sent[-1] == "true")
    theme = request.form.get("theme")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=request.is_secure)
    return response


def _remember(
    locale: str | None = None, timezone: str | None = None, mail_notifications: bool | None = None
) -> None:
    who = actor_or_none()
    if who is not None:
        with runtime().database.write() as unit:
            people.set_profile(
                unit, who.user_id, locale=locale, timezone=timezone, mail_notifications=mail_notifications)
        runtime().forget_account(who.user_id)


def inside(address: str) -> str:
    """The address if it stays on this site, else the home page."""
    parts = urlsplit(address.replace("\\", "/"))
    safe = not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith("//")
    return address.rstrip("?") if safe else "/"
