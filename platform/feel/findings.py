"""What is wrong with an expression before it is evaluated, in words and with the part of the text that it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from formloom.errors import Text, near
from formloom.feel.static import Type, shown
from formloom.feel.syntax import Node


@dataclass(frozen=True, slots=True)
class Finding:
    """`near` is what was probably meant; `start` and `end` are offsets into the text."""

    code: str
    message: Text
    start: int
    end: int
    hint: Text | None = None
    near: str | None = None


def _guess(name: str, known: Iterable[str]) -> tuple[Text | None, str | None]:
    guess = near(name, sorted(known))
    return (Text("Did you mean {near}?", near=guess) if guess else None), guess


def unknown_name(name: str, node: Node, known: Iterable[str]) -> Finding:
    message = Text("{name} is neither a field nor a known name.", name=name)
    return Finding("unknown-name", message, node.start, node.end, *_guess(name, known))


def unknown_function(name: str, node: Node, known: Iterable[str]) -> Finding:
    message = Text("There is no function {name}.", name=name)
    return Finding("unknown-name", message, node.start, node.end, *_guess(name, known))


def unknown_member(name: str, start: int, end: int, source: Type, known: Iterable[str]) -> Finding:
    owner = source.members.owner if source.members else ""
    code = "unknown-field" if owner else "unknown-member"
    message = Text("{owner} has no {name}.", owner=owner or shown(source), name=name)
    return Finding(code, message, start, end, *_guess(name, known))


def unknown_value(values: Iterable[str], declared: Iterable[str], node: Node) -> Finding:
    value, known = min(values), sorted(declared)
    hint, guess = _guess(value, known)
    if not value:
        hint = Text("A choice without a value is null.")
    hint = hint or Text("Known are {names}.", names=", ".join(known))
    message = Text("There is no choice {value}.", value=value or '""')
    return Finding("unknown-choice", message, node.start, node.end, hint, guess)


_HINTS = {
    frozenset(("date", "date and time")): Text("Write date(...) around the moment to compare days."),
    frozenset(("number", "string")): Text("Write string(...) or number(...) around one of them."),
    frozenset(("number", "context")): Text("Compare with its id, such as user.id."),
    frozenset(("string", "date")): Text('Write a date as date("2026-03-31").'),
    frozenset(("string", "date and time")): Text('Write a moment as date and time("2026-03-31T09:30:00+08:00").'),
}


def _mixed(left: Type, right: Type) -> Text | None:
    if "list" in (left.name, right.name) and left.name != right.name:
        return Text("Ask whether a list has a value with: value in list.")
    return _HINTS.get(frozenset((left.name, right.name)))


def never_compares(operator: str, left: Type, right: Type, node: Node) -> Finding:
    message = Text("{left} {operator} {right}: values of different types are not compared, so the answer is null.",
                   left=shown(left), operator=operator, right=shown(right))
    return Finding("type-mismatch", message, node.start, node.end, _mixed(left, right))


def no_operation(operator: str, left: Type, right: Type, node: Node) -> Finding:
    message = Text("{left} {operator} {right} cannot be calculated: it is always null.", left=shown(left),
                   operator=operator, right=shown(right))
    hint = _HINTS[frozenset(("number", "string"))] if {left.name, right.name} == {"number", "string"} else None
    return Finding("type-mismatch", message, node.start, node.end, hint)


def no_negative(operand: Type, node: Node) -> Finding:
    message = Text("There is no minus of a {type}: it is always null.", type=shown(operand))
    return Finding("type-mismatch", message, node.start, node.end)


def not_a_condition(found: Type, node: Node) -> Finding:
    message = Text("This is a {type}, and a condition must be true or false.", type=shown(found))
    return Finding("not-a-condition", message, node.start, node.end,
                   Text("Compare it with something, such as: ... = ..., or: ... != null."))


def not_the_type(found: Type, wanted: str, node: Node) -> Finding:
    message = Text("This is a {type}, and a {wanted} is needed here.", type=shown(found), wanted=wanted)
    return Finding("type-mismatch", message, node.start, node.end)


def wrong_count(count: int, usage: str, node: Node) -> Finding:
    message = Text("The function does not take {count} arguments.", count=count)
    return Finding("wrong-arguments", message, node.start, node.end, Text("It is {usage}.", usage=usage))


def wrong_argument(found: Type, usage: str, node: Node) -> Finding:
    message = Text("The function cannot take a {type} here: its result is always null.", type=shown(found))
    return Finding("wrong-arguments", message, node.start, node.end, Text("It is {usage}.", usage=usage))


def unknown_parameter(name: str, usage: str, node: Node) -> Finding:
    message = Text("The function has no parameter {name}.", name=name)
    return Finding("wrong-arguments", message, node.start, node.end, Text("It is {usage}.", usage=usage))


def not_callable(found: Type, node: Node) -> Finding:
    return Finding("type-mismatch", Text("A {type} cannot be called.", type=shown(found)), node.start, node.end)
