"""docs/expressions.md is complete, and every example in it gives what it says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from formloom import feel
from formloom.calendars.working_time import Calendar
from formloom.feel import functions, limits, shorthand, static
from formloom.feel.functions import working
from formloom.feel.inference import infer
from formloom.feel.values import kind

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text()
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SCOPE: dict[str, Any] = feel.compile(re.findall(r"```feel\n(.*?)```", PAGE, re.DOTALL)[0]).evaluate({}, NOW)
EXAMPLES = re.findall(r"`([^`\n]+)` → `([^`\n]+)`", PAGE)
_NULLS = re.search(r"## Nothing.*?\n(\| `.*?)\n\n", PAGE, re.DOTALL)
NULLS = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", _NULLS[1] if _NULLS else "", re.MULTILINE)
# An entry: its calls in bold or plain code, then `· aliases`, then words and examples.
ENTRIES = {m[1]: m for m in re.finditer(r"^- \*\*`([^(`]+)\([^`]*\)`\*\*(.*?) — (.*)$", PAGE, re.MULTILINE)}
BUILTINS = {builtin.name for builtin in functions.BUILTINS.values()}
ALIASES = {**{n: b.name for n, b in functions.BUILTINS.items() if n != b.name},
           **{short.alias: short.name for short in shorthand.SHORTHANDS}}


_DAY = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
OFFICE = Calendar("office", ZoneInfo("UTC"), (_DAY,) * 5 + ((),) * 2)


def value(text: str) -> Any:
    return feel.compile(text, frozenset(SCOPE)).evaluate({**SCOPE, working.CALENDARS: lambda name: OFFICE}, NOW)


@pytest.mark.parametrize(("text", "result"), [*EXAMPLES, *((text, result.strip()) for text, result in NULLS)])
def test_example_gives_what_it_says(text: str, result: str) -> None:
    found, said = value(text), value(result)
    assert (found, kind(found)) == (said, kind(said))
    assert (found is None) == (result == "null")


def test_page_has_examples() -> None:
    assert len(EXAMPLES) > 120
    assert len(NULLS) > 10


def test_every_function_is_described_with_an_example() -> None:
    described = BUILTINS | {short.name for short in shorthand.SHORTHANDS}
    assert ENTRIES.keys() == described
    without = [name for name, entry in ENTRIES.items() if not any(
        f"{name}(" in text for text, _ in re.findall(r"`([^`]+)` → `([^`]+)`", entry[3]))]
    assert without == []


def test_every_alias_is_described_where_its_function_is() -> None:
    told = {alias.strip(): name for name, entry in ENTRIES.items() if " · " in entry[2]
            for alias in entry[2].rpartition(" · ")[2].split(",")}
    assert told == ALIASES
    listed = dict(re.findall(r"\| `([^`]+)` \| `([^`]+)`", PAGE.partition("## 中文函数名")[2].partition("\n## ")[0]))
    assert listed == ALIASES


def test_parameters_are_those_of_the_function() -> None:
    for name, entry in ENTRIES.items():
        builtin = functions.find(name)
        written = re.findall(r"`([^(`]+)\(([^`]*)\)`", entry[0].partition(" — ")[0])
        for call, parameters in written:
            assert call == name
            count = len([p for p in parameters.split(",") if p.strip()])
            assert builtin is None or any(len(s.parameters) == count for s in builtin.signatures), entry[0]


def test_examples_have_no_mistakes_but_those_on_purpose() -> None:
    scope = dict.fromkeys(SCOPE, static.ANY)
    environment = static.Environment(scope)
    told = {text for text, _ in EXAMPLES for _ in infer(feel.compile(text, frozenset(SCOPE)).ast, environment).findings}
    assert told == set()


def test_limits_are_told() -> None:
    told = PAGE.partition("## Limits")[2].partition("\n## ")[0]
    for limit in (limits.TEXT, limits.LIST, limits.DEPTH):
        assert f"{limit:,}".replace(",", " ") in told
