"""Trying a model out on a copy of the data: it is published there for real, and every list is opened once.

A forecast says what will happen; a rehearsal shows that it does, and how long it takes, while nobody notices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final

from formloom.errors import BadConfiguration, FormloomError, Text
from formloom.metadata.catalog import Label
from formloom.metadata.sources import Source
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.records.query import Query
from formloom.runtime import Runtime
from formloom.storage import scratch
from formloom.storage.catalogs import Progress, untold
from formloom.storage.choices import NO_CHOICES, Choices

COPYING: Final = Text("The data is copied.")
LOOKING: Final = Text("Every list is opened.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`copying`, `publishing`: seconds. `entities`: name, records before and after; None for what is not there.
    `labels`: what people call them. `wrong`: why it could not be published, or what could not be opened then; empty if
    all went well.
    """

    copying: float
    publishing: float
    steps: tuple[Text, ...]
    entities: tuple[tuple[str, int | None, int | None], ...]
    labels: Mapping[str, Label]
    wrong: tuple[Text, ...]

    def to_json(self) -> dict[str, Any]:
        return {"copying": self.copying, "publishing": self.publishing, "steps": [one.as_json() for one in self.steps],
                "entities": [list(one) for one in self.entities],
                "labels": {name: dict(words) for name, words in self.labels.items()},
                "wrong": [one.as_json() for one in self.wrong]}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Outcome:
        return cls(kept["copying"], kept["publishing"], tuple(Text.from_json(one) for one in kept["steps"]),
                   tuple((name, before, after) for name, before, after in kept["entities"]), kept["labels"],
                   tuple(Text.from_json(one) for one in kept["wrong"]))


def rehearse(
    runtime: Runtime, sources: Sequence[Source], choices: Choices = NO_CHOICES,
    told: Progress = untold
) -> Outcome:
    """Outside of a unit of work; takes as long as copying the database and publishing. Raises Conflict."""
    runtime.settings.home.mkdir(parents=True, exist_ok=True)
    began = monotonic()
    with scratch.copied(runtime.database, runtime.settings.home,
                        lambda done, total: told(done, total, COPYING)) as url:
        copied = monotonic()
        beside = Runtime(replace(runtime.settings, database_url=url), extensions=runtime.extensions)
        beside.database.wake = None     # nobody works on a copy
        try:
            return _tried(beside, sources, choices, told, copied - began)
        finally:
            beside.close()


def _tried(beside: Runtime, sources: Sequence[Source], choices: Choices, told: Progress, copying: float) -> Outcome:
    before, labels = _counted(beside) if beside.current_catalog() else ({}, {})
    began = monotonic()
    wrong: list[Text] = []
    steps: tuple[Text, ...] = ()
    try:
        plan = beside.publish(sources, SYSTEM, choices=choices, progress=told)
        steps = tuple(plan.describe())
        if beside.plan(sources).operations:
            wrong.append(Text("The tables are not as the model says."))
    except BadConfiguration as error:
        wrong += [problem.message for problem in error.problems if problem.severity == "error"]
    except FormloomError as error:
        wrong.append(error.message)
    took = monotonic() - began
    if not wrong:
        wrong += _opened(beside, told)
    after, newer = _counted(beside)
    labels |= newer
    return Outcome(round(copying, 2), round(took, 2), steps,
                   tuple((name, before.get(name), after.get(name)) for name in labels), labels, tuple(wrong))


def _counted(beside: Runtime) -> tuple[dict[str, int], dict[str, Label]]:
    """Records by entity, and what the entities are called."""
    with beside.reading(SYSTEM) as context:
        entities = context.catalog.entities
        return ({name: context.store.count(context.unit, name) for name in entities},
                {name: entity.label for name, entity in entities.items()})


def _opened(beside: Runtime, told: Progress) -> list[Text]:
    """What cannot be read any more; every entity is asked for its first page."""
    found = []
    names = list(beside.model().catalog.entities)
    for number, name in enumerate(names):
        told(number, len(names), LOOKING)
        try:
            with beside.reading(SYSTEM) as context:
                actions.list(context, name, Query(page_size=20))
        except FormloomError as error:
            found.append(Text("{name}: {error}", name=name, error=str(error)))
    return found
