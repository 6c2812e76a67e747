"""Saved views as tabs of a list: those of the pack, one's own, and those that are shared with everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from formloom.errors import NotFound, Text
from formloom.metadata.catalog import Entity, View
from formloom.records import views as saved_views
from formloom.records.context import Context
from formloom.web.i18n import label, t
from formloom.web.pages import listing
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.listing import Listing
from formloom.web.requests import catalog, writing


@dataclass(frozen=True, slots=True)
class Saved:
    """`key` is what the address carries: the name of a pack's view, or the number of a row."""

    key: str
    label: str
    view: View
    shared: bool = False
    mine: bool = False
    id: int | None = None
    by: str = ""        # field of the columns of a board, or of the days of a calendar, where the person chose one


def all_of(context: Context, entity: Entity) -> list[Saved]:
    rows = saved_views.of(context, entity.name)
    own = [_saved(row, entity, context.actor.user_id) for row in rows]
    return [Saved(v.name, label(v.label), v) for v in entity.views] + own


def _saved(row: Mapping[str, Any], entity: Entity, user_id: int) -> Saved:
    columns = tuple(c for c in row["columns"] or () if c in entity.fields)
    sort = listing.parse_sort(",".join(row["sort"] or ()), entity)
    kind, _, by = (row["layout"] or "list").partition(":")
    view = View(row["name"], {"en": row["name"]}, row["filter"] or "", columns, sort, listing.layout(kind) or "list")
    return Saved(str(row["id"]), row["name"], view, row["shared"], row["owner_id"] == user_id, row["id"],
                 by if by in entity.fields else "")


def apply(asked: Listing, found: list[Saved]) -> Listing:
    """The listing as its view completes it. Raises NotFound for a view that is gone or somebody else's."""
    chosen = next((s for s in found if s.key == asked.view), None)
    if asked.view and chosen is None:
        raise NotFound(Text("There is no view {name} of this list.", name=asked.view))
    shown = listing.with_view(asked, chosen.view if chosen else None, listing.default_columns(asked.entity))
    same = chosen is not None and shown.layout == chosen.view.kind
    return replace(shown, by=shown.by or (chosen.by or listing.field_of(chosen.view) if chosen and same else ""))


@blueprint.post("/records/<name>/views")
def save_view(name: str) -> ResponseReturnValue:
    """Keeps what the list shows now under a name."""
    entity = catalog().entity(name)
    with writing() as context:
        made = _save(context, entity)
    flash(t(Text("View saved")))
    return redirect(f"/records/{name}?view={made}")


@blueprint.post("/records/<name>/views/<int:view_id>")
def change_view(name: str, view_id: int) -> ResponseReturnValue:
    """Renames, shares or deletes a view of one's own; what it shows becomes what the list shows now."""
    entity = catalog().entity(name)
    removing = bool(request.form.get("delete"))
    with writing() as context:
        saved_views.delete(context, view_id)
        made = None if removing else _save(context, entity)
    flash(t(Text("View deleted") if removing else Text("View saved")))
    return redirect(f"/records/{name}" + ("" if removing else f"?view={made}"))


def _save(context: Context, entity: Entity) -> int:
    shown = listing.from_query(entity, request.args)
    return saved_views.save(
        context, entity.name, request.form.get("name", "").strip(), filter=shown.filter, columns=shown.columns,
        sort=[listing.sort_text([s]) for s in shown.sort], layout=f"{shown.layout or 'list'}:{shown.by}".rstrip(":"),
        shared=request.form.get("shared") == "1")
