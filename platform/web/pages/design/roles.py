"""The designer of roles: what each may do with every entity, its fields, actions and states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.design import change_sets
from formloom.errors import FieldError, Text
from formloom.metadata.catalog import Entity
from formloom.policy import people
from formloom.records.context import Context
from formloom.web.i18n import label, t, texts
from formloom.web.pages import model_draft
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import editing, naming, uses
from formloom.web.pages.design.outline import outlined
from formloom.web.pages.design.role_words import WORDS
from formloom.web.pages.edited_sources import administrator, answering
from formloom.web.pages.workflow_panel import of_entity
from formloom.web.requests import model, reading, writing

_SHOWN: Final = 8        # people who are named before a role is removed
_GIVEN: Final = ("label", "label_zh", "key", "like")
Json = dict[str, Any]


@blueprint.get("/design/roles")
def design_roles() -> ResponseReturnValue:
    administrator()
    with reading() as context:
        catalog = outlined(context)
        trees = editing.trees(context, "role")
        held = {name: len(people.with_role(context.unit, name)) for name in trees}
    data = {
        "roles": trees, "held": held, "draft": editing.draft_as_json(),
        "entities": [_entity(e) for e in catalog.entities.values()],
        "words": texts(WORDS)}
    return render_template("design/roles.html", data=data, trees=trees)


@blueprint.post("/design/roles/new")
def make_role() -> ResponseReturnValue:
    """In the draft: a role that may nothing, or what another one may."""
    administrator()
    given = {name: request.form.get(name, "").strip() for name in _GIVEN}
    with writing() as context:
        trees = editing.trees(context, "role")
        errors = _unfit(given, trees)
        if not errors:
            _made(context, given, trees)
    if errors:
        return render_template("design/new_role.html", given=given, trees=trees, draft=editing.draft_as_json(),
                               errors={error.path: t(error.message) for error in errors}), 422
    return redirect(f"/design/roles?role={given['key']}")


@blueprint.get("/design/roles/new")
def new_role() -> ResponseReturnValue:
    administrator()
    with reading() as context:
        trees = editing.trees(context, "role")
    return render_template("design/new_role.html", given={"like": request.args.get("like", "")}, trees=trees, errors={},
                           draft=editing.draft_as_json())


@blueprint.post("/design/roles/<name>/remove")
def remove_role(name: str) -> ResponseReturnValue:
    """Whoever has it keeps it in name only: a role that is not defined grants nothing."""
    administrator()
    with writing() as context:
        draft = model_draft.begun(context)
        words = change_sets.tree(context, draft, "role", name).get("label") or name
        change_sets.write(context, draft, "role", name, None, Text("{name} was removed.", name=words))
    flash(t(Text("It is taken out in your draft.")), "success")
    return redirect("/design/roles")


@blueprint.get("/design/roles/<name>/uses")
@answering
def role_uses(name: str) -> ResponseReturnValue:
    """Who has it, and what names it: steps of processes, forms."""
    with reading() as context:
        holders = people.with_role(context.unit, name)
        names = people.names(context.unit, holders[:_SHOWN])
        found = uses.of_role(outlined(context), name)
    return jsonify(people=[names[i] for i in holders[:_SHOWN] if i in names], more=max(0, len(holders) - _SHOWN),
                   uses=[{"where": use.where, "what": use.what} for use in found])


def _entity(entity: Entity) -> Json:
    """`state` is the field of its life cycle; `people` are the fields that hold a person."""
    return of_entity(entity) | {
        "plural": label(entity.plural), "parent": entity.parent, "state": entity.state,
        "people": [f.name for f in entity.fields.values() if f.type.name == "user"],
        "related": {f.name: f.target for f in entity.fields.values() if f.type.name == "reference"}}


def _unfit(given: Mapping[str, str], trees: Mapping[str, Any]) -> list[FieldError]:
    taken = {*trees, *model().catalog.roles}
    found = list(naming.unfit(given, taken, Text("There is such a role already.")))
    if given["like"] and given["like"] not in trees:
        found.append(FieldError("like", "unknown", Text("Choose one of the list.")))
    return found


def _made(context: Context, given: Mapping[str, str], trees: Mapping[str, Any]) -> None:
    labels = naming.both(given, "label")
    same = {key: value for key, value in trees.get(given["like"], {}).items() if key not in ("role", "id", "label")}
    change_sets.write(context, model_draft.begun(context), "role", given["key"],
                      {"role": given["key"], "label": labels, **same}, Text("{name} was made.", name=labels))
