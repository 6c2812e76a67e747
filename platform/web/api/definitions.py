"""What the actor may work with: entities, and the JSON Schema of each."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from formloom.errors import UnknownEntity
from formloom.metadata.catalog import Entity
from formloom.web.api import schemas
from formloom.web.api.blueprint import blueprint
from formloom.web.i18n import label, locale
from formloom.web.requests import actor, catalog, model


def readable() -> dict[str, Entity]:
    """Entities of which the actor could see a record: what is denied altogether is not told of."""
    visible = model().policy.visible(actor())
    return {name: e for name, e in catalog().entities.items() if name in visible}


@blueprint.get("/entities")
def list_entities() -> Response:
    return jsonify(items=[_summary(e) for e in readable().values()], catalog=catalog().version)


@blueprint.get("/entities/<entity>/schema")
def entity_schema(entity: str) -> Response:
    """JSON Schema 2020-12 of a record as the actor reads it."""
    known = readable()
    if entity not in known:
        raise UnknownEntity(entity, known)
    access = model().policy.access(actor(), entity)
    return jsonify(schemas.document(catalog(), known[entity], access, locale()))


def _summary(entity: Entity) -> dict[str, Any]:
    return {
        "name": entity.name, "label": label(entity.label), "plural": label(entity.plural), "icon": entity.icon,
        "title": entity.title, "parent": entity.parent, "pack": entity.pack,
        "fields": sorted(model().policy.access(actor(), entity.name).readable),
        "actions": [{"name": a.name, "label": label(a.label)} for a in entity.actions.values()],
        "schema": f"/api/v1/entities/{entity.name}/schema", "records": f"/api/v1/records/{entity.name}",
    }
