"""Dashboards as numbers: what the pages show, told from the records that the actor may read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Response, jsonify, request

from formloom.errors import BadRequest, Text
from formloom.metadata.dashboard_language import PERIODS
from formloom.metadata.dashboards import Dashboard
from formloom.records.context import Context
from formloom.reports import dashboards
from formloom.reports.dashboards import Asked, Result, Slice
from formloom.web.api import arguments
from formloom.web.api.blueprint import blueprint
from formloom.web.i18n import label, said
from formloom.web.requests import reading

_DIGITS = 6     # of what is divided


@blueprint.get("/dashboards")
def list_dashboards() -> Response:
    """Those that tell this actor anything."""
    with reading() as context:
        found = [one for one in context.catalog.dashboards.values()
                 if any(dashboards.may_see(context, c) for c in one.cards)]
    return jsonify(items=[{"name": one.name, "label": label(one.label), "workspace": one.workspace,
                           "period": one.period} for one in found])


@blueprint.get("/dashboards/<name>")
def read_dashboard(name: str) -> Response:
    """Every card that this actor may see. `period` is that of the dashboard where it is not given."""
    arguments.known_arguments(frozenset({"period", "whose", "_l_"}))
    with reading() as context:
        dashboard = dashboards.named(context, name)
        asked = _asked(context, dashboard)
        cards = [_card(context, dashboards.result(context, card, asked)) for card in dashboard.cards
                 if dashboards.may_see(context, card)]
    return jsonify(name=name, label=label(dashboard.label), period=asked.period, cards=cards)


def _asked(context: Context, dashboard: Dashboard) -> Asked:
    period, whose = request.args.get("period", dashboard.period), request.args.get("whose", "all")
    if period not in PERIODS:
        raise BadRequest(Text("{name} must be one of: {values}.", name="period", values=", ".join(PERIODS)))
    if whose not in ("all", "mine"):
        raise BadRequest(Text("{name} must be one of: {values}.", name="whose", values="all, mine"))
    return dashboards.asked(context, period, whose == "mine")


def _card(context: Context, found: Result) -> dict[str, Any]:
    card, period = found.card, found.period
    return {
        "name": card.name, "label": label(card.label), "kind": card.kind, "entity": card.entity,
        "measure": card.measure, "value": _value(found.value), "before": _value(found.before),
        "change": _value(found.change), "currency": found.currency or None, "records": found.count,
        "elsewhere": found.elsewhere, "filter": found.filter, "every": found.every or None,
        "target": card.target, "from": period.start.isoformat() if period else None,
        "until": (period.end - timedelta(days=1)).isoformat() if period else None,
        "parts": [_part(one) for one in found.slices]}


def _part(one: Slice) -> dict[str, Any]:
    return {"label": one.day.isoformat() if one.day else said(one.words), "value": _value(one.value),
            "before": _value(one.before), "filter": one.filter or None}


def _value(value: Any) -> Any:
    """Durations in seconds."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal) and -int(value.as_tuple().exponent) > _DIGITS:
        return round(value, _DIGITS)
    return value
