"""What a designed entity looks like: the form of a new record, and the list with the rows there are.

It is made from the draft and reads only what is stored: a field that has no column yet is blank, and a default is
shown only where it needs no data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import render_template, request
from flask.typing import ResponseReturnValue

from formloom.forms import form
from formloom.forms.display import NUMERIC, Shown
from formloom.forms.form import Sheet, Tab
from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.metadata.form_layout import FormLayout
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.query import Query
from formloom.records.record import Record
from formloom.web.pages import listing
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design.outline import in_force, outlined
from formloom.web.pages.edited_sources import administrator
from formloom.web.pages.frame import display
from formloom.web.requests import reading

_ROWS: Final = 6
_EMPTY: Final = Shown("empty", "")


@dataclass(frozen=True, slots=True)
class Column:
    field: Field
    stored: bool


@blueprint.get("/design/entities/<name>/preview")
def entity_preview(name: str) -> ResponseReturnValue:
    administrator()
    with reading() as context:
        catalog = outlined(context)
        entity = catalog.entities.get(name)
        if entity is None:
            return render_template("design/_preview.html", entity=None)
        layout = next((one.form for one in entity.layouts if one.name == request.args.get("layout")), entity.form)
        columns, rows = _listed(context, entity)
        return render_template(
            "design/_preview.html", entity=entity, tabs=_tabs(context, catalog, entity, layout), columns=columns,
            rows=rows, numeric=NUMERIC)


def _tabs(context: Context, catalog: Catalog, entity: Entity, layout: FormLayout) -> tuple[Tab, ...]:
    """Everything there is, also what is shown only sometimes."""
    names = frozenset(f.name for f in entity.fields.values() if _drawable(f, catalog))
    sheet = Sheet(
        context=replace(context, catalog=catalog), entity=entity, values=_defaults(entity, context), titles={},
        readable=names, writable=names, show=display(), layout=layout)
    return form.tabs(sheet)


def _drawable(field: Field, catalog: Catalog) -> bool:
    return field.type.name != "table" or field.target in catalog.entities


def _defaults(entity: Entity, context: Context) -> dict[str, Any]:
    """Those that say the same whoever asks; ids of other records would have to be looked up."""
    return {f.name: f.default.evaluate({}, context.now) for f in entity.fields.values()
            if f.default and not f.default.names and f.type.feel_type not in ("context", "list", "any")}


def _listed(context: Context, entity: Entity) -> tuple[list[Column], list[Mapping[str, Shown]]]:
    fields = [entity.fields[n] for n in listing.default_columns(entity) if n in entity.fields]
    held = in_force(context.catalog, entity)
    before = _before(held, fields)
    columns = [Column(f, f.name in before) for f in fields]
    if held is None:
        return columns, []
    query = Query(fields=tuple(f.name for f in before.values()), page_size=_ROWS, count="no")
    found: Sequence[Record] = actions.list(context, held.name, query).records
    return columns, [_row(record, fields, before) for record in found]


def _before(held: Entity | None, fields: Sequence[Field]) -> dict[str, Field]:
    """The field in force of each that is stored already, by the name it will have: the id stays the same."""
    stored = {f.id: f for f in held.fields.values()} if held else {}
    return {f.name: stored[f.id] for f in fields if f.id in stored}


def _row(record: Record, fields: Sequence[Field], before: Mapping[str, Field]) -> dict[str, Shown]:
    show = display(compact=True)
    cells = {}
    for field in fields:
        old = before.get(field.name)
        if old is None:
            cells[field.name] = _EMPTY
            continue
        as_now = replace(field, name=old.name) if field.type.name == old.type.name else old
        cells[field.name] = show.show(as_now, record.values, record.titles)
    return cells
