"""The command line: every command opens the installation of the environment, calls one action and prints."""

from __future__ import annotations

import json
import logging
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from formloom import diagnosis, installation, pack_commands, process_commands, rename_commands, schema_commands, worker
from formloom.design import coming_and_going, packs, publishing_job, rehearsal_job
from formloom.errors import FormloomError, Problem
from formloom.metadata import archives, builtin_types, compiler, garbage, jsonschema_import, loader
from formloom.metadata.layers import LOCAL
from formloom.metadata.sources import Source
from formloom.policy import people
from formloom.policy.actor import SYSTEM
from formloom.process_commands import opened
from formloom.runtime import Runtime
from formloom.sla import recomputation as sla
from formloom.supervisor import WEB, WORKER, Child, Supervisor
from formloom.web import security_accounts, settling
from formloom.workflow import markup, reader
from formloom.workflow.decisions import tck

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
PACK = click.argument("pack", type=FOLDER)
CHOICES = click.option("--choices", "chosen", type=click.Path(exists=True, dir_okay=False, path_type=Path),
                       help="JSON: what becomes of values that do not convert, of records that fail a rule.")


class Commands(click.Group):
    """What was raised on purpose is printed as words, with status 1; anything else is a bug and shows itself."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except FormloomError as error:
            click.secho(str(error), fg="red", err=True)
            for found in getattr(error, "errors", ()):
                click.echo(f"  {found.path}: {found.message}", err=True)
            if error.hint:
                click.echo(str(error.hint), err=True)
            raise SystemExit(1) from error


@click.group(cls=Commands)
@click.version_option(package_name="formloom")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
def main(verbose: bool) -> None:
    """Formloom: entities in YAML, processes in BPMN, decisions in DMN."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING,
                        format="%(asctime)s %(levelname)s %(name)s: %(message)s")


@main.command()
def init() -> None:
    """Create or upgrade the database."""
    installation.prepare(opened())
    click.echo("The database is ready.")


@main.command()
@PACK
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(pack: Path, as_json: bool) -> None:
    """Print every problem of a pack with file and line."""
    problems = opened().check(_sources(pack))
    if as_json:
        click.echo(json.dumps([_as_json(p) for p in problems], ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo("No problems." if not problems else f"{len(problems)} problems.")
    if any(p.severity == "error" for p in problems):
        raise SystemExit(1)


@main.command()
@PACK
@CHOICES
def plan(pack: Path, chosen: Path | None) -> None:
    """Print what applying a pack would change in the database, and what would become of its values."""
    runtime = _prepared()
    choices = schema_commands.read_choices(chosen)
    found = packs.prepare(runtime, [archives.with_sources(pack, _sources(pack))])
    schema_commands.print_forecast(runtime.forecast(found.sources, choices))


@main.command()
@PACK
@click.option("--yes", is_flag=True, help="Do not ask.")
@CHOICES
def apply(pack: Path, yes: bool, chosen: Path | None) -> None:
    """Check a pack and put it into force; running servers take it up by themselves."""
    runtime = _prepared()
    sources = _sources(pack)
    found = packs.prepare(runtime, [archives.with_sources(pack, sources)])
    for source in found.sources:
        if source.pack == LOCAL:
            click.echo(f"  {source.path}: what was changed here stays in force.")
    for one in found.open:
        name = pack_commands.conflict_name(one.kind, one.name, one.conflict.path)
        click.echo(f"  {name}: the pack says something else, yours stays.")
    choices = schema_commands.read_choices(chosen)
    if schema_commands.print_forecast(runtime.forecast(found.sources, choices)) and not yes:
        click.confirm("Apply?", abort=True)
    installation.apply(runtime, pack, sources, choices)
    click.echo(f"In force: catalog {runtime.model().catalog.version[:12]}.")
    with runtime.reading(SYSTEM) as context:
        moved = sum(1 for _ in sla.moves(context))
    if moved:
        click.echo(f"The due times of {moved} open clocks are others now. Run: formloom sla recompute --preview")


@main.command()
@click.option("--init", "initialise", is_flag=True, help="Create or upgrade the database first.")
@click.option("--pack", type=FOLDER, help="Apply this pack first.")
def serve(initialise: bool, pack: Path | None) -> None:
    """Run the web server and the worker until told to stop."""
    runtime = _prepared() if initialise or pack else opened()
    people: list[str] = []
    if pack:
        installation.apply(runtime, pack, loader.read_pack(pack))
        people = installation.load_demo(runtime, pack) if runtime.settings.demo else []
    runtime.close()
    greeting = installation.Greeting(runtime.settings, people, click.echo)
    Supervisor([Child("web server", WEB), Child("worker", WORKER)]).run(greeting.when_ready)
    click.echo("Stopped.")


@main.command("worker")
def run_worker() -> None:
    """Run background work until told to stop; any number of workers may share a database."""
    runtime = opened()
    runtime.replaced = garbage.settle
    publishing_job.register(runtime, settling.settle)
    rehearsal_job.register(runtime)
    coming_and_going.register(runtime, settling.settle)
    worker.run(runtime)


@main.group()
def user() -> None:
    """People who may sign in."""


@user.command("create")
@click.argument("username")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--role", "roles", multiple=True, required=True, help="May be given several times.")
@click.password_option()
def create_user(username: str, name: str, email: str, roles: tuple[str, ...], password: str) -> None:
    """Create a person with a password and roles."""
    security_accounts.create_user_with_password(
        _prepared(), username=username, name=name, email=email, roles=roles, password=password)
    click.echo(f"{username} may sign in now.")


@main.group()
def clock() -> None:
    """The time of a demo."""


@clock.command("advance")
@click.argument("duration")
def advance(duration: str) -> None:
    """Move the clock of a demo forward, by an ISO 8601 duration such as PT24H: timers fire as if it had passed."""
    now = opened().advance_clock(duration)
    click.echo(f"It is now {now.isoformat(timespec='seconds')}.")


@main.group()
def team() -> None:
    """Teams of the organisation."""


@team.command("calendar")
@click.argument("name")
@click.argument("calendar")
def team_calendar(name: str, calendar: str) -> None:
    """Let a team, and those below it that have none, work by a calendar of the configuration."""
    runtime = _prepared()
    with runtime.writing(SYSTEM) as context:
        context.catalog.calendar(calendar)
        if not people.set_calendar(context.unit, name, calendar):
            raise click.ClickException(f"There is no team {name}.")
    click.echo(f"{name} works by {calendar}. Open clocks follow with: formloom sla recompute")


@main.group("sla")
def sla_group() -> None:
    """Clocks of service levels."""


@sla_group.command("recompute")
@click.option("--preview", is_flag=True, help="Only print which due times would move.")
def recompute(preview: bool) -> None:
    """Move the due times of open clocks after a calendar or a service level was changed."""
    runtime = _prepared()
    if not preview:
        click.echo(f"{sla.recompute(runtime)} clocks moved.")
        return
    with runtime.reading(SYSTEM) as context:
        found = list(sla.moves(context))
    zone = ZoneInfo(runtime.settings.timezone)
    for move in found:
        before, after = (m.astimezone(zone).isoformat(timespec="minutes") if m else "none" for m in
                         (move.before, move.after))
        click.echo(f"  {move.entity} {move.record_id} {move.name}: due {before} -> {after}")
    click.echo(f"{len(found)} clocks would move.")


@main.command()
def doctor() -> None:
    """Look at database, configuration, queue, worker, mail, disk and clock; say what to do."""
    findings = diagnosis.examine(opened())
    for finding in findings:
        mark = "ok  " if finding.well else "BAD "
        click.secho(f"{mark} {finding.what}: {finding.found}", fg=None if finding.well else "red")
        if not finding.well:
            click.echo(f"     {finding.remedy}")
    if not all(f.well for f in findings):
        raise SystemExit(1)


@main.group()
def entity() -> None:
    """Entity definitions."""


@entity.command("import")
@click.argument("schema", type=click.File(encoding="utf-8"))
def import_entity(schema: Any) -> None:
    """Print an entity definition in YAML made from a plain JSON Schema."""
    click.echo(jsonschema_import.entity_from_schema(schema.read()), nl=False)


@main.group("feel")
def feel_group() -> None:
    """The expression language."""


@feel_group.command("tck")
@click.argument("folder", type=FOLDER)
@click.option("--failures", is_flag=True, help="Name each result that was not as expected, with both values.")
def conformance(folder: Path, failures: bool) -> None:
    """Run the DMN Technology Compatibility Kit below FOLDER; count what passed, per folder, per level and in all.

    Status 1 if anything fails that is not meant to.
    """
    levels: dict[str, Counter[str]] = {}
    total, surprises = Counter[str](), 0
    for (level, name), outcomes in groupby(tck.run(folder), lambda outcome: (outcome.level, outcome.folder)):
        count = Counter[str]()
        for outcome in outcomes:
            count.update(passed=outcome.passed, all=1)
            surprises += outcome.surprising
            if not outcome.passed and (failures or outcome.surprising):
                click.echo(f"        {outcome.label}: expected {outcome.expected}, found {outcome.found}")
        levels.setdefault(level, Counter()).update(count)
        total.update(count)
        _score(count, f"{level}/{name}", tck.NOT_MEANT.get(name, ""))
    if not total:
        raise click.ClickException(f"There are no test cases below {folder}.")
    click.echo()
    for level, count in levels.items():
        _score(count, level)
    _score(total, "in all")
    if surprises:
        raise click.ClickException(f"{surprises} results are not what the kit expects.")


def _score(count: Counter[str], name: str, reason: str = "") -> None:
    whole = count["passed"] == count["all"]
    told = f"  ({reason})" if reason and not whole else ""
    click.secho(f"{count['passed']:6}/{count['all']:<6} {count['passed'] / count['all']:7.2%}  {name}{told}",
                fg="green" if whole else "yellow" if reason or "/" not in name else "red")


main.add_command(process_commands.process)
main.add_command(schema_commands.schema)
main.add_command(pack_commands.pack)
main.add_command(rename_commands.rename)
main.add_command(rename_commands.uses)


@main.group("bpmn")
def bpmn_group() -> None:
    """Diagrams of any tool."""


@bpmn_group.command("read")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pack", type=FOLDER, help="Also check names of fields, roles and actions against this pack.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def read_diagram(file: Path, pack: Path | None, as_json: bool) -> None:
    """Say of every process in FILE whether its drawing runs, what is rewritten, and what is missing or refused."""
    catalog = compiler.compile(_sources(pack) if pack else [], builtin_types.TYPES)
    processes, problems = reader.examine(diagram_text(file), file.name, catalog)
    if as_json:
        click.echo(json.dumps([_examined_as_json(p) for p in processes], ensure_ascii=False, indent=2))
    else:
        for process in processes:
            _print_examined(process)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems or any(process.refused for process in processes):
        raise SystemExit(1)


def diagram_text(file: Path) -> str:
    """As UTF-8, whatever its XML declaration says it is written in."""
    return markup.decode(file.read_bytes())


def _print_examined(process: reader.Examined) -> None:
    verdict = "cannot run as drawn" if process.refused else "runs"
    missing = f"; {len(process.needed)} things are missing before it is published" if process.needed else ""
    click.secho(f"{process.key} {process.label.get('en', '')}: {verdict}{missing}", bold=True)
    for kind, found in (("refused", process.refused), ("rewritten", process.rewrites), ("missing", process.needed)):
        for problem in found:
            hint = f" {problem.hint}" if problem.hint else ""
            click.echo(f"  {kind:9} {problem.place} {problem.code}: {problem.message}{hint}")


def _examined_as_json(process: reader.Examined) -> dict[str, Any]:
    groups = {"refused": process.refused, "rewritten": process.rewrites, "missing": process.needed}
    return {"process": process.key, "label": dict(process.label), "runs": not process.refused,
            "ready": not process.refused and not process.needed,
            **{name: [_as_json(problem) for problem in found] for name, found in groups.items()}}


def _prepared() -> Runtime:
    runtime = opened()
    installation.prepare(runtime)
    return runtime


def _sources(pack: Path) -> list[Source]:
    return loader.read_pack(pack)


def _as_json(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.place.file, "line": problem.place.line, "column": problem.place.column, "code": problem.code,
        "severity": problem.severity, "message": str(problem.message),
        "hint": str(problem.hint) if problem.hint else None, "element": problem.element, "near": problem.near,
    }
