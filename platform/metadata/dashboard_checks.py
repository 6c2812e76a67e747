"""Dashboards must count what is there: known entities, fields of a type that can be added up or told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from formloom.errors import Problem, Text
from formloom.metadata.authored import Authored
from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.metadata.dashboards import Dashboard, DashboardCard
from formloom.metadata.view_checks import kind_of

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "field": ("integer", "decimal", "money", "percent", "duration", "rating"),
    "date": ("date", "datetime"),
    "group_by": ("choice", "reference", "user", "team", "boolean", "text"),
}
_COUNTED: Final = ("count", "share")


def check(catalog: Catalog, authored: Authored) -> Iterator[Problem]:
    for dashboard in catalog.dashboards.values():
        yield from _Checks(catalog, authored, dashboard).problems()


def fits(field: Field, key: str) -> bool:
    """Whether the database can measure, date or group by the field: it needs a column of its own."""
    return kind_of(field) in NEEDED[key] and (field.system or bool(field.type.columns(field)))


def unfit(card: DashboardCard, entity: Entity) -> list[str]:
    """Keys that name a field of a type that is of no use there."""
    named = {key: entity.fields.get(getattr(card, key)) for key in NEEDED}
    found = [key for key, field in named.items() if field is not None and not fits(field, key)]
    grouped = named["group_by"]
    if card.kind == "funnel" and grouped is not None and not grouped.choices and "group_by" not in found:
        found.append("group_by")
    return found


def missing(card: DashboardCard) -> list[str]:
    """Keys without which a card of this kind says nothing."""
    wanted = {
        "field": card.measure not in _COUNTED, "where": card.measure == "share", "date": card.kind == "line",
        "group_by": card.kind in ("bar", "column", "funnel")}
    return [key for key, needed in wanted.items() if needed and not getattr(card, key)]


class _Checks:
    def __init__(self, catalog: Catalog, authored: Authored, dashboard: Dashboard) -> None:
        self.catalog, self.authored, self.dashboard = catalog, authored, dashboard

    def problems(self) -> Iterator[Problem]:
        name = self.dashboard.name
        known = [one.name for one in self.catalog.workspaces]
        if self.dashboard.workspace not in known:
            place = self.authored.at("dashboard", name, "workspace")
            yield from self.authored.unknown("workspace", self.dashboard.workspace, known, place, name)
        names = [card.name for card in self.dashboard.cards]
        for index, card in enumerate(self.dashboard.cards):
            if card.name in names[:index]:
                yield self.problem(index, "name", "duplicate-card",
                                   Text("The card {name} is defined twice.", name=card.name))
            entity = self.catalog.entities.get(card.entity)
            if entity is None:
                yield from self.authored.unknown("entity", card.entity, self.catalog.entities,
                                                 self.authored.at("dashboard", name, "cards", index, "entity"), name)
            else:
                yield from self.card(index, card, entity)

    def card(self, index: int, card: DashboardCard, entity: Entity) -> Iterator[Problem]:
        for key in missing(card):
            yield self.problem(index, "kind" if key in ("date", "group_by") else "measure", "missing-key",
                               Text("{name} is missing.", name=key),
                               Text("Say in the card {card} which it is, or choose another kind or measure.",
                                    card=card.name))
        for key in NEEDED:
            named = getattr(card, key)
            if named and named not in entity.fields:
                place, hidden = self.at(index, key), self.authored.hidden(entity.name)
                yield from self.authored.unknown("field", named, entity.fields, place, self.dashboard.name, hidden)
        for key in unfit(card, entity):
            field = entity.fields[getattr(card, key)]
            wanted = ("choice",) if card.kind == "funnel" and key == "group_by" else NEEDED[key]
            yield self.problem(index, key, "wrong-field-type", Text(
                "{key} must be a field of type {kind}; {name} is {type}.", key=key, kind=", ".join(wanted),
                name=field.name, type=kind_of(field)))

    def at(self, index: int, key: str) -> Any:
        return self.authored.at("dashboard", self.dashboard.name, "cards", index, key)

    def problem(self, index: int, key: str, code: str, message: Text, hint: Text | None = None) -> Problem:
        return Problem(code, message, self.at(index, key), hint, element=self.dashboard.name)
