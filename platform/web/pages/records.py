"""The page of one record, its declared actions, and its deletion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import Forbidden, Text
from formloom.forms import clocks, form, submission
from formloom.forms.display import Shown
from formloom.metadata.catalog import Entity, Field
from formloom.records import actions, files
from formloom.records.context import Context
from formloom.records.query import Query
from formloom.records.record import Record
from formloom.web.i18n import label, t
from formloom.web.pages import flow, story, summary
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display, may_create, may_read, workspace_of
from formloom.web.pages.preferences import inside
from formloom.web.requests import catalog, reading, writing

RELATED_ROWS, RELATED_COLUMNS, COUNT_LIMIT = 5, 3, 99


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    label: str
    cells: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Records of another entity that point at this one; `new` opens a form that already does."""

    entity: Entity
    label: str
    href: str
    new: str
    count: int
    more: bool
    columns: tuple[Field, ...]
    rows: tuple[Row, ...]


@blueprint.get("/records/<name>/<int:record_id>")
def show_record(name: str, record_id: int) -> ResponseReturnValue:
    entity = catalog().entity(name)
    with reading() as context:
        record = actions.read(context, name, record_id)
        if entity.parent and record.row.get("parent"):
            return redirect(f"/records/{entity.parent}/{record.row['parent']}")
        related = list(_related(context, entity, record))
        return render_template(
            "records/record.html", entity=entity, record=record, head=summary.head(context, entity, record),
            tabs=form.tabs(form.readonly(form.of_record(context, record, display()))), related=related,
            buttons=summary.buttons(context, entity, record), standard=summary.standard(context, entity, record),
            panel=flow.of_record(context, name, record_id), story=story.of(context, entity, record_id),
            clocks=clocks.faces(context, entity, record, display()), files=files.of(context, name, record_id),
            workspace=workspace_of(entity), show=display(),
            record_id=record_id, consequence=_consequence(related), next=_following())


@blueprint.post("/records/<name>/<int:record_id>/actions/<action>")
def run_action(name: str, record_id: int, action: str) -> ResponseReturnValue:
    entity = catalog().entity(name)
    declared = entity.action(action)
    given = submission.read(request.form.to_dict(flat=False), catalog(), entity, declared.fields, display().timezone)
    given.check()
    with writing() as context:
        record = actions.run(context, name, record_id, action, given.values, request.form.get("version", type=int))
    flash(t(Text("{action}: {name}", action=declared.label, name=record.label)), "success")
    return redirect(_following() or f"/records/{name}/{record_id}")


def _following() -> str:
    """Where to go when it is done: to the board that the action was begun on."""
    asked = request.values.get("next")
    return inside(asked) if asked else ""


@blueprint.post("/records/<name>/<int:record_id>/delete")
def delete_record(name: str, record_id: int) -> ResponseReturnValue:
    with writing() as context:
        gone = actions.read(context, name, record_id).label
        actions.delete(context, name, record_id, request.form.get("version", type=int))
    flash(t(Text("{name} is deleted.", name=gone)), "success")
    return redirect(f"/records/{name}")


def _related(context: Context, entity: Entity, record: Record) -> Iterator[Related]:
    for spec in entity.related:
        other = context.catalog.entities.get(spec.entity)
        if other is None or not may_read(other):
            continue
        condition = f"{spec.field} = {record.id}"
        columns = tuple(other.fields[n] for n in other.columns
                        if n not in (spec.field, other.title) and other.fields[n].type.name != "table")
        try:
            page = actions.list(context, other.name, Query(filter=condition, page_size=RELATED_ROWS, count="capped"))
        except Forbidden:
            continue
        count = page.count or 0
        yield Related(
            other, label(spec.label) or label(other.plural),
            f"/records/{other.name}?{urlencode({'filter': condition})}",
            f"/records/{other.name}/new?{spec.field}={record.id}" if may_create(other) else "",
            min(count, COUNT_LIMIT), count > COUNT_LIMIT, columns[:RELATED_COLUMNS],
            tuple(_row(r, columns[:RELATED_COLUMNS]) for r in page.records))


def _row(record: Record, columns: tuple[Field, ...]) -> Row:
    show = display(compact=True)
    return Row(record.id, record.label, tuple(show.show(c, record.values, record.titles) for c in columns))


def _consequence(related: list[Related]) -> str:
    """What refers to the record and would keep it from going."""
    held = [t(Text("{n} {things}", n=r.count, things=r.label)) for r in related if r.count]
    return ", ".join(held)
