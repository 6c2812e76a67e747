"""`formloom pack ...`: packs as consultants make, check, ship, upgrade and take them away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from formloom import installation
from formloom.design import packs, rehearsal
from formloom.design.packs import Decisions
from formloom.design.upgrading import Upgrade
from formloom.errors import BadConfiguration
from formloom.metadata import archives, canonical, overlays, requirements
from formloom.metadata.archives import Archive
from formloom.policy.actor import SYSTEM
from formloom.process_commands import opened
from formloom.runtime import Runtime
from formloom.schema_commands import print_forecast, read_choices
from formloom.storage.choices import Choices
from formloom.web.settling import settle

PACK = click.argument("pack", type=click.Path(exists=True, path_type=Path))
PACKS = click.argument("given", metavar="PACK...", nargs=-1, required=True,
                       type=click.Path(exists=True, path_type=Path))
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_MINE, _THEIRS = "mine", "theirs"
Decided = dict[tuple[str, str], dict[tuple[str, ...], str]]


@click.group()
def pack() -> None:
    """Packs: folders, or files that `formloom pack build` has made."""


@pack.command("new")
@click.argument("name")
@click.option("--in", "parent", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where.")
def new_pack(name: str, parent: Path) -> None:
    """Make the folder of a new pack NAME with one entity, a role and a menu entry, ready to be checked."""
    if not _NAME.fullmatch(name):
        raise click.UsageError("A name has small letters, digits and underscores, such as equipment.")
    title = name.replace("_", " ").capitalize()
    files: dict[str, dict[str, Any]] = {
        "pack.yaml": {"pack": name, "version": "0.1.0", "label": {"en": title, "zh": title}, "licence": "Apache-2.0",
                      "languages": ["en", "zh"], "platform": ">=0.1,<1"},
        f"entities/{name}.yaml": {
            "entity": name, "label": {"en": title, "zh": title}, "title": "name", "search": ["name"],
            "owner": "owner", "fields": {
                "name": {"type": "text", "required": True, "label": {"en": "Name", "zh": "名称"}},
                "owner": {"type": "user", "default": "user.id", "label": {"en": "Owner", "zh": "负责人"}}}},
        f"roles/{name}_user.yaml": {
            "role": f"{name}_user", "label": {"en": f"{title} user", "zh": title},
            "entities": {name: {"create": True, "read": True, "update": "owner = user.id"}}},
        f"workspaces/{name}.yaml": {
            "workspace": name, "label": {"en": title, "zh": title}, "items": [{"entity": name}]},
    }
    archive = Archive(name, "0.1.0", {path: canonical.dump(tree).encode() for path, tree in files.items()})
    archive.write(parent / name)
    click.echo(f"Made {parent / name}. Check it with: formloom pack check {parent / name}")


@pack.command("check")
@PACKS
def check_packs(given: tuple[Path, ...]) -> None:
    """Print every problem of the packs together with those that are in force; status 1 if there is an error."""
    runtime = opened()
    installation.prepare(runtime)
    found = _prepared(runtime, _archives(given))
    _print_problems(found)
    if any(p.severity == "error" for p in found.problems):
        raise SystemExit(1)


@pack.command("build")
@PACK
@click.option("--to", "target", type=click.Path(path_type=Path), default=Path(), help="Folder or file to write.")
def build(pack: Path, target: Path) -> None:
    """Make one file of a folder: the same bytes for the same content."""
    archive = archives.from_folder(pack)
    archive.sources()
    file = target / f"{archive.name}-{archive.version}{archives.ENDING}" if target.is_dir() else target
    file.write_bytes(archive.packed())
    click.echo(f"{file}  {archive.digest}")


@pack.command("list")
def list_packs() -> None:
    """Print the packs in force."""
    for one in packs.standing(opened()):
        needs = f"  needs {', '.join(one.requires)}" if one.requires else ""
        click.echo(f"{one.name} {one.version}{needs}")


@pack.command("install")
@PACKS
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--choices", "choices_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="What becomes of values that do not fit, as JSON.")
def install(given: tuple[Path, ...], yes: bool, choices_file: Path | None) -> None:
    """Put packs into force that are not installed yet, together."""
    runtime, wanted = opened(), _archives(given)
    standing = {one.name: one.version for one in packs.standing(runtime)} if runtime.current_catalog() else {}
    for one in wanted:
        if standing.get(one.name, one.version) != one.version:
            raise click.ClickException(f"{one.name} {standing[one.name]} is installed. Run: formloom pack upgrade")
    _put_in_force(runtime, wanted, {}, read_choices(choices_file), yes)


@pack.command("upgrade")
@PACKS
@click.option("--mine", "mine", multiple=True, metavar="CONFLICT",
              help="Keep what was changed here; `all` for every one.")
@click.option("--theirs", "theirs", multiple=True, metavar="CONFLICT",
              help="Take what the pack says; `all` for the rest.")
@click.option("--rehearse", is_flag=True,
              help="Show what would happen, and try it out on a copy of the data; nothing is changed.")
@click.option("--downgrade", is_flag=True, help="Allow an older version.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--choices", "choices_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="What becomes of values that do not fit, as JSON.")
def upgrade(given: tuple[Path, ...], mine: tuple[str, ...], theirs: tuple[str, ...], rehearse: bool, downgrade: bool,
            yes: bool, choices_file: Path | None) -> None:
    """Put other versions of installed packs into force; what was changed here is merged, nothing of it is lost.

    A CONFLICT is named as it is printed: entity/account/fields/industry/label.
    """
    runtime, wanted = opened(), _archives(given)
    standing = {one.name: one.version for one in packs.standing(runtime)}
    for one in wanted:
        if one.name not in standing:
            raise click.ClickException(f"{one.name} is not installed. Run: formloom pack install")
        if requirements.newer(standing[one.name], one.version) and not downgrade:
            raise click.ClickException(f"{one.name} {standing[one.name]} is newer. Say --downgrade if you mean it.")
    decisions = _decided(_prepared(runtime, wanted), mine, theirs)
    choices = read_choices(choices_file)
    if rehearse:
        _rehearse(runtime, _prepared(runtime, wanted, decisions), choices)
        return
    _put_in_force(runtime, wanted, decisions, choices, yes)


@pack.command("diff")
@PACKS
def diff_packs(given: tuple[Path, ...]) -> None:
    """Print what putting the packs into force would change: definitions, conflicts, tables and values."""
    runtime = opened()
    _print_upgrade(runtime, _prepared(runtime, _archives(given)), read_choices(None))


@pack.command("export")
@click.argument("name")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--local", is_flag=True, help="What was changed here, as a pack NAME that extends the others.")
@click.option("--version", default="0.1.0", show_default=True, help="Version of that pack.")
def export(name: str, folder: Path, local: bool, version: str) -> None:
    """Write an installed pack into FOLDER, to the byte as it came."""
    runtime = opened()
    archive = packs.local_pack(runtime, name, version) if local else packs.exported(runtime, name)
    archive.write(folder)
    click.echo(f"{len(archive.files)} files in {folder}.")


@pack.command("lock")
@click.option("--check", "expected", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Compare with this lock file instead; status 1 if something differs.")
def lock(expected: Path | None) -> None:
    """Print the packs in force with versions and digests."""
    found = packs.lock(opened())
    if expected is None:
        click.echo(found, nl=False)
    elif expected.read_text(encoding="utf-8") != found:
        raise click.ClickException("Other packs are in force than the lock file says.")


@pack.command("uninstall")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def uninstall(name: str, yes: bool) -> None:
    """Take a pack out of force with everything it brought. Its records are put aside and come back with it."""
    runtime = opened()
    print_forecast(runtime.forecast(packs.without(runtime, name)))
    if not yes:
        click.confirm(f"Remove {name}?", abort=True)
    packs.uninstall(runtime, SYSTEM, name)
    click.echo("Done.")


def _archives(given: Sequence[Path]) -> list[Archive]:
    return [archives.from_folder(path) if path.is_dir() else archives.unpacked(path.read_bytes(), path.name)
            for path in given]


def _prepared(runtime: Runtime, wanted: Sequence[Archive], decisions: Decisions = packs.NONE) -> Upgrade:
    return packs.prepare(runtime, wanted, decisions)


def _put_in_force(
    runtime: Runtime, wanted: Sequence[Archive], decisions: Decisions, choices: Choices, yes: bool
) -> None:
    found = _prepared(runtime, wanted, decisions)
    _print_upgrade(runtime, found, choices)
    if any(p.severity == "error" for p in found.problems):
        raise BadConfiguration(found.problems)
    if found.open:
        raise packs.OpenConflicts(found)
    if not yes:
        click.confirm("Put it into force?", abort=True)
    packs.install(runtime, SYSTEM, wanted, decisions, choices)
    settle(runtime, wanted)
    click.echo(f"In force: catalog {runtime.model().catalog.version[:12]}.")


def _print_upgrade(runtime: Runtime, found: Upgrade, choices: Choices) -> None:
    for change in found.changes:
        click.echo(f"  {change.kind} {change.name}: {change.outcome}")
    for decision in found.open:
        conflict = decision.conflict
        name = conflict_name(decision.kind, decision.name, conflict.path)
        click.secho(f"  conflict {name}", fg="yellow")
        for side, value in (("was", conflict.base), ("mine", conflict.ours), ("theirs", conflict.theirs)):
            click.echo(f"    {side:7}{value}")
    _print_problems(found)
    if not any(p.severity == "error" for p in found.problems):
        print_forecast(runtime.forecast(found.sources, choices))


def _rehearse(runtime: Runtime, found: Upgrade, choices: Choices) -> None:
    _print_upgrade(runtime, found, choices)
    if any(p.severity == "error" for p in found.problems):
        return
    outcome = rehearsal.rehearse(runtime, found.sources, choices)
    click.echo(f"Rehearsed on a copy: copied in {outcome.copying} s, published in {outcome.publishing} s.")
    for name, before, after in outcome.entities:
        if before != after:
            click.echo(f"  {name}: {before or 0} records before, {after or 0} after")
    for text in outcome.wrong:
        click.secho(f"  {text}", fg="red")
    if outcome.wrong:
        raise SystemExit(1)


def _print_problems(found: Upgrade) -> None:
    for problem in found.problems:
        click.echo(str(problem))
    click.echo("No problems." if not found.problems else f"{len(found.problems)} problems.")


def conflict_name(kind: str, name: str, path: tuple[str, ...]) -> str:
    return f"{kind}/{name}{overlays.pointer(path)}"


def _decided(found: Upgrade, mine: Sequence[str], theirs: Sequence[str]) -> Decided:
    """Choices by definition and path. Raises UsageError for a name that is no conflict."""
    names = {conflict_name(d.kind, d.name, d.conflict.path): d for d in found.conflicts}
    for name in (*mine, *theirs):
        if name != "all" and name not in names:
            raise click.UsageError(f"{name} is no conflict. There are: {', '.join(names) or 'none'}.")
    decided: Decided = {}
    for name, one in names.items():
        side = _MINE if name in mine else _THEIRS if name in theirs else (
            _MINE if "all" in mine else _THEIRS if "all" in theirs else "")
        if side:
            decided.setdefault((one.kind, one.name), {})[one.conflict.path] = side
    return decided
