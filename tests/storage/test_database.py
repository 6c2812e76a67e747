from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from formloom.storage import attempts, platform_tables, sequences, state
from formloom.storage.database import Database, Unit, is_stale_schema
from formloom.storage.platform_tables import fl_login_attempt

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)


def test_migrations_give_the_declared_tables(database: Database) -> None:
    with database.read() as unit:
        context = MigrationContext.configure(unit.connection, opts={"include_name": _ours})
        assert compare_metadata(context, platform_tables.metadata) == []


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    with database.write() as unit:
        state.put(unit, "catalog", "v1")
    database.upgrade()
    with database.read() as unit:
        assert state.values(unit) == {"catalog": "v1"}


def test_callbacks_run_in_order_after_commit(database: Database) -> None:
    seen: list[str] = []
    with database.write() as unit:
        unit.after_commit(lambda: seen.append("first"))
        unit.after_commit(lambda: seen.append("second"))
        assert seen == []
    assert seen == ["first", "second"]


def test_rollback_undoes_rows_and_drops_callbacks(database: Database) -> None:
    seen: list[str] = []
    with pytest.raises(_Crash), _crashing(database) as unit:
        _change(unit, lambda: seen.append("never"))
    with database.read() as unit:
        assert (state.values(unit), seen) == ({}, [])


def test_unit_inside_unit_is_refused(database: Database) -> None:
    with database.read(), pytest.raises(RuntimeError), database.write():
        pass


def test_missing_column_means_stale_schema(database: Database) -> None:
    with database.read() as unit, pytest.raises(sa.exc.DBAPIError) as caught:
        unit.connection.execute(sa.text("SELECT nothing_of_that_name FROM fl_state"))
    assert is_stale_schema(caught.value)


def test_naive_time_is_refused(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)
    with database.write() as unit, pytest.raises(sa.exc.StatementError, match="time zone"):
        unit.insert_once(fl_login_attempt, {"name": "a", "failures": 0, "last_at": naive}, "name")


def test_fifth_failed_login_locks_for_a_while(database: Database) -> None:
    with database.write() as unit:
        for _ in range(attempts.FREE - 1):
            attempts.note_failure(unit, "sales1", NOW)
        assert attempts.locked_until(unit, "sales1", NOW) is None
        attempts.note_failure(unit, "sales1", NOW)
        assert attempts.locked_until(unit, "sales1", NOW) == NOW + timedelta(seconds=30)
        assert attempts.locked_until(unit, "sales1", NOW + timedelta(seconds=31)) is None


def test_rolled_back_number_is_given_again(database: Database) -> None:
    with pytest.raises(_Crash), _crashing(database) as unit:
        sequences.take(unit, "contract", "number", "CT-{YYYY}-{0000}", NOW)
    with database.write() as unit:
        taken = [sequences.take(unit, "contract", "number", "CT-{YYYY}-{0000}", NOW) for _ in range(2)]
    assert taken == ["CT-2026-0001", "CT-2026-0002"]


def test_counting_goes_on_after_given_numbers(database: Database) -> None:
    with database.write() as unit:
        sequences.continue_after(unit, "contract", "number", "CT-{YYYY}-{0000}", ["CT-2026-0041", "other"])
        assert sequences.take(unit, "contract", "number", "CT-{YYYY}-{0000}", NOW) == "CT-2026-0042"


def test_numbering_tells_year_and_month_apart(database: Database) -> None:
    with database.write() as unit:
        sequences.continue_after(unit, "lead", "number", "L{YY}{MM}-{000}", ["L2603-021", "L2603-1000", "L2602-500"])
        taken = sequences.take(unit, "lead", "number", "L{YY}{MM}-{000}", datetime(2026, 3, 31, tzinfo=UTC))
    assert taken == "L2603-1001"


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name != "fl_alembic"


class _Crash(Exception):
    pass


@contextmanager
def _crashing(database: Database) -> Iterator[Unit]:
    with database.write() as unit:
        yield unit
        raise _Crash


def _change(unit: Unit, then: Callable[[], None]) -> None:
    state.put(unit, "catalog", "half")
    unit.after_commit(then)
