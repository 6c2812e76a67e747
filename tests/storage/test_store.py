"""What is stored comes back as it was."""

from __future__ import annotations

from formloom.storage.store import Row
from tests.conftest import Bench

ADDRESS = {"country": "中国", "city": "武汉", "street": "光谷大道 1 号"}


def _account(bench: Bench, **values: object) -> tuple[int, Row]:
    with bench.writing() as context:
        made = context.store.insert(context.unit, "account", {"name": "A", "company": "B", **values})
    with bench.reading() as context:
        row = context.store.get(context.unit, "account", made)
    assert row is not None
    return made, row


def test_address_is_one_value_of_several_columns(crm: Bench) -> None:
    made, row = _account(crm, address=ADDRESS)
    assert row["address"] == ADDRESS
    assert "address_city" not in row
    with crm.writing() as context:
        context.store.update(context.unit, "account", made, {"address": {"city": "上海"}})
        changed = context.store.get(context.unit, "account", made)
    assert changed is not None
    assert changed["address"] == {"city": "上海"}


def test_missing_address_is_no_value(crm: Bench) -> None:
    made, row = _account(crm)
    assert row["address"] is None
    with crm.writing() as context:
        context.store.update(context.unit, "account", made, {"address": ADDRESS})
        context.store.update(context.unit, "account", made, {"address": None})
        emptied = context.store.get(context.unit, "account", made)
    assert emptied is not None
    assert emptied["address"] is None
