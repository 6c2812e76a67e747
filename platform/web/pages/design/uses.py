"""Where an entity or a field is used, in the words of the business: asked before it is taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import jsonify
from flask.typing import ResponseReturnValue

from formloom.design.usage import where_used
from formloom.errors import Text
from formloom.metadata import references
from formloom.metadata.catalog import Catalog, Entity
from formloom.metadata.references import Name
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design.outline import outlined
from formloom.web.pages.edited_sources import answering
from formloom.web.requests import model, reading, runtime

# What a part of an entity is called, by the first words of its path.
_PARTS: Final[Mapping[tuple[str, ...], Text]] = {
    ("list", "columns"): Text("Columns of the list"), ("list", "sort"): Text("Order of the list"),
    ("form", "headline"): Text("Key figures"), ("title",): Text("What fields are for"),
    ("number",): Text("What fields are for"), ("state",): Text("What fields are for"),
    ("owner",): Text("What fields are for"), ("search",): Text("Fields that the search looks into"),
    ("unique",): Text("Unique together, or searched"), ("indexes",): Text("Unique together, or searched"),
    ("related",): Text("Lists on the page of a record"), ("parent",): Text("Belongs to it"), ("form",): Text("Form"),
    ("layouts",): Text("Forms for some"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """`where` is the definition, `what` the part of it."""

    where: str
    what: str


@blueprint.get("/design/entities/<name>/fields/<field>/uses")
@answering
def field_uses(name: str, field: str) -> ResponseReturnValue:
    with reading() as context:
        found = of_field(outlined(context), name, field)
    return jsonify(uses=[{"where": use.where, "what": use.what} for use in found])


@blueprint.get("/design/entities/<name>/mentions")
@answering
def entity_mentions(name: str) -> ResponseReturnValue:
    """What follows when the entity is called otherwise: menus and rights as well."""
    with reading() as context:
        catalog = outlined(context)
        found = _once(catalog, _found(catalog, Name("entity", name)))
    return jsonify(uses=[{"where": use.where, "what": use.what} for use in found])


def of_entity(catalog: Catalog, name: str) -> list[Use]:
    """What would not hold without it; its own definition, menus and rights go with it."""
    found = [use for use in _found(catalog, Name("entity", name)) if use.definition != f"entity/{name}"
             and use.definition.partition("/")[0] not in ("role", "workspace")]
    return _once(catalog, found)


def of_field(catalog: Catalog, name: str, field: str) -> list[Use]:
    return _once(catalog, _found(catalog, Name("field", field, name)))


def of_role(catalog: Catalog, name: str) -> list[Use]:
    return _once(catalog, _found(catalog, Name("role", name)))


def _found(catalog: Catalog, target: Name) -> list[references.Use]:
    found = where_used(catalog, runtime().field_types, target, runtime().extensions.service_tasks.items)
    return [use for use in found if use.kind != references.DEFINITION]


def _once(catalog: Catalog, found: list[references.Use]) -> list[Use]:
    return list(dict.fromkeys(_told(catalog, use.definition, use.path, use.element) for use in found))


def _told(catalog: Catalog, definition: str, path: tuple[Any, ...], element: str) -> Use:
    kind, _, name = definition.partition("/")
    if kind == "entity" and name in catalog.entities:
        entity = catalog.entities[name]
        return Use(label(entity.label), _part(entity, path) or element)
    if kind == "role" and name in catalog.roles:
        return Use(label(catalog.roles[name].label), t(Text("Rights")))
    if kind == "workspace":
        return Use(next((label(w.label) for w in catalog.workspaces if w.name == name), name), t(Text("Menu")))
    if kind == "dashboard":
        one = catalog.dashboards.get(name)
        card = one.cards[path[1]] if one and len(path) > 1 and path[0] == "cards" else None
        return Use(label(one.label) if one else name, label(card.label) if card else t(Text("Dashboard")))
    found = model().definitions.get(name)
    step = found.nodes.get(element) if found else None
    return Use(label(found.label) if found else name, label(step.label) if step else element)


def _part(entity: Entity, path: tuple[Any, ...]) -> str:
    """`fields, total, formula` is what people call the field; `views, 2, columns` the view."""
    within: dict[str, Any] = {"fields": entity.fields, "actions": entity.actions, "sla": entity.levels}
    if len(path) > 1 and path[0] in within:
        found = within[path[0]].get(path[1])
        return label(found.label) if found else str(path[1])
    if len(path) > 1 and path[0] == "views" and isinstance(path[1], int) and path[1] < len(entity.views):
        return t(Text("View {name}", name=entity.views[path[1]].label))
    words = _PARTS.get(tuple(map(str, path[:2]))) or _PARTS.get(tuple(map(str, path[:1])))
    return t(words) if words else ""
