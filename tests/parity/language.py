"""Random expressions of the whole language, by the type of their value, over the names of `SCOPE`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from formloom.feel import YearMonthDuration
from tests.parity.grammar import Draw

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SCOPE: dict[str, Any] = {
    "amount": Decimal("1234.50"), "count": 7, "rate": Decimal("0.06"), "nothing": None, "status": "draft",
    "paid": True, "closed": False, "start": date(2024, 1, 31), "end": date(2024, 12, 31),
    "at": datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), "clock": time(9, 30), "length": timedelta(hours=30),
    "term": YearMonthDuration(14), "numbers": [3, Decimal("1.5"), -2, 3], "words": ["b", "a", "合同"],
    "mixed": [1, "a", None],
    "lines": [
        {"amount": Decimal("10.10"), "quantity": 3, "label": "x"},
        {"amount": Decimal("0.05"), "quantity": 2, "label": None}],
    "account": {"status": "active", "credit": Decimal(500), "行业": "制造"}, "客户 等级": "A",
}
# Leaves and shapes of each type; a placeholder stands for an expression of that type.
_LEAVES: dict[str, tuple[str, ...]] = {
    "number": ("0", "1", "2", "3", "-1", "0.1", "0.2", "1.005", "2.5", "-2.5", "100", "99.99", "1e3", "1e-30",
               "12345678901234567890", "0.3333333333333333333333333333333333", "amount", "count", "rate", "nothing",
               "account.credit", "lines[1].amount", "numbers[-1]"),
    "string": ('""', '"a"', '"b"', '"ab"', '"合同"', '"draft"', '" a b\\t"', '"é"', '"😀x"', '"ΟΔΟΣ"', '"straße"',
               '"a.b;c"', "status", "account.status", "客户 等级", "account.行业", "nothing",
               '"2024-02-29"', '"12.50"'),
    "truth": ("true", "false", "null", "paid", "closed", "(amount > 1000)", "(nothing > 5)"),
    "date": ('@"2024-02-29"', '@"2023-12-31"', '@"1969-07-20"', '@"-0044-03-15"', '@"12024-12-31"', "start", "end",
             "nothing", "today()"),
    "moment": ('@"2024-02-29T10:00:00Z"', '@"2024-03-01T00:00:00+08:00"', '@"2025-10-26T02:30:00@Europe/Paris"',
               '@"2024-03-10T02:30:00@America/New_York"', '@"2024-05-06T07:08:09.123456789"',
               '@"0900-01-01T00:00:00@Asia/Shanghai"', '@"10000-01-01T00:00:00Z"', "at", "now()"),
    "clock": ('@"10:00:00"', '@"23:59:59.5"', '@"08:00:00Z"', '@"12:00:00@Asia/Tokyo"', '@"01:02:03.000000004-05:30"',
              "clock"),
    "span": ('@"P1D"', '@"PT36H"', '@"-PT90M"', '@"PT0.5S"', '@"P400000000D"', '@"PT0.000000001S"', "length"),
    "offset": ('@"PT1H"', '@"-PT90M"', '@"PT0S"', '@"PT36H"', "null", '@"PT5H30M15S"'),
    "months": ('@"P1M"', '@"P1Y2M"', '@"-P13M"', '@"P0M"', "term"),
    "list": ("numbers", "words", "mixed", "[]", "[1, 2, 3]", "lines.amount", "nothing", "5", "lines"),
    "context": ("{}", "{a: 1}", "account", "lines[1]", '{"b c": {d: "x"}}', "{x: 1, y: x + 1}"),
    "range": ("[1..5]", "(2..8)", "[3..4)", '["a".."c"]', '[@"2024-01-01"..@"2024-12-31"]', "(< 5)", "(>= 2)",
              'range("[1..3]")', 'range("(date(\\"2024-01-01\\")..null]")'),
    "function": ("function(a, b) a < b", "function(a: number, b: number) a > b", "before", "(function(x, y) x = y)"),
}
_NUMBER = (
    "({number} + {number})", "({number} - {number})", "{number} * {number}", "({number} / {number})", "-{number}",
    "(if {truth} then {number} else {number})", "decimal({number}, 2)", "round half up({number}, 1)",
    "round half down({number}, 0)", "round up({number}, -1)", "round down({number}, 3)", "floor({number})",
    "ceiling({number}, 1)", "modulo({number}, {number})", "abs({number})", "sum({list})", "count({list})",
    "max({number}, {number})", "min([{number}, {number}])", "mean({number}, {number})", "median({list})",
    "stddev(numbers)", "product({number}, {number})", "string length({string})", "{date}.year", "{span}.hours",
    "{span}.days", "sum(for l in lines return l.amount * {number})", "number(string({number}))", "number({string})",
    'number("1,234.5", ",", ".")', "({span} / {span})", "({months} / {months})", "numbers[{number}]", "{months}.months",
    "({number} ** 2)", "({number} ** 0.5)", "day of year({date})", "week of year({date})", "sqrt({number})",
    "log({number})", "exp(rate)", "{moment}.second", "{clock}.minute", "{date}.weekday",
    "index of({list}, {number})[1]",
    "get value({context}, \"a\")", "{context}.x", "(function(x: number) x + 1)({number})", "{range}.start",
    "合计(lines.amount)", "lines[label = {string}][1].quantity", "lines[item.quantity > {number}].quantity[1]")
_STRING = (
    "({string} + {string})", "substring({string}, {number}, {number})", "substring({string}, -1)",
    "upper case({string})", "lower case({string})", "trim({string})", "substring before({string}, {string})",
    "substring after({string}, {string})", "string({any})", "string join(words, {string})", "words[{number}]",
    "day of week({date})", "month of year({moment})", "(if {truth} then {string} else \"z\")",
    'replace({string}, "[aeiou]", "[$0]")', 'replace({string}, "(a)(b)?", "$2$1", "i")', "string join({list})",
    'replace({string}, "\\\\s+", "-")', 'split({string}, ";")[1]', "string({context})", "string({range})",
    '{moment}["timezone" = "x"][1]', "get value({context}, {string})", 'string({list})')
_TRUTH = (
    "({truth} and {truth})", "({truth} or {truth})", "not({truth})", "({any} = {any})", "({list} != {list})",
    "({context} = {context})", "({a} {r} {a2})", "({a} {r} {a2})", "({a} between {a2} and {a2})",
    "({a} in [{a2}..{a2}])", "({a} in ({a2}, {a2}))", "({a} in ({a2}..{a2}))", "({a} in (< {a2}, >= {a2}))",
    "({any} in {list})", "({number} in {range})", "(some i in {list} satisfies i > {number})",
    "(every i in {list} satisfies i != {any})", "(some x in {list}, y in {list} satisfies x = y)",
    "list contains({list}, {any})", "contains({string}, {string})", "starts with({string}, {string})",
    "ends with({string}, {string})", 'matches({string}, "^[a-z-[c]]+$")', 'matches({string}, "\\\\p{Lu}", "i")',
    'matches({string}, "a.b", "sx")', "({any} instance of {type})", "({list} instance of list<number>)",
    "({context} instance of context<a: number>)", "({range} instance of range<number>)", "all([{truth}, {truth}])",
    "any({truth}, {truth})", "is({any}, {any})", "odd({number})", "even({number})", "before({range}, {range})",
    "after({number}, {range})", "meets({range}, {range})", "met by({range}, {range})", "overlaps({range}, {range})",
    "overlaps before({range}, {range})", "overlaps after({range}, {range})", "finishes({number}, {range})",
    "finished by({range}, {range})", "includes({range}, {a})", "during({a}, {range})", "starts({range}, {range})",
    "started by({range}, {number})", "coincides({range}, {range})", "before({a}, {a2})")
_DATE = (
    "({date} + {span})", "({date} - {months})", "date({moment})", "({months} + {date})", "date(2024, 2, {number})",
    "max([{date}, {date}])", "date({string})", "last day of month({date})", "(if {truth} then {date} else {date})")
_MOMENT = (
    "({moment} + {span})", "({moment} - {months})", "date and time({date}, {clock})", "({span} + {moment})",
    "date and time({date})", 'date and time(2024, 5, 6, 7, 8, {number}, "Europe/Berlin")',
    "date and time(2024, 5, 6, 7, 8, 9, {offset})", "date and time({moment}, {clock})")
_CLOCK = ("({clock} + {span})", "({clock} - {span})", "time({moment})", "time(1, 2, {number}, {offset})",
          "time({date})")
_SPAN = (
    "({span} + {span})", "({span} - {span})", "({date} - {date})", "({moment} - {moment})", "({moment} - {date})",
    "({clock} - {clock})", "({span} * {number})", "({number} * {span})", "({span} / {number})", "-{span}",
    "abs({span})", "{moment}.time offset", "duration({string})")
_MONTHS = (
    "({months} - {months})", "({months} * {number})", "({months} / {number})", "-{months}", "abs({months})",
    "years and months duration({date}, {date})", "years and months duration({moment}, {date})")
_LIST = (
    "[{any}, {any}]", "{list}[item > {number}]", "reverse({list})", "(for i in 1..3 return i * {number})",
    "distinct values({list})", "lines[quantity > {number}].amount", "append({list}, {any})", "sublist({list}, 2)",
    "sublist({list}, {number}, 1)", "concatenate({list}, {list})", "sort({list}, {function})", "sort({list})",
    "remove({list}, 1)", "flatten([{list}, {list}])", "index of({list}, {any})", "union({list}, {list})",
    "(for i in {list} return count(partial))", "insert before({list}, -1, {any})", "list replace({list}, 1, {any})",
    "list replace({list}, function(x, y) x = {any}, 0)", "mode({list})", "split({string}, {string})",
    'split({string}, "[;.]")', "get entries({context})", "(for i in {range} return i)", "{list}[{truth}]",
    "(for a in {list}, b in {list} return [a, b])", "lines.label", "(for d in {date}..@\"2024-03-01\" return d)[-1]")
_CONTEXT = (
    "{a: {any}, b: a}", "context put({context}, \"a\", {any})", 'context put({context}, ["b c", "d"], {any})',
    "context merge([{context}, {context}])", 'context([{key: "k", value: {any}}])',
    '{"客户": {string}}', "{list}[1]")
_RANGE = ("[{number}..{number}]", "({a}..{a2}]", "(> {a})", "(= {a})", 'range("[" + string({number}) + "..9]")')
SHAPES: dict[str, tuple[str, ...]] = {
    "number": _NUMBER, "string": _STRING, "truth": _TRUTH, "date": _DATE, "moment": _MOMENT, "clock": _CLOCK,
    "span": _SPAN, "months": _MONTHS, "list": _LIST, "context": _CONTEXT, "range": _RANGE, "function": (),
    "offset": (),
}
_MARK = re.compile(rf"\{{({'|'.join((*SHAPES, 'any', 'a', 'a2', 'r', 'type'))})\}}")
_ORDERED = ("number", "string", "date", "moment", "clock", "span", "months")
_TYPES = ("number", "string", "boolean", "date", "time", "date and time", "days and time duration", "list", "Any",
          "null", "context", "range", "function", "unheard of", "years and months duration")


@st.composite
def expressions(draw: Draw, depth: int = 3) -> str:
    kinds = [kind for kind in SHAPES if kind not in ("function", "offset")]
    return _of(draw, draw(st.sampled_from(kinds)), draw(st.integers(0, depth)))


def _of(draw: Draw, kind: str, depth: int) -> str:
    if depth <= 0 or not SHAPES[kind] or draw(st.integers(0, 4)) == 0:
        return str(draw(st.sampled_from(_LEAVES[kind])))
    return _filled(draw, str(draw(st.sampled_from(SHAPES[kind]))), depth - 1)


def _filled(draw: Draw, shape: str, depth: int) -> str:
    """Placeholders from the left; `a` and `a2` are of one type, mostly."""
    same = draw(st.sampled_from(_ORDERED))
    other = same if draw(st.integers(0, 9)) else draw(st.sampled_from(_ORDERED))
    pieces = _MARK.split(shape)
    for place in range(1, len(pieces), 2):
        pieces[place] = _meant(draw, pieces[place], {"a": same, "a2": other}, depth)
    return "".join(pieces)


def _meant(draw: Draw, mark: str, kinds: dict[str, str], depth: int) -> str:
    if mark == "r":
        return str(draw(st.sampled_from(("=", "!=", "<", "<=", ">", ">="))))
    if mark == "type":
        return str(draw(st.sampled_from(_TYPES)))
    if mark == "any":
        return _of(draw, draw(st.sampled_from(tuple(SHAPES))), depth)
    return _of(draw, kinds.get(mark, mark), depth)
