"""Simulations of a process: ask for one, watch it, compare the draft with the version in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadConfiguration, BadRequest, FormloomError, NotFound, Text
from formloom.policy import people
from formloom.web import problems
from formloom.web.i18n import label, t
from formloom.web.pages import simulation_words as words
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.pages.trials import administrator, drafted, known
from formloom.web.requests import model, reading, runtime, writing
from formloom.workflow.simulation import queue
from formloom.workflow.simulation.assumptions import Given
from formloom.workflow.simulation.comparison import Wish
from formloom.workflow.simulation.history import MOST_CASES
from formloom.workflow.simulation.queue import Asked

MOST_SEED = 1_000_000


@blueprint.get("/processes/<key>/simulate")
def simulations(key: str) -> ResponseReturnValue:
    administrator()
    known(key)
    return _page(key, _number("run", 0, 1 << 31, 0), [])


@blueprint.post("/processes/<key>/simulate")
def simulate(key: str) -> ResponseReturnValue:
    """Few cases at once, many by a worker; either way at an address of its own."""
    administrator()
    known(key)
    try:
        number = _ask(key)
    except BadConfiguration as error:
        return _page(key, 0, [str(one) for one in error.problems]), 422
    except BadRequest as error:
        return _page(key, 0, [t(error.message)]), 422
    return redirect(f"/processes/{key}/simulate?run={number}")


@blueprint.get("/processes/<key>/simulate/<int:number>")
def simulation_state(key: str, number: int) -> ResponseReturnValue:
    """As JSON: how far it is, and what came out."""
    try:
        administrator()
        with reading() as context:
            return jsonify(_state(_one(context, key, number)))
    except FormloomError as error:
        return problems.respond(error)


@blueprint.post("/processes/<key>/simulate/run")
def simulate_json(key: str) -> ResponseReturnValue:
    """For the designer: `bpmn`, `cases`, `seed`, `rate`, `all_versions`, `given`; answers the simulation."""
    try:
        administrator()
        known(key)
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise BadRequest(Text("The body must be JSON: send the header Content-Type: application/json."))
        number = _begin(key, str(body.get("bpmn", "")), _wish(key, body))
        with reading() as context:
            return jsonify(_state(queue.get(context, number)))
    except FormloomError as error:
        return problems.respond(error)


@blueprint.get("/processes/<key>/simulate/<int:number>/result")
def simulation_result(key: str, number: int) -> ResponseReturnValue:
    """The part of the page that asks again while the simulation runs."""
    administrator()
    with reading() as context:
        asked = _one(context, key, number)
    return render_template("trials/_result.html", **_shown(key, asked))


@blueprint.post("/processes/<key>/simulate/<int:number>/cancel")
def cancel_simulation(key: str, number: int) -> ResponseReturnValue:
    administrator()
    with writing() as context:
        _one(context, key, number)
        queue.cancel(context, number)
    return redirect(f"/processes/{key}/simulate?run={number}")


def _one(context: Any, key: str, number: int) -> Asked:
    found = queue.get(context, number)
    if found.key != key:
        raise NotFound(Text("There is no simulation {id}.", id=number))
    return found


def _state(asked: Asked) -> dict[str, Any]:
    return {"id": asked.id, "process": asked.key, "status": asked.status, "done": asked.done, "total": asked.total,
            "error": asked.error or None, "result": asked.result}


def _ask(key: str) -> int:
    upload = request.files.get("draft")
    text = upload.read().decode("utf-8", "replace") if upload and upload.filename else request.form.get("text", "")
    form: dict[str, Any] = {name: request.form.get(name, "") for name in ("cases", "seed", "rate")}
    form = {name: value.strip() for name, value in form.items() if value.strip()}
    return _begin(key, text, _wish(key, form | {
        "all_versions": request.form.get("versions") == "all", "given": dict(_given_in_form())}))


def _begin(key: str, text: str, wish: Wish) -> int:
    with writing() as context:
        number = queue.ask(context, key, text, wish)
    if wish.cases <= queue.AT_ONCE:
        queue.carry_out(runtime(), number)
    return number


def _wish(key: str, given: Mapping[str, Any]) -> Wish:
    said = given.get("given") or {}
    if not isinstance(said, dict) or not all(isinstance(one, dict) for one in said.values()):
        raise BadRequest(Text("The assumptions cannot be read."))
    steps = {str(node): Given(
        None if one.get("hours") is None else _between("hours", one["hours"], 0, 10_000),
        {str(name): _between("outcomes", share, 0, 1e6) for name, share in (one.get("outcomes") or {}).items()})
        for node, one in said.items()}
    return Wish(
        cases=int(_between("cases", given.get("cases", 100), 1, MOST_CASES)), given=steps,
        seed=int(_between("seed", given.get("seed", 1), 0, MOST_SEED)),
        rate=_between("rate", given.get("rate", 0), 0, 1e9),
        content="" if given.get("all_versions") else known(key).hash)


def _between(name: str, value: Any, least: float, most: float) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = float("nan")
    if not least <= found <= most:
        raise BadRequest(Text("{name} is a number from {least} to {most}, not {value}.", name=name, least=f"{least:g}",
                              most=f"{most:g}", value=str(value)))
    return found


def _number(name: str, least: int, most: int, otherwise: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and least <= int(text) <= most else otherwise


def _given_in_form() -> Iterator[tuple[str, dict[str, Any]]]:
    """Inputs `hours.<step>` and `share.<step>.<outcome>`; shares are per cent."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in request.form.items():
        kind, _, rest = name.partition(":")
        if not value.strip() or kind not in ("hours", "share"):
            continue
        node, _, outcome = rest.partition(":")
        step = found.setdefault(node, {"hours": None, "outcomes": {}})
        if kind == "hours":
            step["hours"] = value
        else:
            step["outcomes"][outcome] = value
    yield from found.items()


def _page(key: str, number: int, errors: list[str]) -> str:
    with reading() as context:
        runs = queue.of_process(context, key)
        who = people.names(context.unit, {one.asked_by for one in runs})
    chosen = next((one for one in runs if one.id == number), runs[0] if runs and not errors else None)
    return render_template(
        "trials/simulate.html", title=label(known(key).label) or key, errors=errors, runs=runs, who=who,
        show=display(), most=MOST_CASES, wish=chosen.wish if chosen else Wish(cases=queue.AT_ONCE),
        text=drafted(request.args.get("draft", "")) or (chosen.text if chosen else ""), **_shown(key, chosen))


def _shown(key: str, asked: Asked | None) -> dict[str, Any]:
    base: dict[str, Any] = {"key": key, "asked": asked, "result": None}
    if asked is None or asked.result is None:
        return base
    result = asked.result
    with reading() as context:
        draft, current = queue.draft(context, key, asked.text), known(key)
        numbers = {int(one) for side in ("current", "draft") for one in result[side]["people"]}
        names = people.names(context.unit, numbers)
    both = (current, draft)
    before, after = result["current"], result["draft"]
    return base | {
        "result": result, "figures": words.figures(result), "bars": words.bars(result), "hours": words.hours,
        "steps": words.steps(result, both), "roles": words.roles(result, model().catalog),
        "persons": words.persons(result, names), "ends": words.named(before["ends"], after["ends"], both),
        "waits": words.named(before["waits_at"], after["waits_at"], both),
        "effects": words.named(before["effects"], after["effects"], both), "drawing": draft.text,
        "nodes": draft.nodes, "sources": words.SOURCES, "shares": words.SHARES,
        "failures": [(label(draft.nodes[node].label) or node if node in draft.nodes else node, why, count)
                     for node, why, count in after["failures"]]}
