"""FEEL, the expression language of DMN 1.5: parsed once to a tree, compiled once to closures, never failing.

    >>> compile("amount * (1 + rate)").evaluate({"amount": 100, "rate": Decimal("0.06")})
    Decimal('106.00')
"""

from __future__ import annotations

from formloom.feel import syntax as ast
from formloom.feel.errors import FeelSyntaxError, FeelWarning
from formloom.feel.expression import Expression, compile, literal, part
from formloom.feel.typechecks import Declared
from formloom.feel.values import Function, Range, YearMonthDuration

__all__ = [
    "Declared", "Expression", "FeelSyntaxError", "FeelWarning", "Function", "Range", "YearMonthDuration", "ast",
    "compile", "literal", "part",
]
