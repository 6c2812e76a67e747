"""What another implementation of FEEL says where floats do not matter: logic, comparison, strings, lists.

Left out is what it is known to read otherwise at large: comparisons across types (it says false or fails where the
standard has null), ranges with a missing end or written backwards, and lists as values to compare.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from formloom import feel

FOLDER = Path(__file__).with_name("second_opinion")
KINDS = (("1", "2", "null"), ('"a"', '"b"', "null"))
TERNARY = ("true", "false", "null")
WORDS = ('"foobar"', '"合同"', '""', '"a"', "null", "1")
LISTS = ("[1, 2, 3]", "[]", "[null, 1]", '["a", "b"]', "[[1], [2, 2]]", "1")

# Its answers where ours is another, and the standard's.
KNOWN = {
    "null in (null)": None,                                     # `in` with an expression is equality: null = null
    # No position 2 in these: no result, rather than an empty one or the list unchanged.
    'substring("", 2)': "", 'substring("", -2, 1)': "", 'substring("a", 2)': "", 'substring("a", -2, 1)': "",
    "remove([], 1)": [], "sublist([], 1, 1)": [],
    # Strings have an order.
    'min(["a", "b"])': None, 'max(["a", "b"])': None,
    # Values of different types do not compare, and a list is not its only element in a comparison.
    'some x in ["a", "b"] satisfies x = 1': False, 'every x in ["a", "b"] satisfies x = 1': False,
    "[[1], [2, 2]][item = 1]": [[1]], "some x in [[1], [2, 2]] satisfies x = 1": True,
    "every x in [[1], [2, 2]] satisfies x = 1": False, "union([[1], [2, 2]], [1])": [[1], [2, 2]],
    # A single value is a list of one where a list is needed.
    "some x in 1 satisfies x = 1": None, "every x in 1 satisfies x = 1": None, "for x in 1 return [x]": None,
    "union(1, [1])": "error: list is not iterable",
}


def _corpus() -> Iterator[str]:
    for a, b in itertools.product(TERNARY, TERNARY):
        yield from (f"{a} and {b}", f"{a} or {b}", f"if {a} then 1 else 2", f"not({a})")
        yield from (f"{a} = {b}", f"{a} != {b}")
    for a, b in itertools.chain.from_iterable(itertools.product(kind, kind) for kind in KINDS):
        yield from (f"{a} = {b}", f"{a} != {b}", f"{a} < {b}", f"{a} >= {b}", f"{a} in ({b})", f"{a} in [{b}]")
    for a, (b, c) in itertools.product(("1", "2", "3", "4", "null"), itertools.combinations(("1", "2", "3"), 2)):
        yield from (f"{a} between {b} and {c}", f"{a} in [{b}..{c}]", f"{a} in ({b}..{c})", f"{a} in (< {b}, {c})")
    for a, b in itertools.product(WORDS, WORDS):
        yield from (f"contains({a}, {b})", f"starts with({a}, {b})", f"ends with({a}, {b})", f"{a} + {b}",
                    f"substring before({a}, {b})", f"substring after({a}, {b})")
    for word in WORDS:
        yield from (f"string length({word})", f"upper case({word})", f"substring({word}, 2)",
                    f"substring({word}, -2, 1)")
    for items in LISTS:
        yield from (f"count({items})", f"reverse({items})", f"distinct values({items})", f"flatten({items})",
                    f"{items}[1]", f"{items}[-1]", f"{items}[item = 1]", f"append({items}, 4)",
                    f"concatenate({items}, [9])", f"list contains({items}, null)", f"index of({items}, 1)",
                    f"sum({items})", f"min({items})", f"max({items})", f"some x in {items} satisfies x = 1",
                    f"every x in {items} satisfies x = 1", f"for x in {items} return [x]", f"remove({items}, 1)",
                    f"all({items})", f"any({items})", f"sublist({items}, 1, 1)", f"union({items}, [1])")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


@pytest.mark.skipif(not (FOLDER / "node_modules").exists(), reason="npm ci in tests/feel/second_opinion")
def test_another_implementation_agrees() -> None:
    texts = list(dict.fromkeys(_corpus()))
    told = subprocess.run(["node", "evaluate.mjs"], cwd=FOLDER, input=json.dumps(texts), capture_output=True, text=True,
                          check=True, timeout=60)
    pairs = zip(texts, json.loads(told.stdout), strict=True)
    differences = {text: other for text, other in pairs
                   if json.dumps(_plain(feel.compile(text).evaluate())) != json.dumps(other)}
    assert differences == KNOWN
