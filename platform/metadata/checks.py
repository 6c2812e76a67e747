"""Cross-references between definitions: every name that is used must exist, and mean what it is used for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from formloom.errors import KINDS, Place, Problem, Text, near
from formloom.metadata.catalog import SYSTEM_FIELDS, Catalog, Entity, Field, Role

RESERVED = frozenset({*SYSTEM_FIELDS, "user", "record", "old", "item"})
CHILD_RESERVED = RESERVED | {"parent", "position"}
_PATTERN = re.compile(r"(?:[^{}]|\{(?:YYYY|YY|MM|DD|0+)\})*")


def check(catalog: Catalog) -> Iterator[Problem]:
    """Findings in no particular order; the compiler sorts them."""
    for entity in catalog.entities.values():
        yield from entity_names(entity)
        yield from entity_uses(entity)
        yield from own_rules(entity)
        for field in entity.fields.values():
            if not field.system:
                yield from field_rules(field, entity, catalog)
        yield from cycles(entity)
        yield from relations(entity, catalog)
    for role in catalog.roles.values():
        yield from role_rules(role, catalog)
    yield from workspaces(catalog)
    yield from stable_ids(catalog)


def unknown(kind: str, name: str, known: Iterable[str], place: Place, element: str) -> Problem:
    guess = near(name, known)
    hint = Text("Did you mean {near}?", near=guess) if guess else None
    return Problem(
        f"unknown-{kind.replace(' ', '-')}",
        Text("There is no {kind} {name}.", kind=KINDS[kind], name=name),
        place,
        hint,
        element=element,
        near=guess,
    )


def entity_names(entity: Entity) -> Iterator[Problem]:
    for name, field in entity.fields.items():
        if not field.system and name in (CHILD_RESERVED if entity.parent else RESERVED):
            yield Problem(
                "reserved-name",
                Text("The name {name} is the platform's own.", name=name),
                field.place,
                Text("Choose another name."),
                element=f"{entity.name}.{name}",
            )


def entity_uses(entity: Entity) -> Iterator[Problem]:
    """Fields named outside of the field list: title, forms, lists, views, indexes, actions."""
    uses: list[tuple[str, str, Place]] = [("title", entity.title, entity.place)]
    uses += [(key, value, entity.place) for key in ("number", "state", "owner") if (value := getattr(entity, key))]
    uses += [("search", name, entity.place) for name in entity.search]
    uses += [("form", n, entity.place) for t in entity.form.tabs for s in t.sections for n in s.fields]
    uses += [("headline", n, entity.place) for n in entity.form.headline]
    uses += [("list", n, entity.place) for n in (*entity.columns, *(s.field for s in entity.sort))]
    uses += [
        (f"views.{v.name}", n, entity.place) for v in entity.views for n in (*v.columns, *(s.field for s in v.sort))
    ]
    uses += [("indexes", n, entity.place) for group in (*entity.indexes, *entity.unique) for n in group]
    uses += [("constraints", k.field, k.place) for k in entity.constraints if k.field]
    uses += [(f"actions.{a.name}", n, a.place) for a in entity.actions.values() for n in (*a.set, *a.fields)]
    for where, name, place in uses:
        if name not in entity.fields:
            yield unknown("field", name, entity.fields, place, f"{entity.name}.{where}")


def own_rules(entity: Entity) -> Iterator[Problem]:
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
                entity.place,
                element=entity.name,
            )
    for names in (*entity.indexes, *entity.unique):
        for field in filter(None, map(entity.fields.get, names)):
            if not field.type.columns(field):
                yield Problem(
                    "no-column",
                    Text("{name} has no column of its own to index.", name=field.name),
                    entity.place,
                    element=entity.name,
                )


def field_rules(field: Field, entity: Entity, catalog: Catalog) -> Iterator[Problem]:
    element = f"{entity.name}.{field.name}"
    if field.target is not None and field.target not in catalog.entities:
        yield unknown("entity", field.target, catalog.entities, field.place, element)
    values = [c.value for c in field.choices]
    for value in sorted({v for v in values if values.count(v) > 1}):
        yield Problem(
            "duplicate-choice", Text("The choice {value} is listed twice.", value=value), field.place, element=element
        )
    default = field.default.constant if field.default else None
    if field.choices and isinstance(default, str) and default not in values:
        yield unknown("choice", default, values, field.place, element)
    if field.type.name == "sequence":
        pattern = str(field.options.get("pattern", ""))
        if not _PATTERN.fullmatch(pattern) or not re.search(r"\{0+\}", pattern):
            yield Problem(
                "bad-pattern",
                Text("{pattern} is not a numbering pattern.", pattern=pattern),
                field.place,
                Text("Use text with {{YYYY}}, {{YY}}, {{MM}}, {{DD}} and one counter such as {{0000}}."),
                element=element,
            )
    if field.type.name == "table":
        yield from table_rules(field, entity, catalog)
    if field.type.name == "rollup":
        yield from rollup_rules(field, entity, catalog)


def table_rules(field: Field, entity: Entity, catalog: Catalog) -> Iterator[Problem]:
    child = catalog.entities.get(field.target or "")
    if child and child.parent != entity.name:
        yield Problem(
            "not-a-child",
            Text("{child} does not say `parent: {parent}`.", child=child.name, parent=entity.name),
            field.place,
            Text("Add it to {child}, or use a reference.", child=child.name),
            element=f"{entity.name}.{field.name}",
        )


def rollup_rules(field: Field, entity: Entity, catalog: Catalog) -> Iterator[Problem]:
    element = f"{entity.name}.{field.name}"
    table = entity.fields.get(field.options["of"])
    if table is None or table.type.name != "table":
        yield unknown(
            "child table",
            field.options["of"],
            [f.name for f in entity.fields.values() if f.type.name == "table"],
            field.place,
            element,
        )
        return
    child = catalog.entities.get(table.target or "")
    measured = field.options.get("field")
    if child and measured and measured not in child.fields:
        yield unknown("field", measured, child.fields, field.place, element)
    if field.options["function"] != "count" and not measured:
        yield Problem("missing-key", Text("{name} is missing.", name="field"), field.place, element=element)


def cycles(entity: Entity) -> Iterator[Problem]:
    computed = {n for n, f in entity.fields.items() if f.type.name in ("formula", "rollup")}
    caught = sorted(computed - set(entity.computed))
    if caught:
        yield Problem(
            "formula-cycle",
            Text("These formulas need each other: {names}.", names=", ".join(caught)),
            entity.fields[caught[0]].place,
            Text("Break the circle of formulas."),
            element=f"{entity.name}.{caught[0]}",
        )


def relations(entity: Entity, catalog: Catalog) -> Iterator[Problem]:
    if entity.parent and entity.parent not in catalog.entities:
        yield unknown("entity", entity.parent, catalog.entities, entity.place, entity.name)
    for related in entity.related:
        other = catalog.entities.get(related.entity)
        if other is None:
            yield unknown("entity", related.entity, catalog.entities, entity.place, f"{entity.name}.related")
        elif related.field not in other.fields:
            yield unknown("field", related.field, other.fields, entity.place, f"{entity.name}.related.{related.entity}")
    for view in entity.views:
        if [v.name for v in entity.views].count(view.name) > 1:
            yield Problem(
                "duplicate-view",
                Text("The view {name} is defined twice.", name=view.name),
                entity.place,
                element=entity.name,
            )


def role_rules(role: Role, catalog: Catalog) -> Iterator[Problem]:
    for name, rule in role.rules.items():
        entity, element = catalog.entities[name], f"{role.name}.{name}"
        state = entity.fields.get(entity.state or "")
        states = [c.value for c in state.choices] if state else []
        named: tuple[tuple[str, Iterable[str], Mapping[str, object]], ...] = (
            ("action", rule.actions, entity.actions),
            ("field", rule.fields, entity.fields),
            ("state", rule.states, dict.fromkeys(states)),
        )
        for kind, used, known in named:
            for key in used:
                if key not in known:
                    yield unknown(kind, key, known, rule.place, element)
        for key in {n for s in rule.states.values() for n in s.fields}:
            if key not in entity.fields:
                yield unknown("field", key, entity.fields, rule.place, element)


def workspaces(catalog: Catalog) -> Iterator[Problem]:
    for workspace in catalog.workspaces:
        for item in workspace.items:
            entity = catalog.entities.get(item.entity)
            place = workspace.place
            if entity is None:
                yield unknown("entity", item.entity, catalog.entities, place, workspace.name)
            elif item.view and item.view not in {v.name for v in entity.views}:
                yield unknown(
                    "view", item.view, [v.name for v in entity.views], place, f"{workspace.name}.{item.entity}"
                )


def stable_ids(catalog: Catalog) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for entity in catalog.entities.values():
        for identity, element, place in (
            (entity.id, entity.name, entity.place),
            *((f.id, f"{entity.name}.{f.name}", f.place) for f in entity.fields.values()),
        ):
            if identity in seen:
                yield Problem(
                    "duplicate-id",
                    Text("The id {id} is also that of {other}.", id=identity, other=seen[identity]),
                    place,
                    element=element,
                )
            seen[identity] = element
