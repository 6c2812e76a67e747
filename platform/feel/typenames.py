"""Type names in `instance of` and in parameters."""

from __future__ import annotations

from formloom.feel import syntax
from formloom.feel.cursor import Cursor

_PHRASES = (
    ("date", "and", "time"),
    ("days", "and", "time", "duration"),
    ("years", "and", "months", "duration"),
)


def parse(cursor: Cursor) -> syntax.Type:
    start = cursor.token.start
    name = _name(cursor)
    if name == "function" and cursor.at("<"):
        return _function(cursor, start)
    if name == "context" and cursor.at("<"):
        return _context(cursor, start)
    arguments: tuple[syntax.Type, ...] = ()
    if name in ("list", "range") and cursor.accept("<"):
        arguments = (parse(cursor),)
        cursor.expect(">")
    return syntax.Type(name, arguments, start=start, end=cursor.end)


def _name(cursor: Cursor) -> str:
    for phrase in _PHRASES:
        here = cursor.tokens[cursor.index : cursor.index + len(phrase)]
        if tuple(token.text for token in here) == phrase:
            cursor.index += len(phrase)
            return " ".join(phrase)
    if cursor.at("function", "null"):
        return cursor.take().text
    parts = [cursor.name()]
    while cursor.accept("."):
        parts.append(cursor.member())
    return ".".join(parts)


def _function(cursor: Cursor, start: int) -> syntax.Type:
    cursor.expect("<")
    arguments: list[syntax.Type] = []
    while not cursor.accept(">"):
        if arguments:
            cursor.expect(",")
        arguments.append(parse(cursor))
    cursor.expect("->")
    result = parse(cursor)
    return syntax.Type("function", tuple(arguments), result=result, start=start, end=cursor.end)


def _context(cursor: Cursor, start: int) -> syntax.Type:
    cursor.expect("<")
    keys: list[str] = []
    arguments: list[syntax.Type] = []
    while not cursor.accept(">"):
        if keys:
            cursor.expect(",")
        keys.append(cursor.declared(":"))
        cursor.expect(":")
        arguments.append(parse(cursor))
    return syntax.Type("context", tuple(arguments), tuple(keys), start=start, end=cursor.end)
