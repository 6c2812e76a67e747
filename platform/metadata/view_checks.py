"""Views must name fields of a type that a board or a calendar can be made of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from formloom.errors import Problem, Text
from formloom.metadata.authored import Authored
from formloom.metadata.catalog import Entity, Field, View

# What the settings of each kind name, and what a field must be; nothing for any field.
NEEDED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "kanban": {"group_by": ("choice",), "sum": ("integer", "decimal", "money", "percent", "duration")},
    "calendar": {"start": ("date", "datetime"), "end": ("date", "datetime"), "title": (), "color_by": ("choice",)},
}
Path = tuple[Any, ...]


def uses(view: Mapping[str, Any], *path: Any) -> Iterator[tuple[str, Path]]:
    """The fields that the settings of a view name, with where they do."""
    for kind, keys in NEEDED.items():
        settings = view.get(kind) or {}
        yield from ((settings[key], (*path, kind, key)) for key in keys if key in settings)
    for index, name in enumerate((view.get("kanban") or {}).get("card", ())):
        yield name, (*path, "kanban", "card", index)


def kind_of(field: Field) -> str:
    """The type of its values; a computed field has that of what it gives."""
    return str(field.options.get("returns") or field.type.name)


def fits(field: Field, kind: str, key: str) -> bool:
    """Whether a setting may name this field. A calendar asks the database for its days: they need a column."""
    wanted = NEEDED[kind][key]
    return not wanted or (kind_of(field) in wanted and (field.system or bool(field.type.columns(field))))


def check(entity: Entity, authored: Authored) -> Iterator[Problem]:
    nodes = authored.node("entity", entity.name).get("views", ())
    names = [view.name for view in entity.views]
    for index, (view, node) in enumerate(zip(entity.views, nodes, strict=True)):
        if view.name in names[:index]:
            yield _problem(entity, authored, index, "name", "duplicate-view",
                           Text("The view {name} is defined twice.", name=view.name))
        yield from _settings(entity, view, node, authored, index)
        yield from _types(entity, node, authored, index)


def _settings(
    entity: Entity, view: View, node: Mapping[str, Any], authored: Authored, index: int
) -> Iterator[Problem]:
    """Settings belong to the kind; a board needs a choice field, a calendar a date."""
    for kind in NEEDED:
        if kind in node and view.kind != kind:
            yield _problem(entity, authored, index, kind, "view-settings",
                           Text("{name} is not of kind {kind}.", name=view.name, kind=kind),
                           Text("Say `kind: {kind}`, or take these settings away.", kind=kind))
    if view.board is not None and not view.board.group_by and "state" not in authored.hidden(entity.name):
        yield _problem(entity, authored, index, "kind", "missing-key", Text("{name} is missing.", name="group_by"),
                       Text("Name the choice field whose choices are the columns."))
    if view.calendar is not None and not view.calendar.start:
        yield _problem(entity, authored, index, "kind", "missing-key", Text("{name} is missing.", name="start"),
                       Text("Name the date field on whose days the records stand."))


def _types(entity: Entity, node: Mapping[str, Any], authored: Authored, index: int) -> Iterator[Problem]:
    for kind, keys in NEEDED.items():
        settings = node.get(kind) or {}
        named = {key: field for key in keys if (field := entity.fields.get(settings.get(key, "")))}
        for key, field in named.items():
            if not fits(field, kind, key):
                yield _wrong(entity, authored, (index, kind, key), field, keys[key])
        start, end = named.get("start"), named.get("end")
        if start and end and kind_of(start) != kind_of(end) and fits(end, kind, "end"):
            yield _wrong(entity, authored, (index, kind, "end"), end, (kind_of(start),))
        yield from _folded(entity, named.get("group_by"), settings.get("collapsed", ()), authored, index)


def _wrong(entity: Entity, authored: Authored, path: Path, field: Field, wanted: Collection[str]) -> Problem:
    return Problem(
        "wrong-field-type",
        Text("{key} must be a field of type {kind}; {name} is {type}.", key=path[-1], kind=", ".join(wanted),
             name=field.name, type=kind_of(field)),
        authored.at("entity", entity.name, "views", *path), element=entity.name)


def _folded(
    entity: Entity, grouped: Field | None, collapsed: Collection[str], authored: Authored, index: int
) -> Iterator[Problem]:
    field = grouped or entity.fields.get(entity.state or "")
    known = [choice.value for choice in field.choices] if field else []
    for at, value in enumerate(collapsed):
        if value not in known:
            place = authored.at("entity", entity.name, "views", index, "kanban", "collapsed", at)
            yield from authored.unknown("choice", value, known, place, entity.name, authored.hidden(entity.name))


def _problem(
    entity: Entity, authored: Authored, index: int, key: str, code: str, message: Text, hint: Text | None = None
) -> Problem:
    return Problem(code, message, authored.at("entity", entity.name, "views", index, key), hint, element=entity.name)
