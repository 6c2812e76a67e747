"""A list as a calendar: the events of the days that are looked at, and what dragging one to other days does.

Times travel as clocks on the wall of the person: the page shows them as they are, and only this module knows the zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadRequest, Text
from formloom.forms.display import Display
from formloom.metadata.catalog import CalendarLayout, Choice, Entity, Field
from formloom.metadata.view_checks import kind_of
from formloom.records import actions, moves
from formloom.records.actions.list import condition, readable
from formloom.records.context import Context
from formloom.records.query import Query, Record
from formloom.web.i18n import label, t
from formloom.web.pages import layouts, listing, views
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display, may_create
from formloom.web.pages.listing import Listing
from formloom.web.pages.refusals import answering
from formloom.web.pages.rows import query
from formloom.web.requests import catalog, reading, writing

MOST = 500
LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What the page has before it asks for events."""

    field: Field
    timed: bool
    today: str
    address: str        # of the events
    legend: tuple[Choice, ...]
    new: str            # address of the form for a record on a day; '' where none may be made
    end: str            # field of the end; '' for none

    @property
    def toned(self) -> bool:
        """Whether the choices are states; else each has a colour of its own."""
        return any(choice.tone != "idle" or choice.fill for choice in self.legend)


def of(context: Context, shown: Listing, asked: Listing) -> Agenda:
    """Raises BadExpression and UnknownField for a filter that does not hold."""
    entity = shown.entity
    condition(context, entity, query(shown))
    field, layout = entity.fields[shown.by], _layout(context, shown)
    colour = entity.fields.get(layout.color_by)
    access = context.policy.access(context.actor, entity, None, context.now)
    here = asked.url(layout="calendar", by=shown.by)
    return Agenda(
        field, kind_of(field) == "datetime", _wall(context.now, display().timezone),
        f"{asked.path}/calendar{here[len(asked.path):]}", colour.choices if colour else (),
        f"{asked.path}/new" if may_create(entity) and field.name in access.writable else "", layout.end)


def _layout(context: Context, shown: Listing) -> CalendarLayout:
    """Without the fields that this person may not read in full: an event would tell of them by its place or colour."""
    found, allowed = layouts.calendar(shown.entity, shown), readable(context, shown.entity)
    return replace(found, end=found.end if found.end in allowed else "",
                   color_by=found.color_by if found.color_by in allowed else "")


@blueprint.get("/records/<name>/calendar")
@answering
def calendar_events(name: str) -> ResponseReturnValue:
    """Of the days that are looked at, and no others."""
    entity = catalog().entity(name)
    with reading() as context:
        shown = layouts.of(context, entity).chosen(views.apply(
            listing.from_query(entity, request.args), views.all_of(context, entity)))
        if shown.layout != "calendar":
            raise BadRequest(Text("{entity} has no date to make a calendar of.", entity=entity.plural))
        return jsonify(events(context, shown))


def events(context: Context, shown: Listing) -> dict[str, Any]:
    """`more`: there are others than these."""
    entity, layout, show = shown.entity, _layout(context, shown), display(compact=True)
    asked = query(shown, names=tuple(n for n in (layout.start, layout.end, layout.title, layout.color_by) if n))
    own = _within(entity.fields[layout.start], layout, *_range(show))
    found = actions.list(context, entity.name, Query(
        filter=f"({asked.filter}) and {own}" if asked.filter else own, search=asked.search, fields=asked.fields,
        sort=(layout.start,), page_size=MOST))
    return {"events": [_event(context, entity, layout, record, show) for record in found.records],
            "more": found.more, "most": MOST}


def _range(show: Display) -> tuple[datetime, datetime]:
    try:
        first, last = (datetime.fromisoformat(request.args.get(key, "")[:19]) for key in ("start", "end"))
    except ValueError:
        raise BadRequest(Text("The request cannot be read.")) from None
    if not timedelta(0) < last - first <= LONGEST:
        raise BadRequest(Text("A calendar shows at most {n} days.", n=LONGEST.days))
    return first.replace(tzinfo=show.timezone), last.replace(tzinfo=show.timezone)


def _within(field: Field, layout: CalendarLayout, first: datetime, last: datetime) -> str:
    """The condition for records that touch these days."""
    low, high = (_written(field, moment) for moment in (first, last))
    if not layout.end:
        return f"{layout.start} >= {low} and {layout.start} < {high}"
    lasting = f"{layout.end} >= {low} or ({layout.end} = null and {layout.start} >= {low})"
    return f"{layout.start} < {high} and ({lasting})"


def _written(field: Field, moment: datetime) -> str:
    if kind_of(field) == "date":
        return f'date("{moment.date().isoformat()}")'
    return f'date and time("{moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}")'


def _event(
    context: Context, entity: Entity, layout: CalendarLayout, record: Record, show: Display
) -> dict[str, Any]:
    """The form that FullCalendar takes; the last day of a date is the first it no longer stands on."""
    title = entity.fields.get(layout.title)
    words = show.show(title, record.values, record.titles).text if title and title.name in record.values else ""
    start, end = record.values[layout.start], record.values.get(layout.end)
    choice = entity.fields[layout.color_by].choice(record.values.get(layout.color_by)) if layout.color_by else None
    made: dict[str, Any] = {
        "id": str(record.id), "title": words or record.label, "url": f"/records/{entity.name}/{record.id}",
        "start": _wall(start, show.timezone), "allDay": not isinstance(start, datetime),
        "startEditable": _movable(context, entity, record, layout.start),
        "durationEditable": bool(layout.end) and _movable(context, entity, record, layout.end),
        "extendedProps": {"version": record.version, "choice": choice.value if choice else "",
                          "said": label(choice.label) if choice else "", "name": record.label}}
    if end is not None and end >= start:
        made["end"] = _wall(end if isinstance(end, datetime) else end + timedelta(days=1), show.timezone)
    return made


def _movable(context: Context, entity: Entity, record: Record, name: str) -> bool:
    return bool(moves.changeable(context, entity, record, entity.fields[name]))


def _wall(value: date | datetime, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")
    return value.isoformat()


@blueprint.post("/records/<name>/<int:record_id>/days")
@answering
def move_days(name: str, record_id: int) -> ResponseReturnValue:
    """Dragged or stretched: an ordinary change of the fields, refused like any other."""
    entity = catalog().entity(name)
    values = dict(_sent(entity, display().timezone))
    with writing() as context:
        before = actions.read(context, name, record_id)
        after = actions.update(context, name, record_id, values, request.form.get("version", type=int))
        back = moves.undoing(context, before, after)
    field = entity.fields[request.form.get("by", "")]
    day = display(compact=True).show(field, after.values).text
    return jsonify({"version": after.version, "undo": back,
                    "said": t(Text("{name} is now on {day}", name=after.label, day=day))})


def _sent(entity: Entity, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """The fields of the start and the end with the values that they take."""
    for key, role in (("by", "start"), ("until", "end")):
        name, text = request.form.get(key, ""), request.form.get(role, "")
        if not name or not text:
            continue
        field = entity.field(name)
        try:
            moment = datetime.fromisoformat(text[:19])
        except ValueError:
            raise BadRequest(Text("The request cannot be read.")) from None
        if kind_of(field) == "datetime":
            yield name, moment.replace(tzinfo=zone).isoformat()
        else:
            yield name, (moment.date() - timedelta(days=role == "end")).isoformat()
