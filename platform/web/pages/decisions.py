"""Decisions: the list, the editor, and what becomes of a whole file: new, copied, deleted, restored, returned."""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadRequest, Conflict, FieldError, Text
from formloom.metadata import layers
from formloom.web.i18n import label, t
from formloom.web.pages import decision_files, edited_sources, model_draft
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.decision_files import File
from formloom.web.pages.decision_words import AGGREGATIONS, KINDS, POLICIES, TYPES, WORDS
from formloom.web.pages.frame import display
from formloom.web.requests import model, reading, runtime
from formloom.workflow.decisions import copying, drafting, layout, sheet, usage
from formloom.workflow.decisions.editing import Document, InputColumn, OutputColumn, parsed
from formloom.workflow.decisions.usage import Use

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")


@blueprint.get("/decisions")
def decisions() -> ResponseReturnValue:
    edited_sources.administrator()
    return render_template("decisions/list.html", lines=decision_files.lines(), kinds=KINDS, policies=POLICIES,
                           removed=decision_files.removed())


@blueprint.get("/decisions/new")
def new_decision() -> ResponseReturnValue:
    edited_sources.administrator()
    return _new_form({}, [])


@blueprint.post("/decisions/new")
def make_decision() -> ResponseReturnValue:
    edited_sources.administrator()
    given = {name: request.form.get(name, "").strip() for name in ("name", "name_zh", "key", "input", "input_type",
                                                                   "output", "output_type")}
    errors = _unfit(given)
    if errors:
        return _new_form(given, errors), 422
    text = drafting.draft(
        given["key"], given["name"], given["name_zh"], [InputColumn("", given["input"], type=given["input_type"])],
        [OutputColumn("", given["output"], type=given["output_type"])])
    return _changed(given["key"], lambda sources: layers.put(sources, decision_files.path_of(given["key"]), text),
                    Text("The decision is there. Add its rules, then publish."))


@blueprint.get("/decisions/<stem>")
def decision(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    file = decision_files.file(stem)
    if file.document is None:
        raise BadRequest(Text("This file cannot be read."))
    keys = [part.key for part in file.document.parts]
    chosen = request.args.get("decision", "")
    return render_template(
        "decisions/editor.html", file=file, parts=file.document.parts, chosen=chosen if chosen in keys else "",
        drawing=layout.draw(parsed(file.text, file.path)), uses=_uses(file),
        policies=POLICIES, types=TYPES, aggregations=AGGREGATIONS, data=_data(file), review=runtime().settings.review,
        part_label=decision_files.part_label, names=_names(file.document))


@blueprint.get("/decisions/<stem>/file.dmn")
def decision_file(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    file = decision_files.file(stem)
    return Response(file.text, mimetype="application/xml",
                    headers={"Content-Disposition": f'attachment; filename="{file.stem}.dmn"'})


@blueprint.get("/decisions/<stem>/history")
def decision_history(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    file = decision_files.file(stem)
    return render_template("decisions/_history.html", file=file, versions=edited_sources.history(file.path),
                           show=display())


@blueprint.post("/decisions/<stem>/restore")
def restore_decision(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    return edited_sources.restored(decision_files.path_of(stem), request.form.get("version", ""), f"/decisions/{stem}")


@blueprint.post("/decisions/<stem>/return")
def return_decision(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    return edited_sources.returned(decision_files.path_of(stem), f"/decisions/{stem}")


@blueprint.post("/decisions/<stem>/duplicate")
def duplicate_decision(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    file = decision_files.file(stem)
    number = next(n for n in range(2, 1_000) if not _taken(f"{_key_of(stem)}_{n}"))
    key, name = f"{_key_of(stem)}_{number}", f"{_name_of(file)} {number}"
    text = copying.copied(file.text, file.path, key, name)
    return _changed(key, lambda sources: layers.put(sources, decision_files.path_of(key), text),
                    Text("This is the copy; nothing uses it yet."))


@blueprint.post("/decisions/<stem>/delete")
def delete_decision(stem: str) -> ResponseReturnValue:
    edited_sources.administrator()
    file = decision_files.file(stem)
    used = _uses(file)
    if used:
        raise Conflict(
            Text("{place} uses this decision: {part}.", place=used[0].place, part=used[0].part),
            Text("Change that first, then delete the decision."))
    return _changed(stem, lambda sources: layers.removed(sources, file.path),
                    Text("The decision is deleted. Its history stays."), "/decisions")


def _changed(stem: str, change: edited_sources.Change, done: Text, goal: str = "") -> ResponseReturnValue:
    return edited_sources.changed(decision_files.path_of(stem), change, done, goal or f"/decisions/{stem}")


def _new_form(given: dict[str, str], errors: list[FieldError]) -> str:
    return render_template("decisions/new.html", given=given, types=TYPES,
                           errors={error.path: t(error.message) for error in errors})


def _unfit(given: dict[str, str]) -> list[FieldError]:
    found = [FieldError(name, "required", Text("This is needed."))
             for name in ("name", "key", "input", "output") if not given[name]]
    if given["key"] and not _KEY.fullmatch(given["key"]):
        found.append(FieldError("key", "bad-key", Text("Use small letters, digits and _, a letter first.")))
    elif given["key"] and _taken(given["key"]):
        found.append(FieldError("key", "taken", Text("There is such a decision already.")))
    return found + [FieldError(name, "unknown-type", Text("Choose one of the list."))
                    for name in ("input_type", "output_type") if given[name] not in TYPES]


def _taken(key: str) -> bool:
    with reading() as context:
        there = layers.at(model_draft.sources(context), decision_files.path_of(key))
    return key in model().catalog.decisions or there != layers.Layers(None, None)


def _key_of(stem: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", re.sub(r"_\d+$", "", stem.lower()))[:50]


def _name_of(file: File) -> str:
    top = file.document.part(file.document.top) if file.document else None
    return re.sub(r" \d+$", "", top.name if top else file.stem)


def _uses(file: File) -> tuple[Use, ...]:
    return usage.of(model().catalog, model().definitions, file.document)


def _names(document: Document) -> dict[str, str]:
    """What each element is called in the language of the person."""
    inputs = {one.key: label({"en": one.name} | ({"zh": one.label_zh} if one.label_zh else {}))
              for one in document.inputs}
    return inputs | {part.key: label(decision_files.part_label(part)) for part in document.parts}


def _title(file: File) -> str:
    """What the file is there for."""
    top = file.document.part(file.document.top) if file.document else None
    return label(decision_files.part_label(top)) if top else file.stem


def _data(file: File) -> dict[str, Any]:
    """What the scripts of the editor begin with."""
    return {
        "title": _title(file), "stem": file.stem, "was": layers.digest(file.text),
        "collected": file.collected is not None,
        "sheet": sheet.to_json(file.document) if file.document else None,
        "types": [[name, t(words)] for name, words in TYPES.items()],
        "policies": [[name, [t(words), t(help_)]] for name, (words, help_) in POLICIES.items()],
        "aggregations": [[name, t(words)] for name, words in AGGREGATIONS.items()],
        "uses": [{"decision": use.decision, "place": label(use.place), "part": label(use.part)}
                 for use in _uses(file)],
        "words": {key: t(text) for key, text in WORDS.items()},
    }
