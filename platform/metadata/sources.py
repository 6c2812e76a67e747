"""What was authored, as text: files of packs, with what metadata knows of those that other layers read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from formloom.errors import Place

NOWHERE = Place("")


@dataclass(frozen=True, slots=True)
class Source:
    """One authored file: which pack, its path inside the pack, its text. What the database keeps of a catalog."""

    pack: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class ProcessSource:
    """A BPMN file as authored; `workflow.reader` makes a process definition of it."""

    key: str                                # the BPMN process id
    pack: str
    text: str
    hash: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class DecisionSource:
    """A DMN file as authored; `workflow.decisions` makes decisions of it."""

    namespace: str                          # by which other files import it
    keys: Mapping[str, Place]               # ids of its decisions and decision services
    inputs: Mapping[str, tuple[str, ...]]   # what each of them is asked with, as far as this file tells
    imports: tuple[str, ...]                # namespaces of other files
    pack: str
    text: str
    hash: str
    place: Place = NOWHERE
