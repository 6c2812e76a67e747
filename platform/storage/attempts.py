"""Failed logins by name: after five in a row the name is locked, longer each time."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_login_attempt as attempt

FREE = 5
_FIRST_LOCK = timedelta(seconds=30)
_LONGEST_LOCK = timedelta(hours=1)


def locked_until(unit: Unit, name: str, now: datetime) -> datetime | None:
    until: datetime | None = unit.connection.scalar(sa.select(attempt.c.locked_until).where(attempt.c.name == name))
    return until if until and until > now else None


def note_failure(unit: Unit, name: str, now: datetime) -> None:
    unit.insert_once(attempt, {"name": name, "failures": 0, "last_at": now}, "name")
    failures = unit.connection.scalar(
        sa.update(attempt).where(attempt.c.name == name)
        .values(failures=attempt.c.failures + 1, last_at=now).returning(attempt.c.failures)) or 0
    if failures >= FREE:
        lock = min(_FIRST_LOCK * 2 ** min(failures - FREE, 10), _LONGEST_LOCK)
        unit.connection.execute(sa.update(attempt).where(attempt.c.name == name).values(locked_until=now + lock))


def forget(unit: Unit, name: str) -> None:
    unit.connection.execute(sa.delete(attempt).where(attempt.c.name == name))
