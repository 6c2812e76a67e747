"""Where the characters of a text stand in the file that holds it: quoted, escaped, folded, indented, or as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from formloom.metadata.nodes import Core

_SPACE: Final = " \t\r\n"
_ESCAPE: Final = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|.)")
_ENTITY: Final = re.compile(r"&(?:#[0-9]+|#x[0-9A-Fa-f]+|[a-z]+);")
_CDATA: Final = re.compile(r"<!\[CDATA\[|\]\]>|<!--.*?-->|<\?.*?\?>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Written:
    """`at[i]` is where the character i of the text begins in its file; the last one is where the text ends.

    `plain`: written without quotes, in a place where some words would be read as something else.
    """

    at: Sequence[int]
    plain: bool = False

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Of a word: what stands between its characters in the file is nothing else."""
        return self.at[start], self.at[end - 1] + 1 if end > start else self.at[start]

    def part(self, start: int, end: int) -> Written:
        return Written(self.at[start:end + 1])


@dataclass(frozen=True, slots=True)
class Edit:
    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """With each place replaced; places are those of the text as it was. Equal edits are one."""
    parts: list[str] = []
    done = 0
    for edit in sorted(set(edits), key=lambda e: (e.start, e.end)):
        if edit.start < done:
            raise ValueError(f"edits overlap at {edit.start}")
        parts += [text[done:edit.start], edit.text]
        done = edit.end
    return "".join((*parts, text[done:]))


# -- YAML --------------------------------------------------------------------------------------------------------


class Scalars:
    """The scalars of a YAML or JSON text by line and column, counted from one; for texts that can be read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._scalars: dict[tuple[int, int], Any] = {}
        self._mappings: dict[tuple[int, int], Any] = {}     # one begins where its first key does
        loader = Core(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        if node is not None:
            self._note(node)

    def _note(self, node: Any) -> None:
        pending = [node]
        while pending:
            one = pending.pop()
            place = (one.start_mark.line + 1, one.start_mark.column + 1)
            if isinstance(one, yaml.MappingNode):
                pending += [part for pair in one.value for part in pair]
                self._mappings[place] = one
            elif isinstance(one, yaml.SequenceNode):
                pending += one.value
            else:
                self._scalars[place] = one

    def written(self, line: int, column: int) -> Written | None:
        """None where no scalar stands, or where its characters cannot be told."""
        node = self._scalars.get((line, column))
        if node is None:
            return None
        at = _followed(self.text, node.start_mark.index, node.end_mark.index, node.value, node.style or "")
        return None if at is None else Written(at, not node.style)

    def end(self, line: int, column: int) -> int | None:
        """Where the scalar ends in the text, with its quotes."""
        node = self._scalars.get((line, column))
        return int(node.end_mark.index) if node is not None and node.style not in ("|", ">") else None

    def mapping(self, line: int, column: int) -> Any:
        """The node of the mapping that begins there; None where none does."""
        return self._mappings.get((line, column))


def _followed(source: str, start: int, end: int, value: str, style: str) -> list[int] | None:
    """Every character of the value in the order of the source; spaces are where the next word begins, or before."""
    position = source.index("\n", start) + 1 if style in ("|", ">") and value else start + len(style)
    found: list[int] = []
    for character in value:
        if character in _SPACE:
            found.append(position)
            position += _space_ends(source, position, style)
            continue
        position = _skipped(source, position, end, style)
        length = _spelt(source, position, character, style)
        if length == 0 or position >= end:
            return None
        found.append(position)
        position += length
    return [*found, min(position, end)]


def _space_ends(source: str, position: int, style: str) -> int:
    if style == '"' and (match := _ESCAPE.match(source, position)):
        return match.end() - position
    return 1 if position < len(source) and source[position] in _SPACE else 0


def _skipped(source: str, position: int, end: int, style: str) -> int:
    breaks = ("\\\n", "\\\r\n") if style == '"' else ()
    while position < end and (source[position] in _SPACE or source.startswith(breaks, position)):
        position += 1
    return position


def _spelt(source: str, position: int, character: str, style: str) -> int:
    """How long the character is in the source; 0 if another one stands there."""
    if style == "'" and character == "'":
        return 2 if source.startswith("''", position) else 0
    if style == '"' and (match := _ESCAPE.match(source, position)):
        return match.end() - position
    return 1 if source.startswith(character, position) else 0


# -- XML ---------------------------------------------------------------------------------------------------------


def xml(source: str, start: int, end: int) -> Written:
    """Text of an element or value of an attribute: entities are one character, marks of CDATA and comments none."""
    return Written([*_characters(source, start, end), end])


def _characters(source: str, position: int, end: int) -> Iterator[int]:
    quoted = False
    while position < end:
        mark = _CDATA.match(source, position)
        if mark and (not quoted or mark[0] == "]]>"):
            quoted = mark[0].startswith("<![")
            position = mark.end()
            continue
        if source.startswith("\r\n", position):
            position += 1
        yield position
        entity = None if quoted else _ENTITY.match(source, position)
        position = entity.end() if entity else position + 1
