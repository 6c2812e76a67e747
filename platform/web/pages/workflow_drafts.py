"""What the process designer asks while somebody draws: problems at elements, keeping the draft, publishing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from formloom.errors import BadConfiguration, BadRequest, Problem, Text
from formloom.metadata import layers
from formloom.storage import drafts
from formloom.storage.drafts import OvertakenDraft
from formloom.web.i18n import label, t
from formloom.web.pages import edited_sources, model_draft, workflow_files, workflow_words
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.edited_sources import Overtaken, Version, answering, body
from formloom.web.pages.frame import display
from formloom.web.pages.workflow_files import File
from formloom.web.requests import actor, reading, runtime, writing
from formloom.workflow import differences, drawn, reader, versions
from formloom.workflow.differences import Difference
from formloom.workflow.drawn import Drawing, Part

Json = dict[str, Any]
_MOST_REASON = 500


@blueprint.post("/workflows/<stem>/check")
@answering
def check_workflow(stem: str) -> ResponseReturnValue:
    return jsonify(findings=_findings(workflow_files.path_of(stem), _text()))


@blueprint.post("/workflows/<stem>/draft")
@answering
def save_workflow_draft(stem: str) -> ResponseReturnValue:
    """Keeps what was drawn; nothing of it is in force. `over` puts it in the place of somebody else's."""
    file, text, sent = workflow_files.file(stem), _text(), body()
    seen = sent.get("seen")
    if not isinstance(seen, int) or not isinstance(sent.get("was"), str):
        raise BadRequest(Text("The request cannot be read."))
    if sent.get("over") is True:
        seen = file.draft.number if file.draft else 0
    try:
        with writing() as context:
            number = drafts.save(context.unit, file.path, text, sent["was"], seen, actor().user_id, runtime().now())
    except OvertakenDraft as error:
        return _draft_overtaken(stem, error)
    return jsonify(seen=number, findings=_findings(file.path, text))


@blueprint.post("/workflows/<stem>/compare")
@answering
def compare_workflow(stem: str) -> ResponseReturnValue:
    """With what is in force, or with another version; and who is touched by publishing."""
    file, text, sent = workflow_files.file(stem), _text(), body()
    wanted = str(sent.get("version", ""))
    before = edited_sources.version(file.path, wanted).text if wanted else file.text
    last = next(iter(edited_sources.history(file.path)), None)
    with reading() as context:
        running = versions.running(context, drawn.read(file.text).key) if file.text else {}
    return jsonify(
        before=before, changes=changes(before, text), running=running.get(layers.digest(file.text), 0),
        earlier=sum(running.values()) - running.get(layers.digest(file.text), 0), number=last.number if last else 0,
        by=_publisher(last), ago=display().ago(last.at) if last else "", reason=last.reason if last else "")


@blueprint.post("/workflows/<stem>/publish")
@answering
def publish_workflow(stem: str) -> ResponseReturnValue:
    file, text, sent = workflow_files.file(stem), _text(), body()
    errors = [one for one in _findings(file.path, text) if one["severity"] == "error"]
    if errors:
        return jsonify(findings=errors), 422
    was = str(sent.get("over") or sent.get("was", ""))
    reason = str(sent.get("reason", "")).strip()[:_MOST_REASON]
    try:
        edited_sources.publish(file.path, lambda sources: layers.put(sources, file.path, text), was, reason)
    except Overtaken as error:
        return _overtaken(stem, error)
    except BadConfiguration as error:
        drawing = drawn.read(text)
        return jsonify(findings=[_finding(p, drawing, file.path) for p in error.problems if p.severity == "error"]), 422
    with writing() as context:
        drafts.drop(context.unit, file.path)
    return jsonify(was=layers.digest(text), number=len(edited_sources.history(file.path)))


@blueprint.post("/workflows/<stem>/collect")
@answering
def collect_workflow(stem: str) -> ResponseReturnValue:
    """Into the draft of the model, to be published with what else is in it."""
    file, text, sent = workflow_files.file(stem), _text(), body()
    if layers.digest(file.held) != str(sent.get("over") or sent.get("was", "")):
        return _overtaken(stem, Overtaken())
    title = label(drawn.read(text).label) or stem
    found = model_draft.collect(file.path, lambda sources: layers.put(sources, file.path, text),
                             Text("{name} was drawn anew.", name=title))
    with writing() as context:
        drafts.drop(context.unit, file.path)
    return jsonify(was=layers.digest(text), page=f"/changes/{found.id}")


def _text() -> str:
    text = body().get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadRequest(Text("The request cannot be read."))
    return text


def _findings(path: str, text: str) -> list[Json]:
    """What the reader says, mistakes first, then what runs as something else than it looks."""
    current, drawing = model_draft.imagined(), drawn.read(text)
    service_tasks = runtime().extensions.service_tasks.items
    definition, problems = reader.read(text, path, current.catalog, service_tasks, current.decisions)
    rewrites = definition.rewrites if definition else ()
    return [_finding(p, drawing, path) for p in (*problems, *rewrites)]


def _finding(problem: Problem, drawing: Drawing, path: str) -> Json:
    names = {part.id: workflow_words.element(part, drawing.parts) for part in drawing.parts.values()}
    names |= {named: names[key] for named, key in drawing.named.items()}
    message = t(drawn.told(problem, names))
    if problem.place.file != path:
        message = f"{problem.place}: {message}"
    hint = workflow_words.HINTS.get(problem.code, problem.hint)
    return {"element": drawing.element(problem), "severity": problem.severity, "code": problem.code,
            "message": message, "hint": t(hint) if hint else "",
            "way": str(problem.message.values.get("flow", ""))}


def changes(before: str, after: str) -> list[Json]:
    """What differs between two drawings, in words."""
    parts = {**drawn.read(before).parts, **drawn.read(after).parts}
    return [{"kind": one.kind, "id": one.id, "words": t(_change(one, parts))}
            for one in differences.compare(before, after)]


def _change(one: Difference, parts: Mapping[str, Part]) -> Text:
    element = workflow_words.element(parts.get(one.id, Part(one.id, one.element, one.label)), parts)
    return workflow_words.CHANGES[one.kind].saying(element=element, aspects=_aspects(one.aspects))


def _aspects(names: Iterable[str]) -> str:
    return t(Text(", ")).join(t(workflow_words.ASPECTS[name]) for name in names)


def _draft_overtaken(stem: str, error: OvertakenDraft) -> ResponseReturnValue:
    """Theirs, for comparing."""
    theirs = workflow_files.file(stem).draft
    if theirs is None:
        raise error
    who = label({"en": _name(theirs.saved_by)})
    return jsonify(code=error.code, title=t(error.message), text=theirs.text, seen=theirs.number, was=theirs.base,
                   by=who, ago=display().ago(theirs.saved_at)), 409


def _overtaken(stem: str, error: Overtaken) -> ResponseReturnValue:
    theirs: File = workflow_files.file(stem)
    last = next(iter(edited_sources.history(theirs.path)), None)
    return jsonify(code=error.code, title=t(error.message), text=theirs.held, was=layers.digest(theirs.held),
                   by=_publisher(last), ago=display().ago(last.at) if last else ""), 409


def _publisher(last: Version | None) -> str:
    return (last.by or t(Text("Command line"))) if last else ""


def _name(user_id: int | None) -> str:
    account = runtime().account(user_id) if user_id else None
    return account.actor.name if account else ""
