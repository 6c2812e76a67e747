"""Lists of any entity: rows, board, export and bulk actions. Everything shown went through `records.actions`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, redirect, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from formloom.errors import BadExpression, FormloomError, Text, UnknownField, ValidationFailed
from formloom.feel import FeelSyntaxError
from formloom.forms import clocks
from formloom.forms.display import NUMERIC, Display, Shown
from formloom.metadata.catalog import Entity, Field
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.query import Page, Record
from formloom.web.i18n import label, t
from formloom.web.pages import agenda, boards, conditions, layouts, listing, views
from formloom.web.pages.agenda import Agenda
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.boards import Board
from formloom.web.pages.exports import csv_lines
from formloom.web.pages.frame import display, may_create, workspace_of
from formloom.web.pages.listing import Listing
from formloom.web.pages.rows import query
from formloom.web.requests import actor, catalog, model, reading, writing

BULK_LIMIT = 500
EXPORT_PAGE = 500
EXPORT_LIMIT = 50_000
COUNTED = 10_000       # a capped count stops one above


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    version: int
    label: str
    cells: Mapping[str, Shown]


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    operator: str
    value: str
    without: str        # address of the list when the chip is taken away


@dataclass(frozen=True, slots=True)
class Outcome:
    id: int
    label: str
    error: str = ""


@blueprint.get("/records/<name>")
def list_records(name: str) -> ResponseReturnValue:
    entity = catalog().entity(name)
    if "f" in request.args:
        return _composed(entity)
    with reading() as context:
        asked = listing.from_query(entity, request.args)
        found = views.all_of(context, entity)
        fitting = layouts.of(context, entity)
        shown = fitting.chosen(views.apply(asked, found))
        held = content(context, shown, asked)
    values = body(shown, asked, held) | {"views": found, "layouts": fitting}
    template = "lists/_body.html" if _partial() else "lists/list.html"
    return render_template(template, **values), 400 if held.problem else 200


def _partial() -> bool:
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def _composed(entity: Entity) -> ResponseReturnValue:
    """The builder's rows become FEEL in the address; works without scripts."""
    asked = listing.from_query(entity, request.args)
    return redirect(asked.url(filter=conditions.to_feel(conditions.posted(request.args, entity), entity)))


@dataclass(frozen=True, slots=True)
class Content:
    """What a list is looked at as: rows, a board or a calendar; `problem` where its filter does not hold."""

    page: Page
    ticking: Mapping[tuple[int, str], Shown] = field(default_factory=dict)
    board: Board | None = None
    agenda: Agenda | None = None
    problem: FormloomError | None = None


def content(context: Context, shown: Listing, asked: Listing) -> Content:
    """A filter that does not hold is shown with its mistake over an empty list; nothing typed is lost."""
    empty = Page(records=(), page=1, page_size=shown.size, more=False)
    try:
        if shown.layout == "kanban":
            return Content(empty, board=boards.of(context, shown, asked))
        if shown.layout == "calendar":
            return Content(empty, agenda=agenda.of(context, shown, asked))
        page = actions.list(context, shown.entity.name, query(shown))
    except (BadExpression, UnknownField) as error:
        return Content(empty, problem=error)
    return Content(page, clocks.cells(context, shown.entity, page.records, shown.columns, display()))


def body(shown: Listing, asked: Listing, content: Content) -> dict[str, Any]:
    entity, show = shown.entity, display(compact=True)
    readable = model().policy.list_access(actor(), entity.name).readable
    columns = [f for n in shown.columns if (f := entity.fields.get(n)) and (f.system or n in readable)]
    rows = [_row(r, columns, show, content.ticking) for r in content.page.records]
    chips = _chips(shown, asked, show)
    return {
        "entity": entity, "listing": shown, "asked": asked, "page": content.page, "rows": rows, "columns": columns,
        "board": content.board, "agenda": content.agenda, "problem": content.problem,
        "places": listing.place_classes(entity, columns), "chips": chips, "numeric": NUMERIC,
        "conditions": _conditions(shown), "symbols": conditions.SYMBOLS, "creatable": may_create(entity),
        "workspace": workspace_of(entity), "sizes": listing.SIZES,
        "choosable": [f for f in listing.columns_of(entity) if f.system or f.name in readable],
        "filterable": [f for f in entity.fields.values() if f.type.operators and (f.system or f.name in readable)],
        "dense": request.cookies.get("dense") == "1"}


def _row(record: Record, columns: Sequence[Field], show: Display,
         ticking: Mapping[tuple[int, str], Shown]) -> Row:
    cells = {f.name: ticking.get((record.id, f.name)) or show.show(f, record.values, record.titles) for f in columns}
    return Row(record.id, record.version, record.label, cells)


def _conditions(shown: Listing) -> tuple[conditions.Condition, ...] | None:
    try:
        return conditions.from_feel(shown.filter, shown.entity)
    except FeelSyntaxError:
        return None


def _chips(shown: Listing, asked: Listing, show: Display) -> list[Chip]:
    given = _conditions(shown)
    if given is None:
        return [Chip("FEEL", "", shown.filter, asked.url(filter=listing.EVERYTHING))]
    return [_chip(c, asked, [x for x in given if x is not c], show) for c in given]


def _chip(condition: conditions.Condition, asked: Listing, rest: Sequence[conditions.Condition], show: Display) -> Chip:
    field = asked.entity.field(condition.field)
    words = " – " if condition.operator == "between" else ", "
    value = words.join(_spoken(v, field, show) for v in condition.values)
    without = asked.url(filter=conditions.to_feel(rest, asked.entity) or listing.EVERYTHING)
    return Chip(label(field.label), t(conditions.SYMBOLS[condition.operator]), value, without)


_SPOKEN = {"=user.id": Text("me"), "=user.team": Text("my teams"), "=user.reports": Text("my reports"),
           "=today()": Text("today"), "=now()": Text("now"), "true": Text("yes"), "false": Text("no")}


def _spoken(value: str, field: Field, show: Display) -> str:
    if value in _SPOKEN:
        return t(_SPOKEN[value])
    choice = field.choice(value)
    return label(choice.label) if choice else value.removeprefix("=")


@blueprint.get("/records/<name>/count")
def count_records(name: str) -> ResponseReturnValue:
    """Asked for by the page once it is shown: a list never waits for its count."""
    entity = catalog().entity(name)
    with reading() as context:
        shown = views.apply(listing.from_query(entity, request.args), views.all_of(context, entity))
        page = actions.list(context, name, query(shown, 1, count="capped"))
    return render_template("lists/_count.html", count=page.count, most=COUNTED)


@blueprint.get("/records/<name>/export.csv")
def export_records(name: str) -> ResponseReturnValue:
    """The columns and rows of the list, all pages up to EXPORT_LIMIT rows, in the words of the person."""
    entity = catalog().entity(name)
    with reading() as context:
        shown = views.apply(listing.from_query(entity, request.args), views.all_of(context, entity))
        readable = model().policy.list_access(actor(), name).readable
        columns = [f for n in shown.columns if (f := entity.fields.get(n)) and (f.system or n in readable)]
        header, rows = [label(f.label) for f in columns], list(_exported(context, shown, columns))
    response = Response(stream_with_context(csv_lines(header, rows)), mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _exported(context: Context, shown: Listing, columns: Sequence[Field]) -> Iterator[list[str]]:
    show = display()
    for page in range(1, EXPORT_LIMIT // EXPORT_PAGE + 1):
        found = actions.list(context, shown.entity.name, query(listing.paged(shown, page), EXPORT_PAGE))
        for record in found.records:
            yield [_text(show.show(f, record.values, record.titles)) for f in columns]
        if not found.more:
            return


def _text(shown: Shown) -> str:
    if shown.kind == "tags":
        return ", ".join(i.text for i in shown.items)
    return shown.title if shown.kind == "html" else shown.text


@blueprint.post("/records/<name>/bulk")
def bulk(name: str) -> ResponseReturnValue:
    """One action on every chosen record, each in its own transaction, with a result for each."""
    entity, wanted = catalog().entity(name), request.form.get("do", "")
    ids = [int(i) for i in request.form.getlist("id") if i.isdigit()][:BULK_LIMIT]
    if wanted != "delete":
        entity.action(wanted)
    outcomes = [_outcome(entity, record_id, wanted) for record_id in ids]
    back = listing.from_query(entity, request.args)
    return render_template("lists/_results.html" if _partial() else "lists/results.html", entity=entity, wanted=wanted,
                           outcomes=outcomes, back=back.path + back.query)


def _outcome(entity: Entity, record_id: int, wanted: str) -> Outcome:
    try:
        with writing() as context:
            record = actions.read(context, entity.name, record_id)
            if wanted == "delete":
                actions.delete(context, entity.name, record_id)
            else:
                actions.run(context, entity.name, record_id, wanted)
    except FormloomError as error:
        return Outcome(record_id, f"#{record_id}", _why(error))
    return Outcome(record_id, record.label)


def _why(error: FormloomError) -> str:
    if isinstance(error, ValidationFailed):
        return " ".join(t(e.message) for e in error.errors)
    return " ".join(t(x) for x in (error.message, error.hint) if x)
