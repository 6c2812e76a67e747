"""Setting an installation up: its tables, a pack in force, the data of a demo, and the greeting when it is ready."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from werkzeug.security import generate_password_hash

from formloom.design import packs
from formloom.design.upgrading import Upgrade
from formloom.exchange import data, organisation
from formloom.metadata import archives
from formloom.metadata.sources import Source
from formloom.policy import people
from formloom.policy.actor import SYSTEM, Actor
from formloom.runtime import Runtime
from formloom.settings import DEMO_PASSWORD, Settings
from formloom.storage.choices import NO_CHOICES, Choices
from formloom.storage.database import Unit
from formloom.web import security_accounts
from formloom.web.settling import settle

_LOCK = 7_205_010_003
_ASK_SECONDS = 0.5


def prepare(runtime: Runtime) -> None:
    """Accounts and platform tables; processes that start together take turns."""
    with runtime.database.write() as unit:
        if unit.dialect == "postgresql":
            unit.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        security_accounts.create_tables(unit.connection)
    runtime.database.upgrade()
    runtime.settings.files.mkdir(parents=True, exist_ok=True)


def apply(runtime: Runtime, pack: Path, sources: Sequence[Source], choices: Choices = NO_CHOICES) -> Upgrade:
    """Puts the pack into force beside the others and under the local layer, which wins where both changed the same."""
    archive = archives.with_sources(pack, sources)
    done = packs.install(runtime, SYSTEM, [archive], choices=choices, keep_mine=True)
    settle(runtime, [archive])
    return done


def load_demo(runtime: Runtime, pack: Path) -> list[str]:
    """People, records, and what the people do first; once. The usernames that may sign in."""
    password_hash = generate_password_hash(DEMO_PASSWORD)

    def account(unit: Unit, username: str, name: str, email: str, roles: list[str]) -> int:
        return security_accounts.create_user(unit, username=username, name=name, email=email, roles=roles,
                                             password_hash=password_hash)

    today = runtime.now().astimezone(ZoneInfo(runtime.settings.timezone)).date()
    with runtime.writing(SYSTEM) as context:
        usernames = organisation.load(context.unit, pack, runtime.settings.language, account)
        if data.load_demo(context, pack, today):
            data.play(context, pack, lambda name: _actor(runtime, context.unit, name))
    return usernames


def _actor(runtime: Runtime, unit: Unit, username: str) -> Actor:
    user = sa.table("ab_user", sa.column("id"), sa.column("username"))
    user_id = unit.connection.execute(sa.select(user.c.id).where(user.c.username == username)).scalar_one()
    actor = people.load_actor(unit, int(user_id), runtime.settings)
    if actor is None:
        raise security_accounts.UnknownPerson(username)
    return actor


@dataclass(slots=True)
class Greeting:
    """Says once where to go and who may sign in, as soon as the web server answers."""

    settings: Settings
    people: Sequence[str]
    say: Callable[[str], None]
    said: bool = False
    asked: float = field(default=0.0)

    def when_ready(self) -> None:
        if self.said or monotonic() - self.asked < _ASK_SECONDS:
            return
        self.asked = monotonic()
        if not self._ready():
            return
        self.said = True
        self.say(f"\nFormloom is ready: {self.settings.public_url}")
        if self.people:
            self.say(f"Demo logins, password {DEMO_PASSWORD}: {', '.join(self.people)}")
        self.say("Stop with Ctrl-C.")

    def _ready(self) -> bool:
        host = "127.0.0.1" if self.settings.host in ("0.0.0.0", "::") else self.settings.host  # noqa: S104 - compared
        try:
            with urllib.request.urlopen(f"http://{host}:{self.settings.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
