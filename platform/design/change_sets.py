"""Editing the model without putting anything into force: designers read trees, change them, and give them back.

All functions take the unit of work of whoever edits; `sources` are those of the catalog in force.
"""

from __future__ import annotations

from typing import Any

from formloom.design import definitions
from formloom.design.definitions import Tree
from formloom.errors import Forbidden, NotFound, Text
from formloom.metadata import layers
from formloom.metadata.sources import Source
from formloom.records.context import Context
from formloom.storage import change_sets as stored
from formloom.storage.change_sets import ChangeSet


def start(context: Context, title: str) -> ChangeSet:
    return stored.start(context.unit, title, context.catalog.version, _editor(context), context.now)


def sources(context: Context, change_set: ChangeSet | None) -> list[Source]:
    """The model as it would be. Without a change set: as it is."""
    held = list(context.catalog.sources)
    if change_set is None:
        return held
    edited = stored.texts(context.unit, change_set)
    return definitions.with_local(held, {path: one.after for path, one in edited.items()})


def tree(context: Context, change_set: ChangeSet | None, kind: str, name: str) -> Tree:
    """The definition as it would be: kind is entity, role, workspace or calendar. Raises NotFound.

    `name` is what it is called there, or was called first; so in `pack_tree` and `write`.
    """
    held = sources(context, change_set)
    found = definitions.tree(held, kind, definitions.first_name(held, kind, name))
    if found is None:
        raise NotFound(Text("There is no {kind} {name}.", kind=kind, name=name))
    return found


def pack_tree(context: Context, change_set: ChangeSet | None, kind: str, name: str) -> Tree | None:
    """The definition as the packs have it, without the local layer; None for what was made here."""
    first = definitions.first_name(sources(context, change_set), kind, name)
    return definitions.tree(definitions.lower(context.catalog.sources), kind, first)


def names(context: Context, change_set: ChangeSet | None, kind: str) -> list[str]:
    return definitions.names(sources(context, change_set), kind)


def write(
    context: Context, seen: ChangeSet, kind: str, name: str, edited: Tree | None, words: Text | None = None
) -> ChangeSet:
    """Keeps the definition as edited, None to take it out of force. Raises OvertakenChange, Conflict."""
    first = definitions.first_name(sources(context, seen), kind, name)
    text = definitions.local_text(context.catalog.sources, kind, first, exact(edited))
    told = words or Text("{name} was changed.", name=name)
    return put(context, seen, definitions.path_of(kind, first), text, told)


def put(context: Context, seen: ChangeSet, path: str, text: str | None, words: Text) -> ChangeSet:
    """A file of the local layer as a whole: BPMN, DMN, or YAML as it will be kept. Nothing happens if it is so already.

    A whole file that says what the pack says is none of the local layer; an empty one takes the pack's out of force.
    """
    held = sources(context, seen)
    if layers.is_whole(path) and text is not None:
        text = definitions.local(layers.put(held, path, text), path)
    before = definitions.local(held, path)
    if before == text:
        return seen
    return keep(context, seen, path, before, text, words)


def keep(context: Context, seen: ChangeSet, path: str, before: str | None, after: str | None, words: Text) -> ChangeSet:
    """One edit, whatever the draft said until now."""
    return stored.edit(context.unit, seen, path, before, after, words, _editor(context), context.now)


def undo(context: Context, seen: ChangeSet) -> ChangeSet:
    return stored.move(context.unit, seen, -1, _editor(context), context.now)


def redo(context: Context, seen: ChangeSet) -> ChangeSet:
    return stored.move(context.unit, seen, 1, _editor(context), context.now)


def describe(context: Context, seen: ChangeSet, title: str, reason: str) -> ChangeSet:
    return stored.update(context.unit, seen, _editor(context), context.now, title=title, reason=reason or None)


def discard(context: Context, seen: ChangeSet) -> ChangeSet:
    return stored.update(context.unit, seen, _editor(context), context.now, state=stored.DISCARDED)


def ask_for_review(context: Context, seen: ChangeSet) -> ChangeSet:
    return stored.update(context.unit, seen, _editor(context), context.now, state=stored.REVIEW)


def review(context: Context, seen: ChangeSet, approve: bool, note: str) -> ChangeSet:
    """Four eyes: whoever edited it cannot approve it."""
    editors = {seen.created_by, *(edit.by for edit in stored.history(context.unit, seen.id))}
    if approve and context.actor.user_id in editors:
        raise Forbidden(Text("Who edited a draft cannot approve it."), Text("Ask another administrator."))
    return stored.update(
        context.unit, seen, _editor(context), context.now, state=stored.APPROVED if approve else stored.DRAFT,
        reviewed_at=context.now, reviewed_by=context.actor.user_id, review=note or None)


def exact(value: Any) -> Any:
    """A tree that came as JSON, as YAML would have given it: objects and lists all the way, no other kinds."""
    if isinstance(value, dict):
        return {str(key): exact(inner) for key, inner in value.items()}
    return [exact(inner) for inner in value] if isinstance(value, list) else value


def _editor(context: Context) -> int:
    if not context.actor.admin:
        raise Forbidden(Text("Only administrators may look at this and change it."), Text("Ask an administrator."))
    return context.actor.user_id
