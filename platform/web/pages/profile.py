"""Who I am here, and how this place speaks to me."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import render_template
from flask.typing import ResponseReturnValue

from formloom.exchange import notifications
from formloom.forms import names
from formloom.metadata.catalog import Role
from formloom.web.i18n import label, locale
from formloom.web.pages.blueprint import blueprint
from formloom.web.requests import actor, catalog, reading

REGIONS = ("Africa", "America", "Asia", "Australia", "Europe", "Pacific", "UTC")


@blueprint.get("/profile")
def profile() -> ResponseReturnValue:
    who = actor()
    with reading() as context:
        teams = sorted(names.teams(context, locale(), who.teams).values())
        mailed = notifications.wants_mail(context.unit, who.user_id)
    zones = sorted(z for z in available_timezones() if z.split("/")[0] in REGIONS)
    return render_template("profile.html", who=who, mailed=mailed, teams=teams, zones=zones,
                           roles=[_title(catalog().roles.get(name), name) for name in sorted(who.roles)])


def _title(role: Role | None, name: str) -> str:
    return label(role.label) if role else name
