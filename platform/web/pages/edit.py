"""New and changed records. What was typed comes back with every refusal; nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import simplejson
from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import FieldError, Forbidden, StaleVersion, Text, ValidationFailed
from formloom.forms import form, submission
from formloom.metadata.catalog import Entity
from formloom.policy.decision import Access
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.web.i18n import t
from formloom.web.pages import conflict, live, summary, uploads
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display, workspace_of
from formloom.web.pages.preferences import inside
from formloom.web.requests import catalog, reading, writing


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a person typed, and what is wrong with it."""

    typed: Mapping[str, Any] = field(default_factory=dict)
    errors: Sequence[FieldError] = ()
    was: str | None = None
    version: int | None = None


@blueprint.get("/records/<name>/new")
def new_record(name: str) -> ResponseReturnValue:
    entity = catalog().entity(name)
    with reading() as context:
        return _blank(context, entity, Attempt(typed=_prefilled(entity)))


@blueprint.post("/records/<name>/new")
def create_record(name: str) -> ResponseReturnValue:
    entity = catalog().entity(name)
    with writing() as context:
        given = _posted(context, entity, context.policy.access(context.actor, entity, None, context.now))
    try:
        given.check()
        with writing() as context:
            record = actions.create(context, name, given.values)
    except ValidationFailed as failed:
        with reading() as context:
            return _blank(context, entity, Attempt(given.values, failed.errors)), 422
    if pick := request.form.get("pick"):
        return render_template("records/picked.html", entity=entity, record=record, pick=pick)
    return _saved(entity, record, request.form.get("next", ""))


@blueprint.get("/records/<name>/<int:record_id>/edit")
def edit_record(name: str, record_id: int) -> ResponseReturnValue:
    entity = catalog().entity(name)
    with reading() as context:
        record = actions.read(context, name, record_id)
        _may_update(context, entity, record)
        return _filled(context, record, Attempt())


@blueprint.post("/records/<name>/<int:record_id>/edit")
def update_record(name: str, record_id: int) -> ResponseReturnValue:
    entity = catalog().entity(name)
    with writing() as context:
        given = _posted(context, entity, actions.read(context, name, record_id).access)
    was = request.form.get("was", "")
    version = request.form.get("version", type=int)
    shown = _was(was)
    same = submission.unchanged(catalog(), entity, given.values, shown)
    typed = given.values | conflict.choices(request.form)
    values = {key: value for key, value in typed.items() if key not in same}
    try:
        given.check()
        with writing() as context:
            record = actions.update(context, name, record_id, values, version)
    except ValidationFailed as failed:
        return _again(entity, record_id, Attempt(typed, failed.errors, was, version)), 422
    except StaleVersion as stale:
        with reading() as context:
            return conflict.page(context, entity, actions.read(context, name, record_id), values, stale), 409
    return _saved(entity, record, "")


def _may_update(context: Context, entity: Entity, record: Record) -> None:
    decision = summary.decide(context, entity, record, "update")
    if not decision:
        raise Forbidden(decision.reason)


def _posted(context: Context, entity: Entity, access: Access) -> submission.Submission:
    """The form with its uploads stored: a refused form keeps its files."""
    allowed = [n for n in entity.fields if n in access.writable]
    given = submission.read(request.form.to_dict(flat=False), context.catalog, entity, allowed, display().timezone)
    for name in allowed:
        if entity.fields[name].type.name in ("file", "image"):
            uploads.into(context, entity, name, given)
    return given


def _was(text: str) -> Mapping[str, Any]:
    try:
        found = simplejson.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _prefilled(entity: Entity) -> dict[str, Any]:
    """`?account=3` fills the field of that name: links from related lists use it."""
    typable = {f.name for f in entity.fields.values() if not f.type.computed and f.type.name != "table"}
    return {key: value for key, value in request.args.items() if key in typable}


def _blank(context: Context, entity: Entity, attempt: Attempt) -> str:
    return _page(form.blank(context, entity, display(), attempt.typed, attempt.errors), None, attempt)


def _again(entity: Entity, record_id: int, attempt: Attempt) -> str:
    with reading() as context:
        return _filled(context, actions.read(context, entity.name, record_id), attempt)


def _filled(context: Context, record: Record, attempt: Attempt) -> str:
    return _page(form.of_record(context, record, display(), attempt.typed, attempt.errors), record, attempt)


def _page(sheet: form.Sheet, record: Record | None, attempt: Attempt) -> str:
    tabs = form.tabs(sheet)
    was = attempt.was if attempt.was is not None else simplejson.dumps(_shown_values(sheet, record))
    return render_template(
        "records/edit.html", entity=sheet.entity, record=record, tabs=tabs, rules=live.script(sheet, tabs), was=was,
        version=attempt.version or (record.version if record else None), errors=_places(sheet, tabs, attempt.errors),
        head=summary.head(sheet.context, sheet.entity, record) if record else None, show=sheet.show,
        workspace=workspace_of(sheet.entity), next=_following(),
        pick=request.values.get("pick", ""))


def _following() -> str:
    asked = request.args.get("next") or request.form.get("next")
    return inside(asked) if asked else ""


def _shown_values(sheet: form.Sheet, record: Record | None) -> dict[str, Any]:
    if record is None:
        return {}
    return {name: _comparable(sheet, name, value) for name, value in record.values.items() if name in sheet.writable}


def _comparable(sheet: form.Sheet, name: str, value: Any) -> Any:
    spec = sheet.entity.fields.get(name)
    if spec is None or spec.type.name != "table":
        return submission.normal(sheet.context.catalog, sheet.entity, name, value)
    child = sheet.context.catalog.entity(spec.target or "")
    kept = {f.name for f in form.columns(child) if not (f.type.computed or f.readonly)} | {"id"}
    rows = [{key: v for key, v in row.items() if key in kept} for row in value or ()]
    return submission.normal(sheet.context.catalog, sheet.entity, name, rows)


@dataclass(frozen=True, slots=True)
class Place:
    href: str
    words: str
    message: str


def _places(sheet: form.Sheet, tabs: Sequence[form.Tab], errors: Sequence[FieldError]) -> list[Place]:
    """Where each finding is, in the words of the form and in the order of the page."""
    controls = (control.name for tab in tabs for section in tab.sections for control in section.controls)
    order = {name: n for n, name in enumerate(controls)}
    return [Place("#f-" + e.path.replace("/", "-") if e.path else "#main", _where(sheet, e.path), t(e.message))
            for e in sorted(errors, key=lambda e: order.get(e.path.split("/")[0], -1))]


def _where(sheet: form.Sheet, path: str) -> str:
    head, *rest = path.split("/")
    spec = sheet.entity.fields.get(head)
    if spec is None:
        return ""
    if len(rest) < 2 or not spec.target:
        return str(t(Text("{field}", field=spec.label)))
    column = sheet.context.catalog.entity(spec.target).fields.get(rest[1])
    return t(Text("{table}, line {n}, {field}", table=spec.label, n=int(rest[0]) + 1 if rest[0].isdigit() else rest[0],
                  field=column.label if column else rest[1]))


def _saved(entity: Entity, record: Record, following: str) -> ResponseReturnValue:
    flash(t(Text("{name} is saved.", name=record.label)), "success")
    if following:
        return redirect(inside(following))
    return redirect(f"/records/{entity.name}/{record.id}")


