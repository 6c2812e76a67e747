"""What every designer asks of the server: a definition as it would be, keeping it, undo and redo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from formloom.design import change_sets, definitions, publishing, rebasing, wording
from formloom.design.definitions import Tree
from formloom.errors import BadRequest, NotFound, Problem, Text
from formloom.records.context import Context
from formloom.storage import change_sets as stored
from formloom.storage.change_sets import ChangeSet, OvertakenChange
from formloom.web.i18n import t
from formloom.web.pages import model_draft
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.edited_sources import answering, body
from formloom.web.requests import reading, runtime, writing

Json = dict[str, Any]


def seen(context: Context, sent: Mapping[str, Any]) -> ChangeSet:
    """The draft as the page knew it; OvertakenChange if it is another one by now. `draft`: null began none."""
    known = sent.get("draft")
    found = model_draft.begun(context)
    if known is None:
        if found.cursor:
            raise OvertakenChange
        return found
    if not isinstance(known, dict):
        raise BadRequest(Text("The request cannot be read."))
    if (found.id, found.number) != (known.get("id"), known.get("number")):
        raise OvertakenChange
    return found


@blueprint.get("/design/<kind>/<name>/tree")
@answering
def definition_tree(kind: str, name: str) -> ResponseReturnValue:
    return jsonify(read(_kind(kind), name))


def trees(context: Context, kind: str) -> dict[str, Tree]:
    """All definitions of a kind by name, as the current draft makes them."""
    return definitions.trees(model_draft.sources(context), kind)


@blueprint.get("/design/<kind>/trees")
@answering
def definition_trees(kind: str) -> ResponseReturnValue:
    """All of a kind, for a page that changes several."""
    with reading() as context:
        return jsonify(trees=trees(context, _kind(kind)), draft=draft_as_json())


@blueprint.post("/design/<kind>/<name>/tree")
@answering
def write_definition(kind: str, name: str) -> ResponseReturnValue:
    """`tree` null takes the definition out of force."""
    sent = body()
    edited = sent.get("tree")
    if not isinstance(edited, dict | None):
        raise BadRequest(Text("The request cannot be read."))
    with writing() as context:
        draft = seen(context, sent)
        held = change_sets.sources(context, draft)
        before = definitions.tree(held, _kind(kind), definitions.first_name(held, kind, name)) or {}
        change_sets.write(context, draft, kind, name, edited, wording.told(name, before, edited))
    return jsonify(draft=draft_as_json(), problems=problems_as_json())


@blueprint.post("/design/undo")
@answering
def undo_edit() -> ResponseReturnValue:
    with writing() as context:
        change_sets.undo(context, seen(context, body()))
    return jsonify(draft=draft_as_json(), problems=problems_as_json())


@blueprint.post("/design/redo")
@answering
def redo_edit() -> ResponseReturnValue:
    with writing() as context:
        change_sets.redo(context, seen(context, body()))
    return jsonify(draft=draft_as_json(), problems=problems_as_json())


@blueprint.get("/design/problems")
@answering
def design_problems() -> ResponseReturnValue:
    return jsonify(draft=draft_as_json(), problems=problems_as_json())


def read(kind: str, name: str) -> Json:
    """What a designer begins with; `pack` is the definition without the local layer, null for one made here."""
    with reading() as context:
        draft = model_draft.current(context)
        return {"kind": kind, "name": name, "tree": change_sets.tree(context, draft, kind, name),
                "pack": change_sets.pack_tree(context, draft, kind, name), "draft": draft_as_json()}


def draft_as_json() -> Json | None:
    with reading() as context:
        draft = model_draft.current(context)
        if draft is None:
            return None
        edits = stored.history(context.unit, draft.id)
        return {"id": draft.id, "number": draft.number, "title": draft.title, "state": draft.state,
                "edits": draft.cursor, "files": len(rebasing.edited(context, draft)),
                "undo": draft.cursor > 0, "redo": draft.cursor < len(edits)}


def problems_as_json() -> list[Json]:
    """What would stop publishing, and warnings about what was edited; not those of files that nobody touched."""
    with reading() as context:
        draft = model_draft.current(context)
        sources = change_sets.sources(context, draft)
        edited = tuple(rebasing.edited(context, draft)) if draft else ()
    if draft is None or not edited:
        return []
    chosen = publishing.chosen(draft)
    return [problem_as_json(p) for p in publishing.problems(runtime(), sources, chosen)
            if p.severity == "error" or p.place.file.endswith(edited)]


def problem_as_json(problem: Problem) -> Json:
    return {"code": problem.code, "message": t(problem.message), "hint": t(problem.hint) if problem.hint else "",
            "severity": problem.severity, "element": problem.element, "place": str(problem.place)}


def _kind(kind: str) -> str:
    if kind not in definitions.FOLDERS:
        raise NotFound(Text("There is nothing at this address."))
    return kind
