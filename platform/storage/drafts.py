"""Drafts of files that are edited in the browser: one per path, kept from one sitting to the next, shared by all who
may edit. Nothing of them is in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from formloom.errors import FormloomError, Text
from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_draft as t


class OvertakenDraft(FormloomError):
    """Somebody else saved this draft since it was read; theirs was kept."""

    code, status = "draft-overtaken", 409

    def __init__(self) -> None:
        super().__init__(Text("Somebody else is editing this draft and saved it meanwhile."),
                         Text("Look at theirs, or put yours in its place."))


@dataclass(frozen=True, slots=True)
class Draft:
    """`base` is the digest of the text in force that it was made from; `number` grows with each save."""

    path: str
    text: str
    base: str
    number: int
    saved_at: datetime
    saved_by: int | None


def get(unit: Unit, path: str) -> Draft | None:
    row = unit.connection.execute(sa.select(t).where(t.c.path == path)).one_or_none()
    return Draft(*row) if row else None


def under(unit: Unit, folder: str) -> dict[str, Draft]:
    rows = unit.connection.execute(sa.select(t).where(t.c.path.startswith(folder, autoescape=True)))
    return {row.path: Draft(*row) for row in rows}


def save(unit: Unit, path: str, text: str, base: str, seen: int, by: int, now: datetime) -> int:
    """`seen`: the number of the draft that this one was made from, 0 for none. Its new number, or OvertakenDraft."""
    values = {"text": text, "base": base, "number": seen + 1, "saved_at": now, "saved_by": by}
    if seen == 0:
        saved = unit.insert_once(t, {"path": path, **values}, "path")
    else:
        mine = (t.c.path == path) & (t.c.number == seen)
        saved = unit.connection.execute(sa.update(t).where(mine).values(values)).rowcount == 1
    if not saved:
        raise OvertakenDraft
    return seen + 1


def drop(unit: Unit, path: str) -> None:
    unit.connection.execute(sa.delete(t).where(t.c.path == path))
