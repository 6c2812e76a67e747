"""Looks at an installation: what is well, what is not, and what to do about it."""

from __future__ import annotations

import shutil
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from formloom import clock
from formloom.exchange import mail
from formloom.runtime import NotInitialised, Runtime
from formloom.storage import state
from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_incident, fl_job, fl_team
from formloom.workflow import monitoring

_SILENT = timedelta(seconds=30)
_LATE = timedelta(minutes=5)
_SPARE_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    well: bool
    found: str
    remedy: str = ""


def examine(runtime: Runtime) -> list[Finding]:
    """Without a database the rest cannot be asked."""
    try:
        with runtime.database.read() as unit:
            findings = [Finding("database", True, runtime.database.url.render_as_string()), *_inside(runtime, unit)]
    except SQLAlchemyError as error:
        findings = [Finding("database", False, type(error).__name__ + ": " + str(error).splitlines()[0],
                            "Check FORMLOOM_DATABASE_URL, and run: formloom init")]
    return [*findings, _calendars(runtime), _limits(runtime), _mail(runtime), _disk(runtime)]


def _inside(runtime: Runtime, unit: Unit) -> Iterator[Finding]:
    checks: tuple[Callable[[Runtime, Unit], Finding], ...] = (_catalog, _queue, _processes, _worker, _clock)
    for check in checks:
        yield check(runtime, unit)


def _catalog(runtime: Runtime, unit: Unit) -> Finding:
    version = state.values(unit).get("catalog")
    return Finding("catalog", version is not None, version[:12] if version else "none", "Run: formloom apply <pack>")


def _queue(runtime: Runtime, unit: Unit) -> Finding:
    rows = unit.connection.execute(sa.select(fl_job.c.status, sa.func.count()).group_by(fl_job.c.status)).all()
    counts = {row[0]: row[1] for row in rows}
    late = unit.connection.scalar(sa.select(sa.func.count()).where(
        fl_job.c.status == "queued", fl_job.c.run_at < runtime.now() - _LATE)) or 0
    found = ", ".join(f"{number} {status}" for status, number in sorted(counts.items())) or "empty"
    well = not counts.get("failed") and not late
    return Finding("queue", well, f"{found}; {late} late",
                   "Look at fl_job.error, and see that a worker runs: formloom worker")


def _processes(runtime: Runtime, unit: Unit) -> Finding:
    """Running instances that nothing can move, and those that wait for a repair."""
    stuck = [str(found.id) for found in monitoring.stuck(unit)]
    broken = unit.connection.scalar(sa.select(sa.func.count()).where(fl_incident.c.status == "open")) or 0
    names = f" ({', '.join(stuck[:10])}{', ...' if len(stuck) > 10 else ''})" if stuck else ""
    return Finding("processes", not stuck and not broken, f"{len(stuck)} stuck{names}, {broken} incidents",
                   "Open them at /monitoring: retry or cancel what is stuck, repair what stopped.")


def _worker(runtime: Runtime, unit: Unit) -> Finding:
    seen = state.values(unit).get(state.HEARTBEAT)
    if seen is None:
        return Finding("worker", False, "never seen", "Start one: formloom serve, or formloom worker")
    silent = datetime.now(UTC) - datetime.fromisoformat(seen)
    return Finding("worker", silent < _SILENT, f"last seen {silent.total_seconds():.0f} s ago",
                   "Start one: formloom serve, or formloom worker")


def _clock(runtime: Runtime, unit: Unit) -> Finding:
    offset = int(state.values(unit).get(clock.OFFSET, "0"))
    if runtime.database.dialect == "postgresql":
        theirs = unit.connection.scalar(sa.select(sa.func.now()))
        apart = abs((datetime.now(UTC) - theirs).total_seconds()) if theirs else 0.0
        if apart > 5:
            return Finding("clock", False, f"{apart:.0f} s apart from the database's", "Synchronise both with NTP.")
    return Finding("clock", not offset or runtime.settings.demo, f"moved forward by {timedelta(seconds=offset)}",
                   "A moved clock is for demos only; start with a new database.")


def _calendars(runtime: Runtime) -> Finding:
    """A team whose calendar is not there counts by the organisation's, and nobody would notice."""
    try:
        known = runtime.model().catalog.calendars
    except (NotInitialised, SQLAlchemyError):
        return Finding("calendars", True, "none yet")
    with runtime.database.read() as unit:
        given = fl_team.c.calendar.is_not(None)
        named = unit.connection.execute(sa.select(fl_team.c.name, fl_team.c.calendar).where(given)).all()
    lost = [f"{row.name}: {row.calendar}" for row in named if row.calendar not in known]
    return Finding("calendars", not lost, ", ".join(lost) if lost else f"{len(known)} in force",
                   "Give the team one that exists: formloom team calendar <team> <calendar>")


def _limits(runtime: Runtime) -> Finding:
    """Web processes of other machines cannot be seen from here; docs/operations.md tells of them."""
    if runtime.settings.redis_url:
        return Finding("rate limits", True, "shared through Redis")
    processes = runtime.settings.web_processes
    return Finding("rate limits", processes == 1, f"counted in each of {processes} web processes" if processes > 1
                   else "counted in the web process", "Set FORMLOOM_REDIS_URL, so that web processes count together.")


def _mail(runtime: Runtime) -> Finding:
    url = runtime.settings.smtp_url
    if not url:
        return Finding("mail", True, "no mail server: mails are kept and shown as unsent")
    server = mail.server(url)
    try:
        with mail.connected(server, runtime.settings.smtp_ca, timeout=5) as connection:
            connection.noop()
    except (OSError, smtplib.SMTPException) as error:
        return Finding("mail", False, f"{server.host}:{server.port}: {error}",
                       "Check FORMLOOM_SMTP_URL and FORMLOOM_SMTP_CA.")
    return Finding("mail", True, f"{server.host}:{server.port} answers")


def _disk(runtime: Runtime) -> Finding:
    free = shutil.disk_usage(runtime.settings.home).free
    return Finding("disk", free > _SPARE_BYTES, f"{free // 2**20} MB free in {runtime.settings.home}", "Make room.")
