"""Processes as administrators design them: the list, the designer, and what becomes of a file: new, copied, retired."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadRequest, Conflict, FieldError, Text
from formloom.metadata import layers
from formloom.metadata.catalog import Entity
from formloom.policy import people
from formloom.storage import drafts
from formloom.web.i18n import label, t
from formloom.web.pages import edited_sources, model_draft, workflow_files, workflow_panel
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.pages.workflow_files import File
from formloom.web.pages.workflow_script_words import WORDS
from formloom.web.requests import actor, model, reading, runtime, writing
from formloom.workflow import copying, drawn, sketches, versions
from formloom.workflow.templates import STEPS, TEMPLATES, Wish

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_FIELDS: Final = ("template", "name", "name_zh", "key", "entity", "role", "starts")


@blueprint.get("/workflows")
def workflows() -> ResponseReturnValue:
    edited_sources.administrator()
    return render_template("workflows/list.html", lines=workflow_files.lines(), show=display())


@blueprint.get("/workflows/new")
def new_workflow() -> ResponseReturnValue:
    edited_sources.administrator()
    return _new_form({"template": request.args.get("template", "single"), "entity": request.args.get("entity", "")}, [])


@blueprint.post("/workflows/new")
def make_workflow() -> ResponseReturnValue:
    edited_sources.administrator()
    given = {name: request.form.get(name, "").strip() for name in _FIELDS}
    errors = _unfit(given)
    if errors:
        return _new_form(given, errors), 422
    wish = Wish(given["key"], given["name"], given["name_zh"], model().catalog.entity(given["entity"]), given["role"],
                given["starts"])
    return _drafted(given["key"], sketches.write(TEMPLATES[given["template"]].sketch(wish)),
                    Text("This is a draft; nothing runs until you publish it."))


@blueprint.get("/workflows/<stem>")
def workflow(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    file = workflow_files.file(stem)
    if not file.edited:
        return redirect("/workflows")
    drawing = drawn.read(file.edited)
    history = edited_sources.history(file.path)
    with reading() as context:
        running = sum(versions.running(context, drawing.key).values())
    return render_template(
        "workflows/designer.html", file=file, title=label(drawing.label) or stem, history=history, running=running,
        callers=versions.users(drawing.key, model().definitions), review=runtime().settings.review,
        data=_data(file, len(history)))


@blueprint.get("/workflows/<stem>/file.bpmn")
def workflow_file(stem: str) -> ResponseReturnValue:
    """What the designer shows, or an earlier version."""
    edited_sources.administrator()
    file, wanted = workflow_files.file(stem), request.args.get("version", "")
    text = edited_sources.version(file.path, wanted).text if wanted else file.edited
    return Response(text, mimetype="application/xml",
                    headers={"Content-Disposition": f'attachment; filename="{file.stem}.bpmn"'})


@blueprint.get("/workflows/<stem>/history")
def workflow_history(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    file = workflow_files.file(stem)
    with reading() as context:
        running = versions.running(context, drawn.read(file.edited).key)
    return render_template("workflows/_history.html", file=file, versions=edited_sources.history(file.path),
                           running=running, digest=layers.digest, show=display())


@blueprint.post("/workflows/<stem>/restore")
def restore_workflow(stem: str) -> ResponseReturnValue:
    """An earlier version as the draft, to be looked at and published; of a retired process its last one."""
    edited_sources.administrator()
    file, wanted = workflow_files.file(stem), request.form.get("version", "")
    held = [one for one in edited_sources.history(file.path) if one.text]
    if not wanted and not held:
        raise BadRequest(Text("There is no such version."))
    found = edited_sources.version(file.path, wanted) if wanted else held[0]
    return _drafted(stem, found.text, Text("The draft is version {number} now; publish it to put it in force.",
                                           number=found.number))


@blueprint.post("/workflows/<stem>/discard")
def discard_workflow_draft(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    file = workflow_files.file(stem)
    with writing() as context:
        drafts.drop(context.unit, file.path)
    flash(t(Text("The draft is gone.")), "success")
    return redirect(f"/workflows/{stem}" if file.text else "/workflows")


@blueprint.post("/workflows/<stem>/return")
def return_workflow(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    return edited_sources.returned(workflow_files.path_of(stem), f"/workflows/{stem}")


@blueprint.post("/workflows/<stem>/duplicate")
def duplicate_workflow(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    file = workflow_files.file(stem)
    base = re.sub(r"[^a-z0-9_]", "_", re.sub(r"_\d+$", "", stem.lower()))[:50]
    number = next(n for n in range(2, 1_000) if not workflow_files.taken(f"{base}_{n}"))
    text = copying.copied(file.edited, file.path, f"{base}_{number}", str(number))
    return _drafted(f"{base}_{number}", text, Text("This is the copy, as a draft; nothing starts it yet."))


@blueprint.post("/workflows/<stem>/retire")
def retire_workflow(stem: str) -> ResponseReturnValue:
    """Out of force: nothing starts it any more; what runs goes on to its end."""
    edited_sources.administrator()
    file = workflow_files.file(stem)
    used = versions.users(drawn.read(file.text).key, model().definitions)
    if used:
        raise Conflict(Text("{process} starts this process.", process=used[0].label),
                       Text("Change that first, then retire it."))
    return edited_sources.changed(file.path, lambda sources: layers.put(sources, file.path, ""),
                                  Text("The process is retired. What runs goes on to its end."), "/workflows")


def _drafted(stem: str, text: str, done: Text) -> ResponseReturnValue:
    """As the draft of this file, in the place of an earlier one."""
    path = workflow_files.path_of(stem)
    with writing() as context:
        base = layers.digest(layers.at(model_draft.sources(context), path).text)
        held = drafts.get(context.unit, path)
        drafts.save(context.unit, path, text, base, held.number if held else 0, actor().user_id, runtime().now())
    flash(t(done), "success")
    return redirect(f"/workflows/{stem}")


def _new_form(given: Mapping[str, str], errors: list[FieldError]) -> str:
    current = model().catalog
    return render_template(
        "workflows/new.html", given=given, templates=TEMPLATES, roles=current.roles.values(),
        entities=[e for e in current.entities.values() if e.parent is None],
        errors={error.path: t(error.message) for error in errors})


def _unfit(given: Mapping[str, str]) -> list[FieldError]:
    current = model().catalog
    found = [FieldError(name, "required", Text("This is needed.")) for name in ("name", "key") if not given[name]]
    if given["key"] and not _KEY.fullmatch(given["key"]):
        found.append(FieldError("key", "bad-key", Text("Use small letters, digits and _, a letter first.")))
    elif given["key"] in STEPS or (given["key"] and workflow_files.taken(given["key"])):
        found.append(FieldError("key", "taken", Text("There is such a process already.")))
    known = {"template": TEMPLATES, "entity": current.entities, "role": current.roles}
    found += [FieldError(name, "unknown", Text("Choose one of the list.")) for name in known
              if given[name] not in known[name]]
    return found or _unsuited(given, current.entities[given["entity"]])


def _unsuited(given: Mapping[str, str], entity: Entity) -> list[FieldError]:
    if not TEMPLATES[given["template"]].fits(entity):
        return [FieldError("template", "unsuited", Text("{entity} has no field with an amount.", entity=entity.label))]
    on, _, action = given["starts"].partition(":")
    if on not in ("manual", "created", "updated", "action") or (on == "action" and action not in entity.actions):
        return [FieldError("starts", "unknown", Text("{entity} cannot start it this way.", entity=entity.label))]
    return []


def _data(file: File, number: int) -> dict[str, Any]:
    """What the scripts of the designer begin with."""
    with reading() as context:
        teams = people.teams(context.unit)
    offers = workflow_panel.offered(model_draft.imagined(), runtime().extensions.service_tasks.items, teams)
    return {
        "stem": file.stem, "text": file.edited, "published": file.held, "collected": file.collected is not None,
        "was": file.draft.base if file.draft else layers.digest(file.held),
        "seen": file.draft.number if file.draft else 0, "number": number if file.text else 0,
        "overtaken": file.overtaken, "offers": offers,
        "words": {key: t(text) for key, text in WORDS.items()},
    }
