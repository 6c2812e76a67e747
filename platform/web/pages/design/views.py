"""The designer of views: lists, boards and calendars of an entity, drawn with the records that are there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue
from jsonschema import Draft202012Validator

from formloom.errors import BadRequest, FormloomError, Text, ValidationFailed
from formloom.feel import FeelSyntaxError
from formloom.metadata import assembly, view_checks
from formloom.metadata.catalog import Entity, View
from formloom.metadata.view_language import VIEW
from formloom.records.context import Context
from formloom.web.i18n import texts
from formloom.web.pages import agenda, boards, conditions, layouts, listing, lists, model_draft
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import editing
from formloom.web.pages.design.view_words import WORDS
from formloom.web.pages.edited_sources import administrator
from formloom.web.pages.listing import HIDDEN_TYPES, SYSTEM_COLUMNS, Listing
from formloom.web.pages.refusals import answering
from formloom.web.requests import catalog, reading

_VALID = Draft202012Validator(VIEW)
_PREVIEWED = 25


@blueprint.get("/design/entities/<name>/views")
def design_views(name: str) -> ResponseReturnValue:
    administrator()
    definition = editing.read("entity", name)
    data = {
        "definition": definition, "words": texts(WORDS),
        "hidden": sorted(HIDDEN_TYPES), "needed": {kind: dict(keys) for kind, keys in view_checks.NEEDED.items()},
        "stamps": {name: {"type": kind, "label": dict(words)} for name, kind, words in assembly.SYSTEM
                   if name in SYSTEM_COLUMNS},
        "there": name in catalog().entities}
    return render_template("design/views.html", name=name, data=data, tree=definition["tree"],
                           entity=catalog().entities.get(name))


@blueprint.get("/design/entities/<name>/views/preview")
@answering
def preview_view(name: str) -> ResponseReturnValue:
    """The view as it would look with the records that this administrator sees now."""
    with reading() as context:
        shown, asked = _previewed(context, name)
        held = lists.content(context, shown, asked)
        there = f"/design/entities/{name}/views"
        said = f"?view={quote(request.args.get('view', ''))}"
        if held.board:
            held = replace(held, board=replace(held.board, totals=f"{there}/totals{said}"))
        if held.agenda:
            held = replace(held, agenda=replace(held.agenda, address=f"{there}/events{said}", new=""))
        values = lists.body(shown, asked, held)
    return render_template("design/_view_preview.html", **values)


@blueprint.get("/design/entities/<name>/views/totals")
@answering
def preview_totals(name: str) -> ResponseReturnValue:
    with reading() as context:
        return jsonify(boards.totals(context, _previewed(context, name)[0]))


@blueprint.get("/design/entities/<name>/views/events")
@answering
def preview_events(name: str) -> ResponseReturnValue:
    with reading() as context:
        return jsonify(agenda.events(context, _previewed(context, name)[0]))


def _previewed(context: Context, name: str) -> tuple[Listing, Listing]:
    """A list of the entity in force, as if it had this one view; fields that are not in force yet are left out."""
    administrator()
    entity, sent = context.catalog.entity(name), _sent()
    view = _known(assembly.view(sent, entity.state or ""), entity)
    imagined = replace(entity, views=(view,))
    asked = Listing(entity=imagined, view=view.name)
    shown = listing.with_view(asked, view, listing.default_columns(entity))
    shown = replace(shown, by=listing.field_of(view), size=_PREVIEWED)
    return layouts.of(context, imagined).chosen(shown), asked


def _sent() -> dict[str, Any]:
    try:
        view = json.loads(request.args.get("view", ""))
    except ValueError:
        raise BadRequest(Text("The request cannot be read.")) from None
    if not _VALID.is_valid(view):
        raise Unfinished(Text("This view cannot be drawn yet."))
    return dict(view)


def _known(view: View, entity: Entity) -> View:
    board = view.board and replace(
        view.board, card=_there(view.board.card, entity), sum=view.board.sum if view.board.sum in entity.fields else "")
    return replace(view, columns=_there(view.columns, entity), board=board,
                   sort=tuple(s for s in view.sort if s.field in entity.fields))


def _there(names: tuple[str, ...], entity: Entity) -> tuple[str, ...]:
    return tuple(name for name in names if name in entity.fields)


@blueprint.get("/design/entities/<name>/views/conditions")
@answering
def view_conditions(name: str) -> ResponseReturnValue:
    """The builder with the rows of a filter; as FEEL where only that can say it."""
    administrator()
    entity, filter = _designed(name), request.args.get("filter", "")
    try:
        rows = conditions.from_feel(filter, entity)
    except FeelSyntaxError:
        rows = None
    return render_template(
        "design/_conditions.html", conditions=rows, filter=filter, symbols=conditions.SYMBOLS, entity=entity,
        filterable=[f for f in entity.fields.values() if f.type.operators])


@blueprint.post("/design/entities/<name>/views/conditions")
@answering
def read_conditions(name: str) -> ResponseReturnValue:
    """What the rows of the builder say, as FEEL."""
    administrator()
    entity = _designed(name)
    try:
        return jsonify(filter=conditions.to_feel(conditions.posted(request.form, entity), entity))
    except ValidationFailed as failed:
        raise Unfinished(failed.errors[0].message) from failed


class Unfinished(FormloomError):
    """What is being typed is no view yet: said where it would stand."""

    code, status = "view-unfinished", 422


def _designed(name: str) -> Entity:
    """The entity as it would be; while the draft has mistakes, as it is."""
    with reading() as context:
        model = model_draft.drafted(context)
    there = model.catalog.entities if model else catalog().entities
    return there.get(name) or catalog().entity(name)
