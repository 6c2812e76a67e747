"""Publishing a catalog: tables, sources and version together, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from formloom.metadata import compiler, layers, loader
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.metadata.sources import Source
from formloom.storage import catalogs, diff
from formloom.storage.choices import Choices, Conversion
from formloom.storage.database import Database
from formloom.storage.filling import DoesNotConvert

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
MINI = Path(__file__).parents[1] / "packs/mini"
SOURCES = loader.read_pack(MINI)

VISIT = """entity: visit
fields: {name: {type: text}, deal: {type: reference, entity: deal}}
"""


@pytest.fixture
def ready(database: Database) -> Database:
    """A migrated database with the accounts that entity tables refer to."""
    with database.write() as unit:
        unit.connection.execute(sa.text("CREATE TABLE ab_user (id INTEGER PRIMARY KEY, username TEXT)"))
    database.upgrade()
    return database


def changed(old: str, new: str) -> Catalog:
    sources = [replace(s, text=s.text.replace(old, new)) if s.path == "entities/deal.yaml" else s for s in SOURCES]
    return compiler.compile(sources, TYPES)


def publish(database: Database, catalog: Catalog) -> diff.Plan:
    return catalogs.publish(database, catalog, TYPES, 0, NOW)


def columns(database: Database, table: str) -> set[str]:
    with database.read() as unit:
        return {str(c["name"]) for c in sa.inspect(unit.connection).get_columns(table)}


def values(database: Database, column: str) -> list[object]:
    with database.read() as unit:
        return list(unit.connection.execute(sa.text(f"SELECT {column} FROM e_deal ORDER BY id")).scalars())


def insert(database: Database, column: str, *given: object) -> None:
    with database.write() as unit:
        for value in given:
            unit.connection.execute(
                sa.text(f"INSERT INTO e_deal (name, {column}, version) VALUES ('a', :value, 1)"), {"value": value})


def with_field(line: str) -> Catalog:
    return changed("fields:\n", f"fields:\n  {line}\n")


def test_first_publication_creates_tables(ready: Database) -> None:
    catalog = compiler.compile(SOURCES, TYPES)
    publish(ready, catalog)
    with ready.read() as unit:
        assert catalogs.version(unit) == catalog.version
        assert set(catalogs.load(unit) or ()) == set(SOURCES)
    assert {"id", "version", "name"} <= columns(ready, "e_deal")


def test_equal_content_changes_nothing(ready: Database) -> None:
    publish(ready, compiler.compile(SOURCES, TYPES))
    assert publish(ready, compiler.compile(SOURCES, TYPES)).operations == ()


def test_new_field_becomes_filled_column(ready: Database) -> None:
    publish(ready, compiler.compile(SOURCES, TYPES))
    with ready.write() as unit:
        unit.connection.execute(sa.text("INSERT INTO e_deal (name, version) VALUES ('old', 1)"))
    plan = publish(ready, with_field("""colour: {type: text, default: '"red"', indexed: true}"""))
    assert [str(step) for step in plan.describe()] == ["Add the column colour to e_deal.", "Index colour."]
    with ready.read() as unit:
        assert unit.connection.execute(sa.text("SELECT colour FROM e_deal")).scalars().all() == ["red"]


def test_new_entity_becomes_table(ready: Database) -> None:
    publish(ready, compiler.compile(SOURCES, TYPES))
    extra = Source(
        "mini",
        "entities/visit.yaml",
        VISIT,
    )
    publish(ready, compiler.compile([*SOURCES, extra], TYPES))
    assert {"name", "deal"} <= columns(ready, "e_visit")


def test_removed_field_keeps_its_values(ready: Database) -> None:
    wide = with_field("colour: {type: text}")
    publish(ready, wide)
    with ready.write() as unit:
        unit.connection.execute(sa.text("INSERT INTO e_deal (name, colour, version) VALUES ('a', 'blue', 1)"))
    publish(ready, compiler.compile(SOURCES, TYPES))
    publish(ready, wide)
    with ready.read() as unit:
        assert unit.connection.execute(sa.text("SELECT colour FROM e_deal")).scalars().all() == ["blue"]


def test_renamed_field_keeps_its_values(ready: Database) -> None:
    publish(ready, with_field("colour: {type: text, id: the-colour, indexed: true}"))
    with ready.write() as unit:
        unit.connection.execute(sa.text("INSERT INTO e_deal (name, colour, version) VALUES ('a', 'blue', 1)"))
    publish(ready, with_field("paint: {type: text, id: the-colour, indexed: true}"))
    with ready.read() as unit:
        assert unit.connection.execute(sa.text("SELECT paint FROM e_deal")).scalars().all() == ["blue"]


def test_unconvertible_value_refuses_retype(ready: Database) -> None:
    publish(ready, with_field("colour: {type: text}"))
    insert(ready, "colour", "12", "red")
    with pytest.raises(DoesNotConvert, match="red"):
        publish(ready, with_field("colour: {type: integer}"))
    assert values(ready, "colour") == ["12", "red"]


def test_retyped_field_converts_its_values(ready: Database) -> None:
    publish(ready, with_field("colour: {type: text}"))
    insert(ready, "colour", "12", "red", None)
    chosen = Choices(fields={"mini.deal.colour": Conversion(otherwise="empty")})
    catalogs.publish(ready, with_field("colour: {type: integer}"), TYPES, 0, NOW, choices=chosen)
    assert values(ready, "colour") == [12, None, None]


def test_going_back_brings_originals(ready: Database) -> None:
    was = with_field("colour: {type: text}")
    publish(ready, was)
    insert(ready, "colour", "012", "red", None, "7")
    chosen = Choices(fields={"mini.deal.colour": Conversion(otherwise="empty")})
    catalogs.publish(ready, with_field("colour: {type: integer}"), TYPES, 0, NOW, choices=chosen)
    insert(ready, "colour", 99)
    with ready.write() as unit:
        unit.connection.execute(sa.text("UPDATE e_deal SET colour = 8 WHERE colour = 7"))
    publish(ready, was)
    assert values(ready, "colour") == ["012", "red", None, "8", "99"]


def test_crash_while_publishing_leaves_old(ready: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compiler.compile(SOURCES, TYPES)
    publish(ready, first)

    def crash(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(catalogs.state, "put", crash)
    with pytest.raises(RuntimeError, match="power cut"):
        publish(ready, with_field("colour: {type: text}"))
    with ready.read() as unit:
        assert catalogs.version(unit) == first.version
        assert set(catalogs.load(unit) or ()) == set(SOURCES)
    assert "colour" not in columns(ready, "e_deal")


def test_duplicates_refuse_unique_field(ready: Database) -> None:
    publish(ready, with_field("colour: {type: text}"))
    with ready.write() as unit:
        unit.connection.execute(
            sa.text("INSERT INTO e_deal (name, colour, version) VALUES ('a', 'x', 1), ('b', 'x', 1)")
        )
    with pytest.raises(sa.exc.IntegrityError):
        publish(ready, with_field("colour: {type: text, unique: true}"))


def test_plan_shows_its_sql(ready: Database) -> None:
    old = compiler.compile(SOURCES, TYPES)
    publish(ready, old)
    with ready.read() as unit:
        statements = diff.plan(old, with_field("colour: {type: text}")).sql(unit)
    assert len(statements) == 1
    assert "ADD COLUMN colour TEXT" in statements[0]


def test_history_tells_who_changed_a_file(ready: Database) -> None:
    path, process = "workflows/w.bpmn", '<process id="w" isExecutable="true"/></definitions>'
    drawn = Source("mini", path, f'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">{process}')
    held = [*SOURCES, drawn]
    publish(ready, compiler.compile(held, TYPES))
    edited = layers.put(held, path, drawn.text + "<!-- edited -->")
    catalogs.publish(ready, compiler.compile(edited, TYPES), TYPES, 7, NOW)
    extra = Source("mini", "entities/visit.yaml", VISIT)
    catalogs.publish(ready, compiler.compile([*edited, extra], TYPES), TYPES, 8, NOW)
    with ready.read() as unit:
        found = catalogs.history(unit, path)
        assert [(one.by, one.local) for one in found] == [(7, True), (0, False)]
        assert found[0].text.endswith("<!-- edited -->")
        assert [one.by for one in catalogs.history(unit, extra.path)] == [8]
        assert catalogs.history(unit, "entities/nothing.yaml") == []


def test_overtaken_publication_changes_nothing(ready: Database) -> None:
    first = compiler.compile(SOURCES, TYPES)
    publish(ready, first)
    second = with_field("colour: {type: text}")
    publish(ready, second)
    with pytest.raises(catalogs.StaleCatalog):
        catalogs.publish(ready, with_field("shape: {type: text}"), TYPES, 0, NOW, expected=first.version)
    with ready.read() as unit:
        assert catalogs.version(unit) == second.version
