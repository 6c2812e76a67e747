"""Built-ins over strings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from formloom.feel import patterns
from formloom.feel.functions.numeric import truncated
from formloom.feel.functions.registry import builtin


@builtin("string length(string: string)", "长度")
def string_length(string: str) -> Decimal:
    return Decimal(len(string))


@builtin("substring(string: string, start position: number, length?: number|null)", "截取")
def substring(string: str, start: Any, length: Any = None) -> str | None:
    first, count = truncated(start), None if length is None else truncated(length)
    if not first or abs(first) > len(string) or (count is not None and count < 1):
        return None
    begin = first - 1 if first > 0 else len(string) + first
    return string[begin:] if count is None else string[begin : begin + count]


@builtin("upper case(string: string)", "大写")
def upper_case(string: str) -> str:
    return string.upper()


@builtin("lower case(string: string)", "小写")
def lower_case(string: str) -> str:
    return string.lower()


@builtin("trim(string: string)", "去空格")
def trim(string: str) -> str:
    return string.strip()


@builtin("substring before(string: string, match: string)", "之前文本")
def substring_before(string: str, match: str) -> str:
    before, found, _ = string.partition(match) if match else ("", "", "")
    return before if found else ""


@builtin("substring after(string: string, match: string)", "之后文本")
def substring_after(string: str, match: str) -> str:
    return string.partition(match)[2] if match else string


@builtin("contains(string: string, match: string)", "包含")
def contains(string: str, match: str) -> bool:
    return match in string


@builtin("starts with(string: string, match: string)", "开头是")
def starts_with(string: str, match: str) -> bool:
    return string.startswith(match)


@builtin("ends with(string: string, match: string)", "结尾是")
def ends_with(string: str, match: str) -> bool:
    return string.endswith(match)


@builtin("matches(input: string, pattern: string, flags?: string|null)", "匹配")
def matches(run: Any, text: str, pattern: str, flags: str | None = None) -> bool:
    return patterns.found(run, text, pattern, flags or "")


@builtin("replace(input: string, pattern: string, replacement: string, flags?: string|null)", "替换")
def replace(run: Any, text: str, pattern: str, replacement: str, flags: str | None = None) -> str:
    return patterns.replaced(run, text, pattern, replacement, flags or "")


@builtin("split(string: string, delimiter: string)", "拆分")
def split(run: Any, string: str, delimiter: str) -> list[str]:
    return patterns.parts(run, string, delimiter)


@builtin("string join(list: list, delimiter?: string|null)", "连接")
def string_join(run: Any, items: list[Any], delimiter: str | None = None) -> str:
    texts = [item for item in items if item is not None]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("every element must be a string")
    between = delimiter or ""
    run.string(sum(map(len, texts)) + len(between) * max(len(texts) - 1, 0))
    return between.join(texts)
