"""Settings of one installation, read once from the environment and never again.

    FORMLOOM_HOME          folder of the database, uploads, keys, job queue; default `var`
    FORMLOOM_DATABASE_URL  SQLAlchemy URL, SQLite or PostgreSQL; default SQLite under FORMLOOM_HOME
    FORMLOOM_REDIS_URL     optional; wakes workers through Redis instead of PostgreSQL
    HOST, PORT             where to listen; default 127.0.0.1:8080
    FORMLOOM_DEMO          1: demo logins and data; refuses to listen beyond loopback
    FORMLOOM_REVIEW        1: changes of the model are approved by a second administrator before they are published
    FORMLOOM_SECRET_KEY    signing key; default: a random one kept in FORMLOOM_HOME/secret
    FORMLOOM_PLUGINS       folders of plugins, separated like PATH; default `plugins`
    FORMLOOM_WEB_PROCESSES, FORMLOOM_WORKERS   processes and worker threads; default 1 and 2
    FORMLOOM_SMTP_URL      smtp://user:password@host:port?from=a@b&tls=1; without it mails are kept and shown as unsent
    FORMLOOM_SMTP_CA       file of the authorities that sign the mail server's certificate; default the system's
    FORMLOOM_WEBHOOK_ALLOW hosts and networks inside our own that webhooks may call, separated by commas
    FORMLOOM_METRICS_TOKEN who sends it may read /metrics; without it only this machine, if nothing stands in front
    FORMLOOM_LANGUAGE, FORMLOOM_TIMEZONE       of the organisation; default zh, Asia/Shanghai
    FORMLOOM_PUBLIC_URL    address in mails; default http://HOST:PORT
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from formloom.errors import FormloomError, Text

DEMO_PASSWORD = "formloom-demo"  # noqa: S105 - public; demo mode listens on loopback only


class BadSettings(FormloomError):
    code = "bad-settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    home: Path
    database_url: str
    redis_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    demo: bool = False
    review: bool = False
    alias_days: int = 180               # for how long the API answers to a name that something had before
    secret_key: str
    plugin_paths: tuple[Path, ...] = ()
    web_processes: int = 1
    workers: int = 2
    smtp_url: str | None = None
    smtp_ca: Path | None = None
    webhook_allow: tuple[str, ...] = ()
    metrics_token: str = ""
    language: str = "zh"
    timezone: str = "Asia/Shanghai"
    public_url: str

    @property
    def files(self) -> Path:
        return self.home / "files"


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Raises `BadSettings` naming the variable and what it takes."""
    home = Path(environ.get("FORMLOOM_HOME", "var")).absolute()
    home.mkdir(parents=True, exist_ok=True)
    host, port = environ.get("HOST", "127.0.0.1"), _integer(environ, "PORT", 8080, 0, 65535)
    demo = environ.get("FORMLOOM_DEMO", "") in ("1", "true", "yes")
    if demo and not is_loopback(host):
        raise BadSettings(
            Text("Demo mode has known passwords and listens on loopback only, not on {host}.", host=host),
            Text("Set HOST=127.0.0.1, or unset FORMLOOM_DEMO."),
        )
    return Settings(
        home=home,
        database_url=_database_url(environ.get("FORMLOOM_DATABASE_URL") or f"sqlite:///{home / 'formloom.db'}"),
        redis_url=environ.get("FORMLOOM_REDIS_URL") or None,
        host=host,
        port=port,
        demo=demo,
        alias_days=_integer(environ, "FORMLOOM_ALIAS_DAYS", 180, 0, 3650),
        review=environ.get("FORMLOOM_REVIEW", "") in ("1", "true", "yes"),
        secret_key=environ.get("FORMLOOM_SECRET_KEY") or _kept_secret(home / "secret"),
        plugin_paths=tuple(Path(p) for p in environ.get("FORMLOOM_PLUGINS", "plugins").split(os.pathsep) if p),
        web_processes=_integer(environ, "FORMLOOM_WEB_PROCESSES", 1, 1, 64),
        workers=_integer(environ, "FORMLOOM_WORKERS", 2, 1, 64),
        smtp_url=environ.get("FORMLOOM_SMTP_URL") or None,
        smtp_ca=_file(environ, "FORMLOOM_SMTP_CA"),
        webhook_allow=tuple(filter(None, (p.strip() for p in environ.get("FORMLOOM_WEBHOOK_ALLOW", "").split(",")))),
        metrics_token=environ.get("FORMLOOM_METRICS_TOKEN", "").strip(),
        language=environ.get("FORMLOOM_LANGUAGE", "zh"),
        timezone=_timezone(environ.get("FORMLOOM_TIMEZONE", "Asia/Shanghai")),
        public_url=environ.get("FORMLOOM_PUBLIC_URL") or f"http://{host}:{port}",
    )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _integer(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not text.isdigit() or not low <= int(text) <= high:
        raise BadSettings(Text("{name} is {text}; it takes a whole number from {low} to {high}.",
                               name=name, text=text, low=low, high=high))
    return int(text)


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name, "")
    if text and not Path(text).is_file():
        raise BadSettings(Text("{name} is {text}; there is no such file.", name=name, text=text))
    return Path(text).absolute() if text else None


def _database_url(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    raise BadSettings(
        Text("FORMLOOM_DATABASE_URL names a database that is not supported: {scheme}.", scheme=url.split(":")[0]),
        Text("Use sqlite:///path or postgresql://user@host/database."),
    )


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadSettings(Text("FORMLOOM_TIMEZONE is {name}; use a name such as Asia/Shanghai.", name=name)) from error
    return name


def _kept_secret(path: Path) -> str:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text()
