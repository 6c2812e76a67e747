"""What the decision editor asks while somebody types: problems at cells, an answer for a test, and publishing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from formloom.errors import BadConfiguration, BadRequest, Problem, Text
from formloom.metadata import layers
from formloom.web.i18n import label, t
from formloom.web.pages import decision_files, edited_sources, model_draft
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.decision_files import File
from formloom.web.pages.edited_sources import Overtaken, answering, body
from formloom.web.pages.frame import display
from formloom.web.requests import runtime
from formloom.workflow.decisions import cells, rewriting, sheet, trial, wording
from formloom.workflow.decisions.cells import Finding
from formloom.workflow.decisions.editing import Document, Grid, InputColumn, OutputColumn, Part
from formloom.workflow.decisions.library import Decision
from formloom.workflow.decisions.model import Model
from formloom.workflow.decisions.samples import literal

Json = dict[str, Any]


@blueprint.post("/decisions/<stem>/check")
@answering
def check_decision(stem: str) -> ResponseReturnValue:
    file, text, document = _draft(stem)
    read, findings = _checked(file, text)
    broken = any(one.problem.severity == "error" for one in findings)
    found = findings if broken else [*findings, *cells.examine(read)]
    return jsonify(findings=[_finding(document, one) for one in found], tidy=_tidy(document),
                   asks=_asks(read, text, file, document), feel=_meaning(body().get("cell")))


@blueprint.post("/decisions/<stem>/try")
@answering
def try_decision(stem: str) -> ResponseReturnValue:
    file, text, document = _draft(stem)
    sent = body()
    given = sent.get("inputs")
    if not isinstance(given, dict) or not all(isinstance(words, str) for words in given.values()):
        raise BadRequest(Text("The request cannot be read."))
    read, findings = _checked(file, text)
    if any(one.problem.severity == "error" for one in findings):
        return jsonify(broken=True)
    asked = trial.decision(read, text, file.path, str(sent.get("decision", "")))
    kinds = {name: _ask(asked, name, document)["kind"] for name in asked.inputs}
    done = trial.ask(asked, given, kinds, runtime().now())
    return jsonify(
        values=_values(asked, document, done.answer.value), empty=done.answer.value is None,
        failures=[t(text) for text in done.answer.failures],
        warnings=[warning.message for warning in done.answer.warnings], hits=done.hits,
        errors={error.path: t(error.message) for error in done.errors})


@blueprint.post("/decisions/<stem>/publish")
@answering
def publish_decision(stem: str) -> ResponseReturnValue:
    file, text, document = _draft(stem)
    if errors := _errors(file, text):
        return _refused(document, errors)
    over = body().get("over") or body().get("was")
    try:
        edited_sources.publish(file.path, lambda sources: layers.put(sources, file.path, text), str(over))
    except Overtaken:
        return _overtaken(stem)
    except BadConfiguration as error:
        return _refused(document, [Finding("", problem) for problem in error.problems if problem.severity == "error"])
    published = decision_files.file(stem)
    if published.document is None:
        raise BadRequest(Text("The request cannot be read."))
    return jsonify(was=layers.digest(published.text), sheet=sheet.to_json(published.document))


@blueprint.post("/decisions/<stem>/collect")
@answering
def collect_decision(stem: str) -> ResponseReturnValue:
    """Into the draft of the model, to be published with what else is in it."""
    file, text, document = _draft(stem)
    if errors := _errors(file, text):
        return _refused(document, errors)
    if layers.digest(file.text) != str(body().get("over") or body().get("was")):
        return _overtaken(stem)
    found = model_draft.collect(file.path, lambda sources: layers.put(sources, file.path, text),
                             Text("{name} was changed.", name=stem))
    return jsonify(was=layers.digest(text), sheet=sheet.to_json(document), page=f"/changes/{found.id}")


def _checked(file: File, text: str) -> tuple[Model, list[Finding]]:
    return cells.check(text, file.path, decision_files.others(model_draft.imagined(), file.path))


def _errors(file: File, text: str) -> list[Finding]:
    return [one for one in _checked(file, text)[1] if one.problem.severity == "error"]


def _values(asked: Decision, document: Document, value: Any) -> list[tuple[str, str]]:
    """Each entry of a result under its heading."""
    if not isinstance(value, Mapping):
        return [("", _said(value))]
    part = document.part(asked.id)
    columns = {one.name: one for one in part.grid.outputs} if part and part.grid else {}
    return [(_heading(name, columns.get(name)), _said(one)) for name, one in value.items()]


def _heading(name: str, column: InputColumn | OutputColumn | None) -> str:
    if column is None:
        return name
    return label({"en": column.label or name} | ({"zh": column.label_zh} if column.label_zh else {}))


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return t(Text("Yes")) if value else t(Text("No"))
    return trial.written(value) or "–"


def _tidy(document: Document) -> list[tuple[str, int, str, int, str, str]]:
    """Cells that were typed in other words than they are shown in: part, rule, side, place, from, to."""
    sent = {part["key"]: part for part in body()["sheet"]["parts"]}
    found = []
    for part in sheet.to_json(document)["parts"]:
        rows = sent.get(part["key"], {}).get("grid", {}).get("rows", [])
        for n, (typed, row) in enumerate(zip(rows, part.get("grid", {}).get("rows", []), strict=False)):
            for side in ("tests", "results"):
                found += [(part["key"], n, side, at, was, now)
                          for at, (was, now) in enumerate(zip(typed[side], row[side], strict=True)) if was != now]
    return found


def _meaning(cell: Any) -> str:
    """The FEEL of the cell that is being typed."""
    match cell:
        case {"words": str(words), "kind": str(kind), "unary": bool(unary)}:
            return wording.meant(words, kind, unary)
    return ""


def _draft(stem: str) -> tuple[File, str, Document]:
    """The file in force, and the text and document of the draft that was sent, made from the version it began with."""
    file, sent = decision_files.file(stem), body()
    base = edited_sources.text_of(file.path, file.text, str(sent.get("was", "")))
    before = decision_files.read(file.path, base)
    if before is None:
        raise Overtaken
    document = sheet.from_json(sent.get("sheet"), before)
    text = rewriting.write(base, file.path, document)
    return file, text, document


def _refused(document: Document, findings: list[Finding]) -> ResponseReturnValue:
    return jsonify(findings=[_finding(document, one) for one in findings]), 422


def _overtaken(stem: str) -> ResponseReturnValue:
    """Theirs, for comparing."""
    theirs = decision_files.file(stem)
    last = next(iter(edited_sources.history(theirs.path)), None)
    if theirs.document is None:
        raise Overtaken
    return jsonify(
        code=Overtaken.code, title=t(Overtaken().message), was=layers.digest(theirs.text),
        sheet=sheet.to_json(theirs.document), by=last.by if last else "",
        ago=display().ago(last.at) if last else ""), 409


def _finding(document: Document, found: Finding) -> Json:
    problem: Problem = found.problem
    told: Json = {"path": found.path, "severity": problem.severity, "code": problem.code,
                  "message": t(problem.message), "hint": t(problem.hint) if problem.hint else ""}
    if not found.path:
        told["message"] = f"{problem.place}: {told['message']}"
    part = document.part(found.path.removeprefix("parts/").partition("/")[0])
    if found.region is not None and part is not None and part.grid is not None:
        kinds = [sheet.kind_of_input(document, column) for column in part.grid.inputs]
        told["example"] = {subject: wording.shown(literal(value), _kind(part.grid, kinds, subject), unary=False)
                           for subject, value in found.region.values}
        told["rules"] = list(found.rules)
        told["tests"] = [wording.shown(test, kind) for test, kind in zip(found.region.tests, kinds, strict=True)]
    return told


def _kind(grid: Grid, kinds: list[str], subject: str) -> str:
    """The type of the column that asks for this."""
    return next((kind for column, kind in zip(grid.inputs, kinds, strict=True)
                 if column.expression.strip() == subject), "")


def _asks(read: Model, text: str, file: File, document: Document) -> Json:
    """The inputs of each decision, for the form of a test."""
    found: Json = {}
    for part in document.parts:
        if part.kind == "decision" and part.key in read.nodes:
            asked = trial.decision(read, text, file.path, part.key)
            found[part.key] = [_ask(asked, name, document) for name in asked.inputs]
    return found


def _ask(asked: Decision, name: str, document: Document) -> Json:
    datum = asked.inputs[name]
    column = next((column for part in document.parts for column in _columns(part)
                   if column.expression.strip() == name), None)
    kind = trial.base(asked.model, datum.type)
    kind = sheet.kind_of_input(document, column) if kind == "Any" and column else kind
    words = label(datum.label) or name
    words = _heading(name, column) if words == name else words
    values = wording.values_shown((column.values if column else "") or document.allowed(datum.type.name), kind)
    return {"name": name, "label": words, "kind": kind,
            "values": values if all(one and not any(c in one for c in "[]<>()=") for one in values) else []}


def _columns(part: Part) -> Any:
    return part.grid.inputs if part.grid else ()
