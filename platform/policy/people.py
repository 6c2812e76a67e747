"""People as rules know them: accounts and roles from Flask-AppBuilder's tables, teams and managers from ours."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from formloom.policy.actor import Actor
from formloom.settings import Settings

KEEP_SECONDS: Final = 0.5


class Unit(Protocol):
    """What a unit of work of the storage layer gives us."""

    @property
    def connection(self) -> sa.Connection: ...


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns))


_USER = _table("ab_user", "id", "first_name", "last_name", "username", "password", "active", "email")
_ROLE = _table("ab_role", "id", "name")
_USER_ROLE = _table("ab_user_role", "user_id", "role_id")
_USER_GROUP = _table("ab_user_group", "user_id", "group_id")
_GROUP_ROLE = _table("ab_group_role", "group_id", "role_id")
_PROFILE = _table("fl_profile", "user_id", "manager_id", "locale", "timezone", "mail_notifications")
_TEAM = _table("fl_team", "id", "name", "label", "parent_id", "calendar")
_MEMBER = _table("fl_team_member", "team_id", "user_id")
_STATE = _table("fl_state", "key", "value")


class _Kept:
    """What one database said of people: actors until the security version moves, and names; at most half a second."""

    def __init__(self) -> None:
        self.actors: dict[tuple[int, bool], tuple[float, str, Actor | None]] = {}
        self.names: dict[int, str] = {}
        self.named = float("-inf")

    def names_now(self) -> dict[int, str]:
        if monotonic() - self.named >= KEEP_SECONDS:
            self.names, self.named = {}, monotonic()
        return self.names


_kept: Final[WeakKeyDictionary[sa.Engine, _Kept]] = WeakKeyDictionary()
_lock: Final = threading.Lock()


def _kept_of(unit: Unit) -> _Kept:
    engine = unit.connection.engine
    with _lock:
        kept = _kept.get(engine)
        if kept is None:
            kept = _kept[engine] = _Kept()
        return kept


def load_actor(unit: Unit, user_id: int, settings: Settings | None = None) -> Actor | None:
    """The person with this id; None if there is none or the account is not active."""
    kept, key = _kept_of(unit), (user_id, settings is not None)     # without them the language may be another one
    loaded, version, actor = kept.actors.get(key, (float("-inf"), "", None))
    if monotonic() - loaded < KEEP_SECONDS and version == security_version(unit):
        return actor
    version = security_version(unit)
    actor = _read_actor(unit, user_id, settings)
    with _lock:
        if len(kept.actors) > 10_000:
            kept.actors.clear()
        kept.actors[key] = (monotonic(), version, actor)
    return actor


def security_version(unit: Unit) -> str:
    found = unit.connection.execute(sa.select(_STATE.c.value).where(_STATE.c.key == "security")).scalar()
    return str(found or "")


def bump(unit: Unit) -> None:
    """Tells every process that people, roles or teams have changed."""
    value = secrets.token_hex(8)
    changed = unit.connection.execute(sa.update(_STATE).where(_STATE.c.key == "security").values(value=value))
    if changed.rowcount == 0:
        unit.connection.execute(sa.insert(_STATE).values(key="security", value=value))


def password_hash(unit: Unit, user_id: int) -> str:
    return str(unit.connection.execute(sa.select(_USER.c.password).where(_USER.c.id == user_id)).scalar() or "")


def names(unit: Unit, user_ids: Iterable[int]) -> dict[int, str]:
    """Display names, in one query at most."""
    ids, known = set(user_ids), _kept_of(unit).names_now()
    if wanted := sorted(ids - known.keys()):
        known.update(_read_names(unit, wanted))
    return {i: known[i] for i in ids if i in known}


def _read_names(unit: Unit, wanted: list[int]) -> dict[int, str]:
    rows = unit.connection.execute(
        sa.select(_USER.c.id, _USER.c.first_name, _USER.c.last_name, _USER.c.username).where(_USER.c.id.in_(wanted)))
    return {row.id: display_name(row.first_name, row.last_name, row.username) for row in rows}


def with_role(unit: Unit, role: str) -> list[int]:
    """Active people who hold a role, directly or through a group."""
    return sorted(unit.connection.execute(_WITH_ROLE, {"role": role}).scalars())


def _with_role() -> sa.Select[Any]:
    """Built once: it is asked for each task that is offered."""
    named = _ROLE.c.name == sa.bindparam("role")
    direct = (sa.select(_USER_ROLE.c.user_id)
              .join_from(_USER_ROLE, _ROLE, _ROLE.c.id == _USER_ROLE.c.role_id).where(named))
    through = (sa.select(_USER_GROUP.c.user_id)
               .join_from(_USER_GROUP, _GROUP_ROLE, _GROUP_ROLE.c.group_id == _USER_GROUP.c.group_id)
               .join(_ROLE, _ROLE.c.id == _GROUP_ROLE.c.role_id).where(named))
    return sa.select(_USER.c.id).where(_USER.c.active == sa.true(), _USER.c.id.in_(sa.union(direct, through)))


_WITH_ROLE = _with_role()


def find(unit: Unit, words: str, limit: int = 20) -> dict[int, str]:
    """Active people whose name or login contains the words: what a picker offers. A Chinese name is written without a
    space, the family name first.
    """
    pattern = f"%{words.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
    columns = (_USER.c.first_name, _USER.c.last_name, _USER.c.username)
    first, last = (sa.func.coalesce(c, "") for c in columns[:2])
    hit = sa.or_(*(c.ilike(pattern, escape="!") for c in (*columns, last + first, first + " " + last)))
    rows = unit.connection.execute(
        sa.select(_USER.c.id, *columns).where(_USER.c.active == sa.true(), hit).order_by(_USER.c.id).limit(limit))
    return {row.id: display_name(row.first_name, row.last_name, row.username) for row in rows}


def display_name(first: str | None, last: str | None, username: str) -> str:
    """A Chinese name has its family name first and no space."""
    given, family = (first or "").strip(), (last or "").strip()
    if any("\u4e00" <= c <= "\u9fff" for c in given + family):
        return family + given
    return f"{given} {family}".strip() or username


def set_profile(
    unit: Unit, user_id: int, *, manager_id: int | None = None, locale: str | None = None, timezone: str | None = None,
    mail_notifications: bool | None = None,
) -> None:
    """Sets what is given and leaves the rest."""
    given = {"manager_id": manager_id, "locale": locale, "timezone": timezone, "mail_notifications": mail_notifications}
    values = {name: value for name, value in given.items() if value is not None}
    there = sa.select(_PROFILE.c.user_id).where(_PROFILE.c.user_id == user_id)
    if unit.connection.execute(there).first() is None:
        unit.connection.execute(sa.insert(_PROFILE).values(user_id=user_id, **values))
    elif values:
        unit.connection.execute(sa.update(_PROFILE).where(_PROFILE.c.user_id == user_id).values(**values))
    bump(unit)


def set_locale(unit: Unit, user_id: int, locale: str) -> None:
    set_profile(unit, user_id, locale=locale)


def ensure_team(
    unit: Unit, name: str, parent_id: int | None = None, label: Mapping[str, str] | None = None
) -> int:
    """The id of the team of this name, made below `parent_id` if there is none."""
    same = sa.select(_TEAM.c.id).where(_TEAM.c.name == name)
    found = unit.connection.execute(same).scalar()
    if found is None:
        unit.connection.execute(sa.insert(_TEAM).values(
            name=name, label=sa.bindparam(None, dict(label or {"en": name}), sa.JSON()), parent_id=parent_id))
        found = unit.connection.execute(same).scalar_one()
        bump(unit)
    return int(found)


def add_member(unit: Unit, team_id: int, user_id: int) -> None:
    same = sa.select(_MEMBER.c.team_id).where(_MEMBER.c.team_id == team_id, _MEMBER.c.user_id == user_id)
    if unit.connection.execute(same).first() is None:
        unit.connection.execute(sa.insert(_MEMBER).values(team_id=team_id, user_id=user_id))
        bump(unit)


def calendar_of(unit: Unit, user_id: int) -> str:
    """The calendar of the person's team, or of the nearest one above; of several teams the first made; '' for none."""
    teams = {row.id: row for row in unit.connection.execute(sa.select(_TEAM.c.id, _TEAM.c.parent_id, _TEAM.c.calendar))}
    own = unit.connection.execute(
        sa.select(_MEMBER.c.team_id).where(_MEMBER.c.user_id == user_id).order_by(_MEMBER.c.team_id)).scalars()
    return next(filter(None, (_calendar_above(teams, team_id) for team_id in own)), "")


def teams_with(unit: Unit, calendar: str) -> list[str]:
    """Names of the teams that work by it."""
    query = sa.select(_TEAM.c.name).where(_TEAM.c.calendar == calendar).order_by(_TEAM.c.name)
    return list(unit.connection.execute(query).scalars())


def set_calendar(unit: Unit, team: str, calendar: str) -> bool:
    """Whether there is such a team."""
    changed = unit.connection.execute(sa.update(_TEAM).where(_TEAM.c.name == team).values(calendar=calendar))
    return changed.rowcount == 1


def _calendar_above(teams: Mapping[int, Any], team_id: int | None) -> str:
    for _ in teams:
        team = teams.get(team_id or 0)
        if team is None or team.calendar:
            return str(team.calendar) if team else ""
        team_id = team.parent_id
    return ""


def below(parents: Mapping[int, int | None], tops: Iterable[int]) -> frozenset[int]:
    """`tops` and everything under them in a tree given by parents; a ring in the data ends the walk."""
    children: dict[int, list[int]] = {}
    for child, parent in parents.items():
        if parent is not None:
            children.setdefault(parent, []).append(child)
    found: set[int] = set()
    waiting = list(tops)
    while waiting:
        if (one := waiting.pop()) not in found:
            found.add(one)
            waiting.extend(children.get(one, ()))
    return frozenset(found)


def _read_actor(unit: Unit, user_id: int, settings: Settings | None) -> Actor | None:
    query = sa.select(_USER).where(_USER.c.id == user_id, _USER.c.active == sa.true())
    user = unit.connection.execute(query).mappings().first()
    if user is None:
        return None
    profile: Any = unit.connection.execute(
        sa.select(_PROFILE).where(_PROFILE.c.user_id == user_id)).mappings().first() or {}
    roles, tree = _roles(unit, user_id), _team_tree(unit)
    teams = frozenset(unit.connection.execute(
        sa.select(_MEMBER.c.team_id).where(_MEMBER.c.user_id == user_id)).scalars())
    return Actor(
        user_id=user_id, username=user["username"], email=user["email"] or "", roles=roles, teams=teams,
        name=display_name(user["first_name"], user["last_name"], user["username"]),
        team_members=_team_members(unit, teams, tree) | {user_id}, team_names=_names_around(teams, tree),
        reports=_reports(unit, user_id),
        manager_id=profile.get("manager_id"), admin="Admin" in roles,
        locale=profile.get("locale") or (settings.language if settings else "zh"),
        timezone=profile.get("timezone") or (settings.timezone if settings else "Asia/Shanghai"),
    )


def _roles(unit: Unit, user_id: int) -> frozenset[str]:
    direct = (sa.select(_ROLE.c.name).join_from(_ROLE, _USER_ROLE, _ROLE.c.id == _USER_ROLE.c.role_id)
              .where(_USER_ROLE.c.user_id == user_id))
    through = (sa.select(_ROLE.c.name).join_from(_ROLE, _GROUP_ROLE, _ROLE.c.id == _GROUP_ROLE.c.role_id)
               .join(_USER_GROUP, _USER_GROUP.c.group_id == _GROUP_ROLE.c.group_id)
               .where(_USER_GROUP.c.user_id == user_id))
    return frozenset(unit.connection.execute(sa.union(direct, through)).scalars())


def teams(unit: Unit) -> list[str]:
    return sorted({name for name, _ in _team_tree(unit).values()})


def _team_tree(unit: Unit) -> Mapping[int, tuple[str, int | None]]:
    """Name and parent of every team."""
    rows = unit.connection.execute(sa.select(_TEAM.c.id, _TEAM.c.name, _TEAM.c.parent_id))
    return {row.id: (row.name, row.parent_id) for row in rows}


def _team_members(unit: Unit, teams: frozenset[int], tree: Mapping[int, tuple[str, int | None]]) -> frozenset[int]:
    if not teams:
        return frozenset()
    inside = below({team: parent for team, (_, parent) in tree.items()}, teams)
    members = sa.select(_MEMBER.c.user_id).where(_MEMBER.c.team_id.in_(inside))
    return frozenset(unit.connection.execute(members).scalars())


def _names_around(teams: frozenset[int], tree: Mapping[int, tuple[str, int | None]]) -> frozenset[str]:
    """Of the teams and of those above them; a circle of parents is walked once."""
    seen: set[int] = set()
    for team in teams:
        above: int | None = team
        while above is not None and above in tree and above not in seen:
            seen.add(above)
            above = tree[above][1]
    return frozenset(tree[team][0] for team in seen)


def _reports(unit: Unit, user_id: int) -> frozenset[int]:
    managers = {row.user_id: row.manager_id for row in unit.connection.execute(
        sa.select(_PROFILE.c.user_id, _PROFILE.c.manager_id).where(_PROFILE.c.manager_id.is_not(None)))}
    return below(managers, [user_id]) - {user_id}
