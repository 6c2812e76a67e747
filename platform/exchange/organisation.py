"""`data/organisation.yaml`: the teams and people of a demo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from formloom.errors import label_in
from formloom.exchange import data_files
from formloom.policy import people
from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_team

# Makes an account and returns its id: username, name, e-mail, roles.
CreateAccount = Callable[[Unit, str, str, str, list[str]], int]
_USER = sa.table("ab_user", sa.column("id"), sa.column("username"))


def load(unit: Unit, folder: Path, locale: str, create: CreateAccount) -> list[str]:
    """Makes who is not there yet; the usernames of all. Names of people are in the organisation's language."""
    path = folder / "data" / data_files.ORGANISATION
    if not path.is_file():
        return []
    content = data_files.document(path)
    users = {row.username: row.id for row in unit.connection.execute(sa.select(_USER))}
    for person in content.get("users", ()):
        if person["username"] not in users:
            name = person["name"] if isinstance(person["name"], str) else label_in(person["name"], locale)
            users[person["username"]] = create(unit, person["username"], name, person["email"], person["roles"])
    _teams(unit, content, users)
    for person in content.get("users", ()):
        _place(unit, person, users)
    return [person["username"] for person in content.get("users", ())]


def _teams(unit: Unit, content: Mapping[str, Any], users: Mapping[str, int]) -> None:
    for team in content.get("teams", ()):
        label = team.get("label", team["name"])
        unit.insert_once(fl_team, {
            "name": team["name"], "label": {"en": label} if isinstance(label, str) else label,
            "parent_id": _team_id(unit, team["parent"]) if "parent" in team else None,
            "head_id": users.get(team.get("head", "")), "calendar": team.get("calendar"),
        }, "name")


def _place(unit: Unit, person: Mapping[str, Any], users: Mapping[str, int]) -> None:
    user_id = users[person["username"]]
    if "team" in person:
        people.add_member(unit, _team_id(unit, person["team"]), user_id)
    if "manager" in person:
        people.set_profile(unit, user_id, manager_id=users[person["manager"]])


def _team_id(unit: Unit, name: str) -> int:
    return int(unit.connection.execute(sa.select(fl_team.c.id).where(fl_team.c.name == name)).scalar_one())
