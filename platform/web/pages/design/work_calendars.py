"""The designer of calendars: hours of the week, holidays and make-up days, the year that comes of them, its users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final
from zoneinfo import available_timezones

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import NotFound, Text
from formloom.jobs import queue
from formloom.metadata.catalog import Catalog
from formloom.metadata.time_language import WEEKDAYS
from formloom.policy import people
from formloom.records.context import Context
from formloom.sla import recomputation
from formloom.sla.recomputation import Move
from formloom.web.i18n import label, t, texts
from formloom.web.pages import model_draft
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import editing
from formloom.web.pages.design.calendar_words import DAYS, WORDS
from formloom.web.pages.design.outline import outlined
from formloom.web.pages.edited_sources import administrator, answering
from formloom.web.pages.frame import display
from formloom.web.requests import reading, writing

_YEARS: Final = range(1970, 2200)
_COUNTED, _TOLD = 1000, 5
Json = dict[str, Any]
Trees = Mapping[str, Mapping[str, Any]]


@blueprint.get("/design/calendars")
def design_calendars() -> ResponseReturnValue:
    administrator()
    with reading() as context:
        catalog = outlined(context)
        trees = editing.trees(context, "calendar")
        uses = {name: _uses(context, catalog, name) for name in trees}
        today = context.now.astimezone(display().timezone).date()
    data = {
        "calendars": trees, "draft": editing.draft_as_json(), "uses": uses, "today": today.isoformat(),
        "zones": sorted(available_timezones()), "weekdays": [(day, t(DAYS[day])) for day in WEEKDAYS],
        "words": texts(WORDS)}
    return render_template("design/calendars.html", data=data)


@blueprint.get("/design/calendars/<name>/<int:year>")
@answering
def calendar_year(name: str, year: int) -> ResponseReturnValue:
    """Every day of a year as the draft makes it: minutes that are worked, and what a special day is called."""
    if year not in _YEARS:
        raise NotFound(Text("There is nothing at this address."))
    with reading() as context:
        catalog = outlined(context)
        trees = editing.trees(context, "calendar")
    found = catalog.calendars.get(name)
    if found is None:
        raise NotFound(Text("There is no {kind} {name}.", kind="calendar", name=name))
    names = {day: words for rule, words in zip(found.calendar.special, _names(trees, name), strict=False)
             for day in rule.rule.dates(year)}
    days = (date(year, 1, 1) + timedelta(n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days))
    return jsonify(days=[
        {"date": day.isoformat(), "minutes": sum(end - begin for begin, end in found.calendar.hours_on(day)),
         "special": names.get(day)} for day in days])


@blueprint.get("/design/calendars/moves")
@answering
def moving_clocks() -> ResponseReturnValue:
    """Clocks that would be due at another time: by the draft if there is one, else because something was published."""
    with reading() as context:
        drafted = model_draft.drafted(context)
        asked = replace(context, catalog=drafted.catalog) if drafted else context
        found = list(islice(recomputation.moves(asked), _COUNTED + 1))
        told = [_move(asked.catalog, move) for move in found[:_TOLD]]
    return jsonify(count=min(len(found), _COUNTED), more=len(found) > _COUNTED, moves=told, drafted=drafted is not None)


@blueprint.post("/design/calendars/moves")
def move_clocks() -> ResponseReturnValue:
    """Of what is in force, in the background."""
    administrator()
    with writing() as context:
        queue.enqueue(context.unit, recomputation.JOB, {})
    flash(t(Text("The clocks are being moved.")), "success")
    return redirect(request.referrer or "/design/calendars")


def _names(trees: Trees, name: str) -> Iterator[str]:
    """What special days are called, in the order in which the compiler has them: holidays, then make-up days."""
    for key in ("holidays", "worked"):
        for one in _given(trees, name, key):
            words = one.get("label")
            yield label(words) if isinstance(words, dict) else str(words or "")


def _given(trees: Trees, name: str, key: str) -> Any:
    """What a calendar says, or that which it is like."""
    seen: set[str] = set()
    while name in trees and name not in seen:
        seen.add(name)
        if key in trees[name]:
            return trees[name][key]
        name = str(trees[name].get("like", ""))
    return ()


def _uses(context: Context, catalog: Catalog, name: str) -> list[str]:
    levels = [f"{label(entity.label)} · {label(level.label)}" for entity in catalog.entities.values()
              for level in entity.levels.values() if level.calendar == name]
    return [*people.teams_with(context.unit, name), *levels]


def _move(catalog: Catalog, move: Move) -> str:
    show = display()
    before, after = (show.moment(one) if one else "—" for one in (move.before, move.after))
    entity = catalog.entities[move.entity]
    return t(Text("{entity} {record}, {clock}: {before} → {after}", entity=dict(entity.label), record=move.record_id,
                  clock=dict(move.label), before=before, after=after))
