"""An amount in one of several currencies says which, wherever it is read or described."""

from __future__ import annotations

from formloom.web.api import schemas, wire
from tests.conftest import Bench

from .conftest import Desk


def test_amount_tells_its_currency(claims_bench: Bench) -> None:
    made = Desk(claims_bench, "system").create("claim", name="x", amount="1", amount_currency="USD")
    with claims_bench.reading() as context:
        assert wire.record(context, made)["amount_currency"] == "USD"


def test_schema_offers_the_currencies(claims_bench: Bench) -> None:
    claim = claims_bench.catalog.entity("claim")
    offered = schemas.values(claims_bench.catalog, claim, "en")["properties"]["amount_currency"]
    assert offered["enum"] == ["CNY", "USD", None]
