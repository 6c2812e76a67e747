"""Two people changed the same fields: what it was, theirs and mine side by side, and a choice per field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import simplejson
from flask import render_template
from werkzeug.datastructures import MultiDict

from formloom.errors import FieldConflict, StaleVersion
from formloom.forms import form, names
from formloom.forms.display import Shown
from formloom.metadata.catalog import Entity, Field
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.web.pages.frame import display, workspace_of

KEPT, CHOICE = "kept/", "choice/"


@dataclass(frozen=True, slots=True)
class Version:
    """One side of a conflict; a child table is shown line by line."""

    shown: Shown
    lines: tuple[tuple[Shown, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    field: Field
    base: Version
    theirs: Version
    mine: Version
    columns: tuple[Field, ...] = ()


def page(context: Context, entity: Entity, record: Record, mine: Mapping[str, Any], stale: StaleVersion) -> str:
    """Everything typed travels along in the page, in conflict or not."""
    rows = [_row(context, entity, c) for c in stale.conflicts]
    disputed = {c.field for c in stale.conflicts}
    kept = {name: _text(value) for name, value in mine.items()}
    return render_template(
        "records/conflict.html", entity=entity, record=record, rows=rows, by=stale.by, version=stale.version, kept=kept,
        workspace=workspace_of(entity),
        others=[entity.fields[n] for n in mine if n in entity.fields and n not in disputed])


def choices(form: MultiDict[str, str]) -> dict[str, Any]:
    """What the conflict page sends: my values, without those where theirs was chosen."""
    found = {}
    for key, text in form.items():
        if key.startswith(KEPT) and form.get(CHOICE + key.removeprefix(KEPT), "mine") == "mine":
            found[key.removeprefix(KEPT)] = simplejson.loads(text, use_decimal=True)
    return found


def _text(value: Any) -> str:
    return str(simplejson.dumps(value, use_decimal=True, ensure_ascii=False, default=str))


def _row(context: Context, entity: Entity, conflict: FieldConflict) -> Row:
    spec = entity.field(conflict.field)
    columns: tuple[Field, ...] = ()
    if spec.type.name == "table":
        columns = tuple(form.columns(context.catalog.entity(spec.target or "")))
    base, theirs, mine = (_side(context, spec, columns, v) for v in (conflict.base, conflict.theirs, conflict.mine))
    return Row(spec, base, theirs, mine, columns)


def _side(context: Context, spec: Field, columns: tuple[Field, ...], value: Any) -> Version:
    if not columns:
        return Version(_shown(context, spec, value))
    lines = tuple(tuple(_shown(context, c, row.get(c.name)) for c in columns) for row in value or ())
    return Version(Shown("text", str(len(lines))), lines)


def _shown(context: Context, spec: Field, value: Any) -> Shown:
    """`value` is JSON, or what was typed: shown as it stands where it is no value of the field."""
    if value is None or value == "":
        return Shown("empty")
    try:
        parsed = value if spec.type.computed else spec.type.parse(value, spec)
    except (ValueError, TypeError, ArithmeticError):
        return Shown("text", str(value))
    titles = names.of_value(context, spec, parsed, display().locale)
    return display().show(spec, {spec.name: parsed}, {spec.name: titles})


