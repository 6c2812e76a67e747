"""A formula that is added or changed reaches the records that were there before it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from formloom import installation
from formloom.jobs import runner
from formloom.metadata import loader
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage.platform_tables import fl_job


def _deal(runtime: Runtime) -> int:
    with runtime.writing(SYSTEM) as context:
        customer = actions.create(context, "customer", {"name": "A", "owner": None}).id
        lines = [{"product": "x", "quantity": 2, "price": 10}, {"product": "y", "quantity": 1, "price": "0.5"}]
        return actions.create(context, "deal", {"name": "D", "customer": customer, "lines": lines}).id


def _work(runtime: Runtime) -> None:
    with runtime.database.read() as unit:
        waiting = list(unit.connection.scalars(sa.select(fl_job.c.id).where(fl_job.c.kind == "recompute")))
    assert waiting
    for job in waiting:
        assert runner.run(runtime.database, job, runtime.job_handlers, runtime.now())


def _read(runtime: Runtime, deal: int) -> Any:
    with runtime.reading(SYSTEM) as context:
        return actions.read(context, "deal", deal)


def _change(runtime: Runtime, pack: Path, file: str, old: str, new: str) -> None:
    path = pack / "entities" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    installation.apply(runtime, pack, loader.read_pack(pack))


def test_added_roll_up_is_filled_in(runtime: Runtime, pack: Path) -> None:
    deal = _deal(runtime)
    _change(runtime, pack, "deal.yaml", "  owner: {type: user",
            "  pieces: {type: rollup, of: lines, function: sum, field: quantity}\n  owner: {type: user")
    assert _read(runtime, deal).values["pieces"] is None
    _work(runtime)
    record = _read(runtime, deal)
    assert record.values["pieces"] == Decimal(3)
    assert record.version == 1


def test_changed_formula_of_lines_reaches_the_total(runtime: Runtime, pack: Path) -> None:
    deal = _deal(runtime)
    assert _read(runtime, deal).values["total"] == Decimal("20.50")
    _change(runtime, pack, "deal_line.yaml", "formula: quantity * price", "formula: quantity * price * 2")
    _work(runtime)
    assert _read(runtime, deal).values["total"] == Decimal("41.00")


def test_other_changes_compute_nothing(runtime: Runtime, pack: Path) -> None:
    _deal(runtime)
    _change(runtime, pack, "deal.yaml", "zh: 成交", "zh: 交易")
    with runtime.database.read() as unit:
        assert unit.connection.scalar(sa.select(sa.func.count()).where(fl_job.c.kind == "recompute")) == 0
