"""Clocks of service levels as people read them: how much working time is left, in a word, a ring and a colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from formloom.calendars.working_time import OutOfReach
from formloom.errors import Text
from formloom.forms.display import Display, Shown
from formloom.metadata.catalog import Entity, ServiceLevel
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.sla import rows
from formloom.sla.clock import Clock
from formloom.sla.rows import Entry, Kept

_SOON: Final = 0.25      # of the target is left: amber
KINDS: Final[Mapping[str, Text]] = {
    "started": Text("started"), "paused": Text("put on hold"), "resumed": Text("went on"),
    "reopened": Text("opened again"), "retargeted": Text("target changed"), "moved": Text("calendar changed"),
    "recomputed": Text("recomputed"), "warned": Text("warned"), "breached": Text("breached"), "met": Text("met"),
    "stopped": Text("stopped late"), "cancelled": Text("ended"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the ledger."""

    words: str
    at: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Face:
    """One clock on the page of its record."""

    level: ServiceLevel
    shown: Shown
    due: str
    target: str
    consumed: str
    calendar: Mapping[str, str]
    told: tuple[Told, ...]


def faces(context: Context, entity: Entity, record: Record, show: Display) -> list[Face]:
    """The clocks of a record in the order of their declaration; one whose due time may not be read is not there."""
    known = rows.of_records(context, entity.name, [record.id]) if entity.levels else {}
    return [_face(context, level, kept, show) for level in entity.levels.values()
            if (kept := known.get((record.id, level.name))) and (not level.due or level.due in record.values)]


def _face(context: Context, level: ServiceLevel, kept: Kept, show: Display) -> Face:
    work = context.catalog.calendars.get(kept.calendar)
    consumed = kept.clock.counted(work.calendar, context.now) if work else kept.clock.consumed
    return Face(level, shown(context, kept, show), show.moment(kept.due_at) if kept.due_at else "",
                amount(show, kept.clock.target), amount(show, consumed), work.label if work else {"en": kept.calendar},
                tuple(_told(entry, show) for entry in rows.entries(context, kept.id)))


def _told(entry: Entry, show: Display) -> Told:
    words = show.words(KINDS[entry.kind])
    return Told(f"{words} {entry.reason}" if entry.kind == "warned" else words, show.moment(entry.at),
                entry.kind == "breached")


def cells(context: Context, entity: Entity, records: Sequence[Record], columns: Iterable[str],
          show: Display) -> dict[tuple[int, str], Shown]:
    """What stands in a list instead of a due time, by record and field."""
    levels = [level for level in entity.levels.values() if level.due in set(columns)]
    known = rows.of_records(context, entity.name, [r.id for r in records]) if levels else {}
    found = {}
    for level in levels:
        for record in records:
            kept = known.get((record.id, level.name))
            if kept is not None and kept.state != "cancelled":
                found[record.id, level.due] = shown(context, kept, show)
    return found


def shown(context: Context, kept: Kept, show: Display) -> Shown:
    """`tone`: late, soon, done, or nothing; the ring is what is left of the target."""
    clock, due = kept.clock, show.moment(kept.due_at) if kept.due_at else ""
    if kept.state == "cancelled":
        return Shown("clock", show.words(Text("ended")), due)
    if kept.state == "met":
        return Shown("clock", show.words(Text("met")), due, tone="done", fill=1.0)
    if clock.breached_at is not None:
        return Shown("clock", _breach(clock, show), due, tone="late")
    rest = _remaining(context, kept)
    fill = max(0.0, rest / clock.target)
    text = Text("{time} left", time=amount(show, rest))
    if kept.state == "paused":
        return Shown("clock", show.words(Text("on hold, {time}", time=show.words(text))), due, fill=fill)
    if rest < timedelta():
        return Shown("clock", show.words(Text("{time} overdue", time=amount(show, -rest))), due, tone="late")
    return Shown("clock", show.words(text), due, tone="soon" if fill <= _SOON else "", fill=fill)


def _breach(clock: Clock, show: Display) -> str:
    if clock.breached_at is None or clock.ended_at is not None:
        return show.words(Text("breached"))
    return show.words(Text("breached {time} ago", time=show.duration(show.now - clock.breached_at)))


def _remaining(context: Context, kept: Kept) -> timedelta:
    work = context.catalog.calendars.get(kept.calendar)
    try:
        return kept.clock.remaining(work.calendar, context.now) if work else kept.clock.target - kept.clock.consumed
    except OutOfReach:
        return kept.clock.target - kept.clock.consumed


def amount(show: Display, value: timedelta) -> str:
    """Working time has no days: they have different hours."""
    minutes = int(abs(value).total_seconds() // 60)
    parts = [Text("{n} h", n=minutes // 60)] if minutes >= 60 else []
    if minutes % 60 or not parts:
        parts.append(Text("{n} min", n=minutes % 60))
    return " ".join(map(show.words, parts))


def as_json(context: Context, kept: Kept) -> dict[str, Any]:
    """Exact, in seconds."""
    rest = _remaining(context, kept)
    return {
        "name": kept.name, "state": kept.state, "target": kept.clock.target.total_seconds(),
        "consumed": (kept.clock.target - rest).total_seconds(), "remaining": rest.total_seconds(),
        "calendar": kept.calendar, "started_at": kept.clock.started_at, "due_at": kept.due_at,
        "paused_at": kept.clock.paused_at, "breached_at": kept.clock.breached_at, "ended_at": kept.clock.ended_at,
    }
