from __future__ import annotations

import json
import shutil
from pathlib import Path

from formloom import settings
from formloom.policy import people
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime

PACKS = Path(__file__).parents[1] / "packs"
DESK = PACKS / "desk"
MISTAKES = {
    "entities/one.yaml": "entity: one\nfields:\n  a: {type: txet}\n  b: {type: text, max_lenght: 5}\n",
    "entities/two.yaml": "entity: two\nfields:\n  a: {type: text}\n  a: {type: text}\n",
    "entities/three.yaml": "entity: three\ntitle: nothing\nfields:\n  a: {type: reference, entity: custmer}\n"
                           "  b: {type: formula, returns: money, formula: 1 +}\n",
    "entities/four.yaml": "entity: customer\nfields:\n  a: {type: text}\n",
    "roles/five.yaml": "role: five\nentities:\n  deel: {read: true}\n"
                       "  deal: {read: onwer = user.id, actions: {wni: true}}\n",
    "workspaces/six.yaml": "workspace: six\nlabel: Six\nitems: [{entity: nowhere}]\n",
    "workflows/seven.bpmn": "<definitions",
}


def test_every_mistake_is_found_at_its_place(run, pack):
    for path, text in MISTAKES.items():
        (pack / path).parent.mkdir(exist_ok=True)
        (pack / path).write_text(text)
    problems = json.loads(run("check", "--json", str(pack), status=1).output)
    assert len(problems) >= 10
    assert {p["file"] for p in problems} >= set(MISTAKES) - {"entities/four.yaml"}
    assert all(p["line"] >= 1 and p["code"] and p["message"] for p in problems)
    assert "customer" in {p["near"] for p in problems}


def test_good_pack_has_no_problems(run, pack):
    assert "No problems." in run("check", str(pack)).output


def test_gap_of_a_decision_is_a_warning(run):
    (found,) = json.loads(run("check", "--json", str(PACKS / "gaps")).output)
    assert (found["code"], found["severity"], found["element"]) == ("dmn-gap", "warning", "approver")
    assert found["message"].endswith(
        'No rule holds where amount > 500000 and grade = "C". For example: amount = 600000, grade = "C".')


def test_check_needs_no_database(run, pack, home):
    run("check", str(pack))
    assert not (home / "formloom.db").exists()


def test_plan_changes_nothing_apply_does(run, pack):
    assert "customer" in run("plan", str(pack)).output
    assert "customer" in run("plan", str(pack)).output
    assert "In force" in run("apply", str(pack), "--yes").output
    assert "needs no change" in run("plan", str(pack)).output


def test_apply_asks_before_it_changes(run, pack):
    run("apply", str(pack), given="n\n", status=1)
    assert "customer" in run("plan", str(pack)).output


def test_bad_pack_is_not_applied(run, pack):
    run("apply", str(pack), "--yes")
    (pack / "entities" / "deal.yaml").write_text("entity: deal\nfields: {a: {type: txet}}\n")
    assert "deal.yaml" in run("apply", str(pack), "--yes", status=1).output
    assert "deal.yaml" in run("plan", str(pack), status=1).output


def test_user_is_created_with_roles(run, pack):
    run("apply", str(pack), "--yes")
    words = ("user", "create", "ann", "--name", "Ann Doe", "--email", "ann@example.com", "--role", "rep", "--password")
    assert "ann may sign in" in run(*words, "correct-horse-9").output
    assert "already somebody" in run(*words, "correct-horse-9", status=1).output


def test_weak_password_is_refused(run, pack):
    run("apply", str(pack), "--yes")
    words = ("user", "create", "ann", "--name", "Ann", "--email", "a@example.com", "--role", "rep", "--password")
    assert "10 characters" in run(*words, "short", status=1).output


def test_clock_belongs_to_demos(run, pack, monkeypatch):
    run("apply", str(pack), "--yes")
    assert "demo" in run("clock", "advance", "P1D", status=1).output
    monkeypatch.setenv("FORMLOOM_DEMO", "1")
    assert "It is now" in run("clock", "advance", "P1D").output
    assert "not a duration" in run("clock", "advance", "tomorrow", status=1).output


def test_doctor_names_what_is_missing(run, pack):
    before = run("doctor", status=1).output
    assert "formloom init" in before
    run("apply", str(pack), "--yes")
    after = run("doctor", status=1).output
    assert "BAD  worker" in after
    assert "ok   catalog" in after


def test_doctor_warns_of_separate_limits(run, pack, monkeypatch):
    run("apply", str(pack), "--yes")
    assert "ok   rate limits" in run("doctor", status=1).output
    monkeypatch.setenv("FORMLOOM_WEB_PROCESSES", "2")
    separate = run("doctor", status=1).output
    assert "BAD  rate limits: counted in each of 2 web processes" in separate
    assert "FORMLOOM_REDIS_URL" in separate
    monkeypatch.setenv("FORMLOOM_REDIS_URL", "redis://127.0.0.1:6379/15")
    assert "ok   rate limits: shared through Redis" in run("doctor", status=1).output


def test_schema_becomes_an_entity(run, pack, tmp_path):
    schema = tmp_path / "asset.json"
    schema.write_text(json.dumps({"title": "Asset", "type": "object", "required": ["name"], "properties": {
        "name": {"type": "string", "maxLength": 80}, "bought": {"type": "string", "format": "date"}}}))
    text = run("entity", "import", str(schema)).output
    (pack / "entities" / "asset.yaml").write_text(text)
    run("check", str(pack))


def test_unreadable_settings_are_named(run, monkeypatch):
    monkeypatch.setenv("PORT", "eighty")
    assert "PORT" in run("doctor", status=1).output


FOREIGN = """<?xml version="1.0" encoding="ISO-8859-1"?>
<semantic:definitions xmlns:semantic="http://www.omg.org/spec/BPMN/20100524/MODEL">
  <semantic:process id="_a-1" name="Ask" isExecutable="false">
    <semantic:startEvent id="_s-1"/><semantic:task id="_t-1" name="Do"/>{more}<semantic:endEvent id="_e-1"/>
    <semantic:sequenceFlow id="_f-1" sourceRef="_s-1" targetRef="_t-1"/>
    <semantic:sequenceFlow id="_f-2" sourceRef="_t-1" targetRef="_e-1"/>
  </semantic:process>
</semantic:definitions>"""


def test_diagram_of_another_tool_runs_but_is_not_ready(run, tmp_path):
    file = tmp_path / "ask.bpmn"
    file.write_text(FOREIGN.format(more=""), encoding="latin-1")
    found = json.loads(run("bpmn", "read", str(file), "--json").output)
    assert [(p["process"], p["runs"], p["ready"]) for p in found] == [("_a-1", True, False)]
    assert {p["code"] for p in found[0]["missing"]} == {"bpmn-executable", "bpmn-assignment"}
    assert "runs as a user task" in run("bpmn", "read", str(file)).output


def test_names_are_asked_for_only_with_a_pack(run):
    pack = PACKS / "approval"
    file = pack / "workflows" / "contract_approval.bpmn"
    alone = json.loads(run("bpmn", "read", str(file), "--json").output)[0]
    assert (alone["runs"], alone["missing"]) == (True, [])
    assert "missing" not in run("bpmn", "read", str(file), "--pack", str(pack)).output


def test_construct_that_cannot_run_is_refused(run, tmp_path):
    file = tmp_path / "ask.bpmn"
    file.write_text(FOREIGN.format(more='<semantic:adHocSubProcess id="x"/>'))
    output = run("bpmn", "read", str(file), status=1).output
    assert "cannot run as drawn" in output
    assert "ask.bpmn:4" in output


def test_changed_promise_is_previewed_and_moves_open_clocks(run, tmp_path):
    pack = Path(shutil.copytree(DESK, tmp_path / "desk"))
    assert "clocks" not in run("apply", str(pack), "--yes").output
    runtime = Runtime(settings.from_environment())
    with runtime.writing(SYSTEM) as context:
        actions.create(context, "request", {"name": "A"})
    runtime.close()
    promise = pack / "entities" / "request.yaml"
    promise.write_text(promise.read_text().replace("PT16H", "PT40H"))
    assert "1 open clocks" in run("apply", str(pack), "--yes").output
    preview = run("sla", "recompute", "--preview").output
    assert "request 1 solve: due" in preview
    assert "1 clocks would move" in preview
    assert "1 clocks moved" in run("sla", "recompute").output
    assert "0 clocks would move" in run("sla", "recompute", "--preview").output


def test_team_works_by_a_calendar_that_exists(run, tmp_path):
    pack = Path(shutil.copytree(DESK, tmp_path / "desk"))
    run("apply", str(pack), "--yes")
    runtime = Runtime(settings.from_environment())
    with runtime.database.write() as unit:
        people.ensure_team(unit, "night")
    runtime.close()
    assert "night works by night" in run("team", "calendar", "night", "night").output
    assert "ok   calendars" in run("doctor", status=1).output
    assert "Did you mean night?" in run("team", "calendar", "night", "nigth", status=1).output
    assert "no team day" in run("team", "calendar", "day", "night", status=1).output
    (pack / "calendars" / "night.yaml").unlink()
    run("apply", str(pack), "--yes")
    assert "BAD  calendars: night: night" in run("doctor", status=1).output


def test_renaming_a_pack_on_disk_keeps_everything_else(run, pack):
    before = {path: path.read_bytes() for path in pack.rglob("*") if path.is_file()}
    roles = pack / "roles" / "rep.yaml"
    roles.write_bytes(b"\xef\xbb\xbf" + roles.read_bytes().replace(b"\n", b"\r\n"))
    assert "b/entities/deal.yaml" in run("rename", "deal.discount", "reduction", "--pack", str(pack),
                                         "--dry-run").output
    assert {path: path.read_bytes() for path in before} == {**before, roles: roles.read_bytes()}
    run("rename", "deal.discount", "reduction", "--pack", str(pack))
    deal = (pack / "entities" / "deal.yaml").read_text(encoding="utf-8")
    assert "  reduction: {id: mini.deal.discount, type: percent, minimum: 0" in deal
    assert "formula: subtotal * (100 - reduction) / 100}" in deal
    assert b"\r\n    fields: {reduction: {write: false}}\r\n" in roles.read_bytes()
    assert roles.read_bytes().startswith(b"\xef\xbb\xbf")
    run("rename", "deal.reduction", "discount", "--pack", str(pack))
    assert (pack / "entities" / "deal.yaml").read_bytes() == before[pack / "entities" / "deal.yaml"]


def test_uses_are_printed_with_their_lines(run, pack):
    printed = run("uses", "deal.discount", "--pack", str(pack)).output
    assert "entities/deal.yaml:20: deal.discount: discount" in printed
    assert "roles/rep.yaml:11: rep.entities.deal.discount: discount" in printed
