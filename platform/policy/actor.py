"""Who asks: a person, or the system on behalf of a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Everything a rule may ask about a person, loaded once per request.

    `teams`: ids of teams the person is a member of; `team_members`: user ids in those teams and all teams below them;
    `reports`: user ids below the person in the line of managers; all include nobody twice, and `team_members` includes
    the person. `team_names`: those of the person's teams and of all teams around them.
    """

    user_id: int
    username: str
    name: str
    email: str = ""
    roles: frozenset[str] = frozenset()
    teams: frozenset[int] = frozenset()
    team_members: frozenset[int] = frozenset()
    team_names: frozenset[str] = frozenset()
    reports: frozenset[int] = frozenset()
    manager_id: int | None = None
    locale: str = "zh"
    timezone: str = "Asia/Shanghai"
    admin: bool = False
    system: bool = False        # the platform itself: every rule allows, the audit says so

    @property
    def feel(self) -> Mapping[str, Any]:
        """The context that is called `user` in rules; its members are those of `metadata.scopes.USER`."""
        return {
            "id": Decimal(self.user_id), "username": self.username, "name": self.name, "email": self.email,
            "roles": sorted(self.roles), "teams": [Decimal(i) for i in sorted(self.teams)],
            "team": [Decimal(i) for i in sorted(self.team_members)],
            "team_names": sorted(self.team_names),
            "reports": [Decimal(i) for i in sorted(self.reports)],
            "manager": None if self.manager_id is None else Decimal(self.manager_id),
        }


SYSTEM = Actor(user_id=0, username="system", name="Formloom", system=True)
