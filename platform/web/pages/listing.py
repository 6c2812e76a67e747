"""What a list shows, as its address says it: every filter, sort and column is in the URL, so that links are deep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from formloom.metadata.catalog import Entity, Field, Sort, View

EVERYTHING = "true"      # as a filter: take the one of the view away
SIZES = (25, 50, 100)
HIDDEN_TYPES = frozenset({"table", "json", "rich_text", "long_text", "file", "image"})
SYSTEM_COLUMNS = ("created_at", "updated_at")
LAYOUTS = ("list", "kanban", "calendar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`filter`, `columns`, `layout` and `by` are what the address says; `view` supplies what it does not say."""

    entity: Entity
    view: str = ""
    q: str = ""
    filter: str = ""
    sort: tuple[Sort, ...] = ()
    columns: tuple[str, ...] = ()
    page: int = 1
    size: int = SIZES[1]
    layout: str = ""        # one of LAYOUTS; '' is what the view says
    by: str = ""            # field of the columns of a board, or of the days of a calendar

    @property
    def path(self) -> str:
        return f"/records/{self.entity.name}"

    def url(self, **changes: Any) -> str:
        """The address of this list with something changed; changing what is shown goes back to the first page."""
        if "page" not in changes:
            changes["page"] = 1
        return self.path + replace(self, **changes).query

    @property
    def query(self) -> str:
        pairs = {
            "view": self.view, "q": self.q, "filter": self.filter, "sort": sort_text(self.sort),
            "columns": ",".join(self.columns), "page": "" if self.page == 1 else str(self.page),
            "size": "" if self.size == SIZES[1] else str(self.size), "layout": self.layout, "by": self.by}
        text = urlencode({k: v for k, v in pairs.items() if v})
        return f"?{text}" if text else ""

    def turned(self, field: str, add: bool = False) -> tuple[Sort, ...]:
        """What a click on a header does: ascending, descending, off; `add` keeps the other columns."""
        now = next((s for s in self.sort if s.field == field), None)
        turned = () if now and now.descending else (Sort(field, descending=now is not None),)
        kept = tuple(s for s in self.sort if s.field != field) if add else ()
        return kept + turned

    def direction(self, field: str) -> str:
        found = next((s for s in self.sort if s.field == field), None)
        return "none" if found is None else "descending" if found.descending else "ascending"

    def order(self, field: str) -> int:
        """1 for the first sorted column; 0 when it is not sorted or the only one."""
        names = [s.field for s in self.sort]
        return names.index(field) + 1 if field in names and len(names) > 1 else 0


def from_query(entity: Entity, args: MultiDict[str, str]) -> Listing:
    """Unknown fields in `sort` and `columns` are left out: a saved link outlives a field."""
    return Listing(
        entity=entity, view=args.get("view", ""), q=args.get("q", "").strip(), filter=args.get("filter", "").strip(),
        sort=parse_sort(args.get("sort", ""), entity), columns=_known(args.getlist("columns"), entity),
        page=max(1, _number(args.get("page", ""), 1)), size=_size(args.get("size", "")),
        layout=layout(args.get("layout", "")), by=by if (by := args.get("by", "")) in entity.fields else "")


def with_view(listing: Listing, view: View | None, default_columns: Sequence[str]) -> Listing:
    """The listing with what its view, or else the entity, says about filter, columns and order."""
    entity = listing.entity
    return replace(
        listing,
        filter="" if listing.filter == EVERYTHING else listing.filter or (view.filter if view else ""),
        sort=listing.sort or (view.sort if view else ()) or entity.sort or (Sort("id", descending=True),),
        columns=listing.columns or (view.columns if view else ()) or tuple(default_columns),
        layout=listing.layout or (view.kind if view else "list"))


def field_of(view: View) -> str:
    """The field that makes the columns or the days of a declared view."""
    if view.board is not None:
        return view.board.group_by
    return view.calendar.start if view.calendar is not None else ""


def parse_sort(text: str, entity: Entity) -> tuple[Sort, ...]:
    parts = [p.strip() for p in text.split(",") if p.strip()]
    found = [Sort(p.lstrip("-"), p.startswith("-")) for p in parts]
    return tuple(s for s in found if s.field in entity.fields or s.field in ("id", *SYSTEM_COLUMNS))


def sort_text(sort: Sequence[Sort]) -> str:
    return ",".join(("-" if s.descending else "") + s.field for s in sort)


def default_columns(entity: Entity) -> tuple[str, ...]:
    """Authored columns, else number, title, state, owner and the first fields that fit a row."""
    if entity.columns:
        return entity.columns
    first = [entity.number, entity.title, entity.state]
    rest = [f.name for f in columns_of(entity) if not f.system]
    names = [n for n in (*first, *rest) if n]
    return tuple(dict.fromkeys(names))[:7]


def columns_of(entity: Entity) -> list[Field]:
    """Fields that a row can show."""
    return [f for f in entity.fields.values()
            if f.type.name not in HIDDEN_TYPES and (not f.system or f.name in SYSTEM_COLUMNS)]


def _known(texts: Sequence[str], entity: Entity) -> tuple[str, ...]:
    names = [n.strip() for text in texts for n in text.split(",")]
    return tuple(dict.fromkeys(n for n in names if n in entity.fields))


def layout(text: str) -> str:
    """`board` is what boards were called in addresses once."""
    return "kanban" if text == "board" else text if text in LAYOUTS else ""


def _size(text: str) -> int:
    size = _number(text, SIZES[1])
    return size if size in SIZES else SIZES[1]


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdigit() and len(text) < 9 else otherwise


def place_classes(entity: Entity, columns: Sequence[Field]) -> Mapping[str, str]:
    """Where a column goes on a phone's card: name and money on the first line, state and a date below."""
    money = next((f.name for f in columns if "money" in (f.type.name, f.options.get("returns"))), None)
    below = next((f.name for f in columns if f.type.name in ("date", "datetime", "user")), None)
    places: dict[str | None, str] = {below: "b2", entity.state: "b1", money: "a2", entity.title: "a1"}
    if columns and entity.title not in [f.name for f in columns]:
        places[columns[0].name] = "a1"
    return {f.name: places.get(f.name, "hide") for f in columns}


def paged(listing: Listing, page: int) -> Listing:
    return replace(listing, page=page)
