"""What actions take and give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from formloom.policy.decision import Access


@dataclass(frozen=True, slots=True)
class Record:
    """One record as this actor may see it: fields that may not be read are absent, masked ones are masked.

    `titles`: by field, the words for each id that a reference or user field holds. `row` is the raw row; it never
    leaves the server.
    """

    entity: str
    id: int
    version: int
    values: Mapping[str, Any]
    titles: Mapping[str, Mapping[int, str]]
    access: Access
    label: str
    row: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """`sort` as field names, descending with a minus; `after` is the `next` of the page before."""

    filter: str | None = None
    search: str | None = None
    sort: tuple[str, ...] = ()
    page: int = 1
    page_size: int = 25
    after: str | None = None
    fields: tuple[str, ...] | None = None
    count: bool | str = False       # True or "exact"; "capped" stops counting at 10 000


@dataclass(frozen=True, slots=True)
class Page:
    """`count` is None unless asked for; capped counts stop at 10 001, which means "more than"."""

    records: tuple[Record, ...]
    page: int
    page_size: int
    more: bool
    next: str | None = None
    count: int | None = None
