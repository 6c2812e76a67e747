"""What an expression costs beside Python's own `eval` of compiled code and beside a CEL binding: all in one run.

    python benchmarks/feel_ratio.py

Python and FEEL work on the same values (Decimal, str, date). CEL has no decimals and takes floats in their place, and
just the names that the expression reads, since it converts all it is given.
Times are the best of several rounds, in microseconds for one evaluation.
"""

from __future__ import annotations

import importlib
import timeit
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from formloom import feel
from formloom.feel import expression

LINES = [{"amount": Decimal(n), "status": "open" if n % 3 else "paid"} for n in range(1, 21)]
SCOPE: dict[str, Any] = {
    "amount": Decimal("1234.50"), "rate": Decimal("0.06"), "status": "active", "owner": "ann", "lines": LINES,
    "account": {"owner": {"name": "Ann"}}, "start": date(2024, 1, 31), "end": date(2024, 12, 31), "name": "contract 42",
    "sum": sum, "any": any,
}
NAMES = frozenset(SCOPE) - {"sum", "any"}


@dataclass(frozen=True)
class Case:
    name: str
    feel: str
    python: str
    cel: str = ""


CASES = (
    Case("comparison", "amount > 1000", "amount > thousand", "amount > 1000.0"),
    Case("two names", "start < end", "start < end"),
    Case("arithmetic", "amount * (1 + rate)", "amount * (one + rate)", "amount * (1.0 + rate)"),
    Case("conjunction", 'amount > 1000 and status = "active" and owner = "ann"',
         'amount > thousand and status == "active" and owner == "ann"',
         'amount > 1000.0 && status == "active" && owner == "ann"'),
    Case("if", 'if amount > 1000 then "large" else "small"', '"large" if amount > thousand else "small"',
         'amount > 1000.0 ? "large" : "small"'),
    Case("path", "account.owner.name", 'account["owner"]["name"]', "account.owner.name"),
    Case("filter 20", "lines[amount > 10]", '[x for x in lines if x["amount"] > ten]',
         "lines.filter(x, x.amount > 10.0)"),
    Case("some of 20", 'some x in lines satisfies x.status = "none"', 'any(x["status"] == "none" for x in lines)',
         'lines.exists(x, x.status == "none")'),
    Case("sum of 20", "sum(lines.amount)", 'sum(x["amount"] for x in lines)'),
    Case("string", 'starts with(name, "con")', 'name.startswith("con")', 'name.startsWith("con")'),
    Case("date", 'start < @"2024-06-01"', "start < june"),
)
CONSTANTS = {"thousand": Decimal(1000), "ten": Decimal(10), "one": Decimal(1), "june": date(2024, 6, 1)}


def microseconds(*calls: Callable[[], Any], seconds: float = 0.03, rounds: int = 9) -> list[float]:
    """The best time of each call, measured in turns so that a busy moment of the machine meets all of them."""
    timers = [timeit.Timer(call) for call in calls]
    numbers = [max(1, int(seconds / max(timer.timeit(1), 1e-7))) for timer in timers]
    numbers = [max(1, int(n * seconds / timer.timeit(n))) for n, timer in zip(numbers, timers, strict=True)]
    best = [float("inf")] * len(calls)
    for _ in range(rounds):
        for index, (timer, number) in enumerate(zip(timers, numbers, strict=True)):
            best[index] = min(best[index], timer.timeit(number) / number * 1e6)
    return best


def plain(value: Any) -> Any:
    """The value as CEL takes it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


def in_cel(text: str, scope: Mapping[str, Any]) -> Callable[[], Any] | None:
    try:
        cel = importlib.import_module("cel")
    except ImportError:
        return None
    if not text:
        return None
    program = cel.compile(text)
    return lambda: program.execute(scope)


def parse(case: Case) -> Any:
    return expression._compiled.__wrapped__(case.feel, NAMES, False, expression.NOTHING_DECLARED)


def row(case: Case, cel_scope: Mapping[str, Any]) -> str:
    compiled, code = feel.compile(case.feel, NAMES), compile(case.python, "python", "eval")
    scope = {**SCOPE, **CONSTANTS}
    assert compiled.evaluate(SCOPE) == eval(code, scope), case.name
    cel = in_cel(case.cel, {name: cel_scope[name] for name in compiled.names if name in cel_scope})
    calls = [lambda: compiled.evaluate(SCOPE), lambda: eval(code, scope), lambda: parse(case), *([cel] if cel else [])]
    ours, python, parsing, *others = microseconds(*calls)
    beside = "".join(f"{other:9.2f} {ours / other:8.2f}" for other in others) or f"{'-':>9} {'-':>8}"
    return f"{case.name:12} {ours:8.2f} {python:8.2f} {ours / python:8.1f} {beside} {parsing:9.0f}   {case.feel}"


def main() -> None:
    cel_scope = {name: plain(SCOPE[name]) for name in NAMES if not isinstance(SCOPE[name], date)}
    print(f"{'':12} {'FEEL':>8} {'Python':>8} {'ratio':>8} {'CEL':>9} {'ratio':>8} {'parsing':>9}   microseconds")
    for case in CASES:
        print(row(case, cel_scope))


if __name__ == "__main__":
    main()
