"""Entities as administrators design them: the list, the designer, new ones, and taking one out of force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.design import change_sets, definitions, rebasing
from formloom.design.definitions import Tree
from formloom.errors import Conflict, FieldError, Text
from formloom.metadata import layers
from formloom.metadata.catalog import Catalog, Entity
from formloom.records.context import Context
from formloom.storage.change_sets import ChangeSet
from formloom.web.i18n import label, t, texts
from formloom.web.pages import model_draft
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import editing, entity_words, field_words, naming, uses
from formloom.web.pages.design.outline import choosable, in_force, offers, outlined, packs
from formloom.web.pages.edited_sources import administrator, answering
from formloom.web.pages.workflow_panel import of_entity
from formloom.web.requests import model, reading, runtime, writing

_COUNTED, _PAGE = 10_000, 100
_GIVEN: Final = ("label", "label_zh", "plural", "plural_zh", "key", "icon", "parent", "workspace")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """An entity of the list. `records` is None for one that is not in force; `state`: pack | changed | made."""

    entity: Entity
    parent: str
    fields: int
    records: int | None
    state: str
    drafted: bool


@blueprint.get("/design/entities")
def entity_list() -> ResponseReturnValue:
    administrator()
    asked, page = request.args.get("q", "").strip(), max(1, request.args.get("page", 1, type=int))
    with reading() as context:
        draft = model_draft.current(context)
        catalog = outlined(context)
        found = [e for e in catalog.entities.values() if _fits(e, asked)]
        shown = found[(page - 1) * _PAGE:page * _PAGE]
        edited = rebasing.edited(context, draft) if draft else {}
        lines = [_line(context, one, edited, catalog) for one in shown]
        kept = {e.id for e in catalog.entities.values()}
        gone = [e for e in context.catalog.entities.values() if e.id not in kept]
    return render_template(
        "design/entities.html", lines=lines, total=len(found), all=len(catalog.entities), asked=asked, page=page,
        more=page * _PAGE < len(found), gone=gone, draft=editing.draft_as_json(), packs=packs(catalog))


@blueprint.get("/design/entities/new")
def new_entity() -> ResponseReturnValue:
    administrator()
    return _new_form({"icon": "table", "parent": request.args.get("parent", "")}, [])


@blueprint.post("/design/entities/new")
def make_entity() -> ResponseReturnValue:
    """In the draft: an entity with a name, in a workspace if one was chosen."""
    administrator()
    given = {name: request.form.get(name, "").strip() for name in _GIVEN}
    with writing() as context:
        catalog = outlined(context)
        errors = _unfit(given, catalog, context)
        if not errors:
            _made(context, given)
    if errors:
        return _new_form(given, errors), 422
    flash(t(Text("The entity is in your draft. Add its fields.")), "success")
    return redirect(f"/design/entities/{given['key']}")


@blueprint.get("/design/entities/<name>")
def entity_designer(name: str) -> ResponseReturnValue:
    administrator()
    read = editing.read("entity", name)
    called = str(read["tree"].get("entity", name))
    if called != name:          # an address from before it was renamed
        return redirect(f"/design/entities/{called}")
    with reading() as context:
        catalog = outlined(context)
        entity = catalog.entities.get(name)
    data = {
        "definition": read, "palette": field_words.palette(runtime().extensions.field_types.items),
        "offers": offers(catalog, entity), "entities": choosable(catalog), "held": held(entity),
        "words": texts(entity_words.WORDS)}
    return render_template("design/entity.html", name=name, entity=entity, title=_title(read["tree"], name), data=data,
                           pack=packs(catalog).get(entity.pack, entity.pack) if entity else "")


@blueprint.get("/design/entities/<name>/offer")
@answering
def entity_offer(name: str) -> ResponseReturnValue:
    """What formulas and conditions can say of an entity."""
    with reading() as context:
        return jsonify(of_entity(outlined(context).entity(name)))


@blueprint.get("/design/entities/<name>/uses")
@answering
def entity_uses(name: str) -> ResponseReturnValue:
    with reading() as context:
        found = uses.of_entity(outlined(context), name)
    return jsonify(uses=[{"where": use.where, "what": use.what} for use in found])


@blueprint.post("/design/entities/<name>/remove")
def remove_entity(name: str) -> ResponseReturnValue:
    """Menus and rights that name it go with it; what would not hold without it is told, and nothing is done."""
    administrator()
    with writing() as context:
        catalog = outlined(context)
        found = uses.of_entity(catalog, name)
        if found:
            raise Conflict(Text("{place} uses it: {part}.", place=found[0].where, part=found[0].what),
                           Text("Change that first, then remove the entity."))
        seen = model_draft.begun(context)
        for kind, other, tree in _without(context, catalog, seen, name):
            seen = change_sets.write(context, seen, kind, other, tree)
        words = Text("{name} was removed.", name=dict(catalog.entity(name).label))
        change_sets.write(context, seen, "entity", name, None, words)
    flash(t(Text("It is taken out in your draft. Its records are kept.")), "success")
    return redirect("/design/entities")


@blueprint.post("/design/entities/<name>/return")
def return_entity(name: str) -> ResponseReturnValue:
    """Brings back what the draft, or what was published here, took out or changed."""
    administrator()
    with writing() as context:
        below = change_sets.pack_tree(context, model_draft.current(context), "entity", name)
        known = definitions.tree(context.catalog.sources, "entity", name)
        change_sets.write(context, model_draft.begun(context), "entity", name, below or known,
                          Text("{name} is as in the pack again.", name=name))
    flash(t(Text("It is back in your draft.")), "success")
    return redirect(f"/design/entities/{name}")


def held(entity: Entity | None) -> Json:
    """Fields in force by their stable ids: their values are kept, so a new name needs the id."""
    known = in_force(model().catalog, entity) if entity else None
    return {f.name: f.id for f in known.fields.values() if not f.system} if known else {}


def _line(context: Context, entity: Entity, edited: Mapping[str, Any], catalog: Catalog) -> Line:
    renamed = entity.id.rpartition(".")[2] != entity.name      # files speak of it by its first name
    first = definitions.first_name(catalog.sources, "entity", entity.name) if renamed else entity.name
    path = definitions.path_of("entity", first)
    overlaid = definitions.local(catalog.sources, path) is not None
    known = in_force(context.catalog, entity)
    return Line(
        entity,
        label(catalog.entities[entity.parent].label) if entity.parent and entity.parent in catalog.entities else "",
        sum(1 for f in entity.fields.values() if not f.system),
        context.store.count(context.unit, known.name, limit=_COUNTED + 1) if known else None,
        "made" if entity.pack == layers.LOCAL else "changed" if overlaid else "pack", path in edited)


def _fits(entity: Entity, asked: str) -> bool:
    words = " ".join((entity.name, *entity.label.values(), *entity.plural.values(), entity.pack))
    return asked.casefold() in words.casefold()


def _title(tree: Tree, name: str) -> str:
    held = tree.get("label")
    return label(held) if isinstance(held, dict) and held else str(held or name)


def _without(context: Context, catalog: Catalog, seen: ChangeSet, name: str) -> Iterator[tuple[str, str, Tree]]:
    """Workspaces and roles that name the entity, as they are without it."""
    for workspace in catalog.workspaces:
        if any(item.entity == name for item in workspace.items):
            tree = change_sets.tree(context, seen, "workspace", workspace.name)
            yield "workspace", workspace.name, {**tree, "items": [i for i in tree["items"] if i["entity"] != name]}
    for role in catalog.roles.values():
        if name in role.rules:
            tree = change_sets.tree(context, seen, "role", role.name)
            rules = {key: rule for key, rule in tree["entities"].items() if key != name}
            yield "role", role.name, {**tree, "entities": rules}


def _made(context: Context, given: Mapping[str, str]) -> None:
    labels = naming.both(given, "label")
    tree: Tree = {"entity": given["key"], "label": labels, "plural": naming.both(given, "plural") or labels,
                  "icon": given["icon"] or "table", "title": "name", "search": ["name"]}
    if given["parent"]:
        tree["parent"] = given["parent"]
    tree["fields"] = {"name": {"type": "text", "required": True, "label": {"en": "Name", "zh": "名称"}}}
    seen = change_sets.write(context, model_draft.begun(context), "entity", given["key"], tree,
                             Text("{name} was made.", name=labels))
    if given["workspace"]:
        place = change_sets.tree(context, seen, "workspace", given["workspace"])
        place["items"] = [*place.get("items", ()), {"entity": given["key"]}]
        change_sets.write(context, seen, "workspace", given["workspace"], place,
                          Text("{name} was put into the menu.", name=labels))


def _new_form(given: Mapping[str, str], errors: list[FieldError]) -> str:
    with reading() as context:
        catalog = outlined(context)
    return render_template(
        "design/new_entity.html", given=given, errors={error.path: t(error.message) for error in errors},
        parents=[e for e in catalog.entities.values() if e.parent is None], workspaces=catalog.workspaces,
        draft=editing.draft_as_json(), icons=ICONS)


def _unfit(given: Mapping[str, str], catalog: Catalog, context: Context) -> list[FieldError]:
    taken = {*catalog.entities, *context.catalog.entities,
             *definitions.names(model_draft.sources(context), "entity")}
    found = list(naming.unfit(given, taken, Text("There is such an entity already.")))
    if given["parent"] and given["parent"] not in catalog.entities:
        found.append(FieldError("parent", "unknown", Text("Choose one of the list.")))
    if given["workspace"] and given["workspace"] not in {w.name for w in catalog.workspaces}:
        found.append(FieldError("workspace", "unknown", Text("Choose one of the list.")))
    return found


ICONS: Final = (
    "table", "building", "user", "users", "address-book", "phone", "mail", "calendar", "clock", "checklist",
    "clipboard",
    "file-text", "signature", "receipt", "cash", "coins", "chart-bar", "target", "bulb", "rocket", "package", "box",
    "truck", "building-warehouse", "tool", "settings", "device-laptop", "car", "map-pin", "flag", "star", "heart",
    "lifebuoy", "ticket", "message", "bell", "book", "school", "certificate", "briefcase", "beach", "plane", "gift",
    "shopping-cart", "tag", "key", "shield", "plug", "leaf", "flask",
)
