"""An entity or a field is called otherwise in the draft, and whatever names it follows: forms, rules, diagrams."""

from __future__ import annotations

from flask import jsonify
from flask.typing import ResponseReturnValue

from formloom.design.local_renaming import rename_in
from formloom.errors import BadRequest, Text
from formloom.metadata.references import Name
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import editing
from formloom.web.pages.edited_sources import answering, body
from formloom.web.requests import runtime, writing


@blueprint.post("/design/entities/<name>/rename")
@answering
def rename_entity(name: str) -> ResponseReturnValue:
    return _renamed(Name("entity", name))


@blueprint.post("/design/entities/<name>/fields/<field>/rename")
@answering
def rename_field(name: str, field: str) -> ResponseReturnValue:
    return _renamed(Name("field", field, name))


def _renamed(target: Name) -> ResponseReturnValue:
    sent = body()
    new = sent.get("name")
    if not isinstance(new, str):
        raise BadRequest(Text("The request cannot be read."))
    with writing() as context:
        rename_in(context, editing.seen(context, sent), runtime().field_types, target, new,
                  service_tasks=runtime().extensions.service_tasks.items)
    return jsonify(draft=editing.draft_as_json(), problems=editing.problems_as_json())
