"""Dashboards: the page at once, and each card when it has been told from the records that this person may read."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadExpression, Forbidden, NotFound, Text, UnknownEntity, UnknownField
from formloom.metadata.catalog import Entity
from formloom.metadata.dashboards import DashboardCard
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
    """With the cards that this person may know anything of: the others are not there."""
    with reading() as context:
        dashboard = dashboards.named(context, name)
        cards = [card for card in dashboard.cards if dashboards.may_see(context, card)]
        asked = chosen(context, dashboard.period)
    workspace = next((label(w.label) for w in catalog().workspaces if w.name == dashboard.workspace), "")
    return render_template(
        "dashboards/dashboard.html", dashboard=dashboard, cards=cards, asked=asked, periods=PERIODS, show=display(),
        workspace=workspace, designer=actor().admin, dated=any(card.date for card in cards),
        owned=any(catalog().entity(card.entity).owner for card in cards))


@blueprint.get("/dashboards/<name>/cards/<card>")
def show_card(name: str, card: str) -> ResponseReturnValue:
    """One card as it stands now; loaded by the page once it is shown."""
    with reading() as context:
        dashboard = dashboards.named(context, name)
        found = next((one for one in dashboard.cards if one.name == card), None)
        if found is None or not dashboards.may_see(context, found):
            raise NotFound(Text("There is nothing at this address."))
        return drawn(context, found, chosen(context, dashboard.period))


def chosen(context: Context, otherwise: str) -> Asked:
    period = request.values.get("period", "")
    return dashboards.asked(context, period if period in PERIODS else otherwise, request.values.get("whose") == MINE)


def drawn(context: Context, card: DashboardCard, asked: Asked) -> str:
    """The inside of a card; what cannot be told is said where the number would be."""
    try:
        entity: Entity = context.catalog.entity(card.entity)
        told = Told(dashboards.result(context, card, asked), entity, display(compact=True), asked.period)
    except (UnknownField, UnknownEntity, BadExpression, Forbidden) as error:
        return render_template("dashboards/_trouble.html", card=card, trouble=error)
    return render_template("dashboards/_card.html", card=card, told=told, result=told.result, entity=entity)
