"""Who does a user task: people by name, by role, by the line of managers, by team, by what a decision said.

Nobody found is no reason to stop: the task goes to the fallback role, else to whoever administers the platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from formloom.metadata.catalog import Catalog
from formloom.policy import people
from formloom.policy.actor import Actor
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow.definition import Approval, Assignment, Node, ProcessDefinition
from formloom.workflow.scope import find_actor, local_now

MOST_MANAGERS = 20
Voter = Mapping[str, Any]       # `user` or `role`, and the `weight` of the vote


def voters(context: Context, instance_id: int, definition: ProcessDefinition, node: Node, initiator: int,
           scope: Mapping[str, Any]) -> list[Voter]:
    """Those who decide an approval, each once, at least one."""
    approval = node.approval or Approval()
    found = list(dict.fromkeys(_everyone(context, node.assignment, initiator, scope)))
    barred = _barred(context, instance_id, definition, initiator) if approval.self != "allow" else frozenset()
    kept = [who for who in found if who not in barred]
    if approval.self == "fallback" and len(kept) < len(found):
        kept += [who for who in with_fallback(context, node.assignment) if who not in {*kept, *barred}]
    kept = kept or [who for who in with_fallback(context, node.assignment) if who not in barred][:1]
    if not kept:
        return [{"user": None, "role": administrators(context.catalog), "weight": Decimal(1)}]
    return [{"user": Decimal(who), "role": None, "weight": _weight(context, approval, who, scope)} for who in kept]


def candidates(context: Context, node: Node, initiator: int,
               scope: Mapping[str, Any]) -> tuple[int | None, str | None, list[int]]:
    """Assignee, role and users of a task that one person does; in a vote, those of that vote."""
    if node.approval is not None:
        voter = scope["approver"]
        return None if voter["user"] is None else int(voter["user"]), voter["role"], []
    given = node.assignment
    assignee = next(_people(context, given.assignee, scope), None)
    if assignee is not None:
        return assignee, None, []
    users = list(dict.fromkeys(_named(context, given, initiator, scope)))
    return None, given.role or (None if users else given.fallback or administrators(context.catalog)), users


def administrators(catalog: Catalog) -> str | None:
    return next((role.name for role in catalog.roles.values() if role.admin), None)


def with_fallback(context: Context, given: Assignment) -> list[int]:
    """People of the fallback role, else administrators."""
    found = people.with_role(context.unit, given.fallback) if given.fallback else []
    admin = administrators(context.catalog)
    return found or (people.with_role(context.unit, admin) if admin else [])


def _everyone(context: Context, given: Assignment, initiator: int, scope: Mapping[str, Any]) -> Iterator[int]:
    assignee = next(_people(context, given.assignee, scope), None)
    if assignee is not None:
        yield assignee
        return
    yield from _named(context, given, initiator, scope)
    if given.role:
        yield from people.with_role(context.unit, given.role)


def _named(context: Context, given: Assignment, initiator: int, scope: Mapping[str, Any]) -> Iterator[int]:
    """Everybody it names besides the plain role."""
    yield from _people(context, given.users, scope)
    for role in _list(given.roles.evaluate(scope, local_now(context)) if given.roles else None):
        yield from people.with_role(context.unit, str(role))
    if given.line:
        yield from _managers(context, given, initiator, scope)
    if given.head:
        yield from _heads(context, given.head, initiator)


def _people(context: Context, expression: Any, scope: Mapping[str, Any]) -> Iterator[int]:
    """Of what an expression gives, those who are active people."""
    for value in _list(expression.evaluate(scope, local_now(context)) if expression else None):
        if not isinstance(value, (bool, str)):
            actor = find_actor(context, int(value))
            if actor is not None and not actor.system:
                yield actor.user_id


def _list(value: Any) -> list[Any]:
    return [item for item in (value if isinstance(value, list) else [value]) if item is not None]


def _managers(context: Context, given: Assignment, initiator: int, scope: Mapping[str, Any]) -> Iterator[int]:
    """Upwards from the initiator; one who is gone is passed over, a ring in the line ends it."""
    levels = given.line.evaluate(scope, local_now(context)) if given.line else 0
    seen, above = {initiator}, manager_of(context, initiator)
    for _ in range(min(int(levels or 0), MOST_MANAGERS)):
        if above is None or above in seen:
            return
        seen.add(above)
        actor = find_actor(context, above)
        if actor is not None:
            yield above
            if given.line_until and given.line_until in actor.roles:
                return
        above = manager_of(context, above)


def manager_of(context: Context, user_id: int) -> int | None:
    wanted = sa.select(t.fl_profile.c.manager_id).where(t.fl_profile.c.user_id == user_id)
    found = context.unit.connection.scalar(wanted)
    return None if found is None else int(found)


def _heads(context: Context, team: str, initiator: int) -> Iterator[int]:
    """Of a team by name, or of the initiator's; a team without a head asks the one above it."""
    teams = {row.id: row for row in context.unit.connection.execute(sa.select(t.fl_team))}
    mine = find_actor(context, initiator)
    wanted = (mine.teams if mine else frozenset()) if team == "initiator" else {
        i for i, row in teams.items() if row.name == team}
    for team_id in sorted(wanted):
        seen: set[int] = set()
        above: int | None = team_id
        while above is not None and above not in seen and above in teams:
            seen.add(above)
            head = teams[above].head_id
            if head is not None and find_actor(context, head) is not None:
                yield head
                break
            above = teams[above].parent_id


def _barred(context: Context, instance_id: int, definition: ProcessDefinition, initiator: int) -> frozenset[int]:
    """Four eyes: whoever started the process, and whoever approved an earlier step of it."""
    rows = context.unit.connection.execute(sa.select(t.fl_task.c.node, t.fl_task.c.done_by).where(
        t.fl_task.c.instance_id == instance_id, t.fl_task.c.status == "done", t.fl_task.c.kind.is_(None)))
    approvals = {node.id for node in definition.nodes.values() if node.approval is not None}
    return frozenset({initiator, *(row.done_by for row in rows if row.node in approvals)})


def _weight(context: Context, approval: Approval, who: int, scope: Mapping[str, Any]) -> Decimal:
    if approval.weight is None:
        return Decimal(1)
    value = approval.weight.evaluate({**scope, "approver": Decimal(who)}, local_now(context))
    return Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value > 0 else (
        Decimal(0))


def known(context: Context, user_ids: Iterable[int]) -> list[Actor]:
    """Those of them who are active people."""
    found = (find_actor(context, user_id) for user_id in dict.fromkeys(user_ids))
    return [actor for actor in found if actor is not None and not actor.system]
