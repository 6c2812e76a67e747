"""The data files of a pack: which names of the model they hold."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from formloom.errors import Place
from formloom.metadata import references
from formloom.metadata.catalog import Catalog
from formloom.metadata.grammar import EXPRESSION, FEEL, HOLDS, array, mapping, named, record, text
from formloom.metadata.references import NAMED, Found, Mention, Name, Passage, spellings
from formloom.metadata.sources import Source
from formloom.metadata.spelling import Written

_DIGITS: Final = re.compile(r"^[0-9_-]*")
_ENTITY: Final = {"entity": named("entity")}
DEMO: Final = record({
    "order": array("Files, in order.", {"anyOf": [
        named("entity"), record({**_ENTITY, "file": text("Its file."), "shift": text("Whether its dates move.")})]}),
    "actions": array("What people then do.", record({
        **_ENTITY, "as": text("Who."), "filter": {**FEEL, HOLDS: f"{EXPRESSION}@entity"}, "limit": text("How many."),
        "action": named("action@entity")})),
    "records": array("What people then make.", record({
        **_ENTITY, "as": text("Who."), "values": mapping("Values.", "field@entity", {}),
        "references": mapping("References.", "field@entity", {})})),
})
ROWS: Final = record({"rows": array("Records.", mapping("Values.", "field", {}))})
_ORGANISATION: Final = record({"users": array("People.", record({"roles": array("Their roles.", named("role"))}))})


def read(folder: Path, pack: str) -> list[Source]:
    """Every data file of the pack."""
    paths = sorted(p for p in (folder / "data").rglob("*") if p.suffix in (".csv", ".yaml") and p.is_file())
    return [Source(pack, p.relative_to(folder).as_posix(), p.read_text(encoding="utf-8-sig")) for p in paths]


def entity_of(source: Source) -> str:
    """A file is named after the entity of its rows, with digits before it to order them."""
    return _DIGITS.sub("", PurePosixPath(source.path).stem)


def found(source: Source, catalog: Catalog) -> Iterator[Found]:
    name = PurePosixPath(source.path).name
    if name.endswith(".csv"):
        yield from _header(source, catalog)
    else:
        schema = {"demo.yaml": DEMO, "organisation.yaml": _ORGANISATION}.get(name, ROWS)
        yield from references.of_data(catalog, source, schema, entity_of(source))


def _header(source: Source, catalog: Catalog) -> Iterator[Found]:
    """The columns of a table: names have no quotes or commas inside."""
    line = source.text.partition("\n")[0]
    owner, start = _entity_of_rows(source, catalog), 0
    for column in next(csv.reader([line]), []):
        start = line.index(column, start)
        entity = catalog.entities.get(owner)
        field = next((f for f in entity.fields if column in spellings(entity, f)), None) if entity else None
        if field is not None:
            written = Written(range(start, start + len(column) + 1))
            passage = Passage(f"data/{owner}", (column,), f"{owner}.{column}", Place(source.path, 1, start + 1), column,
                              source.pack, source.path, written)
            yield Mention(passage, Name("field", field, owner), 0, len(field), NAMED)
        start += len(column)


def _entity_of_rows(source: Source, catalog: Catalog) -> str:
    """A table whose name goes on behind that of its entity holds further rows of it: account_template."""
    stem = entity_of(source)
    fitting = [name for name in catalog.entities if stem == name or stem.startswith(f"{name}_")]
    return max(fitting, key=len, default=stem)


def renamed_path(path: str, old: str, new: str) -> str:
    """Of a file that is named after an entity."""
    place = PurePosixPath(path)
    prefix = _DIGITS.match(place.stem)
    if prefix and place.stem == f"{prefix[0]}{old}":
        return str(place.with_name(f"{prefix[0]}{new}{place.suffix}"))
    return path
