"""Cross-references between definitions: every name that is used must exist, and mean what it is used for.

A problem is told where the offending name was written. What follows from another mistake is not told again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from formloom.errors import Problem, Text
from formloom.metadata import dashboard_checks, layout_checks, requirements, view_checks
from formloom.metadata.authored import Authored
from formloom.metadata.catalog import SYSTEM_FIELDS, Catalog, Entity, Field, Role
from formloom.metadata.layers import LOCAL

RESERVED = frozenset({*SYSTEM_FIELDS, "user", "record", "old", "item"})
CHILD_RESERVED = RESERVED | {"parent", "position"}
_PATTERN = re.compile(r"(?:[^{}]|\{(?:YYYY|YY|MM|DD|0+)\})*")
Path = tuple[Any, ...]


def check(catalog: Catalog, authored: Authored) -> Iterator[Problem]:
    """Findings in no particular order; the compiler sorts them."""
    for entity in catalog.entities.values():
        yield from entity_names(entity, authored)
        yield from entity_uses(entity, authored)
        yield from own_rules(entity, authored)
        yield from view_checks.check(entity, authored)
        yield from layout_checks.check(entity, catalog, authored)
        for field in entity.fields.values():
            if not field.system:
                yield from field_rules(field, entity, catalog, authored)
        yield from cycles(entity, authored)
        yield from relations(entity, catalog, authored)
    for role in catalog.roles.values():
        yield from role_rules(role, catalog, authored)
    yield from workspaces(catalog, authored)
    yield from dashboard_checks.check(catalog, authored)
    yield from packs(authored)
    yield from stable_ids(catalog, authored)


def entity_names(entity: Entity, authored: Authored) -> Iterator[Problem]:
    for name, field in entity.fields.items():
        if not field.system and name in (CHILD_RESERVED if entity.parent else RESERVED):
            yield Problem(
                "reserved-name",
                Text("The name {name} is the platform's own.", name=name),
                authored.at("entity", entity.name, "fields", name, key=True),
                Text("Choose another name."),
                element=f"{entity.name}.{name}",
            )


def entity_uses(entity: Entity, authored: Authored) -> Iterator[Problem]:
    """Fields named outside of the field list: title, forms, lists, views, indexes, actions."""
    for where, name, path in _uses(authored.node("entity", entity.name)):
        if name not in entity.fields:
            yield from authored.unknown(
                "field",
                name,
                entity.fields,
                authored.at("entity", entity.name, *path, key=path[-2:-1] == ("set",)),
                f"{entity.name}.{where}",
                authored.hidden(entity.name),
            )


def _uses(node: Mapping[str, Any]) -> Iterator[tuple[str, str, Path]]:
    for key in ("title", "number", "state", "owner"):
        if key in node:
            yield key, node[key], (key,)
    yield from _listed("search", node, "search")
    for key in ("indexes", "unique"):
        for index, group in enumerate(node.get(key, ())):
            yield from _each(key, group, key, index)
    form, listing = node.get("form") or {}, node.get("list") or {}
    yield from _listed("headline", form, "form", "headline")
    yield from _laid_out(form, "form")
    for index, layout in enumerate(node.get("layouts", ())):
        yield from _laid_out(layout, "layouts", index)
    yield from _listed("list", listing, "list", "columns")
    yield from _listed("list", listing, "list", "sort")
    for index, view in enumerate(node.get("views", ())):
        yield from _listed(f"views.{view['name']}", view, "views", index, "columns")
        yield from _listed(f"views.{view['name']}", view, "views", index, "sort")
        yield from ((f"views.{view['name']}", *use) for use in view_checks.uses(view, "views", index))
    for index, constraint in enumerate(node.get("constraints", ())):
        if "field" in constraint:
            yield "constraints", constraint["field"], ("constraints", index, "field")
    for name, action in (node.get("actions") or {}).items():
        yield from _listed(f"actions.{name}", action, "actions", name, "fields")
        yield from ((f"actions.{name}", key, ("actions", name, "set", key)) for key in action.get("set") or ())


def _laid_out(form: Mapping[str, Any], *path: Any) -> Iterator[tuple[str, str, Path]]:
    yield from _placed(form, *path)
    for index, tab in enumerate(form.get("tabs", ())):
        yield from _placed(tab, *path, "tabs", index)


def _placed(form: Mapping[str, Any], *path: Any) -> Iterator[tuple[str, str, Path]]:
    for index, section in enumerate(form.get("sections", ())):
        yield from _listed("form", section, *path, "sections", index, "fields")


def _listed(where: str, node: Mapping[str, Any], *path: Any) -> Iterator[tuple[str, str, Path]]:
    return _each(where, node.get(path[-1], ()), *path)


def _each(where: str, names: Iterable[str], *path: Any) -> Iterator[tuple[str, str, Path]]:
    return ((where, name.removeprefix("-"), (*path, index)) for index, name in enumerate(names))


def own_rules(entity: Entity, authored: Authored) -> Iterator[Problem]:
    for key, kind in (("state", "choice"), ("owner", "user")):
        field = entity.fields.get(getattr(entity, key) or "")
        if field and field.type.name != kind:
            yield Problem(
                "wrong-field-type",
                Text(
                    "{key} must be a field of type {kind}; {name} is {type}.",
                    key=key,
                    kind=kind,
                    name=field.name,
                    type=field.type.name,
                ),
                authored.at("entity", entity.name, key),
                element=entity.name,
            )
    for where, name, path in _uses(authored.node("entity", entity.name)):
        field = entity.fields.get(name)
        if where in ("indexes", "unique") and field and not field.system and not field.type.columns(field):
            yield Problem(
                "no-column",
                Text("{name} has no column of its own to index.", name=field.name),
                authored.at("entity", entity.name, *path),
                element=entity.name,
            )


def field_rules(field: Field, entity: Entity, catalog: Catalog, authored: Authored) -> Iterator[Problem]:
    element, path = f"{entity.name}.{field.name}", ("entity", entity.name, "fields", field.name)
    if field.target is not None and field.type.name != "rollup" and field.target not in catalog.entities:
        yield from authored.unknown("entity", field.target, catalog.entities, authored.at(*path, "entity"), element)
    values = [c.value for c in field.choices]
    for index, value in enumerate(values):
        if values.index(value) < index:
            yield Problem(
                "duplicate-choice",
                Text("The choice {value} is listed twice.", value=value),
                authored.at(*path, "choices", index, "value"),
                element=element,
            )
    yield from default_rules(field, entity, authored)
    if field.type.name == "sequence":
        pattern = str(field.options.get("pattern", ""))
        if not _PATTERN.fullmatch(pattern) or not re.search(r"\{0+\}", pattern):
            yield Problem(
                "bad-pattern",
                Text("{pattern} is not a numbering pattern.", pattern=pattern),
                authored.at(*path, "pattern"),
                Text("Use text with {{YYYY}}, {{YY}}, {{MM}}, {{DD}} and one counter such as {{0000}}."),
                element=element,
            )
    for option, message in field.type.check(authored.node("entity", entity.name)["fields"][field.name]):
        yield Problem("bad-option", message, authored.at(*path, option), element=element)
    if field.type.name == "table":
        yield from table_rules(field, entity, catalog, authored)
    if field.type.name == "rollup":
        yield from rollup_rules(field, entity, catalog, authored)


def default_rules(field: Field, entity: Entity, authored: Authored) -> Iterator[Problem]:
    """A constant must be a value that the field takes; anything else is known only when it is evaluated."""
    element, default = f"{entity.name}.{field.name}", field.default.constant if field.default else None
    place = authored.at("entity", entity.name, "fields", field.name, "default")
    if field.choices and isinstance(default, str):
        if field.choice(default) is None:
            values = [c.value for c in field.choices]
            yield from authored.unknown("choice", default, values, place, element, authored.hidden(entity.name))
    elif default is not None and not field.type.computed and not any(field.type.check(field.options)):
        try:
            field.type.parse(default, field)
        except ValueError as error:
            yield Problem(
                "bad-default",
                Text("The default {value} is refused: {reason}.", value=str(default), reason=error.args[0]),
                place,
                element=element,
            )


def table_rules(field: Field, entity: Entity, catalog: Catalog, authored: Authored) -> Iterator[Problem]:
    child = catalog.entities.get(field.target or "")
    if child and child.parent != entity.name and "parent" not in authored.hidden(child.name):
        yield Problem(
            "not-a-child",
            Text("{child} does not say `parent: {parent}`.", child=child.name, parent=entity.name),
            authored.at("entity", entity.name, "fields", field.name, "entity"),
            Text("Add it to {child}, or use a reference.", child=child.name),
            element=f"{entity.name}.{field.name}",
        )


def rollup_rules(field: Field, entity: Entity, catalog: Catalog, authored: Authored) -> Iterator[Problem]:
    element, path = f"{entity.name}.{field.name}", ("entity", entity.name, "fields", field.name)
    table = entity.fields.get(field.options["of"])
    if table is None or table.type.name != "table":
        tables = [f.name for f in entity.fields.values() if f.type.name == "table"]
        place, hidden = authored.at(*path, "of"), authored.hidden(entity.name)
        yield from authored.unknown("child table", field.options["of"], tables, place, element, hidden)
        return
    child = catalog.entities.get(table.target or "")
    measured = field.options.get("field")
    if child and measured and measured not in child.fields:
        place, hidden = authored.at(*path, "field"), authored.hidden(child.name)
        yield from authored.unknown("field", measured, child.fields, place, element, hidden)
    if field.options["function"] != "count" and not measured and "field" not in authored.hidden(entity.name):
        yield Problem(
            "missing-key", Text("{name} is missing.", name="field"), authored.at(*path, "function"), element=element
        )


def cycles(entity: Entity, authored: Authored) -> Iterator[Problem]:
    computed = {n for n, f in entity.fields.items() if f.type.name in ("formula", "rollup")}
    caught = sorted(computed - set(entity.computed))
    if caught:
        yield Problem(
            "formula-cycle",
            Text("These formulas need each other: {names}.", names=", ".join(caught)),
            authored.at("entity", entity.name, "fields", caught[0], "formula"),
            Text("Break the circle of formulas."),
            element=f"{entity.name}.{caught[0]}",
        )


def relations(entity: Entity, catalog: Catalog, authored: Authored) -> Iterator[Problem]:
    if entity.parent and entity.parent not in catalog.entities:
        place = authored.at("entity", entity.name, "parent")
        yield from authored.unknown("entity", entity.parent, catalog.entities, place, entity.name)
    for index, related in enumerate(entity.related):
        other, element = catalog.entities.get(related.entity), f"{entity.name}.related"
        if other is None:
            place = authored.at("entity", entity.name, "related", index, "entity")
            yield from authored.unknown("entity", related.entity, catalog.entities, place, element)
        elif related.field not in other.fields:
            place, hidden = authored.at("entity", entity.name, "related", index, "field"), authored.hidden(other.name)
            yield from authored.unknown(
                "field", related.field, other.fields, place, f"{element}.{related.entity}", hidden
            )


def role_rules(role: Role, catalog: Catalog, authored: Authored) -> Iterator[Problem]:
    for name, rule in role.rules.items():
        entity, element = catalog.entities[name], f"{role.name}.{name}"
        state = entity.fields.get(entity.state or "")
        states = [c.value for c in state.choices] if state else []
        actions = authored.node("role", role.name)["entities"][name].get("actions") or ()
        named: list[tuple[str, str, Iterable[str], Path]] = [
            *(("action", key, entity.actions, ("actions", key)) for key in actions),
            *(("field", key, entity.fields, ("fields", key)) for key in rule.fields),
            *(("state", key, states, ("states", key)) for key in rule.states),
            *(
                ("field", key, entity.fields, ("states", at, "fields", key))
                for at, tighter in rule.states.items()
                for key in tighter.fields
            ),
        ]
        hidden = authored.hidden(name)
        for kind, key, known, path in named:
            # Without a proper field of the life cycle nothing can be said of its states.
            broken = "state" in hidden or entity.state in hidden or (state and state.type.name != "choice")
            stateless = kind == "state" and broken
            if key not in known and not stateless:
                place = authored.at("role", role.name, "entities", name, *path, key=True)
                yield from authored.unknown(kind, key, known, place, element, hidden)


def workspaces(catalog: Catalog, authored: Authored) -> Iterator[Problem]:
    for name, node in authored.named("workspace"):
        for index, item in enumerate(node["items"]):
            entity, view = catalog.entities.get(item["entity"]), item.get("view")
            if entity is None:
                place = authored.at("workspace", name, "items", index, "entity")
                yield from authored.unknown("entity", item["entity"], catalog.entities, place, name)
            elif view and view not in {v.name for v in entity.views}:
                place, hidden = authored.at("workspace", name, "items", index, "view"), authored.hidden(entity.name)
                views = [v.name for v in entity.views]
                yield from authored.unknown("view", view, views, place, f"{name}.{entity.name}", hidden)


def packs(authored: Authored) -> Iterator[Problem]:
    known = {name: str(node.get("version")) for name, node in authored.named("pack")}
    for name, node in authored.named("pack"):
        for index, text in enumerate(node.get("requires", ())):
            place = authored.at("pack", name, "requires", index)
            needed = requirements.parse(text)
            if needed is None:
                message = Text("{text} is not a pack and a range of versions.", text=text)
                yield Problem("bad-requirement", message, place, Text("Write it like: crm >=1.2,<2"), element=name)
            elif needed.pack not in known:
                yield from authored.unknown("pack", needed.pack, known, place, name)
            elif not needed.met_by(known[needed.pack]):
                yield Problem("pack-version", Text("{pack} {range} is needed; here is {version}.", pack=needed.pack,
                                                   range=str(needed.range), version=known[needed.pack]), place,
                              Text("Install a version that fits, or widen the range."), element=name)
        if name == LOCAL:
            yield Problem("reserved-name", Text("No pack may be called {name}.", name=name),
                          authored.at("pack", name, "pack"), element=name)
    if circle := requirements.circle({name: node.get("requires", ()) for name, node in authored.named("pack")}):
        yield Problem("pack-circle", Text("These packs need each other: {packs}.", packs=", ".join(circle)),
                      authored.at("pack", circle[0], "requires"), Text("One of them must do without."),
                      element=circle[0])


def stable_ids(catalog: Catalog, authored: Authored) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for entity in catalog.entities.values():
        own = [(f.id, f"{entity.name}.{f.name}", ("fields", f.name, "id")) for f in entity.fields.values()]
        made_from_twin = entity.id in seen
        for identity, element, path in ((entity.id, entity.name, ("id",)), *([] if made_from_twin else own)):
            if identity in seen:
                yield Problem(
                    "duplicate-id",
                    Text("The id {id} is also that of {other}.", id=identity, other=seen[identity]),
                    authored.at("entity", entity.name, *path),
                    element=element,
                )
            seen[identity] = element
