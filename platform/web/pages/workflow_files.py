"""The BPMN files of the catalog as administrators see them: in force, as a draft, retired."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from formloom.errors import NotFound, Text
from formloom.metadata import layers
from formloom.metadata.catalog import Catalog
from formloom.metadata.layers import Layers
from formloom.records.context import Context
from formloom.storage import drafts
from formloom.storage.change_sets import ChangeSet
from formloom.storage.drafts import Draft
from formloom.web.i18n import label, t
from formloom.web.pages import model_draft
from formloom.web.pages.model_draft import Standing
from formloom.web.pages.workflow_words import STARTS, STRANGE, happens, often
from formloom.web.requests import model, reading
from formloom.workflow import drawn, versions
from formloom.workflow.drawn import Drawing
from formloom.workflow.versions import Load

FOLDER, ENDING = "workflows/", ".bpmn"
_STEM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,79}")


@dataclass(frozen=True, slots=True)
class File:
    """One BPMN file: `stem` is its name in addresses. `draft` is the drawing on the table; `collected` the draft of the
    model, if it has another text than the one in force; `held` is that text, else the one in force.
    """

    stem: str
    path: str
    layers: Layers
    draft: Draft | None
    collected: ChangeSet | None = None
    held: str = ""

    @property
    def text(self) -> str:
        """What is in force; empty for what is not."""
        return self.layers.text

    @property
    def edited(self) -> str:
        """What the designer opens with."""
        return self.draft.text if self.draft else self.held

    @property
    def retired(self) -> bool:
        return self.layers.local is not None and not self.text

    @property
    def pack(self) -> str:
        return self.layers.pack.pack if self.layers.pack else ""

    @property
    def overtaken(self) -> bool:
        """The draft was made from another version than the one that holds now."""
        return self.draft is not None and self.draft.base != layers.digest(self.held)


@dataclass(frozen=True, slots=True)
class Line:
    """A process in the list."""

    file: File
    label: str
    entity: str
    starts: tuple[str, ...]
    load: Load


def path_of(stem: str) -> str:
    """Raises NotFound for what cannot be the name of a file."""
    if not _STEM.fullmatch(stem):
        raise NotFound(Text("There is no process {name}.", name=stem))
    return f"{FOLDER}{stem}{ENDING}"


def file(stem: str) -> File:
    """Raises NotFound for one that is neither in force, nor retired, nor a draft."""
    path = path_of(stem)
    with reading() as context:
        found = _found(context, path)
    if not found.text and found.draft is None and not found.retired and found.collected is None:
        raise NotFound(Text("There is no process {name}.", name=stem))
    return found


def taken(key: str) -> bool:
    """Whether a process, a file or a draft has this name."""
    path = path_of(key)
    with reading() as context:
        found = _found(context, path)
    return key in model().catalog.processes or bool(found.text or found.draft or found.retired or found.collected)


def lines() -> list[Line]:
    with reading() as context:
        held = drafts.under(context.unit, FOLDER)
        loads = versions.loads(context)
        files = list(_files(context, held))
    found = [_line(one, loads) for one in files]
    return sorted(found, key=lambda line: (line.file.retired, line.label))


def starts(drawing: Drawing, catalog: Catalog) -> tuple[str, ...]:
    """What starts it, in words."""
    return tuple(_start(x, drawing, catalog) for x in drawing.triggers)


def _start(trigger: Mapping[str, str], drawing: Drawing, catalog: Catalog) -> str:
    entity = catalog.entities.get(drawing.entity)
    action = entity.actions.get(trigger.get("action", "")) if entity else None
    level = entity.levels.get(trigger.get("level", "")) if entity else None
    words = STARTS.get(trigger.get("on", ""), STRANGE)
    return t(words.saying(
        action=label(action.label) if action else trigger.get("action", ""),
        entity=label(entity.label) if entity else drawing.entity, every=often(trigger.get("every", "")),
        message=trigger.get("message", ""), level=label(level.label) if level else trigger.get("level", ""),
        at=happens(trigger.get("at", "")), kind=trigger.get("on", "")))


def _line(one: File, loads: Mapping[str, Load]) -> Line:
    current = model().catalog
    drawing = drawn.read(one.edited or (one.layers.pack.text if one.layers.pack else ""))
    entity = current.entities.get(drawing.entity)
    return Line(one, label(drawing.label) or one.stem, label(entity.label) if entity else drawing.entity,
                starts(drawing, current), loads.get(drawing.key, Load()))


def _files(context: Context, held: Mapping[str, Draft]) -> Iterator[File]:
    standing = model_draft.standing(context)
    paths = {s.path for s in (*context.catalog.sources, *standing.sources)
             if s.path.startswith(FOLDER) and s.path.endswith(ENDING)} | set(held)
    return (_file(context, standing, path, held.get(path)) for path in sorted(paths))


def _found(context: Context, path: str) -> File:
    return _file(context, model_draft.standing(context), path, drafts.get(context.unit, path))


def _file(context: Context, standing: Standing, path: str, draft: Draft | None) -> File:
    stem = path.removeprefix(FOLDER).removesuffix(ENDING)
    return File(stem, path, layers.at(context.catalog.sources, path), draft, standing.holding(path),
                layers.at(standing.sources, path).text)
