"""The same random rows in a database, for FEEL in Python, and for the browser."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from formloom.metadata import builtin_types, compiler, loader
from tests.conftest import ROOT, Bench

PACK = ROOT / "tests" / "packs" / "kinds"
CATALOG = compiler.compile(loader.read_pack(PACK), builtin_types.TYPES)
THING = CATALOG.entity("thing")
KNOWN = frozenset((*THING.fields, "user", "record"))
USER: Mapping[str, Any] = {
    "id": 2, "name": "rita", "limit": Decimal("100.5"), "team": None, "team_members": [1, 2, None],
    "tags": ["a", "b"], "since": date(2026, 3, 1)}
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROWS = 40
_POOLS: dict[str, list[Any]] = {
    "name": [None, "", "Ann", "ann", "Émile", "张三", "a%b_", "zoë", "rita", " Straße ", "ΟΔΟΣ", "İx"],
    "note": [None, "Ann", "a", "三", "long text\nof lines", "STRASSE"],
    "status": [None, "new", "old"],
    "tags": [None, [], ["a"], ["a", "张三"], ["2"]],
    "count": [None, 0, 1, 2, -7, 10**15],
    "size": [None, *map(Decimal, ("0", "1.5", "0.001", "-2", "99999999999.999"))],
    "price": [None, *map(Decimal, ("0", "100.5", "100.49", "9999999999999999.99", "-0.01"))],
    "share": [None, *map(Decimal, ("0", "5", "12.5"))],
    "active": [None, True, False],
    "day": [None, date(2026, 3, 1), date(2026, 3, 2), date(1999, 12, 31), date(2024, 2, 29)],
    "other_day": [None, date(2026, 3, 2), date(2026, 3, 31)],
    "moment": [None, NOW, NOW - timedelta(days=1), NOW + timedelta(microseconds=1),
               datetime(2024, 1, 31, 23, 59, 59, 500000, UTC)],
    "span": [None, timedelta(), timedelta(hours=4), timedelta(days=-1), timedelta(days=400, seconds=61)],
    "data": [None, 1, "a", {"a": 1}],
    "place": [None, {"city": "武汉"}, {"city": "Ann", "country": "CN"}, {"street": "a"}],
    "owner": [None, 1, 2, 3],
}


def _made(chance: Random) -> list[dict[str, Any]]:
    made = []
    for number in range(1, ROWS + 1):
        row = {name: chance.choice(pool) for name, pool in _POOLS.items()}
        row["friend"] = chance.choice([None, *range(1, number)])
        row["friends"] = chance.sample(range(1, number), min(number - 1, chance.choice([0, 1, 3])))
        row["parts"] = [{"name": chance.choice(["a", None, "b", "张"]), "fragile": chance.choice([True, False, None]),
                         "weight": chance.choice([None, Decimal("1.25"), Decimal(3), Decimal("9999999999.99")])}
                        for _ in range(chance.choice([0, 1, 2, 3]))]
        made.append(row)
    return made


ROWS_MADE = _made(Random(20260302))


def fill(bench: Bench) -> None:
    with bench.writing() as context:
        for row in ROWS_MADE:
            made = context.store.insert(context.unit, "thing", {k: v for k, v in row.items() if k != "parts"})
            context.store.replace_children(context.unit, "thing", made, "parts", row["parts"])


class Reference(int):
    """An id that answers paths, as references of records do."""

    def feel_path(self, name: str) -> Any:
        return RECORDS[self - 1][name]


def _record(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {**row, "id": number, "version": 1}
    record["friend"] = None if row["friend"] is None else Reference(row["friend"])
    record["friends"] = [Reference(each) for each in row["friends"]]
    record["parts"] = [{**part, "parent": Reference(number)} for part in row["parts"]]
    record["record"], record["user"] = record, USER
    return record


RECORDS = [_record(number, row) for number, row in enumerate(ROWS_MADE, 1)]


def nested(number: int | None, depth: int = 3) -> dict[str, Any] | None:
    """A record for the browser: what references reach is inside, three steps far."""
    if number is None or depth == 0:
        return None
    row = ROWS_MADE[number - 1]
    plain = {**row, "id": number, "friend": nested(row["friend"], depth - 1),
             "friends": [nested(each, depth - 1 if depth < 3 else 1) for each in row["friends"]]}
    return plain if depth < 3 else {**plain, "record": plain, "user": USER}
