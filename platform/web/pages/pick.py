"""What a picker offers for a few words: records this actor may read, people, teams."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from formloom.forms import names
from formloom.metadata.catalog import Entity
from formloom.policy import people
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.query import Query
from formloom.web.i18n import locale
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import may_create
from formloom.web.requests import catalog, reading

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Offer:
    id: int
    label: str
    detail: str = ""


@blueprint.get("/pick/<name>")
def pick(name: str) -> ResponseReturnValue:
    words = request.args.get("q", "").strip()[:100]
    with reading() as context:
        if name in ("@user", "@team"):
            return _answer(_people(context, words) if name == "@user" else _teams(context, words), words)
        entity = catalog().entity(name)
        creatable = entity if may_create(entity) and not entity.parent else None
        return _answer(_records(context, entity, words), words, creatable)


def _answer(offers: list[Offer], words: str, creatable: Entity | None = None) -> str:
    return render_template("records/_offers.html", offers=offers, words=words, creatable=creatable)


def _records(context: Context, entity: Entity, words: str) -> list[Offer]:
    wanted = tuple(dict.fromkeys(n for n in (entity.title, entity.number, *entity.search) if n))
    readable = context.policy.list_access(context.actor, entity).readable
    query = Query(search=words, page_size=SHOWN, fields=tuple(n for n in wanted if n in readable))
    found = actions.list(context, entity.name, query).records
    details = [n for n in wanted if n != entity.title and n in readable]
    return [Offer(r.id, r.label, " · ".join(str(r.values[n]) for n in details if r.values.get(n))) for r in found]


def _people(context: Context, words: str) -> list[Offer]:
    return [Offer(i, name) for i, name in people.find(context.unit, words, SHOWN).items()]


def _teams(context: Context, words: str) -> list[Offer]:
    found = names.teams(context, locale()).items()
    return [Offer(i, name) for i, name in found if words.lower() in name.lower()][:SHOWN]


