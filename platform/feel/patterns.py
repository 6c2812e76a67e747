"""Regular expressions of XPath, which FEEL uses, run under a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import regex

from formloom.feel import limits
from formloom.feel.errors import LimitExceeded
from formloom.feel.runtime import Run

_T = TypeVar("_T")
_FLAGS = {"s": regex.DOTALL, "m": regex.MULTILINE, "i": regex.IGNORECASE}
_NAME_FIRST = ":A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f" \
              "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
_NAME_REST = _NAME_FIRST + "\\-.0-9\u00b7\u0300-\u036f\u203f-\u2040"
# Escapes of XML Schema, as the inside of a character class.
_CLASSES = {"i": _NAME_FIRST, "c": _NAME_REST}
_ESCAPE = regex.compile(r"\\(?:([pP])\{(\^?)(?:Is)?([^}]*)\}|(.))", regex.DOTALL)
_REFERENCE = regex.compile(r"\\(.)|\$([0-9]+)|([\\$])", regex.DOTALL)
_TIMES = regex.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_BLOCK = regex.compile(r"\\([pP])\{Is([A-Za-z0-9-]+)\}")


def found(run: Run, text: str, pattern: str, flags: str) -> bool:
    compiled = _compiled(pattern, flags)
    return _timed(run, lambda seconds: compiled.search(text, timeout=seconds)) is not None


def replaced(run: Run, text: str, pattern: str, replacement: str, flags: str) -> str:
    compiled = _compiled(pattern, flags)
    if _timed(run, lambda seconds: compiled.search("", timeout=seconds)) is not None:
        raise ValueError("the pattern matches the empty string")
    pieces = _pieces(replacement, compiled.groups, "q" in flags)
    matches = _timed(run, lambda seconds: list(compiled.finditer(text, timeout=seconds)))
    run.sized(len(matches))
    run.spend(len(matches) * len(pieces))
    run.string(len(text) + sum(_length(match, pieces) for match in matches))
    result, end = [], 0
    for match in matches:
        result += [text[end : match.start()], *(_filled(match, piece) for piece in pieces)]
        end = match.end()
    return "".join([*result, text[end:]])


def parts(run: Run, text: str, delimiter: str) -> list[str]:
    compiled = _compiled(delimiter, "")
    matches = _timed(run, lambda seconds: list(compiled.finditer(text, timeout=seconds)))
    run.sized(len(matches) + 1)
    starts = [0, *(match.end() for match in matches)]
    ends = [*(match.start() for match in matches), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _timed(run: Run, search: Callable[[float], _T]) -> _T:
    """All patterns of one evaluation share its seconds; using them up ends it."""
    started = time.monotonic()
    try:
        return search(max(run.seconds, 0.001))
    except TimeoutError:
        raise LimitExceeded("A regular expression takes too long") from None
    finally:
        run.seconds -= time.monotonic() - started


@lru_cache(maxsize=512)
def _compiled(pattern: str, flags: str) -> Any:
    if len(pattern) > limits.PATTERN:
        raise ValueError(f"a pattern of more than {limits.PATTERN} characters")
    if set(flags) - {"s", "m", "i", "x", "q"}:
        raise ValueError(f"flags are s, m, i, x and q, not {flags}")
    options = regex.VERSION1 | regex.UNICODE
    for flag in flags:
        options |= _FLAGS.get(flag, 0)
    spaced = _compact(pattern) if "x" in flags else pattern
    source = regex.escape(pattern) if "q" in flags else _translated(spaced, flags)
    try:
        return regex.compile(source, options)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ValueError(f"the pattern is wrong: {error}") from None


def _compact(pattern: str) -> str:
    """Without the white space that flag x allows everywhere but in character classes."""
    kept, depth = [], 0
    for index, char in enumerate(pattern):
        escaped = index > 0 and pattern[index - 1] == "\\"
        depth += (char == "[" and not escaped) - (char == "]" and not escaped and depth > 0)
        kept.append("" if char.isspace() and depth == 0 else char)
    return "".join(kept)


def _translated(pattern: str, flags: str) -> str:
    """XPath's dialect as that of `regex`."""
    translated: list[str] = []
    depth = index = 0
    while index < len(pattern):
        char = pattern[index]
        if char == "\\":
            piece, index = _escape(pattern, index, inside=depth > 0)
            translated.append(piece)
            continue
        if char == "{" and depth == 0:
            piece, index = _times(pattern, index)
            translated.append(piece)
            continue
        depth += (char == "[") - (char == "]" and depth > 0)
        translated.append(_plain(pattern, index, depth, flags))
        index += 1
    return "".join(translated)


def _times(pattern: str, index: int) -> tuple[str, int]:
    """A count in braces; `regex` would read others as how much a match may be wrong."""
    match = _TIMES.match(pattern, index)
    if match is None:
        raise ValueError(f"the pattern is wrong at {index}: a brace that counts nothing")
    return match[0], match.end()


def _plain(pattern: str, index: int, depth: int, flags: str) -> str:
    char = pattern[index]
    if depth == 0:
        if char == "$" and "m" not in flags:
            return r"\Z"
        if char == "." and "s" not in flags:
            return r"[^\n\r]"
        if pattern.startswith("(?", index) and not pattern.startswith("(?:", index):
            raise ValueError(f"the pattern is wrong at {index}: ( followed by ?")
        if char == "}":
            raise ValueError(f"the pattern is wrong at {index}: a brace that counts nothing")
    elif char == "-" and pattern.startswith("-[", index):
        return "--"
    elif char in "&|~" or (char == "[" and depth > 1 and pattern[index - 1] != "-"):
        return "\\" + char      # set operators of `regex` that XPath does not have
    return char


def _escape(pattern: str, index: int, inside: bool) -> tuple[str, int]:
    match = _ESCAPE.match(pattern, index)
    if match is None:
        raise ValueError("the pattern ends in a backslash")
    if match[1]:
        return _property(match[0]), match.end()
    char = match[4]
    if char.lower() in _CLASSES:
        chars = _CLASSES[char.lower()]
        negated = "^" * char.isupper()
        return (f"[{negated}{chars}]" if negated or not inside else chars), match.end()
    if inside and char.isdigit():
        raise ValueError(f"the pattern is wrong at {index}: a reference inside a character class")
    if char.isalpha() and char not in "nrtsSdDwW":
        raise ValueError(f"the pattern is wrong at {index}: \\{char} is unknown")
    return match[0], match.end()


def _property(escape: str) -> str:
    translated: str = _BLOCK.sub(lambda match: f"\\{match[1]}{{In{match[2].replace('-', '')}}}", escape)
    return translated


# -- replacements ------------------------------------------------------------------------------------------------


def _pieces(replacement: str, groups: int, plain: bool) -> list[str | int]:
    """Texts and group numbers. `$12` is group 12 where there are so many, else group 1 and a 2."""
    if plain:
        return [replacement]
    pieces: list[str | int] = []
    end = 0
    for match in _REFERENCE.finditer(replacement):
        pieces.append(replacement[end : match.start()])
        end = match.end()
        pieces += _reference(match, groups)
    return [*pieces, replacement[end:]]


def _reference(match: Any, groups: int) -> list[str | int]:
    if match[1] in ("$", "\\"):
        return [match[1]]
    if match[2] is None:
        raise ValueError(f"the replacement has a lone {match[0][0]}")
    digits = match[2]
    known = next((size for size in range(len(digits), 1, -1) if int(digits[:size]) <= groups), 1)
    number = int(digits[:known])
    return [number if number <= groups else "", digits[known:]]


def _filled(match: Any, piece: str | int) -> str:
    return piece if isinstance(piece, str) else match[piece] or ""


def _length(match: Any, pieces: list[str | int]) -> int:
    return sum(len(_filled(match, piece)) for piece in pieces)
