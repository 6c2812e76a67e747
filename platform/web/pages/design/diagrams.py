"""The model as a diagram of entities and what they point at; of a large model, what is around one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import render_template, request
from flask.typing import ResponseReturnValue

from formloom.design import diagram
from formloom.errors import Text
from formloom.metadata.catalog import Catalog, Entity
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import editing, entity_words
from formloom.web.pages.design.outline import outlined, packs
from formloom.web.pages.edited_sources import administrator
from formloom.web.requests import reading

MOST: Final = 120       # more than that nobody reads; then one is chosen and what is around it is shown
HOPS: Final = 3


@dataclass(frozen=True, slots=True)
class Tie:
    """What one entity points at: a reference, several of them, or the entity it belongs to."""

    source: str
    target: str
    kind: str           # one | many | part
    words: str


@dataclass(frozen=True, slots=True)
class Drawn:
    tie: Tie
    path: str


@blueprint.get("/design/model")
def model_diagram() -> ResponseReturnValue:
    administrator()
    asked = {name: request.args.get(name, "") for name in ("pack", "workspace", "around")}
    hops = min(HOPS, max(1, request.args.get("hops", 1, type=int)))
    with reading() as context:
        catalog = outlined(context)
    ties = _ties(catalog)
    arrows = [(tie.source, tie.target) for tie in ties]
    names = [e.name for e in catalog.entities.values() if _fits(catalog, e, asked["pack"], asked["workspace"])]
    if asked["around"] in catalog.entities:
        near = diagram.around(asked["around"], arrows, hops)
        names = [name for name in catalog.entities if name in near]
    shown = names[:MOST]
    drawing = diagram.arranged(shown, arrows)
    held = set(shown)
    return render_template(
        "design/model.html", catalog=catalog, drawing=drawing, shown=shown, left=len(names) - len(shown), asked=asked,
        lines=[Drawn(one, drawing.line((one.source, one.target))) for one in ties
               if one.source in held and one.target in held],
        hops=hops, most=HOPS, packs=packs(catalog), width=diagram.WIDTH, height=diagram.HEIGHT,
        data={"draft": editing.draft_as_json(), "words": {k: t(w) for k, w in entity_words.DIAGRAM.items()}})


def _ties(catalog: Catalog) -> list[Tie]:
    """In the order of the entities; a table of rows is the other end of belonging, so it is not drawn twice."""
    return [tie for entity in catalog.entities.values() for tie in _of(entity) if tie.target in catalog.entities]


def _of(entity: Entity) -> list[Tie]:
    found = [Tie(entity.name, f.target, "one" if f.type.name == "reference" else "many", label(f.label))
             for f in entity.fields.values()
             if f.target and not f.system and f.type.name in ("reference", "references")]
    return [*found, Tie(entity.name, entity.parent, "part", t(Text("Belongs to")))] if entity.parent else found


def _fits(catalog: Catalog, entity: Entity, pack: str, workspace: str) -> bool:
    listed = {i.entity for w in catalog.workspaces if w.name == workspace for i in w.items}
    home = entity.name in listed or entity.parent in listed
    return (not pack or entity.pack == pack) and (not workspace or home)
