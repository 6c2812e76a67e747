"""`formloom schema ...`: what publications do to the data, what they put aside, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from formloom.process_commands import opened
from formloom.runtime import Runtime
from formloom.storage import archive, catalogs, choices, purging
from formloom.storage.archive import Archived, Register
from formloom.storage.forecast import Forecast, Step


@click.group()
def schema() -> None:
    """Publications, and the values that they put aside."""


@schema.command("history")
@click.option("--limit", default=20, show_default=True)
def history(limit: int) -> None:
    """Print the newest publications; their numbers are for `schema undo`."""
    with opened().database.read() as unit:
        for one in catalogs.publications(unit, limit):
            click.echo(f"{one.id:5}  {one.at:%Y-%m-%d %H:%M}  {one.version[:12]}  {one.reason}")


@schema.command("undo")
@click.argument("publication", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
def undo(publication: int, yes: bool) -> None:
    """Go back to PUBLICATION: its definitions, and the values that were put aside since."""
    runtime = opened()
    was = runtime.earlier(publication)
    if not print_forecast(runtime.forecast(was.sources, was.choices)) and not yes:
        click.echo("Only definitions change.")
    if not yes:
        click.confirm("Publish it?", abort=True)
    runtime.publish(was.sources, reason=f"back to publication {publication}", choices=was.choices)
    click.echo("Done.")


@schema.command("archive")
def archived() -> None:
    """Print what is put aside."""
    _print_entries(_register(opened()).entries)


@schema.command("purge")
@click.argument("numbers", nargs=-1, type=int)
@click.option("--older-than", type=click.IntRange(min=0), metavar="DAYS", help="Everything put aside so long ago.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(numbers: tuple[int, ...], older_than: int | None, yes: bool) -> None:
    """Delete values that were put aside, for good: those with these NUMBERS, or all older ones.

    What can only be brought back through them goes too; it is shown first.
    """
    runtime = opened()
    if not numbers and older_than is None:
        raise click.UsageError("Say which: numbers, or --older-than.")
    register = _register(runtime)
    found = purging.with_former(register, (entry for entry in register.entries if entry.id in numbers))
    if older_than is not None:
        found = purging.old(register, runtime.now() - timedelta(days=older_than))
    _print_entries(found)
    if not found:
        return
    if not yes:
        click.confirm("Delete these values for good?", abort=True)
    with runtime.database.write() as unit:
        purging.purge(unit, found)
    click.echo("Done.")


def read_choices(path: Path | None) -> choices.Choices:
    """The file of `--choices`: JSON as it is kept with a publication."""
    return choices.from_json(json.loads(path.read_text(encoding="utf-8")) if path else None)


def _register(runtime: Runtime) -> Register:
    with runtime.database.read() as unit:
        return archive.load(unit, runtime.field_types, runtime.model().catalog)


def _print_entries(entries: tuple[Archived, ...]) -> None:
    for entry in entries:
        name = entry.held.field.name if entry.held else entry.entity.name if entry.entity else ""
        why = f"became {entry.step.to.type.name}" if entry.step else "removed"
        click.echo(f"{entry.id:5}  {entry.at:%Y-%m-%d %H:%M}  {entry.field_id or entry.entity_id}  {name}: "
                   f"{entry.rows} values, {why}")
    click.echo(f"{len(entries)} entries, {sum(entry.rows for entry in entries)} values.")


def print_forecast(found: Forecast) -> bool:
    """Whether there is anything to do in the database."""
    for step in found.steps:
        click.echo(f"  {step.text}{_cost(step)}")
        for line in _loss(step):
            click.secho(f"    {line}", fg="yellow")
    for rule in found.rules:
        click.secho(f"  {rule.text} {rule.records} records fail: {rule.chosen}.", fg="yellow")
    click.echo(f"{len(found.steps)} changes to the database." if found.steps else "The database needs no change.")
    return bool(found.steps)


def _cost(step: Step) -> str:
    told = [f"{step.rows} rows, about {step.seconds:.1f} s"] if step.rows else []
    told += [f"{step.kept} kept in the archive"] if step.kept else []
    told += ["prepared while work goes on"] if step.online else []
    return f" ({'; '.join(told)})" if told else ""


def _loss(step: Step) -> Iterator[str]:
    values = step.conversion
    if values is not None:
        yield f"{values.values} values, {values.converted} convert, {values.lost} do not: {values.otherwise}"
        yield from (f"{one.count} x {one.key}: {one.why}" for one in values.unconverted[:10])
    if step.duplicates is not None:
        yield f"{step.duplicates.rows} records share {step.duplicates.groups} values:"
        yield from (f"{one.count} x {', '.join(one.values)}" for one in step.duplicates.samples[:10])
