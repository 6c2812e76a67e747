"""The draft that an administrator works in, and the model as it would make it.

One draft at a time; which one is kept in a cookie. The first edit begins one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from flask import Response, after_this_request, g, request

from formloom.design import change_sets, rebasing
from formloom.errors import NotFound, Text
from formloom.metadata import layers
from formloom.metadata.sources import Source
from formloom.records.context import Context
from formloom.runtime import Model
from formloom.storage import change_sets as stored
from formloom.storage.change_sets import ChangeSet
from formloom.web.i18n import t
from formloom.web.requests import actor, model, reading, runtime, writing

COOKIE: Final = "draft"
_YEAR: Final = 365 * 24 * 3600


def current(context: Context) -> ChangeSet | None:
    """The draft that this administrator works in, if it is still open."""
    held = g.draft if "draft" in g else _remembered(context.actor.user_id)
    if held is None:
        return None
    try:
        found = stored.get(context.unit, held)
    except NotFound:
        found = None
    if found is None or not found.open:
        _remember(context.actor.user_id, None)
        return None
    return found


def enter(change_set: ChangeSet) -> None:
    _remember(actor().user_id, change_set.id)


def begun(context: Context) -> ChangeSet:
    """The current draft; a new one if there is none."""
    found = current(context)
    if found is None:
        found = change_sets.start(context, t(Text("Changes of {person}", person=context.actor.name)))
        enter(found)
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """The sources as the current draft would make them, and which files it changes."""

    sources: Sequence[Source]
    draft: ChangeSet | None
    edited: frozenset[str]

    def holding(self, path: str) -> ChangeSet | None:
        """The draft, if it changes this file."""
        return self.draft if path in self.edited else None


def standing(context: Context) -> Standing:
    draft = current(context)
    edited = frozenset(rebasing.edited(context, draft)) if draft else frozenset()
    return Standing(change_sets.sources(context, draft), draft, edited)


def sources(context: Context) -> list[Source]:
    """As the current draft would make them; without one, those in force."""
    return change_sets.sources(context, current(context))


def drafted(context: Context) -> Model | None:
    """The model as the current draft would make it; None without one, and while it has mistakes."""
    draft = current(context)
    return runtime().imagined(change_sets.sources(context, draft)) if draft else None


def imagined() -> Model:
    """The same; without a draft what is in force, of one with mistakes as far as its catalog can be read."""
    with reading() as context:
        draft = current(context)
        held = change_sets.sources(context, draft) if draft is not None and draft.cursor else None
    if held is None:
        return model()
    return runtime().imagined(held) or replace(model(), catalog=runtime().outlined(held))


def collect(path: str, change: Callable[[Sequence[Source]], list[Source]], words: Text) -> ChangeSet:
    """A file as the change leaves it, into the current draft."""
    with writing() as context:
        seen = begun(context)
        local = layers.at(change(sources(context)), path).local
        return change_sets.put(context, seen, path, local.text if local else None, words)


def _remembered(user_id: int) -> int | None:
    whose, _, held = request.cookies.get(COOKIE, "").partition("-")
    return int(held) if whose == str(user_id) and held.isdecimal() else None


def _remember(user_id: int, number: int | None) -> None:
    """A cookie of its own: every answer writes the session's again, and a slow one brings back what it began with."""
    g.draft = number

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            COOKIE, "" if number is None else f"{user_id}-{number}", max_age=0 if number is None else _YEAR,
            samesite="Lax", secure=request.is_secure, httponly=True)
        return response
