"""Accounts and roles in Flask-AppBuilder's tables, written with Core inside our own transactions.

FAB's own functions commit a session of theirs, and hide what went wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from flask_appbuilder.models.sqla import Model
from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role
from werkzeug.security import generate_password_hash

from formloom.errors import Conflict, FieldError, FormloomError, Text, ValidationFailed, near
from formloom.policy import people
from formloom.runtime import Runtime
from formloom.storage.database import Unit
from formloom.web.passwords import weakness

PUBLIC_ROLE = "public"


class UnknownRole(FormloomError):
    code, status = "unknown-role", 400

    def __init__(self, name: str, known: Iterable[str]) -> None:
        guess = near(name, known)
        super().__init__(Text("There is no role {name}.", name=name),
                         Text("Did you mean {near}?", near=guess) if guess else None)


class UnknownPerson(FormloomError):
    code, status = "unknown-person", 400

    def __init__(self, username: str) -> None:
        super().__init__(Text("There is nobody called {name}.", name=username))


def create_tables(connection: sa.Connection) -> None:
    Model.metadata.create_all(connection)


def sync_roles(unit: Unit, names: Iterable[str]) -> None:
    """Every role of the catalog can be given to people; a role that left the catalog stays, and grants nothing."""
    table = Role.__table__
    known = set(unit.connection.scalars(sa.select(table.c.name)))
    missing = sorted({*names, PUBLIC_ROLE} - known)
    for name in missing:
        unit.connection.execute(sa.insert(table).values(name=name))
    if missing:
        people.bump(unit)


def create_user(unit: Unit, *, username: str, name: str, email: str, roles: Sequence[str],
                password_hash: str = "") -> int:
    """The id of the new person. Without a hash nobody can sign in as this person until a password is set."""
    users = User.__table__
    taken = sa.select(users.c.id).where((users.c.username == username) | (users.c.email == email))
    if unit.connection.execute(taken).first():
        raise Conflict(Text("There is already somebody named {name} or with the address {email}.",
                            name=username, email=email))
    first, last = split_name(name)
    now = datetime.now(UTC).replace(tzinfo=None)        # FAB's columns know no zone
    made = unit.connection.execute(sa.insert(users).values(
        username=username, first_name=first, last_name=last, email=email, active=True,
        password=password_hash or "!", login_count=0, fail_login_count=0, created_on=now, changed_on=now))
    user_id = int((made.inserted_primary_key or (0,))[0])
    for role in roles:
        unit.connection.execute(sa.insert(assoc_user_role).values(user_id=user_id, role_id=_role_id(unit, role)))
    people.bump(unit)
    return user_id


def create_user_with_password(runtime: Runtime, *, username: str, name: str, email: str, roles: Sequence[str],
                              password: str) -> int:
    if (found := weakness(password)) is not None:
        raise ValidationFailed([FieldError("password", "weak-password", found)])
    with runtime.database.write() as unit:
        return create_user(unit, username=username, name=name, email=email, roles=roles,
                           password_hash=generate_password_hash(password))


def split_name(name: str) -> tuple[str, str]:
    """Given name and family name. A short Chinese name begins with the family's one character."""
    name = name.strip()
    if 2 <= len(name) <= 3 and all("\u4e00" <= c <= "\u9fff" for c in name):
        return name[1:], name[0]
    given, _, family = name.rpartition(" ")
    return (given, family) if given else (name, "")


def _role_id(unit: Unit, name: str) -> int:
    roles = Role.__table__
    found = unit.connection.scalar(sa.select(roles.c.id).where(roles.c.name == name))
    if found is None:
        raise UnknownRole(name, unit.connection.scalars(sa.select(roles.c.name)).all())
    return int(found)
