"""The DMN files of the catalog as administrators see them: where each comes from, what is in it, who uses it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from formloom.errors import BadConfiguration, NotFound, Text
from formloom.metadata import layers
from formloom.metadata.catalog import Label
from formloom.metadata.layers import Layers
from formloom.runtime import Model
from formloom.storage.change_sets import ChangeSet
from formloom.web.i18n import label
from formloom.web.pages import model_draft
from formloom.web.pages.model_draft import Standing
from formloom.web.requests import model, reading, runtime
from formloom.workflow.decisions import editing, library, usage
from formloom.workflow.decisions.editing import Document, Part
from formloom.workflow.decisions.usage import Use

FOLDER, ENDING = "decisions/", ".dmn"
_STEM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,79}")


@dataclass(frozen=True, slots=True)
class File:
    """One DMN file as it would be: `stem` is its name in addresses, `collected` the draft that holds another text than
    the one in force. `document` is None for one that was deleted here.
    """

    stem: str
    path: str
    layers: Layers
    document: Document | None
    collected: ChangeSet | None = None

    @property
    def text(self) -> str:
        return self.layers.text

    @property
    def pack(self) -> str:
        return self.layers.pack.pack if self.layers.pack else ""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(part.key for part in self.document.parts) if self.document else ()


@dataclass(frozen=True, slots=True)
class Line:
    """A decision in the list."""

    file: File
    part: Part
    label: str
    kind: str
    rules: int
    uses: tuple[Use, ...]
    findings: int


def path_of(stem: str) -> str:
    """Raises NotFound for what cannot be the name of a file."""
    if not _STEM.fullmatch(stem):
        raise NotFound(Text("There is no decision {name}.", name=stem))
    return f"{FOLDER}{stem}{ENDING}"


def files() -> list[File]:
    with reading() as context:
        standing = model_draft.standing(context)
    paths = sorted({s.path for s in standing.sources if s.path.startswith(FOLDER)})
    return [_file(path, standing) for path in paths]


def file(stem: str) -> File:
    """Raises NotFound for a file that is not there, or was deleted."""
    path = path_of(stem)
    with reading() as context:
        found = _file(path, model_draft.standing(context))
    if found.document is None:
        raise NotFound(Text("There is no decision {name}.", name=stem))
    return found


def read(path: str, text: str) -> Document | None:
    """None for what is no DMN: such a file may be replaced, but not edited."""
    try:
        return editing.read(text, path) if text else None
    except BadConfiguration:
        return None


def lines() -> list[Line]:
    current = model()
    findings = Counter((p.place.file, p.element) for p in runtime().decision_findings())
    found = []
    for one in files():
        used = usage.of(current.catalog, current.definitions, one.document)
        for part in one.document.parts if one.document else ():
            rules = len(part.grid.rows) if part.grid else 0
            found.append(Line(one, part, label(part_label(part)), kind_of(part), rules,
                              tuple(use for use in used if use.decision == part.key),
                              findings[one.path, part.key]))
    return found


def removed() -> list[File]:
    """Files of the pack that were deleted here."""
    return [one for one in files() if one.layers.local is not None and not one.text]


def kind_of(part: Part) -> str:
    if part.kind != "decision":
        return part.kind
    return "table" if part.grid else "expression" if part.expression is not None else "context"


def part_label(part: Part) -> Label:
    return {"en": part.name} | ({"zh": part.label_zh} if part.label_zh else {})


def others(current: Model, path: str) -> dict[str, str]:
    """The texts that a file may import, by namespace."""
    return library.importable([one for one in current.catalog.decision_files if one.place.file != path])


def _file(path: str, standing: Standing) -> File:
    held = layers.at(standing.sources, path)
    stem = path.removeprefix(FOLDER).removesuffix(ENDING)
    return File(stem, path, held, read(path, held.text), standing.holding(path))
