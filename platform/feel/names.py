"""Names as sequences of tokens, so that names holding spaces or operators are found by the longest match."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from formloom.feel.errors import FeelSyntaxError
from formloom.feel.lexer import Token, tokens

Table = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
_ONE_WORD = re.compile("[A-Za-z_][A-Za-z0-9_]*")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """Texts of the tokens of a name; empty for a name that no expression can hold."""
    try:
        return tuple(token.text for token in tokens(name) if token.kind != "end")
    except FeelSyntaxError:
        return ()


@lru_cache(maxsize=4096)
def long(names: frozenset[str]) -> frozenset[str]:
    """Those that may be several tokens, which alone decide how a text is read."""
    return frozenset(name for name in names if not _ONE_WORD.fullmatch(name))


def table(names: Iterable[str]) -> Table:
    """Names of several tokens by their first token, longest first. One-token names need no table."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name in names:
        sequence = words(name)
        if len(sequence) > 1:
            found.setdefault(sequence[0], []).append((sequence, name))
    for candidates in found.values():
        candidates.sort(key=lambda candidate: len(candidate[0]), reverse=True)
    return found


cached_table = lru_cache(maxsize=512)(table)


def match(stream: Sequence[Token], index: int, known: Table) -> tuple[str, int] | None:
    """The longest known name that starts at `index`, and the index after it."""
    for sequence, name in known.get(stream[index].text, ()):
        end = index + len(sequence)
        if end <= len(stream) and all(stream[index + i].text == word for i, word in enumerate(sequence)):
            return name, end
    return None


def joined(stream: Sequence[Token]) -> str:
    """The name that tokens spell: one space where the text has any."""
    parts = [stream[0].text] if stream else []
    for before, token in itertools.pairwise(stream):
        parts.append(" " * (token.start > before.end) + token.text)
    return "".join(parts)
