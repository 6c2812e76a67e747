"""Outgoing mail: a row that people can look at, sent by a job. Without an SMTP server mails stay visible as unsent."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import sqlalchemy as sa

from formloom.errors import BadRequest, FormloomError, Text
from formloom.jobs import queue
from formloom.storage import platform_tables as t
from formloom.storage.database import Database, Unit

JOB = "mail"
TIMEOUT = 30
_ADDRESS = re.compile(r"[^@\s<>,;:\"\\()\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


class BadMailServer(FormloomError):
    code = "bad-mail-server"


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails go: `smtp://user:password@host:port?from=a@b&tls=1`, or smtps:// for TLS from the first byte."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    tls: bool = False
    implicit_tls: bool = False


def server(url: str) -> Server:
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise BadMailServer(Text("FORMLOOM_SMTP_URL is not smtp://user:password@host:port?from=a@b&tls=1."))
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    implicit = parts.scheme == "smtps"
    return Server(parts.hostname, parts.port or (465 if implicit else 25), given.get("from",
                                                                                     f"formloom@{parts.hostname}"),
                  unquote(parts.username or ""), unquote(parts.password or ""), given.get("tls") == "1", implicit)


def enqueue(unit: Unit, to: str, subject: str, body: str, *, now: datetime, html: str = "",
            key: str | None = None) -> int:
    """The id of the mail; it leaves once the transaction has committed. The same `key` gives the same mail."""
    address = to.strip()
    if not _ADDRESS.fullmatch(address):
        raise BadRequest(Text("{address} is not a mail address.", address=to))
    if key is not None:
        known = unit.connection.scalar(sa.select(t.fl_mail.c.id).where(t.fl_mail.c.key == key))
        if known is not None:
            return int(known)
    row = {"to": address, "subject": one_line(subject), "body_text": body, "body_html": html or to_html(body),
           "state": "queued", "at": now, "key": key}
    mail_id = int(unit.connection.scalar(sa.insert(t.fl_mail).values(row).returning(t.fl_mail.c.id)) or 0)
    queue.enqueue(unit, JOB, {"mail": mail_id}, key=f"mail:{mail_id}", run_at=now)
    return mail_id


def one_line(text: str) -> str:
    """A header cannot be continued by what somebody typed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def to_html(body: str) -> str:
    lines = "<br>\n".join(escape(line) for line in body.splitlines())
    linked = re.sub(r"(https?://[^\s<]+)", r'<a href="\1">\1</a>', lines)
    return f'<!doctype html><html><body style="font-family:sans-serif;line-height:1.5">{linked}</body></html>'


def message(row: Any, sender: str, job_id: int) -> EmailMessage:
    """The same job always gives the same Message-ID, so that a repeated delivery is recognised as one."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, row.to, one_line(row.subject)
    mail["Date"] = format_datetime(row.at)
    mail["Message-ID"] = f"<job-{job_id}@{sender.rpartition('@')[2] or 'formloom'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(row.body_text)
    mail.add_alternative(row.body_html, subtype="html")
    return mail


def sender(smtp_url: str | None, clock: Callable[[], datetime],
           ca: Path | None = None) -> Callable[[Database, Mapping[str, Any], int], None]:
    """The handler of mail jobs."""

    def send(database: Database, payload: Mapping[str, Any], job_id: int) -> None:
        with database.read() as unit:
            row = unit.connection.execute(sa.select(t.fl_mail).where(t.fl_mail.c.id == payload["mail"])).one()
        if row.state == "sent":
            return
        if not smtp_url:
            _mark(database, row.id, "unsent", None, "No mail server is configured.")
            return
        target = server(smtp_url)
        try:
            with connected(target, ca) as connection:
                connection.send_message(message(row, target.sender, job_id))
        except (OSError, smtplib.SMTPException) as error:
            _mark(database, row.id, "failing", None, str(error))
            raise
        _mark(database, row.id, "sent", clock(), None)

    return send


@contextmanager
def connected(target: Server, ca: Path | None = None, timeout: float = TIMEOUT) -> Iterator[smtplib.SMTP]:
    """Encrypted, if asked for, before anything is told; `ca` is trusted instead of the system's authorities."""
    context = ssl.create_default_context(cafile=ca)
    connection = (smtplib.SMTP_SSL(target.host, target.port, timeout=timeout, context=context) if target.implicit_tls
                  else smtplib.SMTP(target.host, target.port, timeout=timeout))
    with connection:
        if target.tls and not target.implicit_tls:
            connection.starttls(context=context)
        if target.user:
            connection.login(target.user, target.password)
        yield connection


def _mark(database: Database, mail_id: int, state: str, at: datetime | None, error: str | None) -> None:
    with database.write() as unit:
        unit.connection.execute(
            sa.update(t.fl_mail).where(t.fl_mail.c.id == mail_id).values(state=state, sent_at=at, error=error))
