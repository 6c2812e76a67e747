"""Shorthands over the pack tests/packs/mini: one customer to sell to, deals, and what goes wrong as pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from formloom.errors import FormloomError, ValidationFailed
from formloom.policy.actor import Actor
from formloom.records import actions
from formloom.records.record import Record
from tests.conftest import ROOT, Bench, _settled


class Desk:
    """One person at work; each call is a transaction of its own, refused ones are rolled back."""

    def __init__(self, bench: Bench, who: str | Actor) -> None:
        self.bench, self.who = bench, who

    def create(self, entity: str, **values: Any) -> Record:
        with self.bench.writing(self.who) as context:
            return actions.create(context, entity, values)

    def update(self, entity: str, id: int, version: int | None = None, **values: Any) -> Record:
        with self.bench.writing(self.who) as context:
            return actions.update(context, entity, id, values, version)

    def read(self, entity: str, id: int) -> Record:
        with self.bench.reading(self.who) as context:
            return actions.read(context, entity, id)

    def run(self, entity: str, id: int, action: str, version: int | None = None, **values: Any) -> Record:
        with self.bench.writing(self.who) as context:
            return actions.run(context, entity, id, action, values, version)

    def delete(self, entity: str, id: int, version: int | None = None) -> None:
        with self.bench.writing(self.who) as context:
            actions.delete(context, entity, id, version)

    def deal(self, **values: Any) -> Record:
        return self.create("deal", **{"name": "Deal", "customer": self.customer(), **values})

    def customer(self) -> int:
        """One customer for each person, made when first asked for."""
        with self.bench.reading() as context:
            found = context.store.list(context.unit, "customer")
        mine = [row["id"] for row in found if row["name"] == f"Customer of {self.who}"]
        return mine[0] if mine else self.create("customer", name=f"Customer of {self.who}").id


def refused(error: type[FormloomError], what: Any, *given: Any, **values: Any) -> FormloomError:
    with pytest.raises(error) as caught:
        what(*given, **values)
    return caught.value


def findings(what: Any, *given: Any, **values: Any) -> Mapping[str, str]:
    """Code by path of everything that was not accepted."""
    error = refused(ValidationFailed, what, *given, **values)
    assert isinstance(error, ValidationFailed)
    assert len({e.path for e in error.errors}) == len(error.errors)
    return {e.path: e.code for e in error.errors}


@pytest.fixture
def rita(mini: Bench) -> Desk:
    return Desk(mini, "rita")


@pytest.fixture
def mona(mini: Bench) -> Desk:
    """The manager: everything on every record."""
    return Desk(mini, "mona")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def claims_bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    yield from _settled(request.param, ROOT / "tests" / "packs" / "claims", tmp_path_factory.mktemp("claims"))
