"""What is wrong with the layouts of an entity, beyond fields that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from formloom.errors import Problem, Text
from formloom.metadata.authored import Authored
from formloom.metadata.catalog import Catalog, Entity
from formloom.metadata.form_layout import Layout


def check(entity: Entity, catalog: Catalog, authored: Authored) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for index, layout in enumerate(entity.layouts):
        at, element = ("entity", entity.name, "layouts", index), f"{entity.name}.{layout.name}"
        if layout.name in {one.name for one in entity.layouts[:index]}:
            yield Problem("duplicate-layout", Text("The layout {name} is defined twice.", name=layout.name),
                          authored.at(*at, "name"), element=element)
        if not layout.form.tabs:
            yield Problem("empty-layout", Text("The layout {name} holds no field.", name=layout.name),
                          authored.at(*at), Text("Give it sections with fields."), element=element)
        for number, role in enumerate(layout.roles):
            if role not in catalog.roles:
                yield from authored.unknown("role", role, catalog.roles, authored.at(*at, "roles", number), element)
        for number, step in enumerate(layout.steps):
            if step in taken:
                yield Problem(
                    "step-has-layout",
                    Text("The step {step} has the layout {name} already.", step=step, name=taken[step]),
                    authored.at(*at, "steps", number), element=element)
            taken.setdefault(step, layout.name)
        yield from _unreachable(entity, layout, catalog, authored, index)


def _unreachable(
    entity: Entity, layout: Layout, catalog: Catalog, authored: Authored, index: int
) -> Iterator[Problem]:
    """Whoever makes records by a layout has to find on it what every record needs."""
    roles = [catalog.roles[name] for name in layout.roles if name in catalog.roles]
    making = next((r for r in roles if r.admin or (entity.name in r.rules and r.rules[entity.name].create)), None)
    shown = set(layout.form.fields)
    for field in entity.fields.values() if making and layout.form.tabs else ():
        given = field.system or field.type.computed or field.default or field.decision or field.type.name == "sequence"
        if field.required and not given and field.name not in shown:
            yield Problem(
                "layout-lacks-required",
                Text("{role} makes records by the layout {layout}, which leaves out {field}; it must be filled in.",
                     role=making.label if making else "", layout=layout.name, field=field.name),
                authored.at("entity", entity.name, "layouts", index), Text("Put the field into a section."),
                element=f"{entity.name}.{layout.name}")
