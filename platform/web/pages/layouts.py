"""Which boards and calendars a list can be looked at as, and how each is laid out: as a view says, or by what fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from formloom.metadata import view_checks
from formloom.metadata.catalog import BoardLayout, CalendarLayout, Entity, Field
from formloom.records.actions.list import readable
from formloom.records.context import Context
from formloom.web.pages.listing import HIDDEN_TYPES, Listing

MOST_COLUMNS = 40
CARD_FIELDS = 4


@dataclass(frozen=True, slots=True)
class Layouts:
    """What this person may group and date records by: a field that is read in part only would tell the rest."""

    boards: tuple[Field, ...]
    calendars: tuple[Field, ...]

    def chosen(self, listing: Listing) -> Listing:
        """The listing with a layout that can be shown, and the field that makes it."""
        fields = {"kanban": self.boards, "calendar": self.calendars}.get(listing.layout, ())
        if not fields:
            return replace(listing, layout="list", by="")
        names = [field.name for field in fields]
        return listing if listing.by in names else replace(listing, by=names[0])


def of(context: Context, entity: Entity) -> Layouts:
    """The life cycle comes first, and the dates of the business before the stamps of the platform."""
    allowed = [f for n, f in entity.fields.items() if n in readable(context, entity)]
    boards = [f for f in allowed if f.type.name == "choice" and 0 < len(f.choices) <= MOST_COLUMNS]
    dates = [f for f in allowed if view_checks.fits(f, "calendar", "start")]
    declared = [v.calendar.start for v in entity.views if v.calendar]
    return Layouts(
        tuple(sorted(boards, key=lambda f: f.name != entity.state)),
        tuple(sorted(dates, key=lambda f: (f.name not in declared, f.system, "created" not in f.name))))


def board(entity: Entity, listing: Listing) -> BoardLayout:
    """The settings of the view; else the cards and sums of any view that has the same columns; else what fits."""
    declared = {v.name: v.board for v in entity.views if v.board and v.board.group_by == listing.by}
    found = declared.get(listing.view)
    if found is None:
        like = next(iter(declared.values()), BoardLayout(listing.by))
        found = BoardLayout(listing.by, like.card, like.sum)
    return found if found.card else replace(found, card=_card(entity, listing))


def calendar(entity: Entity, listing: Listing) -> CalendarLayout:
    """Likewise; a calendar by the same dates looks the same from every list."""
    declared = {v.name: v.calendar for v in entity.views if v.calendar and v.calendar.start == listing.by}
    plain = CalendarLayout(listing.by, color_by=entity.state or "")
    return declared.get(listing.view) or next(iter(declared.values()), plain)


def _card(entity: Entity, listing: Listing) -> tuple[str, ...]:
    """The key figures of a record and the columns of the list, without what a card shows anyway."""
    return tuple(_fitting(entity, listing))[:CARD_FIELDS]


def _fitting(entity: Entity, listing: Listing) -> Iterator[str]:
    shown = {entity.title, entity.number, listing.by}
    for name in dict.fromkeys((*listing.columns, *entity.form.headline)):
        if name not in shown and name in entity.fields and entity.fields[name].type.name not in HIDDEN_TYPES:
            yield name
