"""Links in mails that open one task without signing in: a secret of which only the digest is kept, good until it was
used or has expired, for one task and one person.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from formloom.storage import platform_tables as t
from formloom.storage.database import Unit

LIFETIME = timedelta(days=7)
_BYTES = 32
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class TaskLink:
    digest: str
    task_id: int
    user_id: int


class Signer:
    """Signs with the installation's secret, so that a token that was never given out does not reach the database."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"task links\0" + secret.encode()).digest()

    def issue(self, unit: Unit, task_id: int, user_id: int, now: datetime) -> str:
        nonce = secrets.token_urlsafe(_BYTES)
        token = f"{nonce}.{self._sign(nonce)}"
        unit.connection.execute(sa.insert(t.fl_task_link).values(
            digest=_digest(token), task_id=task_id, user_id=user_id, expires_at=now + LIFETIME))
        return token

    def find(self, unit: Unit, token: str, now: datetime) -> TaskLink | None:
        """None for one that is forged, used or expired: the three are not told apart."""
        nonce, _, signature = token[:_LONGEST].partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(nonce).encode()):
            return None
        row = unit.connection.execute(sa.select(t.fl_task_link).where(
            t.fl_task_link.c.digest == _digest(token), t.fl_task_link.c.used_at.is_(None),
            t.fl_task_link.c.expires_at > now)).one_or_none()
        return TaskLink(row.digest, row.task_id, row.user_id) if row is not None else None

    def _sign(self, nonce: str) -> str:
        return hmac.new(self._key, nonce.encode(), hashlib.sha256).hexdigest()


def use(unit: Unit, link: TaskLink, now: datetime) -> bool:
    """Whether this was the first use; of two at once only one is."""
    free = (t.fl_task_link.c.digest == link.digest) & t.fl_task_link.c.used_at.is_(None)
    return unit.connection.execute(sa.update(t.fl_task_link).where(free).values(used_at=now)).rowcount == 1


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
