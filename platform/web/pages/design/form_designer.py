"""The designer of forms: how an entity is laid out for everybody, for roles, and for steps of processes."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from formloom.metadata.catalog import Catalog
from formloom.records.context import Context
from formloom.web.i18n import label, texts
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import editing, field_words
from formloom.web.pages.design.form_words import WORDS
from formloom.web.pages.design.outline import choosable, offers, outlined
from formloom.web.pages.edited_sources import administrator
from formloom.web.requests import reading, runtime

Json = dict[str, Any]


@blueprint.get("/design/entities/<name>/form")
def design_form(name: str) -> ResponseReturnValue:
    administrator()
    definition = editing.read("entity", name)
    with reading() as context:
        catalog = outlined(context)
        entity = catalog.entities.get(name)
        steps = _steps(context, name)
    data = {
        "definition": definition, "palette": field_words.palette(runtime().extensions.field_types.items),
        "offers": offers(catalog, entity), "entities": choosable(catalog), "roles": _roles(catalog), "steps": steps,
        "words": texts(WORDS)}
    return render_template("design/form.html", name=name, entity=entity, tree=definition["tree"], data=data)


def _roles(catalog: Catalog) -> list[Json]:
    return [{"name": role.name, "label": label(role.label)} for role in catalog.roles.values() if not role.admin]


def _steps(context: Context, entity: str) -> list[Json]:
    """User tasks about records of the entity, in the processes that are in force."""
    return [{"name": f"{process.key}/{task.id}", "label": f"{label(process.label)} · {label(task.label)}"}
            for process in context.definitions.values() if process.entity == entity for task in process.user_tasks]
