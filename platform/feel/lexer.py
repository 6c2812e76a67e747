"""Text to tokens. Names with spaces are several tokens here; the parser joins them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from formloom.errors import Text
from formloom.feel import limits
from formloom.feel.errors import FeelSyntaxError

# Name characters of DMN 1.5, 10.3.1.2, without full-width punctuation: `（` typed for `(` is a mistake, not a name.
_FIRST = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3005-\u3007\u3021-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    "\uff66-\ufffd\U00010000-\U000effff"
)
_REST = _FIRST + "0-9\u00b7\u0300-\u036f\u203f-\u2040"

_TOKEN = re.compile(
    rf"""
    (?P<space>(?:[\s\u200b\ufeff\u180e]+|//[^\n\r]*|/\*.*?\*/)+)
  | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<at>@\s*"(?:[^"\\]|\\.)*")
  | (?P<name>\?|[{_FIRST}][{_REST}]*)
  | (?P<symbol>\.\.|\*\*|<=|>=|!=|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)

KEYWORDS = frozenset((
    "and", "or", "in", "between", "then", "else", "return", "satisfies", "instance", "if", "for", "some", "every",
    "function", "external", "true", "false", "null",
))

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_ASCII = {"（": "(", "）": ")", "，": ",", "“": '"', "”": '"', "‘": '"', "’": '"', "；": ",", "：": ":", "【": "[",
          "】": "]", "＞": ">", "＜": "<", "＝": "=", "＋": "+", "－": "-", "＊": "*", "／": "/"}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str       # number string at name keyword symbol end
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """All tokens and an `end` token."""
    if len(text) > limits.TEXT:
        too_long = Text("The expression is longer than {limit} characters", limit=limits.TEXT)
        raise FeelSyntaxError(too_long, limits.TEXT, text)
    found = [
        Token("keyword" if match[0] in KEYWORDS else match.lastgroup or "", match[0], match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "space"
    ]
    found.append(Token("end", "", len(text), len(text)))
    return found


def unquote(quoted: str) -> str:
    """The characters that a string literal stands for; an unknown escape keeps its backslash."""
    inner = quoted[1:-1]
    if "\\" not in inner:
        return inner
    plain = _ESCAPE.sub(_unescape, inner)
    # Two \u escapes may be the halves of one character beyond the first plane.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        return chr(min(int(code, 16), 0x10FFFF))
    return _PLAIN.get(match[3], match[0])


def unexpected(token: Token, text: str, wanted: Text | str = "") -> FeelSyntaxError:
    """The error for a token that cannot stand where it does; `wanted` is what could."""
    if token.kind == "end":
        early = Text("The expression ends too early: expected {wanted}", wanted=wanted) if wanted else Text(
            "The expression ends too early")
        return FeelSyntaxError(early, token.start, text)
    if token.text in _ASCII:
        hint = Text("Write {ascii} in place of {typed}.", ascii=_ASCII[token.text], typed=token.text)
        return FeelSyntaxError(Text("{typed} is a full-width character", typed=token.text), token.start, text, hint)
    if token.text in ('"', "@"):
        hint = Text('Close the string with a double quote; write \\" for a quote inside it.')
        return FeelSyntaxError(Text("The string has no end"), token.start, text, hint)
    message = Text("Unexpected {token}: expected {wanted}", token=token.text, wanted=wanted) if wanted else Text(
        "Unexpected {token}", token=token.text)
    return FeelSyntaxError(message, token.start, text, _HABITS.get(token.text))


_HABITS = {
    "&": Text("Write `and`."),
    "|": Text("Write `or`."),
    "!": Text("Write `not(...)` or `!=`."),
    "=": Text("FEEL compares with a single =."),
    "%": Text("Write modulo(a, b); a percentage is a number such as 0.2."),
    "'": Text('Write strings in double quotes: "text".'),
    ";": Text("Separate with a comma."),
}


_NAME = re.compile(rf"[{_FIRST}][{_REST}]*(?: [{_FIRST}][{_REST}]*)*")


def is_name(text: str) -> bool:
    """Whether a context key can be written without quotes."""
    return _NAME.fullmatch(text) is not None
