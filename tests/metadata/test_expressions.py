"""Expressions of a pack mean something: names, members, choices, types and results, told where they are written."""

from __future__ import annotations

from pathlib import Path

from formloom.metadata import compiler, loader
from formloom.metadata.builtin_types import TYPES

MISTYPED = loader.read_pack(Path(__file__).parents[1] / "packs" / "mistyped")


def test_each_mistyped_expression_is_told() -> None:
    problems = compiler.check(MISTYPED, TYPES)
    assert [(p.code, f"{p.place.file.partition('/')[2]}:{p.place.line}", p.near) for p in problems] == [
        ("unknown-field", "line.yaml:5", "name"),
        ("not-a-condition", "order.yaml:4", None),
        ("unknown-choice", "order.yaml:5", None),
        ("unknown-choice", "order.yaml:8", "draft"),
        ("unknown-field", "order.yaml:10", "city"),
        ("type-mismatch", "order.yaml:11", None),
        ("type-mismatch", "order.yaml:13", None),
        ("type-mismatch", "order.yaml:14", None),
        ("type-mismatch", "order.yaml:21", None),
        ("type-mismatch", "order.yaml:23", None),
        ("wrong-arguments", "order.yaml:24", None),
        ("type-mismatch", "order.yaml:26", None),
        ("unknown-field", "order.yaml:27", "amount"),
        ("wrong-arguments", "order.yaml:28", None),
        ("type-mismatch", "order.yaml:30", None),
        ("unknown-member", "order.yaml:31", None),
        ("unknown-name", "order.yaml:34", None),
        ("unknown-choice", "order.yaml:35", None),
        ("type-mismatch", "order.yaml:35", None),
        ("wrong-arguments", "order.yaml:38", None),
        ("unknown-choice", "clerk.yaml:4", None),
        ("not-a-condition", "clerk.yaml:5", None),
        ("unknown-name", "clerk.yaml:6", None),
        ("type-mismatch", "clerk.yaml:7", None),
        ("unknown-field", "clerk.yaml:8", "id"),
    ]
