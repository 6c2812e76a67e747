"""The files under a pack's `data/`: rows of text with the line each was written on."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from formloom.errors import BadConfiguration, Place, Problem, Text

ORGANISATION = "organisation.yaml"
DEMO = "demo"
_MAX_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row as written; `key` names it for references (`@key`) within the same load."""

    values: Mapping[str, Any]
    place: Place
    key: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one file: all of one entity."""

    entity: str
    rows: tuple[Row, ...]
    shift: bool = True


@dataclass(frozen=True, slots=True)
class Demo:
    """demo.yaml: which day the data was written for, the order of the files, and what people then do."""

    anchor: date | None
    order: tuple[Mapping[str, Any], ...]
    actions: tuple[Mapping[str, Any], ...] = ()
    records: tuple[Mapping[str, Any], ...] = ()


def reference(folder: Path) -> list[Batch]:
    """Batches of `data/*`, by file name; a file is named after its entity, with digits before it to order them."""
    files = sorted(p for p in (folder / "data").glob("*") if p.suffix in (".csv", ".yaml") and p.name != ORGANISATION)
    return [_batch(p.stem.lstrip("0123456789-_"), p, shift=False) for p in files]


def demo(folder: Path) -> Demo | None:
    path = folder / "data" / DEMO / "demo.yaml"
    if not path.is_file():
        return None
    content = document(path)
    order = tuple(e if isinstance(e, dict) else {"entity": e} for e in content.get("order", ()))
    anchor = date.fromisoformat(str(content["anchor"])) if "anchor" in content else None
    return Demo(anchor, order, tuple(content.get("actions", ())), tuple(content.get("records", ())))


def demo_batches(folder: Path, plan: Demo) -> Iterator[Batch]:
    for entry in plan.order:
        name, stem = str(entry["entity"]), str(entry.get("file", entry["entity"]))
        stem = stem.removesuffix(".csv").removesuffix(".yaml")
        paths = [folder / "data" / DEMO / f"{stem}{suffix}" for suffix in (".csv", ".yaml")]
        path = next((p for p in paths if p.is_file()), paths[0])
        yield _batch(name, path, shift=entry.get("shift") != "false")


def document(path: Path) -> dict[str, Any]:
    """A YAML mapping; dates stay text, as everywhere in a pack."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - makes only text
    except (OSError, yaml.YAMLError) as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(content, dict):
        raise _unreadable(path, "it must be a mapping")
    return content


def _batch(entity: str, path: Path, shift: bool) -> Batch:
    if not path.is_file():
        raise _unreadable(path, "there is no such file")
    rows = tuple(_csv_rows(path) if path.suffix == ".csv" else _yaml_rows(path))
    if len(rows) > _MAX_ROWS:
        raise _unreadable(path, f"it has more than {_MAX_ROWS} rows")
    return Batch(entity, rows, shift)


def _csv_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            for values in reader:
                if None in values or None in values.values():
                    raise _unreadable(path, "this row has another number of cells than the header", reader.line_num)
                key = values.pop("@key", "")
                yield Row({k: v for k, v in values.items() if v != ""}, Place(str(path), reader.line_num), key)
        except csv.Error as error:
            raise _unreadable(path, str(error), reader.line_num) from error


def _yaml_rows(path: Path) -> Iterator[Row]:
    for values in document(path).get("rows", ()):
        key = values.pop("@key", "")
        yield Row(values, Place(str(path)), key)


def _unreadable(path: Path, reason: str, line: int = 1) -> BadConfiguration:
    text = Text("This data cannot be read: {reason}.", reason=reason)
    return BadConfiguration([Problem("bad-data", text, Place(str(path), line))])
