"""One expression over a record, one value: in Python, in both databases, in the browser."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, event, given, settings

from formloom import feel
from formloom.feel import YearMonthDuration
from formloom.storage import tables
from formloom.storage.rendering.decimals import Numbers
from formloom.storage.rendering.renderer import Renderer
from formloom.storage.rendering.terms import NotRenderable, Scope, Term
from tests.parity import rows
from tests.parity.browser import Browser, typed
from tests.parity.grammar import expressions

EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "200"))
TABLES = tables.build(rows.CATALOG)
# In a form a reference is a record, not an id, and rows do not know their parent.
_IDS = re.compile(r"\bfriend\b(?!\.)|\b(?:friends|id|version|parent)\b|, friend|friend\.parts")


def rendered(expression: feel.Expression, dialect: str) -> Term | None:
    """None where the expression is refused, which happens to few."""
    renderer = Renderer(rows.CATALOG, TABLES, Numbers(dialect), {"user": rows.USER}, rows.NOW, expression)
    try:
        return renderer.term(expression.ast, Scope(rows.THING, TABLES["thing"]))
    except NotRenderable as error:
        if not 0 <= error.position < len(expression.text):
            raise
        return None


def in_database(connection: sa.Connection, term: Term) -> list[Any]:
    """The value for each row, in the order of their ids."""
    if term.is_constant:
        return [term.constant] * rows.ROWS
    table = TABLES["thing"]
    raw = Numbers(connection.dialect.name).raw(term)
    found = connection.execute(sa.select(raw).select_from(table).order_by(table.c.id)).scalars()
    return [_value(term, value, connection.dialect.name) for value in found]


def _value(term: Term, value: Any, dialect: str) -> Any:
    if value is None:
        return None
    if term.kind == "number":
        return Decimal(value) if term.wide or dialect != "sqlite" else Decimal(value).scaleb(-term.scale)
    if term.kind == "years and months duration":
        return YearMonthDuration(value)
    return bool(value) if term.kind == "boolean" else value


def in_python(expression: feel.Expression) -> list[Any]:
    return [expression.evaluate(record, rows.NOW) for record in rows.RECORDS]


@given(text=expressions())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_databases_and_browser_agree_with_feel(filled: dict[str, sa.Connection], kept: Browser, text: str) -> None:
    expression = feel.compile(text, rows.KNOWN)
    values = in_python(expression)
    if not _IDS.search(text):
        assert kept.values(expression) == [typed(value) for value in values], text
    for dialect, connection in filled.items():
        term = rendered(expression, dialect)
        event("rendered" if term else "refused")
        if term:
            found = in_database(connection, term)
            assert [_shown(v) for v in found] == [_shown(v) for v in values], (dialect, text)


def _shown(value: Any) -> Any:
    """Moments by their instant: databases keep no zone."""
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else typed(value)


@pytest.fixture(scope="module")
def kept(node: Browser) -> Browser:
    node.keep([rows.nested(number) or {} for number in range(1, rows.ROWS + 1)], rows.NOW)
    return node
