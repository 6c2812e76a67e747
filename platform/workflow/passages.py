"""Where the texts and attributes of an XML element stand in the file, as characters.

The file is well-formed and has no document type, so its tags can be told by their shape; only places are read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from formloom.metadata import spelling
from formloom.metadata.spelling import Written

_TOKEN: Final = re.compile(
    r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|"
    r"<(?P<close>/?)(?P<name>[^\s/>!?]+)(?P<inside>(?:\s+[^\s=>/]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(?P<empty>/?)>",
    re.DOTALL)
_ATTRIBUTE: Final = re.compile(r"\s+(?P<name>[^\s=>/]+)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")


@dataclass(frozen=True, slots=True)
class Tag:
    """As it is written, with the prefix of its name. `inside`: where the text before the first child stands."""

    name: str
    attributes: tuple[tuple[int, int], ...]
    start: int
    end: int
    inside: tuple[int, int]
    empty: bool


class Passages:
    """Of one file; `root` is what was parsed of its text."""

    def __init__(self, text: str, root: etree._Element) -> None:
        self.text = text
        self._tags = dict(zip(root.iter(etree.Element), _tags(text), strict=True))

    def attribute(self, element: etree._Element, name: str) -> Written:
        span = self._tags[element].attributes[list(map(str, element.attrib)).index(name)]
        return spelling.xml(self.text, *span)

    def inside(self, element: etree._Element) -> Written:
        return spelling.xml(self.text, *self._tags[element].inside)

    def tag(self, element: etree._Element) -> Tag:
        return self._tags[element]


def _tags(text: str) -> list[Tag]:
    """Of every element in the order of the file."""
    made: list[Tag] = []
    last: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        if token["name"] is None:
            continue
        if last is not None:
            made.append(_tag(last, token.start()))
        last = None if token["close"] else token
    return made


def _tag(opened: re.Match[str], end: int) -> Tag:
    attributes = tuple(
        found.span("double" if found["double"] is not None else "single")
        for found in _ATTRIBUTE.finditer(opened["inside"]) if not found["name"].startswith("xmlns"))
    offset = opened.start("inside")
    inside = (opened.end(), opened.end() if opened["empty"] else end)
    spans = tuple((offset + start, offset + end) for start, end in attributes)
    return Tag(opened["name"], spans, opened.start(), opened.end(), inside, bool(opened["empty"]))
