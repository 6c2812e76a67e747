"""Seeing as somebody else: what a person may do by the roles in force and by those of the draft.

Administrators ask, and see no more than they may see anyhow; nothing can be done in the other's name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadRequest, FormloomError, NotFound, Text
from formloom.forms.display import NUMERIC
from formloom.metadata.catalog import Entity, Field
from formloom.policy import people
from formloom.policy.actor import Actor
from formloom.policy.decision import Decision, Step
from formloom.policy.policy import Policy
from formloom.policy.rules import FIXED_ACTIONS
from formloom.records import actions, explanation
from formloom.records.context import Context
from formloom.records.query import Query
from formloom.runtime import Model
from formloom.web.api.wire import explained_value
from formloom.web.i18n import label, t
from formloom.web.pages import listing, model_draft
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.edited_sources import administrator, answering
from formloom.web.pages.frame import display
from formloom.web.requests import reading

_OFFERED: Final = 8
_ROWS: Final = 15
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A list as somebody sees it. `hidden` are the fields that stay away, `masked` those told in part."""

    columns: list[Field]
    rows: list[Any]
    count: int
    hidden: list[str]
    masked: list[str]


@blueprint.get("/design/seeing/people")
@answering
def people_to_be() -> ResponseReturnValue:
    with reading() as context:
        found = people.find(context.unit, request.args.get("q", ""), _OFFERED)
        return jsonify(people=[_person(context, number) for number in found])


@blueprint.get("/design/seeing/people/<int:number>")
@answering
def person_to_be(number: int) -> ResponseReturnValue:
    with reading() as context:
        return jsonify(_person(context, number))


@blueprint.get("/design/seeing/<entity>/records")
@answering
def records_to_ask_about(entity: str) -> ResponseReturnValue:
    with reading() as context:
        query = Query(fields=("id",), search=request.args.get("q", "").strip() or None, page_size=_OFFERED)
        page = actions.list(context, context.catalog.entity(entity).name, query)
        return jsonify(records=[{"id": one.id, "label": one.label} for one in page.records])


@blueprint.get("/design/seeing/<entity>/<action>")
@answering
def why(entity: str, action: str) -> ResponseReturnValue:
    """The answer for a person, about a record or in general: `now`, and by the `draft` if it says otherwise."""
    number, record = request.args.get("person", type=int), request.args.get("record", type=int)
    with reading() as context:
        who = _actor(context, number)
        now = _answer(context, context.policy, who, entity, action, record)
        drafted = model_draft.drafted(context)
        then = None
        if drafted is not None and _knows(drafted, entity, action):
            then = _answer(context, drafted.policy, who, entity, action, record)
        broken = drafted is None and model_draft.current(context) is not None
    return jsonify(now=now, draft=then, broken=broken)


@blueprint.get("/design/seeing/<entity>")
def seen_list(entity: str) -> ResponseReturnValue:
    """The list of an entity as the person would find it if the draft were in force."""
    administrator()
    with reading() as context:
        who = _actor(context, request.args.get("person", type=int))
        target = context.catalog.entity(entity)
        drafted = model_draft.drafted(context)
        problem: FormloomError | None = None
        shown: Seen | None = None
        try:
            shown = _seen(context, drafted.policy if drafted else context.policy, who, target)
        except FormloomError as error:
            problem = error
    return render_template(
        "design/seen.html", who=who, entity=target, seen=shown, numeric=NUMERIC, problem=problem,
        places=listing.place_classes(target, shown.columns) if shown else {}, rows_shown=_ROWS,
        drafted=drafted is not None, roles=[label(r.label) for r in context.catalog.roles.values()
                                            if r.name in who.roles])


def _seen(context: Context, policy: Policy, who: Actor, entity: Entity) -> Seen:
    as_them = replace(context, actor=who, policy=policy)
    access = policy.list_access(who, entity)
    columns = [entity.fields[n] for n in listing.default_columns(entity)
               if n in entity.fields and (n in access.readable or entity.fields[n].system)]
    show = display(compact=True)
    if policy.row_rules(who, entity).nothing:
        return Seen(columns, [], 0, [label(f.label) for f in entity.fields.values() if not f.system], [])
    page = actions.list(as_them, entity.name, Query(fields=tuple(f.name for f in columns), page_size=_ROWS, count=True))
    rows = [{f.name: show.show(f, one.values, one.titles) for f in columns} for one in page.records]
    own = [f for f in entity.fields.values() if not f.system]
    return Seen(columns, rows, page.count or 0, [label(f.label) for f in own if f.name not in access.readable],
                [label(f.label) for f in own if f.name in access.masks])


def _knows(drafted: Model, entity: str, action: str) -> bool:
    found = drafted.catalog.entities.get(entity)
    return found is not None and (action in FIXED_ACTIONS or action in found.actions)


def _answer(context: Context, policy: Policy, who: Actor, entity: str, action: str, record: int | None) -> Json:
    if record is not None:
        found = explanation.explain_about(replace(context, policy=policy), entity, record, action, who)
        return _told(found.decision, found.steps)
    return _told(policy.decide(who, action, entity), policy.explain(who, action, entity))


def _told(decision: Decision, steps: tuple[Step, ...]) -> Json:
    return {"allowed": bool(decision), "reason": t(decision.reason), "rules": [
        {"role": step.role, "rule": step.rule, "allowed": step.allowed, "reason": t(step.reason),
         "values": {name: explained_value(value) for name, value in step.values.items()}} for step in steps]}


def _actor(context: Context, number: int | None) -> Actor:
    if number is None:
        raise BadRequest(Text("The request cannot be read."))
    found = people.load_actor(context.unit, number)
    if found is None:
        raise NotFound(Text("There is no user number {id}.", id=number))
    return found


def _person(context: Context, number: int) -> Json:
    found = _actor(context, number)
    return {"id": found.user_id, "name": found.name, "username": found.username, "roles": sorted(found.roles),
            "admin": context.policy.is_admin(found)}
