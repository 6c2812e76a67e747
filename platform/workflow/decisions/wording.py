"""Cells as people type them: `legal`, `>= 50,000`, `50000..100000`, `2026-01-31`, `yes`; and the same as FEEL.

`meant(shown(text))` is `text`, but for spaces: what would read as something else is shown as it is, after `=`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

FEEL: Final = "="
ANY: Final = "-"
_WIDE: Final = str.maketrans("，、＞＜＝（）［］－～“”：", ",,><=()[]-~\"\":")
_SYMBOLS: Final = (("≥", ">="), ("≤", "<="), ("≠", "!="), ("大于等于", ">="), ("小于等于", "<="), ("不小于", ">="),
                   ("不大于", "<="), ("大于", ">"), ("小于", "<"), ("超过", ">"), ("低于", "<"))
_COMPARED: Final = re.compile(r"(<=|>=|<|>|!=)\s*(.+)", re.DOTALL)
_BETWEEN: Final = re.compile(r"([\[(\]]?)\s*(.+?)\s*(?:\.\.|~|至|到)\s*(.+?)\s*([\])\[]?)", re.DOTALL)
_BOTH: Final = re.compile(r"(>=|>)\s*(.+?)\s*(?:\band\b|且|并且|而且|\.\.\.|…)\s*(<=|<)\s*(.+)", re.DOTALL)
_NUMBER: Final = re.compile(r"(-?\s*(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?)\s*(万|亿|%)?")
_THOUSANDS: Final = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_NEGATED: Final = re.compile(r"not\s*\((.*)\)|(?:!=|不是|不等于)\s*(.+)", re.DOTALL)
_SPACES: Final = re.compile(r'("(?:[^"\\]|\\.)*")|(?<=[,<>=])\s+')
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MOMENT: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?(Z|[+-]\d{2}:\d{2})?")
_TIME: Final = re.compile(r"(\d{2}:\d{2})(:\d{2})?")
_PERIOD: Final = re.compile(r"(\d+)\s*(days?|hours?|minutes?|天|日|小时|分钟|months?|years?|个月|月|年)")
_UNITS: Final[Mapping[str, str]] = {
    "day": "P{}D", "days": "P{}D", "天": "P{}D", "日": "P{}D", "hour": "PT{}H", "hours": "PT{}H", "小时": "PT{}H",
    "minute": "PT{}M", "minutes": "PT{}M", "分钟": "PT{}M", "month": "P{}M", "months": "P{}M", "个月": "P{}M",
    "月": "P{}M", "year": "P{}Y", "years": "P{}Y", "年": "P{}Y"}
_TRUE: Final = frozenset(("true", "yes", "y", "是", "对"))
_FALSE: Final = frozenset(("false", "no", "n", "否", "不"))
_POWERS: Final = {"万": 10_000, "亿": 100_000_000}
_CALLED: Final = re.compile(r'(?:date and time|date|time|duration)\("([^"]*)"\)')
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PLAIN: Final = re.compile(r"[^\"'()\[\]{}?=<>\\]+")


def meant(words: str, kind: str, unary: bool = True) -> str:
    """The FEEL of what was typed into a cell of a column of this type; the words where they are FEEL already."""
    text = words.strip()
    if text.startswith(FEEL):
        return text[1:].strip()
    if not text or (unary and text in (ANY, "－", "—", "任意")):
        return ANY if text else ""
    known = _KINDS.get(kind)
    if known is None:
        return text
    found = _tests(text, known) if unary else _result(text, known)
    return text if found is None else found


def shown(text: str, kind: str, unary: bool = True) -> str:
    """The words for a FEEL text."""
    plain = text.strip()
    for candidate in (_humane(plain, kind, unary), plain):
        if squeezed(meant(candidate, kind, unary)) == squeezed(plain):
            return candidate
    return FEEL + plain


def squeezed(text: str) -> str:
    """Without the spaces after commas and signs, which mean nothing."""
    return _SPACES.sub(lambda match: match[1] or "", text)


def values_meant(words: Sequence[str], kind: str) -> str:
    """Allowed values, each as FEEL."""
    known = _KINDS.get(kind)
    return ", ".join((known(one.strip()) if known else None) or one.strip() for one in words if one.strip())


def values_shown(text: str, kind: str) -> list[str]:
    """Each of the allowed values as a word; the text itself where it is more than a list of values."""
    parts = split(text)
    found = [shown(part, kind, unary=False) for part in parts]
    return found if squeezed(values_meant(found, kind)) == squeezed(", ".join(parts)) else [text.strip()]


def split(text: str) -> list[str]:
    """A list of tests at its commas, those inside quotes and brackets left alone."""
    parts, depth, quoted, start, at = [], 0, False, 0, 0
    while at < len(text):
        one = text[at]
        if quoted and one == "\\":
            at += 1
        elif one == '"':
            quoted = not quoted
        elif not quoted:
            depth += (one in "([{") - (one in ")]}")
            if one == "," and depth <= 0:
                parts.append(text[start:at].strip())
                start = at + 1
        at += 1
    return [part for part in (*parts, text[start:].strip()) if part]


def _tests(text: str, known: Callable[[str], str | None]) -> str | None:
    """A value, several values, a comparison or a span; None for what reads as none of them."""
    plain = _plain_signs(text)
    if known is _number:
        plain = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), plain)
    if negated := _NEGATED.fullmatch(plain):
        inner = _listed(negated[1] or negated[2], known)
        return None if inner is None else f"not({inner})"
    return _listed(plain, known)


def _listed(text: str, known: Callable[[str], str | None]) -> str | None:
    found = [_test(part, known) for part in split(text)]
    return None if not found or None in found else ", ".join(part for part in found if part)


def _test(text: str, known: Callable[[str], str | None]) -> str | None:
    if (value := known(text)) is not None:
        return value
    if both := _BOTH.fullmatch(text):
        low, high = known(both[2].strip()), known(both[4].strip())
        if low is not None and high is not None:
            return f"{'[' if both[1] == '>=' else '('}{low}..{high}{']' if both[3] == '<=' else ')'}"
    if compared := _COMPARED.fullmatch(text):
        value = known(compared[2].strip())
        return None if value is None or compared[1] == "!=" else f"{compared[1]} {value}"
    if between := _BETWEEN.fullmatch(text):
        low, high = known(between[2]), known(between[3])
        if low is not None and high is not None:
            return f"{between[1] or '['}{low}..{high}{between[4] or ']'}"
    return None


def _plain_signs(text: str) -> str:
    """Full-width signs and signs in words as FEEL writes them; quoted text stays."""
    if '"' in text:
        return text
    text = text.translate(_WIDE)
    for sign, plain in _SYMBOLS:
        text = text.replace(sign, plain)
    return text


def _number(text: str) -> str | None:
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    digits = re.sub(r"[,\s]", "", found[1])
    if found[2] is None:
        return digits
    if found[2] == "%":
        return _shifted(digits, -2)
    return _shifted(digits, len(str(_POWERS[found[2]])) - 1)


def _shifted(digits: str, places: int) -> str:
    """The decimal point moved, without a float in between."""
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, _, fraction = digits.partition(".")
    if places >= 0:
        moved = fraction.ljust(places, "0")
        whole, fraction = whole + moved[:places], moved[places:]
    else:
        whole = whole.rjust(1 - places, "0")
        whole, fraction = whole[:places], whole[places:] + fraction
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return sign + whole + (f".{fraction}" if fraction else "")


def _string(text: str) -> str | None:
    text = text.strip()
    if _QUOTED.fullmatch(text):
        return text
    return f'"{text}"' if _PLAIN.fullmatch(text) and "," not in text and ".." not in text else None


def _result(text: str, known: Callable[[str], str | None]) -> str | None:
    """One value; in a column of texts a whole sentence, commas and all."""
    if known is not _string:
        return known(_plain_signs(text))
    return f'"{text}"' if re.fullmatch(r"[^\"\\()\[\]{}]+", text) else None


def _boolean(text: str) -> str | None:
    word = text.strip().lower()
    return "true" if word in _TRUE else "false" if word in _FALSE else None


def _date(text: str) -> str | None:
    found = _DATE.fullmatch(text.strip())
    return f'date("{found[1]}-{int(found[2]):02}-{int(found[3]):02}")' if found else None


def _moment(text: str) -> str | None:
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    return f'date and time("{found[1]}T{found[2]}{found[3] or ":00"}{found[4] or ""}")'


def _time(text: str) -> str | None:
    found = _TIME.fullmatch(text.strip())
    return f'time("{found[1]}{found[2] or ":00"}")' if found else None


def _duration(text: str) -> str | None:
    found = _PERIOD.fullmatch(text.strip())
    if found:
        return f'duration("{_UNITS[found[2]].format(int(found[1]))}")'
    return f'duration("{text.strip()}")' if re.fullmatch(r"-?P[0-9YMDTHS.]+", text.strip()) else None


def _humane(text: str, kind: str, unary: bool) -> str:
    """A candidate for showing: without quotes, calls and the brackets of a closed span."""
    if kind == "string":
        found = _QUOTED.sub(lambda match: match[1], text)
    elif kind == "boolean" or kind == "number":
        found = text
    else:
        found = _CALLED.sub(lambda match: match[1].replace("T", " ") if kind == "date and time" else match[1], text)
    if unary and re.fullmatch(r"\[[^\[\],]+\.\.[^\[\],]+\]", found):
        found = found[1:-1]
    return found


_KINDS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "number": _number, "string": _string, "boolean": _boolean, "date": _date, "date and time": _moment, "time": _time,
    "days and time duration": _duration, "years and months duration": _duration}
