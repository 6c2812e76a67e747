from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from formloom import installation
from formloom.errors import BadConfiguration
from formloom.metadata import loader
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import NotInitialised, Runtime
from formloom.storage import state
from formloom.web import security_accounts

VISIT = """
entity: visit
label: {en: Visit, zh: 拜访}
title: name
fields:
  name: {type: text, required: true}
  customer: {type: reference, entity: customer}
  barcode: {type: ean13}
"""


def write_entity(pack: Path, name: str, text: str) -> None:
    (pack / "entities" / f"{name}.yaml").write_text(text, encoding="utf-8")


def seen_within(seconds: float, condition) -> bool:
    end = monotonic() + seconds
    while monotonic() < end:
        if condition():
            return True
        sleep(0.05)
    return False


def test_empty_database_has_no_model(processes):
    runtime = processes()
    installation.prepare(runtime)
    with pytest.raises(NotInitialised):
        runtime.model()


def test_other_process_takes_up_new_entity(runtime, processes, pack):
    other = processes()
    assert "visit" not in other.model().catalog.entities
    write_entity(pack, "visit", VISIT)
    installation.apply(runtime, pack, loader.read_pack(pack))
    assert seen_within(2, lambda: "visit" in other.model().catalog.entities)
    with other.writing(SYSTEM) as context:
        assert actions.create(context, "visit", {"name": "a", "barcode": "4006381333931"}).version == 1


def test_unit_keeps_the_model_it_began_with(runtime, processes, pack):
    other = processes()
    before = other.model()
    write_entity(pack, "visit", VISIT)
    runtime.publish(loader.read_pack(pack))
    with other.reading(SYSTEM, before) as context:
        assert "visit" not in context.catalog.entities


def test_bad_pack_changes_nothing(runtime, pack):
    version = runtime.model().catalog.version
    write_entity(pack, "visit", "entity: visit\nfields:\n  name: {type: txet}\n")
    write_entity(pack, "trip", "entity: trip\nfields:\n  who: {type: reference, entity: nobody}\n")
    with pytest.raises(BadConfiguration) as refused:
        runtime.publish(loader.read_pack(pack))
    assert {p.place.file for p in refused.value.problems} == {"entities/visit.yaml", "entities/trip.yaml"}
    assert all(p.place.line for p in refused.value.problems)
    runtime.refresh()
    assert runtime.model().catalog.version == version


def test_publishing_twice_plans_nothing(runtime, pack):
    assert list(runtime.plan(loader.read_pack(pack)).describe()) == []


def test_missing_column_asks_for_the_new_model(runtime, processes, pack):
    other = processes()
    stale = other.model()
    write_entity(pack, "visit", VISIT)
    runtime.publish(loader.read_pack(pack))
    with pytest.raises(DBAPIError) as failed, other.reading(SYSTEM, stale) as context:
        context.unit.connection.execute(sa.text("SELECT no_such_column FROM e_customer"))
    assert other.is_outdated(failed.value)
    assert not other.is_outdated(failed.value)      # nothing newer is there: the error stands


def person(runtime: Runtime, username: str, *roles: str) -> int:
    with runtime.database.write() as unit:
        return security_accounts.create_user(
            unit, username=username, name=f"{username} Doe", email=f"{username}@example.com", roles=roles)


def test_change_of_roles_reaches_other_processes(runtime, processes):
    user_id, other = person(runtime, "ann", "rep"), processes()
    assert other.account(user_id).actor.roles == {"rep"}
    with runtime.database.write() as unit:
        unit.connection.execute(sa.text("DELETE FROM ab_user_role"))
        state.bump(unit.connection, "security")
    assert seen_within(2, lambda: other.account(user_id).actor.roles == frozenset())


def test_inactive_person_has_no_account(runtime):
    user_id = person(runtime, "bob", "rep")
    assert runtime.account(user_id)
    with runtime.database.write() as unit:
        unit.connection.execute(sa.text("UPDATE ab_user SET active = false"))
        state.bump(unit.connection, "security")
    assert seen_within(2, lambda: runtime.account(user_id) is None)


def test_clock_moves_in_every_process(runtime, processes):
    other = processes()
    before = other.now()
    runtime.advance_clock("P2D")
    assert seen_within(2, lambda: other.model() and other.now() - before > timedelta(days=2))


def test_roles_of_a_pack_can_be_given(runtime):
    with pytest.raises(security_accounts.UnknownRole) as refused:
        person(runtime, "eve", "repp")
    assert str(refused.value.hint) == "Did you mean rep?"
