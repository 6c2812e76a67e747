"""Where an entity or a field is used, in the words of the business: asked before it is taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from formloom.errors import Text
from formloom.metadata import usage
from formloom.metadata.catalog import Catalog, Entity
from formloom.runtime import Model
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design.outline import outlined
from formloom.web.pages.edited_sources import answering
from formloom.web.requests import model, reading, runtime
from formloom.workflow import reader


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


def of_entity(catalog: Catalog, current: Model, name: str) -> list[Use]:
    """What would not hold without it; menus and rights go with it."""
    return [*chain.from_iterable(_pointing(e, name) for e in catalog.entities.values() if e.name != name),
            *(Use(label(d.label), t(Text("Process"))) for d in current.definitions.values()
              if d.entity == name)]


def of_field(catalog: Catalog, name: str, field: str) -> list[Use]:
    """Each once, in the order in which people would look for them."""
    entity = catalog.entities.get(name)
    if entity is None or field not in entity.fields:
        return []
    found = chain(_drawn(entity, field), _computed(catalog, entity, field), _said(catalog, name, field),
                  _restricted(catalog, name, field))
    return list(dict.fromkeys(found))


def _pointing(entity: Entity, name: str) -> Iterator[Use]:
    if entity.parent == name:
        yield Use(label(entity.label), t(Text("Belongs to it")))
    yield from (Use(label(entity.label), label(f.label)) for f in entity.fields.values()
                if f.target == name and not f.system)
    yield from (Use(label(entity.label), t(Text("Lists on the page of a record"))) for r in entity.related
                if r.entity == name)


def _drawn(entity: Entity, field: str) -> Iterator[Use]:
    """Where it stands. A form that nobody laid out holds every field, so it is no use of one."""
    here = label(entity.label)
    columns: Iterable[tuple[Any, Text]] = (
        (entity.columns, Text("Columns of the list")), (entity.form.headline, Text("Key figures")),
        ((entity.title, entity.number, entity.state, entity.owner), Text("What fields are for")),
        (entity.search, Text("Fields that the search looks into")),
        ([n for group in (*entity.unique, *entity.indexes) for n in group], Text("Unique together, or searched")),
        ([s.field for s in entity.sort], Text("Order of the list")))
    yield from (Use(here, t(words)) for names, words in columns if field in names)
    yield from (Use(here, t(Text("Form: {section}", section=s.label))) for tab in entity.form.tabs
                for s in tab.sections if field in s.fields and label(s.label))
    yield from (Use(here, t(Text("View {name}", name=v.label))) for v in entity.views
                if field in (*v.columns, *(s.field for s in v.sort)))
    yield from (Use(here, t(Text("Action {name}", name=a.label))) for a in entity.actions.values()
                if field in (*a.fields, *a.set))


def _computed(catalog: Catalog, entity: Entity, field: str) -> Iterator[Use]:
    """Totals of its rows, here or in what it belongs to."""
    for other in catalog.entities.values():
        for total in other.fields.values():
            of = str(total.options.get("of"))
            rows = other.fields[of].target if total.type.name == "rollup" and of in other.fields else None
            if (other.name == entity.name and of == field) or (
                    rows == entity.name and total.options.get("field") == field):
                yield Use(label(other.label), label(total.label))


def _said(catalog: Catalog, name: str, field: str) -> Iterator[Use]:
    """Formulas, conditions and rules, of diagrams as well."""
    types = runtime().extensions.field_types.items
    texts = chain(usage.spoken(catalog, types), *(
        reader.spoken(source.text, source.place.file, catalog) for source in catalog.processes.values()))
    for one in usage.usages(texts, name, field):
        kind, _, about = one.spoken.definition.partition("/")
        yield Use(_called(catalog, kind, about), _part(catalog, kind, about, one.spoken.path) or one.spoken.element)


def _restricted(catalog: Catalog, name: str, field: str) -> Iterator[Use]:
    for role in catalog.roles.values():
        rule = role.rules.get(name)
        if rule and (field in rule.fields or any(field in state.fields for state in rule.states.values())):
            yield Use(label(role.label), t(Text("Rights")))


def _called(catalog: Catalog, kind: str, name: str) -> str:
    if kind == "entity" and name in catalog.entities:
        return label(catalog.entities[name].label)
    if kind == "role" and name in catalog.roles:
        return label(catalog.roles[name].label)
    found = model().definitions.get(name)
    return label(found.label) if found else name


def _part(catalog: Catalog, kind: str, name: str, path: tuple[Any, ...]) -> str:
    """`fields, total, formula` is what people call the field."""
    entity = catalog.entities.get(name) if kind == "entity" else None
    if entity is None or len(path) < 2:
        return ""
    within: dict[str, Any] = {"fields": entity.fields, "actions": entity.actions, "sla": entity.levels}
    found = within.get(str(path[0]), {}).get(path[1])
    return label(found.label) if found else ""
