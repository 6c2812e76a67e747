"""Test runs of a process: the page, and the same as JSON for the designer. Nothing is written, nothing leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadConfiguration, BadRequest, Forbidden, FormloomError, Text, UnknownProcess
from formloom.forms import submission
from formloom.metadata.catalog import Entity, Field
from formloom.policy import people
from formloom.policy.actor import Actor
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.query import Query
from formloom.web import problems
from formloom.web.i18n import label, t
from formloom.web.pages import trial_words, workflow_files
from formloom.web.pages.blueprint import blueprint
from formloom.web.requests import actor, model, runtime
from formloom.workflow import drawn
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.rehearsal import Move, Sample, rehearse
from formloom.workflow.simulation import queue as simulations

MOST_CHOICES = 100
# Fields that are typed in one line; the others come from the record that is copied.
_TYPED = frozenset({"text", "long_text", "integer", "decimal", "money", "percent", "boolean", "date", "choice", "user",
                    "reference", "email", "phone", "url", "rating", "datetime", "duration"})
_MEMBERS = ("do", "node", "outcome", "comment", "by", "values", "outcomes", "duration", "name", "key")


@dataclass(slots=True)
class Setup:
    """What was sent: the sample as typed, and the moves so far."""

    text: str = ""
    record: int | None = None
    started_by: int | None = None
    begin: str = ""
    now: datetime | None = None
    values: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    moves: list[dict[str, Any]] = field(default_factory=list)

    @property
    def sample(self) -> Sample:
        return Sample(record=self.record, values=self.values, started_by=self.started_by, begin=self.begin,
                      now=self.now, results=self.results)


def administrator() -> Actor:
    """Who asks, if that person may try processes out: a test run shows any record."""
    who = actor()
    if not who.admin:
        raise Forbidden(Text("Only administrators may try processes out."), Text("Ask an administrator."))
    return who


def known(key: str) -> ProcessDefinition:
    found = model().definitions.get(key)
    if found is None:
        raise UnknownProcess(key, model().definitions)
    return found


@blueprint.get("/processes/<key>/test")
def try_process(key: str) -> ResponseReturnValue:
    """`draft`: the file whose draft is tried, instead of the version in force."""
    administrator()
    setup = Setup(text=drafted(request.args.get("draft", "")))
    try:
        return _page(key, setup, _drawn(key, setup.text), None, [])
    except BadConfiguration as error:
        return _page(key, Setup(), known(key), None, [str(one) for one in error.problems]), 422


@blueprint.get("/workflows/<stem>/<any(test, simulate):what>")
def try_workflow(stem: str, what: str) -> ResponseReturnValue:
    """From the designer, with the draft there is."""
    administrator()
    key = drawn.read(workflow_files.file(stem).edited).key
    return redirect(f"/processes/{key}/{what}?draft={stem}")


def drafted(stem: str) -> str:
    """The draft of a file; '' where it is the version in force."""
    file = workflow_files.file(stem) if stem else None
    return file.edited if file is not None and file.draft is not None else ""


@blueprint.post("/processes/<key>/test")
def play_process(key: str) -> ResponseReturnValue:
    """Without scripts as well: each button sends the sample and the moves so far, and one more."""
    administrator()
    setup = Setup()
    try:
        setup = _posted(key)
        trace, definition = _played(key, setup)
    except BadConfiguration as error:
        return _page(key, replace(setup, text=""), known(key), None, [str(one) for one in error.problems]), 422
    except FormloomError as error:
        told = [t(error.message), *(t(error.hint) for _ in [1] if error.hint), *_details(error)]
        if not setup.moves:
            return _page(key, setup, _drawn(key, setup.text), None, told), 422
        setup.moves.pop()
        trace, definition = _played(key, setup)
        return _page(key, setup, definition, trace, told), 422
    return _page(key, setup, definition, trace, [])


@blueprint.post("/processes/<key>/test/trace")
def trace_process(key: str) -> ResponseReturnValue:
    """For the designer: `bpmn` (the drawing; without it the version in force), `record` or `values`, `started_by`,
    `begin`, `now`, `results`, `moves`; answers the trace.
    """
    try:
        administrator()
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise BadRequest(Text("The body must be JSON: send the header Content-Type: application/json."))
        return jsonify(_played(key, _from_json(body))[0])
    except FormloomError as error:
        return problems.respond(error)


def _played(key: str, setup: Setup) -> tuple[dict[str, Any], ProcessDefinition]:
    with runtime().rehearsing(actor(), model()) as context:
        definition = _definition(context, key, setup.text)
        trace = rehearse(context, definition, setup.sample, [_move(one) for one in setup.moves])
        return trial_words.document(context, definition, trace), definition


def _drawn(key: str, text: str) -> ProcessDefinition:
    """What the page is about: the draft, which may be of a process that was never published."""
    if not text:
        return known(key)
    with runtime().reading(actor(), model()) as context:
        return _definition(context, key, text)


def _definition(context: Context, key: str, text: str) -> ProcessDefinition:
    """The draft, under the key of its address: it may be one that is not published yet."""
    found = simulations.draft(context, key, text)
    if found.key != key:
        raise BadRequest(Text("The drawing is of the process {found}, not of {key}.", found=found.key, key=key))
    return found


def _from_json(body: Mapping[str, Any]) -> Setup:
    kinds: Mapping[str, type | tuple[type, ...]] = {
        "bpmn": str, "record": (int, type(None)), "started_by": (int, type(None)), "begin": str,
        "now": (str, type(None)), "values": dict, "results": dict, "moves": list}
    for name, value in body.items():
        if name not in kinds or not isinstance(value, kinds[name]) or isinstance(value, bool):
            raise BadRequest(Text("The member {name} is unknown or of another type.", name=name),
                             Text("A test run takes {names}.", names=", ".join(kinds)))
    return Setup(text=body.get("bpmn", ""), record=body.get("record"), started_by=body.get("started_by"),
                 begin=body.get("begin", ""), now=_moment(body.get("now") or ""), values=body.get("values", {}),
                 results=body.get("results", {}), moves=body.get("moves", []))


def _move(given: Any) -> Move:
    if not isinstance(given, dict) or set(given) - set(_MEMBERS) or "do" not in given:
        raise BadRequest(Text("A move needs {members}.", members="do"),
                         Text("It may have {members}.", members=", ".join(_MEMBERS[1:])))
    values, outcomes = given.get("values", {}), given.get("outcomes", {})
    texts = [given.get(name) or "" for name in ("do", "node", "outcome", "comment", "duration", "name")]
    if not (isinstance(values, dict) and isinstance(outcomes, dict) and all(isinstance(one, str) for one in texts)
            and isinstance(given.get("by"), (int, type(None))) and isinstance(given.get("key"), (str, type(None)))):
        raise BadRequest(Text("The move {move} has members of another type.", move=str(given.get("do"))))
    do, node, outcome, comment, duration, name = texts
    return Move(do=do, node=node, outcome=outcome, comment=comment, by=given.get("by"), values=values,
                outcomes=outcomes, duration=duration, name=name, key=given.get("key"))


def _moment(text: str) -> datetime | None:
    """As typed on the clock of whoever asks."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(Text("{text} is not a point in time.", text=text), Text("Write it like 2026-11-30T09:00.")
                         ) from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(actor().timezone))


# -- the form: the sample, and buttons whose value is a move ---------------------------------------------------------


def _posted(key: str) -> Setup:
    form = request.form
    upload = request.files.get("draft")
    text = upload.read().decode("utf-8", "replace") if upload and upload.filename else form.get("text", "")
    try:
        moves = json.loads(form.get("moves") or "[]")
    except json.JSONDecodeError:
        raise BadRequest(Text("The request cannot be read.")) from None
    entity = model().catalog.entities.get(_drawn(key, text).entity)
    setup = Setup(text=text, record=_number("record"), started_by=_number("started_by"), begin=form.get("begin", ""),
                  now=_moment(form.get("now", "")), values=_typed(entity, "v."), moves=moves)
    return _pressed(setup, form.get("move", ""), entity)


def _number(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    if text and not text.isdecimal():
        raise BadRequest(Text("{text} is not a number.", text=text))
    return int(text) if text else None


def _typed(entity: Entity | None, prefix: str) -> dict[str, Any]:
    """Inputs that were filled in; an empty one leaves what is copied."""
    if entity is None:
        return {}
    sent = {name.removeprefix(prefix): values for name, values in request.form.to_dict(flat=False).items()
            if name.startswith(prefix) and any(value.strip() for value in values)}
    read = submission.read(sent, model().catalog, entity, sent.keys() & entity.fields.keys(),
                           ZoneInfo(actor().timezone))
    read.check()
    return read.values


def _pressed(setup: Setup, button: str, entity: Entity | None) -> Setup:
    verb, _, rest = button.partition(":")
    node, _, outcome = rest.partition(":")
    if verb == "restart":
        setup.moves = []
    elif verb == "undo":
        setup.moves = setup.moves[:-1]
    elif verb == "complete":
        setup.moves.append({"do": verb, "node": node, "outcome": outcome, "values": _typed(entity, f"t.{node}."),
                            "comment": request.form.get(f"comment.{node}", "")})
    elif verb == "wait":
        setup.moves.append({"do": verb, "duration": request.form.get("duration", "")})
    elif verb == "message" or verb == "signal":
        setup.moves.append({"do": verb, "name": rest})
    elif verb in ("next", "finish"):
        setup.moves.append({"do": verb} | ({"values": _typed(entity, "v.")} if verb == "finish" else {}))
    return setup


def _details(error: FormloomError) -> list[str]:
    found = getattr(error, "errors", ())
    return [f"{one.path}: {t(one.message)}" for one in found]


def _page(key: str, setup: Setup, definition: ProcessDefinition, trace: dict[str, Any] | None,
          errors: list[str]) -> str:
    entity = model().catalog.entities.get(definition.entity)
    with runtime().reading(actor(), model()) as context:
        choices = _choices(context, entity)
        persons = people.find(context.unit, "", MOST_CHOICES)
    return render_template(
        "trials/test.html", key=key, title=label(definition.label) or key, definition=definition, setup=setup,
        trace=trace, errors=errors, entity=entity, records=choices, persons=persons, me=actor().user_id,
        fields=_fields(definition, entity) if entity else [], typed=_control, moves=json.dumps(setup.moves),
        actions=[one.action for one in definition.triggers if one.on == "action"],
        drawing=setup.text or definition.text)


def _choices(context: Context, entity: Entity | None) -> list[tuple[int, str]]:
    """The newest records; any other is given by its number."""
    if entity is None or entity.parent:
        return []
    page = actions.list(context, entity.name, Query(sort=("-id",), page_size=MOST_CHOICES))
    return [(record.id, record.label) for record in page.records]


def _fields(definition: ProcessDefinition, entity: Entity) -> list[Field]:
    """What the process reads or lets people type: those decide where it goes. And what a record needs."""
    texts = [flow.condition for flow in definition.flows if flow.condition]
    for node in definition.nodes.values():
        texts += [*node.script.values(), *(node.decision.parameters.values() if node.decision else ())]
        texts += [one for one in (node.condition, node.assignment.assignee, node.assignment.users) if one]
    read = {name for text in texts for name in text.names}
    read |= {one.name for node in definition.nodes.values() for one in node.fields if one.editable}
    asks = any(node.decision and not node.decision.parameters for node in definition.nodes.values())
    return [spec for name, spec in entity.fields.items() if spec.type.name in _TYPED and not spec.type.computed
            and (name in read or spec.required or (asks and spec.type.name in ("choice", "money", "percent")))]


def _control(spec: Field) -> str:
    """The type of the input that a field is typed into."""
    return {"date": "date", "datetime": "datetime-local", "email": "email", "integer": "number"}.get(
        spec.type.name, "text")
