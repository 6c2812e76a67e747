"""The model as the draft at hand would make it, as far as it can be read, and what designers may choose of it."""

from __future__ import annotations

from typing import Any

from formloom.design import change_sets
from formloom.errors import Text
from formloom.metadata import layers
from formloom.metadata.catalog import Catalog, Entity
from formloom.records.context import Context
from formloom.web.i18n import label, t
from formloom.web.pages import model_draft
from formloom.web.pages.workflow_panel import of_entity
from formloom.web.requests import runtime

Json = dict[str, Any]


def outlined(context: Context) -> Catalog:
    """The model as this administrator's draft would make it, as far as it can be read."""
    draft = model_draft.current(context)
    return runtime().outlined(change_sets.sources(context, draft)) if draft else context.catalog


def in_force(catalog: Catalog, entity: Entity) -> Entity | None:
    """The same entity in another model, whatever it is called there."""
    same = catalog.entities.get(entity.name)
    if same is not None and same.id == entity.id:
        return same
    return next((one for one in catalog.entities.values() if one.id == entity.id), None)


def packs(catalog: Catalog) -> dict[str, str]:
    return {one.name: label(one.label) for one in catalog.packs} | {layers.LOCAL: t(Text("Made here"))}


def choosable(catalog: Catalog) -> list[Json]:
    return [{"name": e.name, "label": label(e.label), "icon": e.icon, "parent": e.parent}
            for e in catalog.entities.values()]


def offers(catalog: Catalog, entity: Entity | None) -> list[Json]:
    """The entity and those it points at: as far as a formula can see."""
    if entity is None:
        return []
    targets = {f.target for f in entity.fields.values() if f.target} | {entity.parent}
    return [of_entity(catalog.entities[n]) for n in (entity.name, *sorted(filter(None, targets - {entity.name})))
            if n in catalog.entities]
