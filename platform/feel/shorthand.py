"""Functions about the person who asks. Each is short for what the name `user` answers, so nothing is hidden from
whoever reads the tree: `has role("legal")` is `list contains(user.roles, "legal")`, here, in SQL and in the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from formloom.errors import Text
from formloom.feel import syntax
from formloom.feel.errors import FeelSyntaxError


@dataclass(frozen=True, slots=True)
class Shorthand:
    """`name(parameter)` asks whether the member of `user` has what is given."""

    name: str
    parameter: str
    member: str
    alias: str


SHORTHANDS: Final = (
    Shorthand("has role", "role: string", "roles", "有角色"),
    Shorthand("in team", "team: string", "team_names", "在团队"),
    Shorthand("is manager of", "person: number", "reports", "是上级"),
)
_BY_NAME: Final[Mapping[str, Shorthand]] = {n: short for short in SHORTHANDS for n in (short.name, short.alias)}
NAMES: Final = frozenset(_BY_NAME)


def expanded(call: syntax.Call, text: str) -> syntax.Call:
    """The call as what it is short for. The names that nobody wrote take no room in the text."""
    short = _BY_NAME.get(call.function.name) if isinstance(call.function, syntax.Name) else None
    if short is None:
        return call
    if len(call.arguments) != 1 or call.arguments[0].name:
        message = Text("{function} takes one argument", function=short.name)
        raise FeelSyntaxError(message, call.start, text, Text("It is {usage}.", usage=usage(short)))
    at = call.start
    user = syntax.Name("user", start=at, end=at)
    asked = syntax.Path(user, short.member, at, start=at, end=at)
    function = syntax.Name("list contains", start=at, end=at)
    arguments = (syntax.Argument("", asked, start=at, end=at), *call.arguments)
    return syntax.Call(function, arguments, start=call.start, end=call.end)


def usage(short: Shorthand) -> str:
    return f"{short.name}({short.parameter})"
