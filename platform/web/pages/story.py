"""The timeline in words: who changed what from what to what, what was said, decided, attached."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from markupsafe import Markup, escape

from formloom.errors import Text
from formloom.forms import names
from formloom.forms.display import Shown
from formloom.metadata.catalog import Entity
from formloom.policy import people
from formloom.records import timeline
from formloom.records.context import Context
from formloom.web.i18n import label, t
from formloom.web.pages import verb_words
from formloom.web.pages.frame import display

_MENTION = re.compile(r"@\[(\d{1,18})\]")
_GLYPHS = {"created": "sparkles", "updated": "edit", "deleted": "trash", "action": "bolt", "file": "paperclip",
           "decided": "check"}
_SKIPPED = frozenset({"created_at", "created_by", "updated_at", "updated_by", "version", "id"})
SHOWN_CHANGES = 6
NOTHING = Markup("")


@dataclass(frozen=True, slots=True)
class Changed:
    label: str
    old: Shown
    new: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry. `words` says what happened; `said` is what a person wrote, safe to show."""

    kind: str
    id: int
    at: datetime
    who: str
    words: str
    glyph: str
    tone: str = ""
    changes: tuple[Changed, ...] = ()
    more: int = 0
    said: Markup = NOTHING
    raw: str = ""
    mine: bool = False
    href: str = ""


def of(context: Context, entity: Entity, record_id: int) -> list[Told]:
    """Newest first."""
    entries = timeline.of(context, entity.name, record_id)
    who = people.names(context.unit, {int(n) for e in entries if e.kind == "comment" for n in _MENTION.findall(e.text)})
    return [_told(context, entity, entry, who) for entry in entries]


def _told(context: Context, entity: Entity, entry: timeline.Entry, who: Mapping[int, str]) -> Told:
    if entry.kind == "comment":
        return Told(kind="comment", id=entry.id, at=entry.at, who=entry.actor_name, words="", glyph="", raw=entry.text,
                    said=_mentioned(entry.text, who), mine=entry.actor_id == context.actor.user_id)
    if entry.kind == "file":
        return Told(kind="file", id=entry.id, at=entry.at, who=entry.actor_name, words=entry.text, glyph="paperclip",
                    href=f"/files/{entry.id}")
    if entry.kind == "task":
        happened = verb_words.of(entry.values)
        return Told(kind="decided", id=entry.id, at=entry.at, who=entry.actor_name, words=happened.words,
                    glyph=happened.glyph, tone=happened.tone, said=escape(entry.text))
    changes = () if entry.kind == "created" else tuple(_changes(context, entity, entry))
    return Told(
        kind=entry.kind, id=entry.id, at=entry.at, who=entry.actor_name, words=_words(entity, entry, changes),
        glyph=_glyph(entity, entry), changes=changes[:SHOWN_CHANGES], more=max(0, len(changes) - SHOWN_CHANGES),
        tone="wait" if entry.action else "done" if entry.kind == "created" else "")


def _glyph(entity: Entity, entry: timeline.Entry) -> str:
    action = entity.actions.get(entry.action)
    return (action.icon if action and action.icon else "") or _GLYPHS.get(entry.kind, "point")


def _words(entity: Entity, entry: timeline.Entry, changes: tuple[Changed, ...]) -> str:
    if entry.action:
        action = entity.actions.get(entry.action)
        return label(action.label) if action else entry.action
    if entry.kind == "created":
        return t(Text("created this {entity}", entity=entity.label))
    if len(changes) == 1:
        return t(Text("changed {field}", field=changes[0].label))
    return t(Text("changed {n} fields", n=len(changes)))


def _changes(context: Context, entity: Entity, entry: timeline.Entry) -> Iterator[Changed]:
    for change in entry.changes:
        if change.field not in _SKIPPED:
            yield Changed(label(change.label), _shown(context, entity, change.field, change.old),
                          _shown(context, entity, change.field, change.new))


def _shown(context: Context, entity: Entity, name: str, value: Any) -> Shown:
    """A JSON value of the audit; what an older field type wrote is shown as it stands."""
    spec = entity.fields[name]
    if spec.type.name == "table":
        return Shown("text", t(Text("{n} lines", n=len(value or ()))))
    if value is None or value == "" or value == []:
        return Shown("empty")
    if spec.type.computed:
        return display().show(spec, {name: _number(value)})
    try:
        parsed = spec.type.parse(value, spec)
    except (ValueError, TypeError, ArithmeticError):
        return Shown("text", str(value))
    return display().show(spec, {name: parsed}, {name: names.of_value(context, spec, parsed, display().locale)})


def _number(value: Any) -> Any:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return value


def _mentioned(text: str, who: Mapping[int, str]) -> Markup:
    parts = _MENTION.split(text)
    shown = [escape(part) if n % 2 == 0 else Markup('<span class="fl-at">@{}</span>').format(
        who.get(int(part), "?")) for n, part in enumerate(parts)]
    return Markup("").join(shown)
