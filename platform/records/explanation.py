"""Why somebody may or may not do something with one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from formloom.errors import Forbidden, NotFound, Text
from formloom.metadata.catalog import Entity
from formloom.policy import people
from formloom.policy.actor import Actor
from formloom.policy.decision import Decision, Step
from formloom.records.context import Context
from formloom.records.resolution import row_for
from formloom.records.scope import Scope


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision and every rule that was asked for it."""

    about: Actor
    decision: Decision
    steps: tuple[Step, ...]


def explain(context: Context, entity: str, id: int, action: str, user_id: int | None = None) -> Explanation:
    """Of the actor's own rights, with the values they may read; administrators ask about anybody."""
    target = context.catalog.entity(entity)
    row = row_for(context, target, id, "read")
    found = _explained(context, target, row, action, _about(context, user_id))
    if context.policy.is_admin(context.actor):
        return found
    open_fields = _open(context, target, Scope(context, target, row))
    return replace(found, steps=tuple(
        replace(s, values={n: v for n, v in s.values.items() if _may_see(n, open_fields)}) for s in found.steps))


def explain_about(context: Context, entity: str, id: int, action: str, about: Actor) -> Explanation:
    """Of anybody's rights with a record that the actor of the context reads; with every value that rules read."""
    target = context.catalog.entity(entity)
    return _explained(context, target, row_for(context, target, id, "read"), action, about)


def _explained(context: Context, entity: Entity, row: Mapping[str, Any], action: str, about: Actor) -> Explanation:
    scope = Scope(replace(context, actor=about), entity, row)
    return Explanation(about, context.policy.decide(about, action, entity, scope, context.now),
                       context.policy.explain(about, action, entity, scope, context.now))


def _about(context: Context, user_id: int | None) -> Actor:
    if user_id is None or user_id == context.actor.user_id:
        return context.actor
    if not context.policy.is_admin(context.actor):
        raise Forbidden(Text("Only administrators ask about the rights of others."))
    if (found := people.load_actor(context.unit, user_id)) is None:
        raise NotFound(Text("There is no user number {id}.", id=user_id))
    return found


def _open(context: Context, entity: Entity, scope: Scope) -> frozenset[str]:
    access = context.policy.access(context.actor, entity, scope, context.now)
    return access.readable - access.masks.keys()


def _may_see(path: str, open_fields: frozenset[str]) -> bool:
    """What is on another record is left out: that record has rules of its own."""
    head, *rest = path.split(".")
    return head == "user" or (head in open_fields and not rest)
