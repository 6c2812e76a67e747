"""Change sets as rows: what each holds, edit by edit, so that an edit is taken back and done again.

An edit is a text of the local layer before and after; what stands behind the cursor was undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from formloom.errors import Conflict, FormloomError, NotFound, Text
from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_change as edits
from formloom.storage.platform_tables import fl_change_set as sets

DRAFT, REVIEW, APPROVED, PUBLISHED, DISCARDED = "draft", "review", "approved", "published", "discarded"
PUBLISHING = "publishing"       # by a worker; until that ends nothing of it changes
OPEN: Final = (DRAFT, REVIEW, APPROVED, PUBLISHING)


class OvertakenChange(FormloomError):
    """Somebody else edited this change set since it was read; nothing was kept of this edit."""

    code, status = "change-overtaken", 409

    def __init__(self) -> None:
        super().__init__(Text("Somebody else is editing this draft and changed it meanwhile."),
                         Text("Load it again; what you did is still on this page."))


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """`number` grows with whatever happens to it; `cursor` edits are in effect; `base` is the catalog it began with.
    `progress` of a publication that a worker carries out: `done` of `total` records, `step`; `trouble`: why it ended.
    """

    id: int
    title: str
    reason: str | None
    state: str
    base: str
    cursor: int
    number: int
    choices: Mapping[str, Any] | None
    created_at: datetime
    created_by: int | None
    updated_at: datetime
    updated_by: int | None
    reviewed_at: datetime | None
    reviewed_by: int | None
    review: str | None
    publication: int | None
    job_id: int | None = None
    progress: Mapping[str, Any] | None = None
    trouble: Mapping[str, Any] | None = None

    @property
    def open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Edit:
    """None stands for no file in the local layer."""

    seq: int
    path: str
    before: str | None
    after: str | None
    words: Text
    at: datetime
    by: int | None


@dataclass(frozen=True, slots=True)
class Edited:
    """A local text as it was when editing it began, and as it is now; None stands for no file."""

    before: str | None
    after: str | None
    at: datetime


def start(unit: Unit, title: str, base: str, by: int, now: datetime) -> ChangeSet:
    made = unit.connection.execute(sa.insert(sets).values(
        title=title, state=DRAFT, base=base, cursor=0, number=1, created_at=now, created_by=by, updated_at=now,
        updated_by=by).returning(sets.c.id))
    return get(unit, made.scalar_one())


def get(unit: Unit, id: int) -> ChangeSet:
    """Raises NotFound."""
    row = unit.connection.execute(sa.select(sets).where(sets.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(Text("There is no draft {id}.", id=id))
    return ChangeSet(*row)


def listed(unit: Unit, states: tuple[str, ...] = OPEN, limit: int = 100) -> list[ChangeSet]:
    """The one touched last first."""
    chosen = sa.select(sets).where(sets.c.state.in_(states)).order_by(sets.c.updated_at.desc(), sets.c.id.desc())
    return [ChangeSet(*row) for row in unit.connection.execute(chosen.limit(limit))]


def history(unit: Unit, id: int) -> list[Edit]:
    """Every edit, the undone ones too."""
    rows = unit.connection.execute(sa.select(edits).where(edits.c.change_set == id).order_by(edits.c.seq))
    return [Edit(r.seq, r.path, r.before, r.after, Text.from_json(r.words), r.at, r.by)
            for r in rows]


def texts(unit: Unit, change_set: ChangeSet) -> dict[str, Edited]:
    """By path what it says now. An edit that does not go on from the one before it begins anew: something that was
    published meanwhile was brought in.
    """
    found: dict[str, Edited] = {}
    for edit in history(unit, change_set.id):
        if edit.seq <= change_set.cursor:
            held = found.get(edit.path)
            goes_on = held is not None and held.after == edit.before
            first = held if held is not None and goes_on else edit
            found[edit.path] = Edited(first.before, edit.after, first.at)
    return {path: edited for path, edited in found.items() if edited.before != edited.after}


def edit(
    unit: Unit, seen: ChangeSet, path: str, before: str | None, after: str | None, words: Text, by: int, now: datetime
) -> ChangeSet:
    """Keeps one edit; what had been undone is forgotten. Raises OvertakenChange, Conflict."""
    behind = (edits.c.change_set == seen.id) & (edits.c.seq > seen.cursor)
    changed = update(unit, seen, by, now, cursor=seen.cursor + 1, state=DRAFT, reviewed_by=None, reviewed_at=None,
                     trouble=None)
    unit.connection.execute(sa.delete(edits).where(behind))
    unit.connection.execute(sa.insert(edits).values(
        change_set=seen.id, seq=seen.cursor + 1, path=path, before=before, after=after, at=now, by=by,
        words=words.as_json()))
    return changed


def move(unit: Unit, seen: ChangeSet, steps: int, by: int, now: datetime) -> ChangeSet:
    """Takes edits back (negative), or does them again; as far as there are any."""
    last = unit.connection.execute(
        sa.select(sa.func.max(edits.c.seq)).where(edits.c.change_set == seen.id)).scalar() or 0
    cursor = max(0, min(last, seen.cursor + steps))
    return update(unit, seen, by, now, cursor=cursor, state=DRAFT, reviewed_by=None, reviewed_at=None)


def update(unit: Unit, seen: ChangeSet, by: int, now: datetime, **values: Any) -> ChangeSet:
    """Raises OvertakenChange if it is not as it was seen, Conflict if it is closed or being published."""
    check_free(seen)
    return settle(unit, seen, by, now, **values)


def check_free(seen: ChangeSet) -> None:
    """Raises Conflict while a worker publishes it."""
    if seen.state == PUBLISHING:
        raise Conflict(Text("This draft is being published."), Text("Wait until that has ended, or stop it."))


def report(unit: Unit, id: int, progress: Mapping[str, Any]) -> bool:
    """How far publishing is. Whether it should go on: False when somebody stopped it."""
    going = (sets.c.id == id) & (sets.c.state == PUBLISHING)
    held = unit.connection.execute(sa.select(sets.c.progress).where(going).with_for_update()).one_or_none()
    if held is None or (held.progress or {}).get("stop"):
        return False
    unit.connection.execute(sa.update(sets).where(going).values(progress=dict(progress)))
    return True


def stop(unit: Unit, id: int) -> None:
    """Asks whoever publishes it to give up; it does so at its next report."""
    unit.connection.execute(sa.update(sets).where((sets.c.id == id) & (sets.c.state == PUBLISHING)).values(
        progress={"stop": True}))


def settle(unit: Unit, seen: ChangeSet, by: int, now: datetime, **values: Any) -> ChangeSet:
    """The end of publishing too, however it ended. Raises OvertakenChange, Conflict if it is closed."""
    if not seen.open:
        raise Conflict(Text("This draft was published or discarded."), Text("Begin a new one."))
    mine = (sets.c.id == seen.id) & (sets.c.number == seen.number)
    done = unit.connection.execute(sa.update(sets).where(mine).values(
        number=seen.number + 1, updated_at=now, updated_by=by, **values))
    if done.rowcount != 1:
        raise OvertakenChange
    return get(unit, seen.id)
