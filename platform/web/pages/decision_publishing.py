"""Putting a changed DMN file into force: as part of the local layer, unless somebody was faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from formloom.errors import Conflict, Text
from formloom.metadata import layers
from formloom.metadata.catalog import Source
from formloom.policy import people
from formloom.storage import catalogs
from formloom.storage.catalogs import StaleCatalog
from formloom.web.requests import actor, forget_model, reading, runtime

_TRIES = 5


class Overtaken(Conflict):
    """Somebody else published this file since it was read; nothing was applied."""

    code = "decision-overtaken"

    def __init__(self) -> None:
        super().__init__(Text("Somebody else has published this decision meanwhile."),
                         Text("Compare both versions, then decide which one to publish."))


@dataclass(frozen=True, slots=True)
class Version:
    id: int
    at: datetime
    by: str             # empty for the command line
    text: str
    local: bool


def publish(path: str, change: Callable[[Sequence[Source]], list[Source]], was: str | None = None) -> None:
    """`was`: digest of the text that the change was made from. Raises Overtaken, BadConfiguration."""
    for _ in range(_TRIES):
        catalog = runtime().model().catalog
        if was is not None and layers.digest(layers.at(catalog.sources, path).text) != was:
            raise Overtaken
        try:
            runtime().publish(change(catalog.sources), actor(), catalog.version)
        except StaleCatalog:
            runtime().refresh()
        else:
            forget_model()
            return
    raise StaleCatalog


def history(path: str) -> list[Version]:
    """Newest first, with the names of those who published."""
    with reading() as context:
        found = catalogs.history(context.unit, path)
        names = people.names(context.unit, [one.by for one in found])
    return [Version(one.id, one.at, names.get(one.by, ""), one.text, one.local) for one in found]


def text_of(path: str, in_force: str, was: str) -> str:
    """The text with this digest: what is in force, or was. Raises Overtaken for one that nobody published."""
    if layers.digest(in_force) == was:
        return in_force
    found = next((one.text for one in history(path) if layers.digest(one.text) == was), None)
    if found is None:
        raise Overtaken
    return found
