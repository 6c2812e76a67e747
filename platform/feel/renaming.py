"""A name of a scope or a member of an entity is called otherwise: the texts that use it follow, and nothing else does.

Only the tokens that stand for it are replaced. Whether the new text means the same is then read from the new text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from formloom.errors import Text
from formloom.feel import static, syntax, text
from formloom.feel.errors import FeelSyntaxError
from formloom.feel.expression import Expression, compile
from formloom.feel.inference import Use, infer
from formloom.feel.static import Environment, Members, Type


@dataclass(frozen=True, slots=True)
class Renaming:
    """`owner` is whose member it is: an entity; '' for a name of the scope itself."""

    owner: str
    old: str
    new: str

    @property
    def back(self) -> Renaming:
        return Renaming(self.owner, self.new, self.old)

    def concerns(self, use: Use) -> bool:
        return (use.owner, use.name) == (self.owner, self.old) and (use.outer or bool(self.owner))

    def name(self, use: Use) -> str:
        return self.new if self.concerns(use) else use.name


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
    uses = infer(expression.ast, environment).uses
    concerned = [use for use in uses if change.concerns(use)]
    if not concerned and not any(_may_hide(change, use) for use in uses):
        return expression.text
    after = renamed(environment, change)
    if _is_taken(environment, change):
        raise RenameClash(change, expression.text, concerned[0].start if concerned else 0)
    for qualified in (frozenset[int](), _qualified(uses, change, environment)):
        made = _replaced(expression.text, uses, change, qualified)
        if _means_the_same(expression, uses, change, qualified, made, after):
            return made
    raise RenameClash(change, expression.text, concerned[0].start if concerned else 0)


def _is_taken(environment: Environment, change: Renaming) -> bool:
    found = environment.find(change.new)
    return found is not None and found[1] == change.owner


def _may_hide(change: Renaming, use: Use) -> bool:
    """Whether the new name may come between this name and what it stands for."""
    return use.outer and use.name == change.new


def _qualified(uses: Iterable[Use], change: Renaming, environment: Environment) -> frozenset[int]:
    """Where a field has to be written as a member of the record, for something nearer has its name."""
    owner = environment.record.owner if environment.record and "record" in environment.own else None
    return frozenset(u.start for u in uses if u.outer and u.owner == owner and change.name(u) == change.new)


def _replaced(source: str, uses: Sequence[Use], change: Renaming, qualified: frozenset[int]) -> str:
    for use in reversed(uses):
        name = change.name(use)
        if name != use.name or use.start in qualified:
            written = text.quoted(name) if use.quoted else "record." * (use.start in qualified) + name
            source = f"{source[:use.start]}{written}{source[use.end:]}"
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
            if name == self.change.old:
                return None
            name = self.change.old if name == self.change.new else name
        found = self.inner.find(name)
        return found and _changed(found, self.change)

    def names(self) -> Iterable[str]:
        known = self.inner.names()
        if self.owner != self.change.owner or not self.owner:
            return known
        return [self.change.new if name == self.change.old else name for name in known]


def _changed(type_: Type, change: Renaming) -> Type:
    return static.mapped(type_, lambda members: _Changed(members, change))


def renamed(environment: Environment, change: Renaming) -> Environment:
    """What the names mean after the change."""
    own = {
        (change.new if not change.owner and name == change.old else name): _changed(type_, change)
        for name, type_ in environment.own.items()
    }
    record = _Changed(environment.record, change) if environment.record else None
    return replace(environment, own=own, record=record)
