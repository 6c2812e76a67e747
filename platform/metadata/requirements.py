"""What a pack needs: other packs, and a version of the platform, as `crm >=1.2,<2`.

Versions are semantic ones; ranges are written as in Python's packaging, and a pre-release counts as its version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

_FORM = re.compile(r"\s*([A-Za-z][A-Za-z0-9_-]*)\s*(.*?)\s*")


@dataclass(frozen=True, slots=True)
class Requirement:
    """`range` is empty for any version."""

    pack: str
    range: SpecifierSet

    def __str__(self) -> str:
        return f"{self.pack} {self.range}".rstrip()

    def met_by(self, version: str) -> bool:
        return meets(version, self.range)


def parse(text: str) -> Requirement | None:
    """None for what is not of the form `name` or `name range`."""
    found = _FORM.fullmatch(text)
    span = range_of(found[2]) if found else None
    return Requirement(found[1], span) if found and span is not None else None


def range_of(text: str) -> SpecifierSet | None:
    """None for what is not a range."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def meets(version: str, span: SpecifierSet) -> bool:
    try:
        return span.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False


def newer(version: str, than: str) -> bool:
    """Whether it is a later version; what cannot be compared is not."""
    try:
        return Version(version) > Version(than)
    except InvalidVersion:
        return False


def dependants(pack: str, requires: Mapping[str, Iterable[str]]) -> list[str]:
    """The packs that need this one, by name."""
    return sorted(name for name, texts in requires.items() if name != pack
                  and any(found.pack == pack for found in map(parse, texts) if found))


def circle(requires: Mapping[str, Iterable[str]]) -> list[str]:
    """Packs that need each other, in order; empty if there are none."""
    needs = {name: [found.pack for found in map(parse, texts) if found] for name, texts in requires.items()}
    done: set[str] = set()

    def walk(name: str, above: list[str]) -> list[str]:
        if name in above:
            return above[above.index(name):]
        if name in done:
            return []
        for other in needs.get(name, ()):
            if found := walk(other, [*above, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(needs) if (found := walk(name, []))), [])
