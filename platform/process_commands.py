"""`formloom process ...`: running instances and the versions they run on."""

from __future__ import annotations

from typing import Any

import click

from formloom import settings
from formloom.policy.actor import SYSTEM
from formloom.runtime import Runtime
from formloom.workflow import migration


def opened() -> Runtime:
    """The installation of the environment, closed when the command ends."""
    runtime = Runtime(settings.from_environment())
    click.get_current_context().call_on_close(runtime.close)
    return runtime


@click.group()
def process() -> None:
    """Running processes."""


@process.command("versions")
@click.argument("key")
def process_versions(key: str) -> None:
    """Print the versions of process KEY that instances run on."""
    with opened().reading(SYSTEM) as context:
        for version in migration.versions(context, key):
            click.echo(f"{version.hash[:12]}  {version.running:6} running{'  current' if version.current else ''}")


@process.command("migrate")
@click.argument("key")
@click.option("--from", "old", required=True, help="The version to move from: its hash, or the beginning of it.")
@click.option("--to", "new", default="", help="The version to move to; default the current one.")
@click.option("--map", "moves", multiple=True, metavar="OLD=NEW", help="A step and the one that takes its place.")
@click.option("--instance", "only", multiple=True, type=int, help="Only this instance. May be given several times.")
@click.option("--dry-run", is_flag=True, help="Say what would happen to each instance, and change nothing.")
def migrate_instances(key: str, old: str, new: str, moves: tuple[str, ...], only: tuple[int, ...],
                      dry_run: bool) -> None:
    """Move running instances of process KEY to another version, each in a transaction of its own.

    Status 1 if one of them could not be moved.
    """
    runtime = opened()
    pairs = _pairs(moves)
    with runtime.reading(SYSTEM) as context:
        before, after = (migration.version(context, key, given) for given in (old, new))
        found = migration.outlook(context, key, before, after, pairs, only)
    if dry_run:
        _print_outlook(found)
        raise SystemExit(0 if found.count("moves") == len(found.verdicts) else 1)
    outcomes = migration.migrate(runtime, SYSTEM, key, before, after, pairs, only, most=len(found.verdicts))
    for outcome in outcomes:
        click.echo(f"{outcome.instance_id}  {'moved' if outcome.done else 'stays: ' + _because(outcome.reasons)}")
    click.echo(f"{sum(o.done for o in outcomes)} of {len(outcomes)} moved.")
    if not all(outcome.done for outcome in outcomes):
        raise SystemExit(1)


@process.command("undo")
@click.argument("instance", type=int)
def undo_migration(instance: int) -> None:
    """Put INSTANCE back on the version it came from, with the state it had, if it has not gone on since."""
    with opened().writing(SYSTEM) as context:
        migration.undo(context, instance)
    click.echo(f"{instance} is back.")


def _pairs(moves: tuple[str, ...]) -> dict[str, str]:
    pairs = dict(pair.partition("=")[::2] for pair in moves)
    if not all(pairs) or not all(pairs.values()):
        raise click.BadParameter("write old=new, as in --map review=check", param_hint="--map")
    return pairs


def _print_outlook(found: migration.Outlook) -> None:
    words = {"moves": "can move", "mapping": "needs a mapping", "cannot": "cannot move"}
    for verdict in found.verdicts:
        reasons = _because(tuple(reason.message for reason in verdict.reasons))
        click.echo(f"{verdict.instance_id}  {words[verdict.kind]}{': ' + reasons if reasons else ''}")
    for gap in found.gaps:
        suggested = f"; --map {gap.node}={gap.suggested} would do" if gap.suggested else ""
        click.echo(f"{gap.count} stand at {gap.node}, which is gone{suggested}")
    click.echo(", ".join(f"{found.count(kind)} {said}" for kind, said in words.items()) + ". Nothing was changed.")


def _because(reasons: tuple[Any, ...]) -> str:
    return " ".join(map(str, reasons))
