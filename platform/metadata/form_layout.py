"""How a form is laid out: the usual way, and the ways of some people or of a step of a process."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from formloom.errors import Place
from formloom.feel import Expression
from formloom.metadata.sources import NOWHERE


@dataclass(frozen=True, slots=True)
class Section:
    label: Mapping[str, str]
    fields: tuple[str, ...]
    columns: int = 2
    visible_when: Expression | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    label: Mapping[str, str]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class FormLayout:
    """One tab without a label is a form without tabs. `headline`: 3 to 5 key figures in the record's header."""

    tabs: tuple[Tab, ...]
    headline: tuple[str, ...] = ()

    @property
    def fields(self) -> Iterator[str]:
        return (name for tab in self.tabs for section in tab.sections for name in section.fields)


@dataclass(frozen=True, slots=True)
class Layout:
    """Another form of an entity. `steps` are user tasks, as process/element."""

    name: str
    label: Mapping[str, str]
    form: FormLayout
    roles: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    place: Place = NOWHERE


def of_roles(usual: FormLayout, layouts: tuple[Layout, ...], roles: Collection[str]) -> FormLayout:
    """The first layout in their order that names one of the roles; the usual form otherwise."""
    return next((one.form for one in layouts if not set(roles).isdisjoint(one.roles)), usual)


def of_step(layouts: tuple[Layout, ...], step: str) -> FormLayout | None:
    return next((one.form for one in layouts if step in one.steps), None)
