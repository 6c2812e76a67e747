"""The clock of a demo, which may be moved forward: its offset from the real one, kept in the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from formloom.errors import FormloomError, Text
from formloom.storage import state
from formloom.storage.database import Database
from formloom.workflow import moments

OFFSET: Final = "clock_offset"


class NotADemo(FormloomError):
    code, status = "not-a-demo", 409


def advance(database: Database, demo: bool, duration: str) -> None:
    """Raises NotADemo outside of a demo, and for what is no duration of some length."""
    step = moments.duration(duration)
    if not demo:
        raise NotADemo(Text("Only the clock of a demo can be moved."), Text("Set FORMLOOM_DEMO=1."))
    if step is None or step <= timedelta():
        raise NotADemo(Text("{text} is not a duration.", text=duration), Text("Write it like PT24H or P2D."))
    with database.write() as unit:
        offset = int(state.values(unit).get(OFFSET, "0")) + int(step.total_seconds())
        state.put(unit, OFFSET, str(offset))
