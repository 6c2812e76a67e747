"""A name of a scope or a member of an entity is called otherwise: the texts that use it follow, and nothing else does.

Only the tokens that stand for it are replaced. Whether the new text means the same is then read from the new text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from formloom.errors import Text
from formloom.feel import static, syntax, text
from formloom.feel.errors import FeelSyntaxError
from formloom.feel.expression import Expression, compile
from formloom.feel.inference import Use, infer
from formloom.feel.static import Environment, Members, Type


@dataclass(frozen=True, slots=True)
class Renaming:
    """`owner` is whose member it is: an entity; '' for a name of the scope itself. `also`: what follows from it."""

    owner: str
    old: str
    new: str
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def back(self) -> Renaming:
        return Renaming(self.owner, self.new, self.old, {new: old for old, new in self.also.items()})

    @property
    def names(self) -> Mapping[str, str]:
        """Old names to new ones."""
        return {self.old: self.new, **self.also}

    def concerns(self, use: Use) -> bool:
        return use.owner == self.owner and use.name in self.names and (use.outer or bool(self.owner))

    def name(self, use: Use) -> str:
        return self.names[use.name] if self.concerns(use) else use.name


@dataclass(frozen=True, slots=True)
class Replaced:
    """What stands in the place of a part of the text."""

    start: int
    end: int
    text: str


class RenameClash(ValueError):
    """The text cannot be written with the new name: something nearer has that name, or it reads as something else."""

    def __init__(self, change: Renaming, expression: str, position: int) -> None:
        message = Text("{new} cannot stand for {old} here.", new=change.new, old=change.old)
        super().__init__(str(message))
        self.message = message
        self.text = expression
        self.position = position


def rename(expression: Expression, environment: Environment, change: Renaming) -> str:
    """The text after the change. Raises RenameClash."""
    return _made(expression.text, replacements(expression, environment, change))


def replacements(expression: Expression, environment: Environment, change: Renaming) -> list[Replaced]:
    """What has to be written otherwise, in the order of the text. Raises RenameClash."""
    uses = infer(expression.ast, environment).uses
    concerned = [use for use in uses if change.concerns(use)]
    if not concerned and not any(_may_hide(change, use) for use in uses):
        return []
    after = renamed(environment, change)
    if _is_taken(environment, change):
        raise RenameClash(change, expression.text, concerned[0].start if concerned else 0)
    for qualified in (frozenset[int](), _qualified(uses, change, environment)):
        made = list(_replaced(uses, change, qualified))
        if _means_the_same(expression, uses, change, qualified, _made(expression.text, made), after):
            return made
    raise RenameClash(change, expression.text, concerned[0].start if concerned else 0)


def _is_taken(environment: Environment, change: Renaming) -> bool:
    found = (environment.find(name) for name in change.names.values() if name not in change.names)
    return any(one is not None and one[1] == change.owner for one in found)


def _may_hide(change: Renaming, use: Use) -> bool:
    """Whether the new name may come between this name and what it stands for."""
    return use.outer and use.name in change.names.values()


def _qualified(uses: Iterable[Use], change: Renaming, environment: Environment) -> frozenset[int]:
    """Where a field has to be written as a member of the record, for something nearer has its name."""
    owner = environment.record.owner if environment.record and "record" in environment.own else None
    return frozenset(u.start for u in uses
                     if u.outer and u.owner == owner and change.name(u) in change.names.values())


def _replaced(uses: Sequence[Use], change: Renaming, qualified: frozenset[int]) -> Iterator[Replaced]:
    for use in uses:
        name = change.name(use)
        if name != use.name or use.start in qualified:
            written = text.quoted(name) if use.quoted else "record." * (use.start in qualified) + name
            yield Replaced(use.start, use.end, written)


def _made(source: str, replaced: Sequence[Replaced]) -> str:
    for one in reversed(replaced):
        source = f"{source[:one.start]}{one.text}{source[one.end:]}"
    return source


def _means_the_same(before: Expression, uses: Sequence[Use], change: Renaming, qualified: frozenset[int], made: str,
                    after: Environment) -> bool:
    try:
        expression = compile(made, after.names(), before.unary)
    except FeelSyntaxError:
        return False
    wanted = [(u.owner, change.name(u)) for use in uses for u in _parts(use, qualified)]
    found = [(use.owner, use.name) for use in infer(expression.ast, after).uses]
    return found == wanted and list(_shape(expression)) == list(_shape(before, qualified))


def _parts(use: Use, qualified: frozenset[int]) -> Iterator[Use]:
    if use.start in qualified:
        yield Use(use.start, use.start, "", "record", outer=True)
    yield use


def _shape(expression: Expression, qualified: frozenset[int] = frozenset()) -> Iterator[str]:
    for node in expression.ast.walk():
        if isinstance(node, syntax.Name) and node.start in qualified:
            yield syntax.Path.__name__
        yield type(node).__name__


# -- the names afterwards ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Changed:
    """Members of which one is called otherwise, here and below."""

    inner: Members
    change: Renaming

    @property
    def owner(self) -> str:
        return self.inner.owner

    def find(self, name: str) -> Type | None:
        if self.owner == self.change.owner and self.owner:
            if name in self.change.names:
                return None
            name = self.change.back.names.get(name, name)
        found = self.inner.find(name)
        return found and _changed(found, self.change)

    def names(self) -> Iterable[str]:
        known = self.inner.names()
        if self.owner != self.change.owner or not self.owner:
            return known
        return [self.change.names.get(name, name) for name in known]


def _changed(type_: Type, change: Renaming) -> Type:
    return static.mapped(type_, lambda members: _Changed(members, change))


def renamed(environment: Environment, change: Renaming) -> Environment:
    """What the names mean after the change."""
    own = {
        (name if change.owner else change.names.get(name, name)): _changed(type_, change)
        for name, type_ in environment.own.items()
    }
    record = _Changed(environment.record, change) if environment.record else None
    return replace(environment, own=own, record=record)
