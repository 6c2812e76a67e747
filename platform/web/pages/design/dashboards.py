"""The designer of dashboards: cards in their order, the settings of one, each drawn with the records of now."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, render_template
from flask.typing import ResponseReturnValue
from jsonschema import Draft202012Validator

from formloom.errors import BadRequest, NotFound, Text
from formloom.metadata import dashboard_assembly, dashboard_checks
from formloom.metadata.catalog import Entity
from formloom.metadata.dashboard_language import CARD, KINDS, MEASURES, PARTS, WIDTHS
from formloom.web.i18n import label, t, texts
from formloom.web.pages import dashboards
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.dashboard_words import PERIODS
from formloom.web.pages.design import editing
from formloom.web.pages.design.dashboard_words import (
    KIND_WORDS,
    MEASURE_WORDS,
    NEEDS_MORE,
    NOT_THERE,
    PART_WORDS,
    WIDTH_WORDS,
    WORDS,
)
from formloom.web.pages.design.entities import ICONS
from formloom.web.pages.design.outline import choosable, outlined
from formloom.web.pages.edited_sources import administrator, body
from formloom.web.pages.refusals import answering
from formloom.web.pages.workflow_panel import of_entity
from formloom.web.requests import catalog, reading

Json = dict[str, Any]
_VALID = Draft202012Validator(CARD)


@blueprint.get("/design/dashboards")
def design_dashboards() -> ResponseReturnValue:
    return _page("")


@blueprint.get("/design/dashboards/<name>")
def design_dashboard(name: str) -> ResponseReturnValue:
    return _page(name)


def _page(chosen: str) -> ResponseReturnValue:
    administrator()
    with reading() as context:
        drawn = outlined(context)
        trees = editing.trees(context, "dashboard")
    if chosen and chosen not in trees:
        return redirect("/design/dashboards")
    data = {
        "dashboards": trees, "chosen": chosen or next(iter(trees), None), "draft": editing.draft_as_json(),
        "entities": choosable(drawn), "workspaces": [[w.name, label(w.label)] for w in drawn.workspaces],
        "kinds": _pairs(KINDS, KIND_WORDS), "measures": _pairs(MEASURES, MEASURE_WORDS),
        "parts": _pairs(PARTS, PART_WORDS), "periods": _pairs(PERIODS, PERIODS), "widths": _pairs(WIDTHS, WIDTH_WORDS),
        "icons": ["chart-bar", *ICONS], "words": texts(WORDS)}
    return render_template("design/dashboards.html", data=data, icons=sorted({*ICONS, *_GLYPHS.values(), "chart-bar"}))


_GLYPHS = {"number": "number-123", "bar": "chart-bar", "column": "chart-area", "line": "chart-line",
           "funnel": "chart-funnel"}


def _pairs(names: Any, words: Any) -> list[list[Any]]:
    return [[name, t(words[name])] for name in names]


@blueprint.get("/design/dashboards/offer/<entity>")
@answering
def dashboard_offer(entity: str) -> ResponseReturnValue:
    """The fields of an entity as the draft has it, and what a card can do with each."""
    administrator()
    with reading() as context:
        drawn = outlined(context)
    found = drawn.entities.get(entity)
    if found is None:
        raise NotFound(Text("There is no {kind} {name}.", kind="entity", name=entity))
    return jsonify(_offer(found, drawn.entities))


def _offer(entity: Entity, entities: Any) -> Json:
    fields = of_entity(entity)["fields"]
    for one in fields:
        one["fits"] = [key for key in dashboard_checks.NEEDED if dashboard_checks.fits(entity.fields[one["name"]], key)]
    related = {one["target"]: of_entity(entities[one["target"]])["fields"]
               for one in fields if one.get("target") in entities and one["type"] == "reference"}
    return {"name": entity.name, "fields": fields, "related": related}


@blueprint.post("/design/dashboards/preview")
@answering
def preview_card() -> ResponseReturnValue:
    """The card as it would look with the records that this administrator sees now."""
    administrator()
    node = body().get("card")
    if not isinstance(node, dict) or next(_VALID.iter_errors(node), None) is not None:
        raise BadRequest(Text("The request cannot be read."))
    card = dashboard_assembly.card(node)
    entity = catalog().entities.get(card.entity)
    if entity is None:
        return render_template("dashboards/_trouble.html", card=card, trouble=NotFound(NOT_THERE))
    if dashboard_checks.missing(card) or dashboard_checks.unfit(card, entity):
        return render_template("dashboards/_trouble.html", card=card, trouble=NotFound(NEEDS_MORE))
    with reading() as context:
        return dashboards.drawn(context, card, dashboards.chosen(context, "this_month"))
