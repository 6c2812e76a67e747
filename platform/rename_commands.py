"""`formloom rename` and `formloom uses`: names of a pack on disk, for whoever keeps it in a repository."""

from __future__ import annotations

import difflib
from codecs import BOM_UTF8
from collections.abc import Iterable
from pathlib import Path

import click

from formloom.design import pack_data, renaming, usage
from formloom.metadata import compiler, loader
from formloom.metadata.references import OWNED, Name
from formloom.metadata.renaming import KINDS
from formloom.metadata.sources import Source
from formloom.process_commands import opened

PACK = click.option("--pack", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("config"),
                    show_default=True, help="The folder of the pack.")
BESIDE = click.option("--with", "others", type=click.Path(exists=True, file_okay=False, path_type=Path), multiple=True,
                      help="A pack that it needs; its files stay as they are.")


@click.command()
@click.argument("target")
@click.argument("new")
@PACK
@BESIDE
@click.option("--kind", type=click.Choice(KINDS), default=None,
              help="What TARGET is; default an entity, or entity.field.")
@click.option("--dry-run", is_flag=True, help="Only print what would change.")
def rename(target: str, new: str, pack: Path, others: tuple[Path, ...], kind: str | None, dry_run: bool) -> None:
    """Rename TARGET (entity or entity.field) to NEW in every file of a pack; its id, and with it its data, stays."""
    runtime = opened()
    mine, beside = loader.read_pack(pack), [source for folder in others for source in loader.read_pack(folder)]
    data = pack_data.read(pack, mine[0].pack)
    made = renaming.rename([*mine, *beside], runtime.field_types, _target(target, kind), new, data=data,
                           service_tasks=runtime.extensions.service_tasks.items, check=runtime.check)
    foreign = sorted(f"{source.pack}/{source.path}" for source in made.changed if source.pack != mine[0].pack)
    if foreign:
        raise click.ClickException("These files of other packs name it as well: " + ", ".join(foreign))
    for was, now in zip((*mine, *data), (*made.sources[:len(mine)], *made.data), strict=True):
        if was != now:
            click.echo("".join(_diff(was, now)), nl=False)
            if not dry_run:
                _write(pack, was, now)
    click.echo(f"{len(made.changed)} files {'would change' if dry_run else 'changed'}.", err=True)


@click.command()
@click.argument("target")
@PACK
@BESIDE
@click.option("--kind", type=click.Choice((*KINDS, "process", "decision", "calendar", "level", "choice")), default=None,
              help="What TARGET is; default an entity, or entity.field.")
def uses(target: str, pack: Path, others: tuple[Path, ...], kind: str | None) -> None:
    """Print every place where TARGET is used, with file and line."""
    runtime = opened()
    sources = [source for folder in (pack, *others) for source in loader.read_pack(folder)]
    catalog = compiler.compile(sources, runtime.field_types)
    found = usage.where_used(catalog, runtime.field_types, _target(target, kind),
                             runtime.extensions.service_tasks.items)
    for use in found:
        click.echo(f"{use.place}: {use.element}: {use.text.strip().splitlines()[0] if use.text.strip() else ''}")
    click.echo(f"{len(found)} uses.", err=True)


def _target(text: str, kind: str | None) -> Name:
    """`contract`, `contract.amount`; of a choice, `contract.status.draft`."""
    owner, _, name = text.rpartition(".")
    chosen = kind or ("field" if owner else "entity")
    if bool(owner) != (chosen in OWNED or chosen == "choice"):
        raise click.BadParameter(f"a {chosen} is named " + ("by its name alone" if owner else f"entity.{name}"))
    return Name(chosen, name, owner)


def _diff(was: Source, now: Source) -> Iterable[str]:
    if was.path != now.path:
        yield f"rename {was.path} => {now.path}\n"
    yield from difflib.unified_diff(was.text.splitlines(keepends=True), now.text.splitlines(keepends=True),
                                    f"a/{was.path}", f"b/{now.path}", n=0)


def _write(pack: Path, was: Source, now: Source) -> None:
    """As bytes, so that line ends stay; the mark of the encoding, too."""
    old = pack / was.path
    held = old.read_bytes()
    mark, text = BOM_UTF8 if held.startswith(BOM_UTF8) else b"", now.text
    if b"\r\n" in held and "\r" not in text:
        text = text.replace("\n", "\r\n")
    if was.path != now.path:
        old.rename(pack / now.path)
    (pack / now.path).write_bytes(mark + text.encode())
