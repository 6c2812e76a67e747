"""What every process asks for all the time: which catalog, which accounts, what the clock says."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_state

HEARTBEAT = "worker_heartbeat"      # when a worker last said that it lives, by the wall clock


def values(unit: Unit) -> dict[str, str]:
    return {row.key: row.value for row in unit.connection.execute(sa.select(fl_state))}


def put(unit: Unit, key: str, value: str) -> None:
    _put(unit.connection, key, value)


def bump(connection: sa.Connection, key: str) -> None:
    """A value that was never there before: who compares sees that something changed."""
    _put(connection, key, secrets.token_hex(8))


def _put(connection: sa.Connection, key: str, value: str) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(fl_state).values(key=key, value=value).on_conflict_do_update(
        index_elements=["key"], set_={"value": value}))
