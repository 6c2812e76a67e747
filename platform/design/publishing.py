"""From a change set to what is in force: what it would do, doing it, and going back to an earlier publication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from formloom.design import definitions, rebasing
from formloom.errors import BadConfiguration, Conflict, FormloomError, Problem, Text
from formloom.metadata.sources import Source
from formloom.policy.actor import Actor
from formloom.runtime import Runtime
from formloom.storage import catalogs
from formloom.storage import change_sets as stored
from formloom.storage.catalogs import StaleCatalog
from formloom.storage.change_sets import ChangeSet
from formloom.storage.choices import NO_CHOICES, Choices, from_json
from formloom.storage.database import Unit
from formloom.storage.forecast import Forecast
from formloom.storage.platform_tables import fl_catalog

_TRIES = 5


class Overtaken(Conflict):
    """Files of the change set were published by somebody else since; nothing was applied."""

    code = "change-set-overtaken"

    def __init__(self, paths: list[str]) -> None:
        super().__init__(Text("{paths} was published by somebody else meanwhile.", paths=", ".join(sorted(paths))),
                         Text("Bring in what was published, then publish."))
        self.paths = tuple(paths)


@dataclass(frozen=True, slots=True)
class Preview:
    """`forecast` is None while there are errors."""

    problems: tuple[Problem, ...]
    forecast: Forecast | None

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity == "error")

    @property
    def blocked(self) -> bool:
        return bool(self.errors) or (self.forecast is not None and self.forecast.blocked)


def problems(runtime: Runtime, sources: Sequence[Source], choices: Choices = NO_CHOICES) -> tuple[Problem, ...]:
    """What is wrong with the model as it would be. Outside of a unit of work: it asks what is in force by itself."""
    found = tuple(runtime.check(sources))
    if any(p.severity == "error" for p in found):
        return found
    try:
        runtime.plan(sources, choices)
    except BadConfiguration as error:
        return (*found, *error.problems)
    return found


def preview(runtime: Runtime, sources: Sequence[Source], choices: Choices = NO_CHOICES) -> Preview:
    """What is wrong, else what publishing would do to the data. Outside of a unit of work, and as long as it takes."""
    found = problems(runtime, sources, choices)
    if any(p.severity == "error" for p in found):
        return Preview(found, None)
    return Preview(found, runtime.forecast(sources, choices))


def told(error: FormloomError) -> list[Text]:
    """Why something was not published, for a person."""
    if isinstance(error, BadConfiguration):
        return [problem.message for problem in error.problems if problem.severity == "error"]
    return [text for text in (error.message, error.hint) if text]


def chosen(change_set: ChangeSet) -> Choices:
    """What was decided about the data."""
    return from_json(change_set.choices)


def check_approved(runtime: Runtime, seen: ChangeSet) -> None:
    """Raises Conflict. What a worker publishes was approved before."""
    if runtime.settings.review and seen.state not in (stored.APPROVED, stored.PUBLISHING):
        raise Conflict(Text("Another administrator has to approve this draft first."), Text("Ask for a review."))


def publish(
    runtime: Runtime, actor: Actor, seen: ChangeSet, reason: str, progress: catalogs.Progress = catalogs.untold
) -> None:
    """All of it, or nothing. Raises BadConfiguration, Conflict, Overtaken, OvertakenChange, StaleCatalog."""
    check_approved(runtime, seen)
    for _ in range(_TRIES):
        with runtime.reading(actor) as context:
            edited = rebasing.edited(context, seen)
            moved = rebasing.moved(context, edited)
            in_force = context.catalog.sources
            version = context.catalog.version
        if not edited:
            raise Conflict(Text("This draft changes nothing."))
        if moved:
            raise Overtaken(moved)
        sources = definitions.with_local(in_force, {path: one.after for path, one in edited.items()})

        def close(unit: Unit) -> None:
            newest = unit.connection.execute(sa.select(sa.func.max(fl_catalog.c.id))).scalar()
            stored.settle(unit, seen, actor.user_id, runtime.now(), state=stored.PUBLISHED, reason=reason or None,
                          publication=newest)

        try:
            runtime.publish(sources, actor, version, reason or seen.title, chosen(seen), close, progress)
        except StaleCatalog:
            runtime.refresh()
        else:
            return
    raise StaleCatalog

