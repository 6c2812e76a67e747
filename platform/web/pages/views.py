"""Saved views: those of the pack, those of a person, and those a person shares with everybody."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from formloom.errors import FieldError, NotFound, Text, ValidationFailed
from formloom.metadata.catalog import Entity, View
from formloom.policy.actor import Actor
from formloom.records.context import Context
from formloom.storage.platform_tables import fl_view
from formloom.web.i18n import label, t
from formloom.web.pages import listing
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.listing import Listing
from formloom.web.requests import actor, catalog, writing

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Saved:
    """`key` is what the address carries: the name of a pack's view, or the number of a row."""

    key: str
    label: str
    view: View
    shared: bool = False
    mine: bool = False
    id: int | None = None


def all_of(context: Context, entity: Entity) -> list[Saved]:
    return [Saved(v.name, label(v.label), v) for v in entity.views] + _rows(context, entity)


def _rows(context: Context, entity: Entity) -> list[Saved]:
    who = context.actor.user_id
    wanted = (fl_view.c.entity == entity.name) & ((fl_view.c.owner_id == who) | fl_view.c.shared)
    found = context.unit.connection.execute(sa.select(fl_view).where(wanted).order_by(fl_view.c.id))
    return [Saved(str(r.id), r.name, _view(r, entity), r.shared, r.owner_id == who, r.id) for r in found]


def _view(row: sa.Row[tuple[object, ...]], entity: Entity) -> View:
    columns = tuple(c for c in row.columns or () if c in entity.fields)
    return View(row.name, {"en": row.name}, row.filter or "", columns, listing.parse_sort(row.sort or "", entity))


def apply(asked: Listing, found: list[Saved]) -> Listing:
    """The listing as its view completes it. Raises NotFound for a view that is gone or somebody else's."""
    chosen = next((s for s in found if s.key == asked.view), None)
    if asked.view and chosen is None:
        raise NotFound(Text("There is no view {name} of this list.", name=asked.view))
    return listing.with_view(asked, chosen.view if chosen else None, listing.default_columns(asked.entity))


@blueprint.post("/records/<name>/views")
def save_view(name: str) -> ResponseReturnValue:
    """Keeps what the list shows now under a name."""
    entity = catalog().entity(name)
    asked = listing.from_query(entity, request.args)
    values = _named() | {
        "entity": name, "owner_id": actor().user_id, "filter": asked.filter, "columns": list(asked.columns),
        "sort": listing.sort_text(asked.sort), "layout": "board" if asked.board else "list"}
    with writing() as context:
        made = context.unit.connection.execute(sa.insert(fl_view).values(**values)).inserted_primary_key
    flash(t(Text("View saved")))
    return redirect(f"{asked.path}?view={made[0] if made else ''}")


@blueprint.post("/records/<name>/views/<int:view_id>")
def change_view(name: str, view_id: int) -> ResponseReturnValue:
    """Renames, shares or deletes a view of one's own."""
    path = f"/records/{catalog().entity(name).name}"
    if request.form.get("delete"):
        statement: sa.Delete | sa.Update = sa.delete(fl_view)
    else:
        statement = sa.update(fl_view).values(**_named())
    with writing() as context:
        changed = context.unit.connection.execute(statement.where(_own(name, view_id, context.actor)))
        if changed.rowcount != 1:
            raise NotFound(Text("There is no view {name} of this list.", name=view_id))
    flash(t(Text("View deleted") if request.form.get("delete") else Text("View saved")))
    return redirect(path if request.form.get("delete") else f"{path}?view={view_id}")


def _own(entity: str, view_id: int, who: Actor) -> sa.ColumnElement[bool]:
    return (fl_view.c.id == view_id) & (fl_view.c.entity == entity) & (fl_view.c.owner_id == who.user_id)


def _named() -> dict[str, object]:
    words = request.form.get("name", "").strip()
    if not 0 < len(words) <= LONGEST_NAME:
        raise ValidationFailed([FieldError("name", "length", Text(
            "Give the view a name of at most {limit} characters.", limit=LONGEST_NAME))])
    return {"name": words, "shared": request.form.get("shared") == "1"}


