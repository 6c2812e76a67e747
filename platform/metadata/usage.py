"""Which expressions use a field, and what they say once it is called otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from formloom import feel
from formloom.errors import Place, Problem
from formloom.feel import FeelSyntaxError
from formloom.feel.inference import infer
from formloom.feel.renaming import RenameClash, Renaming, rename
from formloom.feel.static import Environment
from formloom.metadata import compiler
from formloom.metadata.assembly import below
from formloom.metadata.catalog import Catalog
from formloom.metadata.expressions import expressions
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.scopes import Scopes


@dataclass(frozen=True, slots=True)
class Spoken:
    """An expression with what its names mean. `path` leads to it in the definition."""

    definition: str         # entity/contract, role/clerk, process/approval
    path: tuple[Any, ...]
    text: str
    place: Place
    element: str
    environment: Environment

    @property
    def expression(self) -> feel.Expression | None:
        try:
            return feel.compile(self.text, self.environment.names())
        except FeelSyntaxError:
            return None


@dataclass(frozen=True, slots=True)
class Usage:
    """A field in the text of an expression, from `start` to `end`."""

    spoken: Spoken
    start: int
    end: int

    @property
    def place(self) -> Place:
        return below(self.spoken.place, self.spoken.text, self.start)


@dataclass(frozen=True, slots=True)
class Rewritten:
    spoken: Spoken
    text: str


def spoken(catalog: Catalog, types: Mapping[str, FieldType]) -> Iterator[Spoken]:
    """Every expression of the entities and roles."""
    scopes, authored = Scopes(catalog.entities), compiler.authored(catalog.sources, types)
    for written in expressions(catalog.entities, authored):
        yield Spoken(f"{written.kind}/{written.name}", written.path, written.text, written.place, written.element,
                     scopes.environment(written.entity))


def usages(texts: Iterable[Spoken], entity: str, field: str) -> Iterator[Usage]:
    """Where the field is read, in the order of the texts."""
    for text in texts:
        expression = text.expression
        if expression is not None:
            for use in infer(expression.ast, text.environment).uses:
                if (use.owner, use.name) == (entity, field):
                    yield Usage(text, use.start, use.end)


def rewritten(texts: Iterable[Spoken], change: Renaming) -> tuple[list[Rewritten], list[Problem]]:
    """The texts that change; and the places where the new name cannot stand, for which nothing should be renamed."""
    made: list[Rewritten] = []
    problems: list[Problem] = []
    for text in texts:
        expression = text.expression
        try:
            new = rename(expression, text.environment, change) if expression else text.text
        except RenameClash as clash:
            place = below(text.place, text.text, clash.position)
            problems.append(Problem("rename-clash", clash.message, place, element=text.element))
        else:
            if new != text.text:
                made.append(Rewritten(text, new))
    return made, problems
