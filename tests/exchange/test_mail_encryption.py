"""Mail over TLS: a server whose certificate nobody vouches for gets nothing."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from formloom import diagnosis, settings
from formloom.exchange import mail
from formloom.jobs import queue, runner
from formloom.runtime import Runtime
from formloom.storage import platform_tables as t
from formloom.storage.database import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Post:
    """A mail server on loopback that takes mail over TLS only, and what it took."""

    certificate: Path
    port: int
    taken: list[tuple[bool, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=crm@example.org"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append((session.ssl is not None, envelope))
        return "250 OK"


def certified(folder: Path, address: str) -> tuple[Path, Path]:
    """A new key and the certificate that it signed itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=mail", "-addext", f"subjectAltName=IP:{address}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True)
    return key, certificate


def serving(folder: Path, address: str) -> Iterator[Post]:
    key, certificate = certified(folder, address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        post = Post(certificate, probe.getsockname()[1])
    controller = Controller(post, hostname="127.0.0.1", port=post.port, tls_context=context, require_starttls=True)
    controller.start()
    yield post
    controller.stop()


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    yield from serving(tmp_path, "127.0.0.1")


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[Post]:
    """Its certificate is trusted, but belongs to another address."""
    yield from serving(tmp_path, "127.0.0.2")


def sent(database: Database, url: str, ca: Path | None) -> tuple[str, str]:
    """The state of a mail after one attempt to send it, and of its job."""
    with database.write() as unit:
        mail.enqueue(unit, "jane@example.org", "合同", "请审批", now=NOW)
        job = int(unit.connection.scalar(sa.select(sa.func.max(t.fl_job.c.id))) or 0)
    runner.run(database, job, {mail.JOB: mail.sender(url, lambda: NOW, ca)}, NOW)
    with database.read() as unit:
        return str(unit.connection.scalar(sa.select(t.fl_mail.c.state))), queue.get(unit, job).status


def test_trusted_server_gets_mail_encrypted(database: Database, post: Post) -> None:
    assert sent(database, post.url + "&tls=1", post.certificate) == ("sent", "done")
    assert [(encrypted, e.rcpt_tos) for encrypted, e in post.taken] == [(True, ["jane@example.org"])]


def test_unknown_certificate_gets_no_mail(database: Database, post: Post) -> None:
    assert sent(database, post.url + "&tls=1", None) == ("failing", "queued")
    assert post.taken == []


def test_certificate_of_another_gets_no_mail(database: Database, impostor: Post) -> None:
    assert sent(database, impostor.url + "&tls=1", impostor.certificate) == ("failing", "queued")
    assert impostor.taken == []


def test_missing_authority_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(settings.BadSettings, match="FORMLOOM_SMTP_CA"):
        settings.from_environment({"FORMLOOM_HOME": str(tmp_path), "FORMLOOM_SMTP_CA": str(tmp_path / "no.pem")})


@pytest.mark.parametrize("trusted", [True, False])
def test_doctor_tries_the_encryption(tmp_path: Path, post: Post, trusted: bool) -> None:
    runtime = Runtime(settings.from_environment({
        "FORMLOOM_HOME": str(tmp_path), "FORMLOOM_SMTP_URL": post.url + "&tls=1",
        "FORMLOOM_SMTP_CA": str(post.certificate) if trusted else "", "FORMLOOM_PLUGINS": ""}))
    found, = (f for f in diagnosis.examine(runtime) if f.what == "mail")
    runtime.database.engine.dispose()
    assert found.well is trusted
    assert trusted or "CERTIFICATE_VERIFY_FAILED" in found.found
