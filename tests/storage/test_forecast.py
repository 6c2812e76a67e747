"""What a plan says it would do to the data, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from formloom.metadata import compiler
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.metadata.sources import Source
from formloom.storage import archive, catalogs, diff, forecast
from formloom.storage.choices import NO_CHOICES, Choices, Conversion
from formloom.storage.database import Database
from formloom.storage.filling import DoesNotConvert

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
STATES = ("{type: choice, choices: [{value: open, label: {en: Open, zh: 进行中}},"
          " {value: closed, label: {en: Closed, zh: 已关闭}}]}")


def catalog(*fields: str) -> Catalog:
    text = "entity: task\ntitle: name\nfields:\n  name: {type: text}\n" + "".join(f"  {line}\n" for line in fields)
    return compiler.compile([Source("p", "pack.yaml", "pack: p\nversion: 1.0.0\n"),
                             Source("p", "entities/task.yaml", text)], TYPES)


@pytest.fixture
def ready(database: Database) -> Database:
    with database.write() as unit:
        unit.connection.execute(sa.text("CREATE TABLE ab_user (id INTEGER PRIMARY KEY, username TEXT)"))
    return database


def fill(database: Database, *given: object) -> None:
    with database.write() as unit:
        for value in given:
            unit.connection.execute(sa.text("INSERT INTO e_task (a, version) VALUES (:value, 1)"), {"value": value})


def publish(database: Database, new: Catalog, choices: Choices = NO_CHOICES) -> None:
    catalogs.publish(database, new, TYPES, 0, NOW, choices=choices)


def foretold(database: Database, old: Catalog, new: Catalog, choices: Choices = NO_CHOICES) -> forecast.Forecast:
    with database.read() as unit:
        return forecast.forecast(unit, diff.plan(old, new, choices, archive.load(unit, TYPES, new)))


def test_unconvertible_values_have_suggestions(ready: Database) -> None:
    old, new = catalog("a: {type: text}"), catalog("a: " + STATES)
    publish(ready, old)
    fill(ready, "open", "Closed", "已关闭", "opne", "opne", "???", None)
    found = foretold(ready, old, new)
    values = next(step.conversion for step in found.steps if step.conversion)
    assert (values.values, values.converted, values.lost, values.distinct) == (6, 3, 3, 2)
    assert [(u.key, u.count, u.suggestion) for u in values.unconverted] == [("opne", 2, "open"), ("???", 1, None)]
    assert found.blocked
    chosen = Choices(fields={"p.task.a": Conversion(mapping={"opne": "open"}, otherwise="empty")})
    assert not foretold(ready, old, new, chosen).blocked
    assert foretold(ready, old, new, chosen).lost == 1


def test_duplicates_are_shown_with_samples(ready: Database) -> None:
    old, new = catalog("a: {type: text}"), catalog("a: {type: text, unique: true}")
    publish(ready, old)
    fill(ready, "x", "y", "x", "x", None, None)
    shared = next(step.duplicates for step in foretold(ready, old, new).steps if step.duplicates)
    assert (shared.groups, shared.rows, shared.samples[0].values, shared.samples[0].ids) == (1, 3, ("x",), (1, 3, 4))


def test_converted_values_may_become_equal(ready: Database) -> None:
    old, new = catalog("a: {type: text}"), catalog("a: {type: integer, unique: true}")
    publish(ready, old)
    fill(ready, "1", "1.0", "2")
    shared = next(step.duplicates for step in foretold(ready, old, new).steps if step.duplicates)
    assert (shared.groups, shared.rows) == (1, 2)


def test_removed_field_tells_what_is_kept(ready: Database) -> None:
    old = catalog("a: {type: text}")
    publish(ready, old)
    fill(ready, "x", None)
    assert foretold(ready, old, catalog()).kept == 1


def test_presentation_changes_touch_no_table(ready: Database) -> None:
    old = catalog("a: {type: text}")
    new = catalog("a: {type: text, label: {en: A, zh: 甲}, help: {en: h}, max_length: 20, required: true,"
                  " readonly: true, default: '\"x\"', visible_when: name = \"y\"}")
    assert diff.plan(old, new).operations == ()


def test_wrong_mapping_counts_as_lost(ready: Database) -> None:
    old, new = catalog("a: {type: text}"), catalog("a: {type: integer}")
    publish(ready, old)
    fill(ready, "one")
    chosen = Choices(fields={"p.task.a": Conversion(mapping={"one": "eins"})})
    assert foretold(ready, old, new, chosen).blocked
    with pytest.raises(DoesNotConvert):
        publish(ready, new, chosen)
