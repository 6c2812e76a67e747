"""The palette: records by number or name, what can be made, where one can go. Also a page, without scripts."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import Text
from formloom.forms.display import Shown
from formloom.metadata.catalog import Entity
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.query import Query, Record
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display, frame, may_create, may_read, thing
from formloom.web.requests import catalog, reading

PER_ENTITY, SHOWN = 4, 12


@dataclass(frozen=True, slots=True)
class Hit:
    label: str
    href: str
    icon: str
    end: str = ""
    state: Shown | None = None
    keys: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    label: str
    hits: tuple[Hit, ...]


@blueprint.get("/search")
def search() -> ResponseReturnValue:
    words, kind = request.args.get("q", "").strip()[:100], request.args.get("kind", "")
    readable = [e for e in catalog().entities.values() if not e.parent and may_read(e)]
    found = [] if kind == "new" else [
        Kind(t(Text("Records")), _records(readable, words)), Kind(t(Text("Go to")), tuple(_places(words)))]
    found.insert(1, Kind(t(Text("Do")), tuple(_new(readable, words, 30 if kind == "new" else 5))))
    shown = [k for k in found if k.hits]
    template = "frame/_results.html" if "HX-Request" in request.headers else "search.html"
    return render_template(template, kinds=shown, words=words)


def _records(entities: list[Entity], words: str) -> tuple[Hit, ...]:
    if not words:
        return ()
    with reading() as context:
        hits = [hit for entity in entities for hit in _of_entity(context, entity, words)]
    return tuple(hits[:SHOWN])


def _of_entity(context: Context, entity: Entity, words: str) -> list[Hit]:
    if not entity.search:
        return []
    names = tuple(dict.fromkeys(n for n in (entity.title, entity.number, entity.state) if n))
    page = actions.list(context, entity.name, Query(search=words, page_size=PER_ENTITY, fields=names))
    return [_hit(entity, record) for record in page.records]


def _hit(entity: Entity, record: Record) -> Hit:
    number = str(record.values.get(entity.number) or "") if entity.number else ""
    state = display().show(entity.field(entity.state), record.values) if entity.state else None
    shown = state if state and state.kind == "state" else None
    return Hit(record.label, f"/records/{entity.name}/{record.id}", entity.icon, number or label(entity.label), shown)


def _new(entities: list[Entity], words: str, limit: int) -> list[Hit]:
    made = [Hit(t(Text("New {thing}", thing=thing(e.label))), f"/records/{e.name}/new", "plus")
            for e in entities if may_create(e)]
    return [hit for hit in made if words.lower() in hit.label.lower()][:limit]


def _places(words: str) -> list[Hit]:
    fixed = [
        Hit(t(Text("Inbox")), "/inbox", "inbox", keys="G I"), Hit(t(Text("Home")), "/", "home", keys="G H"),
        Hit(t(Text("Notifications")), "/notifications", "bell"),
        Hit(t(Text("Profile")), "/profile", "user-circle")]
    lists = [Hit(p.label, p.href, p.icon, g.label) for g in frame().groups for p in g.places]
    return [hit for hit in (*lists, *fixed) if words.lower() in hit.label.lower()][:8]
