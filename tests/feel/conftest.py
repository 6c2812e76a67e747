"""Random typed expressions and scopes for tests that compare evaluators. The same seed gives the same cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from formloom.feel import YearMonthDuration

NUMBERS = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "0.1",
    "0.2",
    "1.005",
    "2.5",
    "-2.5",
    "100",
    "99.99",
    "1e3",
    "12345678901234567890",
]
STRINGS = ['""', '"a"', '"b"', '"ab"', '"合同"', '"draft"', '"a b"', '"\\u00e9"', '"😀x"']
DATES = ['@"2024-02-29"', '@"2023-12-31"', '@"2025-01-01"', '@"1969-07-20"']
MOMENTS = ['@"2024-02-29T10:00:00Z"', '@"2024-03-01T00:00:00+08:00"', '@"2025-10-26T02:30:00@Europe/Paris"']
TIMES = ['@"10:00:00"', '@"23:59:59.5"', '@"08:00:00Z"']
DAYS = ['@"P1D"', '@"PT36H"', '@"-PT90M"', '@"PT0.5S"']
MONTHS = ['@"P1M"', '@"P1Y2M"', '@"-P13M"', '@"P0M"']
SCOPE: dict[str, Any] = {
    "amount": Decimal("1234.50"),
    "count": 7,
    "rate": Decimal("0.06"),
    "nothing": None,
    "status": "draft",
    "paid": True,
    "closed": False,
    "start": date(2024, 1, 31),
    "end": date(2024, 12, 31),
    "at": datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    "clock": time(9, 30),
    "length": timedelta(hours=30),
    "term": YearMonthDuration(14),
    "numbers": [3, Decimal("1.5"), -2, 3],
    "words": ["b", "a", "合同"],
    "mixed": [1, "a", None],
    "lines": [
        {"amount": Decimal("10.10"), "quantity": 3, "label": "x"},
        {"amount": Decimal("0.05"), "quantity": 2, "label": None},
    ],
    "account": {"status": "active", "credit": Decimal(500)},
    "客户 等级": "A",
}
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@dataclass(frozen=True)
class Generator:
    random: Random

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def any(self, depth: int) -> str:
        kinds: list[Callable[[int], str]] = [
            self.number,
            self.string,
            self.boolean,
            self.date,
            self.moment,
            self.days,
            self.months,
            self.list,
            self.clock,
        ]
        return self.random.choice(kinds)(depth)

    def number(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(*NUMBERS, "amount", "count", "rate", "nothing", "account.credit", "lines[1].amount")
        n, m = self.number(depth - 1), self.number(depth - 1)
        return self.pick(
            f"({n} + {m})",
            f"({n} - {m})",
            f"{n} * {m}",
            f"({n} / {m})",
            f"-{n}",
            f"(if {self.boolean(depth - 1)} then {n} else {m})",
            f"decimal({n}, 2)",
            f"round half up({n}, 1)",
            f"floor({n})",
            f"ceiling({n}, 1)",
            f"modulo({n}, {m})",
            f"abs({n})",
            f"sum({self.list(depth - 1)})",
            f"count({self.list(depth - 1)})",
            f"max({n}, {m})",
            f"min([{n}, {m}])",
            f"mean({n}, {m})",
            f"string length({self.string(depth - 1)})",
            f"{self.date(depth - 1)}.year",
            f"{self.days(depth - 1)}.hours",
            f"sum(for l in lines return l.amount * {n})",
            f"number(string({n}))",
            f"({self.days(depth - 1)} / {self.days(depth - 1)})",
            f"numbers[{n}]",
            f"{self.months(depth - 1)}.months",
            "median(numbers)",
            f"round up({n}, -1)",
            f"({n} ** 2)",
            f"day of year({self.date(depth - 1)})",
            f"week of year({self.date(depth - 1)})",
            f"sqrt({n})",
        )

    def string(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(*STRINGS, "status", "account.status", "客户 等级", "nothing")
        s = self.string(depth - 1)
        return self.pick(
            f"({s} + {self.string(depth - 1)})",
            f"substring({s}, {self.pick('1', '2', '-1')})",
            f"upper case({s})",
            f"substring before({s}, {self.string(depth - 1)})",
            f"substring after({s}, {self.string(depth - 1)})",
            f"string({self.any(depth - 1)})",
            f"string join(words, {s})",
            f"words[{self.number(depth - 1)}]",
            f"day of week({self.date(depth - 1)})",
            f'(if {self.boolean(depth - 1)} then {s} else "z")',
        )

    def boolean(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(
                "true", "false", "null", "paid", "closed", '(status = "draft")', "(amount > 1000)", "(nothing > 5)"
            )
        b, c = self.boolean(depth - 1), self.boolean(depth - 1)
        maker = self.random.choice([self.number, self.string, self.date, self.moment, self.days, self.months, self.any])
        x, y, z = maker(depth - 1), maker(depth - 1), maker(depth - 1)
        return self.pick(
            f"({b} and {c})",
            f"({b} or {c})",
            f"not({b})",
            f"({x} {self.pick('=', '!=', '<', '<=', '>', '>=')} {y})",
            f"({x} between {y} and {z})",
            f"({x} in [{y}..{z}])",
            f"({x} in ({y}, {z}))",
            f"({x} in ({y}..{z}))",
            f"({x} in (< {y}, >= {z}))",
            f"(some i in {self.list(depth - 1)} satisfies i > {self.number(depth - 1)})",
            f"(every i in {self.list(depth - 1)} satisfies i != {x})",
            f"list contains({self.list(depth - 1)}, {x})",
            f"contains({self.string(depth - 1)}, {self.string(depth - 1)})",
            f"({x} instance of {self.pick('number', 'string', 'date', 'Any')})",
            f"all([{b}, {c}])",
            f"any([{b}, {c}])",
            f"({self.list(depth - 1)} = {self.list(depth - 1)})",
            f"is({x}, {y})",
        )

    def date(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(*DATES, "start", "end", "nothing")
        return self.pick(
            f"({self.date(depth - 1)} + {self.days(depth - 1)})",
            f"({self.date(depth - 1)} - {self.months(depth - 1)})",
            f"date({self.moment(depth - 1)})",
            f"({self.months(depth - 1)} + {self.date(depth - 1)})",
            "today()",
            "date(2024, 2, 30)",
            f"max([{self.date(depth - 1)}, {self.date(depth - 1)}])",
        )

    def moment(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(*MOMENTS, "at", "now()")
        return self.pick(
            f"({self.moment(depth - 1)} + {self.days(depth - 1)})",
            f"({self.moment(depth - 1)} - {self.months(depth - 1)})",
            f"date and time({self.date(depth - 1)}, {self.clock(depth - 1)})",
        )

    def clock(self, depth: int) -> str:
        return self.pick(*TIMES, "clock") if depth <= 0 else f"({self.clock(depth - 1)} + {self.days(depth - 1)})"

    def days(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(*DAYS, "length")
        return self.pick(
            f"({self.days(depth - 1)} + {self.days(depth - 1)})",
            f"({self.date(depth - 1)} - {self.date(depth - 1)})",
            f"({self.moment(depth - 1)} - {self.moment(depth - 1)})",
            f"({self.days(depth - 1)} * {self.pick('2', '0.5', '-1.5')})",
            f"({self.days(depth - 1)} / {self.pick('2', '3', '0')})",
        )

    def months(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(*MONTHS, "term")
        return self.pick(
            f"({self.months(depth - 1)} - {self.months(depth - 1)})",
            f"({self.months(depth - 1)} * {self.pick('2', '0.5')})",
            f"years and months duration({self.date(depth - 1)}, {self.date(depth - 1)})",
        )

    def list(self, depth: int) -> str:
        if depth <= 0:
            return self.pick("numbers", "words", "mixed", "[]", "[1, 2, 3]", "lines.amount", "nothing", "5")
        inner = self.list(depth - 1)
        return self.pick(
            f"[{self.any(depth - 1)}, {self.any(depth - 1)}]",
            f"{inner}[item > {self.number(depth - 1)}]",
            f"reverse({inner})",
            f"(for i in 1..{self.pick('3', '0', '-2')} return i * {self.number(depth - 1)})",
            f"distinct values({inner})",
            f"lines[quantity > {self.number(depth - 1)}].amount",
            f"append({inner}, {self.any(depth - 1)})",
            f"sublist({inner}, 2)",
            f"concatenate({inner}, {self.list(depth - 1)})",
            f"sort({inner}, function(a, b) a < b)",
            f"remove({inner}, 1)",
            f"flatten([{inner}, {inner}])",
            f"index of({inner}, {self.number(depth - 1)})",
            f"union({inner}, {inner})",
            f"(for i in {inner} return count(partial))",
            f"insert before({inner}, -1, {self.number(depth - 1)})",
        )


@pytest.fixture
def scope() -> dict[str, Any]:
    return SCOPE


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def expressions() -> Callable[[int, int], list[str]]:
    """As many random expressions as asked for, by seed."""

    def generate(count: int, seed: int) -> list[str]:
        generator = Generator(Random(seed))
        return [generator.any(generator.random.randint(0, 3)) for _ in range(count)]

    return generate
