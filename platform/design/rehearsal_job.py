"""Rehearsals that were asked for: a worker does them.

What is tried out is named, not kept: a change set, or a pack that was uploaded with what was decided about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from formloom.design import change_sets, packs, publishing, rehearsal, undertakings
from formloom.design.undertakings import Undertaking
from formloom.metadata.sources import Source
from formloom.policy.actor import SYSTEM
from formloom.runtime import Runtime
from formloom.storage import change_sets as stored
from formloom.storage.catalogs import Progress
from formloom.storage.choices import Choices, from_json

JOB: Final = "rehearsal"

# What a subject (without its kind), and what was asked about it, would make of the model.
Model = Callable[[Runtime, str, Mapping[str, Any]], tuple[Sequence[Source], Choices]]


def register(runtime: Runtime) -> None:
    """For workers."""
    undertakings.register(runtime, JOB, _carry_out)


def _carry_out(runtime: Runtime, one: Undertaking, report: Progress) -> Mapping[str, Any]:
    report(0, 0, rehearsal.COPYING)
    kind, _, rest = one.subject.partition(":")
    sources, choices = MODELS[kind](runtime, rest, one.asked)
    return rehearsal.rehearse(runtime, sources, choices, report).to_json()


def of_change(runtime: Runtime, number: str, _asked: Mapping[str, Any]) -> tuple[Sequence[Source], Choices]:
    with runtime.reading(SYSTEM) as context:
        found = stored.get(context.unit, int(number))
        return change_sets.sources(context, found), publishing.chosen(found)


def of_pack(runtime: Runtime, digest: str, asked: Mapping[str, Any]) -> tuple[Sequence[Source], Choices]:
    """What is open stays as it is here."""
    found = packs.prepare(runtime, [packs.uploaded(runtime, digest)], packs.decisions_of(asked))
    return found.sources, from_json(asked.get("choices"))


MODELS: Final[Mapping[str, Model]] = {"change": of_change, "pack": of_pack}
