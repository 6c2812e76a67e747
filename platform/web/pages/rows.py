"""What a list asks for, whatever it is shown as."""

from __future__ import annotations

from collections.abc import Sequence

from formloom.metadata.catalog import Entity
from formloom.records.query import Query
from formloom.web.pages import listing
from formloom.web.pages.listing import Listing
from formloom.web.requests import actor, model


def query(shown: Listing, size: int | None = None, count: str = "no", names: Sequence[str] | None = None) -> Query:
    """`names`: the fields wanted, where it is not the columns. What may not be read is not asked for."""
    entity = shown.entity
    allowed = model().policy.list_access(actor(), entity.name).readable
    return Query(
        filter=shown.filter, search=shown.q,
        sort=tuple(listing.sort_text([s]) for s in shown.sort if s.field in allowed), page=shown.page,
        page_size=size or shown.size, count=count,
        fields=tuple(n for n in _wanted(entity, shown.columns if names is None else names) if n in allowed))


def _wanted(entity: Entity, columns: Sequence[str]) -> tuple[str, ...]:
    extra = [n for n in (entity.title, entity.number, entity.state) if n]
    return tuple(dict.fromkeys((*columns, *extra)))
