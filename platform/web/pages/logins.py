"""Who may sign in to a demonstration, listed on its login page; nothing anywhere else."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from formloom.policy import people
from formloom.settings import DEMO_PASSWORD
from formloom.web.requests import runtime

SHOWN = 12
_USER = sa.table("ab_user", *map(sa.column, ("id", "username", "first_name", "last_name", "active")))


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    name: str
    password: str = DEMO_PASSWORD


def demo_logins() -> list[Login]:
    """Empty unless this is a demonstration, which listens on loopback only."""
    if not runtime().settings.demo:
        return []
    wanted = sa.select(_USER).where(_USER.c.active == sa.true()).order_by(_USER.c.id).limit(SHOWN)
    with runtime().database.read() as unit:
        rows = unit.connection.execute(wanted).all()
    return [Login(r.username, people.display_name(r.first_name, r.last_name, r.username)) for r in rows]
