"""Repairs asked for over the API and on pages: one incident or many, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from formloom.errors import BadRequest, FormloomError, Text
from formloom.metadata.catalog import EMPTY
from formloom.records.context import Context
from formloom.web.requests import writing
from formloom.workflow import repairs
from formloom.workflow.incidents import Incident
from formloom.workflow.repairs import Edits

Repair = Callable[[Context, int], Incident]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one incident of many."""

    id: int
    error: FormloomError | None = None


def repair(verb: str, *, edits: Edits | None = None, result: Mapping[str, Any] = EMPTY, reason: str = "") -> Repair:
    """The act by its name."""
    known: Mapping[str, Repair] = {
        "retry": lambda context, number: repairs.retry(context, number, edits or Edits()),
        "skip": lambda context, number: repairs.skip(context, number, result),
        "cancel": lambda context, number: repairs.cancel(context, number, reason),
    }
    if verb not in known:
        raise BadRequest(Text("{name} takes one of {allowed}.", name="verb", allowed=", ".join(known)))
    return known[verb]


def each(ids: Iterable[int], act: Repair) -> list[Outcome]:
    """One that fails keeps none of the others from being repaired."""
    return [_one(number, act) for number in dict.fromkeys(ids)]


def _one(number: int, act: Repair) -> Outcome:
    try:
        with writing() as context:
            act(context, number)
    except FormloomError as error:
        return Outcome(number, error)
    return Outcome(number)
