"""Mail and webhooks: real servers on loopback, real rows, nothing forged by what somebody typed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from formloom.errors import BadRequest
from formloom.exchange import mail, webhooks
from formloom.jobs import queue, runner
from formloom.storage import platform_tables as t
from formloom.storage.database import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Inbox:
    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    box = Inbox()
    controller = Controller(box, hostname="127.0.0.1", port=0)
    controller.port = _free_port()
    controller.start()
    yield box, f"smtp://127.0.0.1:{controller.port}?from=crm@example.org"
    controller.stop()


def _free_port() -> int:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


def post_mail(database: Database, subject: str = "合同 to sign", body: str = "See https://example.org/1 <b>") -> int:
    with database.write() as unit:
        mail.enqueue(unit, "jane@example.org", subject, body, now=NOW)
        return int(unit.connection.scalar(sa.select(sa.func.max(t.fl_job.c.id))) or 0)


def rows(database: Database) -> list[Any]:
    with database.read() as unit:
        return list(unit.connection.execute(sa.select(t.fl_mail)))


def test_mail_arrives_as_text_and_html(database: Database, inbox: tuple[Inbox, str]) -> None:
    box, url = inbox
    runner.run(database, post_mail(database), {mail.JOB: mail.sender(url, lambda: NOW)}, NOW)
    assert [e.rcpt_tos for e in box.mails] == [["jane@example.org"]]
    content = box.mails[0].content.decode()
    assert "multipart/alternative" in content
    assert "From: crm@example.org" in content
    assert [(r.state, r.sent_at) for r in rows(database)] == [("sent", NOW)]


def test_delivered_mail_is_not_sent_again(database: Database, inbox: tuple[Inbox, str]) -> None:
    box, url = inbox
    job = post_mail(database)
    send = mail.sender(url, lambda: NOW)
    for _ in range(2):
        send(database, {"mail": rows(database)[0].id}, job)
    assert len(box.mails) == 1


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@example.org", "a\nb", "a\x00b\u2028c"])
def test_subject_cannot_add_headers(database: Database, inbox: tuple[Inbox, str], subject: str) -> None:
    box, url = inbox
    runner.run(database, post_mail(database, subject), {mail.JOB: mail.sender(url, lambda: NOW)}, NOW)
    headers = box.mails[0].content.decode().partition("\r\n\r\n")[0]
    assert "\nBcc:" not in headers


@pytest.mark.parametrize("address", ["", "jane", "a@b\r\nBcc: c@d", "a@b, c@d", "<a@b.c>", "a b@c.d"])
def test_bad_address_is_refused(database: Database, address: str) -> None:
    with pytest.raises(BadRequest), database.write() as unit:
        mail.enqueue(unit, address, "x", "y", now=NOW)


def test_without_server_mail_stays_visible(database: Database) -> None:
    job = post_mail(database)
    runner.run(database, job, {mail.JOB: mail.sender(None, lambda: NOW)}, NOW)
    assert [r.state for r in rows(database)] == ["unsent"]


def test_unreachable_server_is_tried_again(database: Database) -> None:
    job = post_mail(database)
    runner.run(database, job, {mail.JOB: mail.sender("smtp://127.0.0.1:1", lambda: NOW)}, NOW)
    assert [r.state for r in rows(database)] == ["failing"]
    with database.read() as unit:
        assert queue.get(unit, job).status == "queued"


def test_html_part_shows_markup_as_text() -> None:
    html = mail.to_html("<script>x</script> https://example.org/a?b=1&c=2")
    assert "<script>" not in html
    assert '<a href="https://example.org/a?b=1&amp;c=2">' in html


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status = 302 if self.path == "/elsewhere" else 500 if self.path == "/broken" else 200
        self.send_response(status)
        self.send_header("Location", "/hook")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[Any]:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.calls = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def call(database: Database, url: str, allowed: tuple[str, ...]) -> queue.Job:
    with database.write() as unit:
        job = webhooks.enqueue(unit, url, {"id": 1, "name": "合同"})
    runner.run(database, job, {webhooks.JOB: webhooks.poster(b"key", allowed)}, NOW)
    with database.read() as unit:
        return queue.get(unit, job)


def test_webhook_is_signed_and_idempotent(database: Database, receiver: Any) -> None:
    job = call(database, f"http://127.0.0.1:{receiver.server_port}/hook?a=1", ("127.0.0.0/8",))
    assert job.status == "done"
    path, headers, body = receiver.calls[0]
    assert (path, json.loads(body)) == ("/hook?a=1", {"id": 1, "name": "合同"})
    assert headers["X-Formloom-Signature"] == webhooks.signature(b"key", body)
    assert headers["Idempotency-Key"] == f"job-{job.id}"


@pytest.mark.parametrize("path", ["elsewhere", "broken"])
def test_redirect_and_failure_are_failures(database: Database, receiver: Any, path: str) -> None:
    job = call(database, f"http://127.0.0.1:{receiver.server_port}/{path}", ("127.0.0.1",))
    assert (job.status, len(receiver.calls)) == ("queued", 1)


@pytest.mark.parametrize("host", [
    "127.0.0.1", "localhost", "10.0.0.8", "192.168.1.1", "169.254.169.254", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]",
    "2130706433", "100.64.0.1", "[fd00::1]", "224.0.0.1",
])
def test_own_network_is_not_called(host: str) -> None:
    with pytest.raises(webhooks.BadWebhook, match=r"own network|cannot be found"):
        webhooks.poster(b"key")(None, {"url": f"http://{host}:9/", "body": {}}, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["ftp://example.org/", "http:///x", "http://user@example.org/", "javascript:alert(1)",
                                 "http://example.org/a b", "http://example.org/\r\nX: y"])
def test_only_plain_http_addresses_are_taken(database: Database, url: str) -> None:
    with pytest.raises(webhooks.BadWebhook), database.write() as unit:
        webhooks.enqueue(unit, url, {})


@pytest.mark.parametrize(("content", "told"), [
    (b"", "The receiver answered 500."), (b"no \n\t paper \xff", "The receiver answered 500: no paper \ufffd"),
    (b"x" * 5000, f"The receiver answered 500: {'x' * 200}")])
def test_refusal_is_told_in_the_receivers_words(content: bytes, told: str) -> None:
    assert str(webhooks.Answer(500, "text/plain", "", content).refusal(final=True)) == told
