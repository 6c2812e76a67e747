"""Dashboards: the page at once, and each card when it has been told from the records that this person may read."""

from __future__ import annotations

from collections.abc import Iterator

from flask import render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadExpression, Forbidden, NotFound, Text, UnknownEntity, UnknownField
from formloom.metadata.catalog import Entity
from formloom.metadata.dashboards import Dashboard, DashboardCard
from formloom.records.context import Context
from formloom.reports import dashboards
from formloom.reports.dashboards import Asked
from formloom.web.i18n import label
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.dashboard_words import PERIODS, Told
from formloom.web.pages.frame import display
from formloom.web.requests import actor, catalog, reading

MINE = "mine"


@blueprint.get("/dashboards/<name>")
def show_dashboard(name: str) -> ResponseReturnValue:
    dashboard = _dashboard(name)
    with reading() as context:
        cards = list(allowed(context, dashboard))
        asked = chosen(context, dashboard)
    workspace = next((label(w.label) for w in catalog().workspaces if w.name == dashboard.workspace), "")
    return render_template(
        "dashboards/dashboard.html", dashboard=dashboard, cards=cards, asked=asked, periods=PERIODS, show=display(),
        workspace=workspace, designer=actor().admin, dated=any(card.date for card in cards),
        owned=any(catalog().entity(card.entity).owner for card in cards))


@blueprint.get("/dashboards/<name>/cards/<card>")
def show_card(name: str, card: str) -> ResponseReturnValue:
    """One card as it stands now; loaded by the page once it is shown."""
    dashboard = _dashboard(name)
    with reading() as context:
        found = next((one for one in allowed(context, dashboard) if one.name == card), None)
        if found is None:
            raise NotFound(Text("There is nothing at this address."))
        return drawn(context, found, chosen(context, dashboard))


def _dashboard(name: str) -> Dashboard:
    found = next((one for one in catalog().dashboards if one.name == name), None)
    if found is None:
        raise NotFound(Text("There is no {kind} {name}.", kind="dashboard", name=name))
    return found


def allowed(context: Context, dashboard: Dashboard) -> Iterator[DashboardCard]:
    """What this person may know anything of: the others are not there."""
    return (card for card in dashboard.cards if dashboards.may_see(context, card))


def chosen(context: Context, dashboard: Dashboard) -> Asked:
    period = request.values.get("period", "")
    show = display()
    return Asked(period=period if period in PERIODS else dashboard.period, mine=request.values.get("whose") == MINE,
                 today=context.now.astimezone(show.timezone).date(), timezone=show.timezone)


def drawn(context: Context, card: DashboardCard, asked: Asked) -> str:
    """The inside of a card; what cannot be told is said where the number would be."""
    try:
        entity: Entity = context.catalog.entity(card.entity)
        told = Told(dashboards.result(context, card, asked), entity, display(compact=True), asked.period)
    except (UnknownField, UnknownEntity, BadExpression, Forbidden) as error:
        return render_template("dashboards/_trouble.html", card=card, trouble=error)
    return render_template("dashboards/_card.html", card=card, told=told, result=told.result, entity=entity)
