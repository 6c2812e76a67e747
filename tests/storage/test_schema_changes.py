"""Merges, splits, references that become many, purges, and writers beside a back-fill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.errors import Text
from formloom.metadata import compiler
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.metadata.sources import Source
from formloom.storage import archive, catalogs, purging, tables
from formloom.storage.choices import NO_CHOICES, Choices, Conversion, Sourced
from formloom.storage.database import Database
from formloom.storage.store import Store
from tests.conftest import fresh_database

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def catalog(*fields: str, parent: str = "", more: Sequence[tuple[str, str]] = ()) -> Catalog:
    """The entity `task` with these fields, `person`, and more entities by name and text."""
    texts = {"person": "title: name\nfields:\n  name: {type: text}\n",
             "task": f"{parent}title: name\nfields:\n  name: {{type: text}}\n" + "".join(f"  {f}\n" for f in fields),
             **dict(more)}
    sources = [Source("p", "pack.yaml", "pack: p\nversion: 1.0.0\n"),
               *(Source("p", f"entities/{name}.yaml", f"entity: {name}\n{text}") for name, text in texts.items())]
    return compiler.compile(sources, TYPES)


class Ground:
    """A database with one catalog in force."""

    def __init__(self, database: Database, *fields: str) -> None:
        self.database = database
        with database.write() as unit:
            unit.connection.execute(sa.text("CREATE TABLE ab_user (id INTEGER PRIMARY KEY, username TEXT)"))
        self.publish(catalog(*fields))

    def publish(self, new: Catalog, choices: Choices = NO_CHOICES, **more: Any) -> int:
        catalogs.publish(self.database, new, TYPES, 0, NOW, choices=choices, **more)
        self.catalog, self.store = new, Store(new, tables.build(new))
        with self.database.read() as unit:
            return catalogs.publications(unit, 1)[0].id

    def back_to(self, publication: int) -> None:
        with self.database.read() as unit:
            was = catalogs.earlier(unit, publication, TYPES)
        self.publish(compiler.compile(was.sources, TYPES), was.choices)

    def add(self, entity: str = "task", **values: Any) -> int:
        with self.database.write() as unit:
            return self.store.insert(unit, entity, values)

    def column(self, field: str, entity: str = "task") -> list[Any]:
        with self.database.read() as unit:
            return [row[field] for row in sorted(self.store.list(unit, entity), key=lambda row: row["id"])]

    def newest(self) -> int:
        with self.database.read() as unit:
            return catalogs.publications(unit, 1)[0].id


def sourced(field: str, **how: Any) -> Choices:
    return Choices(fields={f"p.task.{field}": Conversion(otherwise="empty", sourced=Sourced(**how))})


def test_two_fields_become_one(database: Database) -> None:
    ground = Ground(database, "first: {type: text}", "last: {type: text}")
    was = ground.newest()
    ground.add(first="Ada", last="Lovelace")
    ground.add(first="Plato")
    ids = ("p.task.first", "p.task.last")
    ground.publish(catalog("whole: {type: text}"), sourced("whole", fields=ids, how="join"))
    assert ground.column("whole") == ["Ada Lovelace", "Plato"]
    ground.add(whole="Alan Turing")
    ground.back_to(was)
    assert ground.column("first") == ["Ada", "Plato", "Alan Turing"]
    assert ground.column("last") == ["Lovelace", None, None]


def test_formula_merges_numbers(database: Database) -> None:
    ground = Ground(database, "hours: {type: integer}", "rate: {type: decimal}")
    ground.add(hours=3, rate=2)
    ids = ("p.task.hours", "p.task.rate")
    chosen = sourced("cost", fields=ids, how="formula", formula="hours * rate")
    ground.publish(catalog("hours: {type: integer}", "cost: {type: decimal}"), chosen)
    assert ground.column("cost") == [6]
    assert ground.column("hours") == [3]


def test_one_field_becomes_two(database: Database) -> None:
    ground = Ground(database, "whole: {type: text}")
    ground.add(whole="Ada King Lovelace")
    ground.add(whole="Plato")
    chosen = Choices(fields={
        "p.task.first": Conversion(sourced=Sourced(fields=("p.task.whole",), how="part", part=0)),
        "p.task.rest": Conversion(sourced=Sourced(fields=("p.task.whole",), how="part", part=-1)),
        "p.task.initial": Conversion(sourced=Sourced(fields=("p.task.whole",), how="pattern", separator="^(.)",
                                                     part=1))})
    ground.publish(catalog("first: {type: text}", "rest: {type: text}", "initial: {type: text}"), chosen)
    assert ground.column("first") == ["Ada", "Plato"]
    assert ground.column("rest") == ["King Lovelace", None]
    assert ground.column("initial") == ["A", "P"]


def test_text_becomes_reference_by_title(database: Database) -> None:
    ground = Ground(database, "who: {type: text}")
    was, ada = ground.newest(), ground.add("person", name="Ada")
    ground.add(who="ada")
    ground.add(who="nobody")
    chosen = Choices(fields={"p.task.who": Conversion(otherwise="empty")})
    ground.publish(catalog("who: {type: reference, entity: person}"), chosen)
    assert ground.column("who") == [ada, None]
    ground.publish(catalog("who: {type: references, entity: person}"), chosen)
    assert ground.column("who") == [[ada], []]
    ground.add("person", name="nobody")
    ground.back_to(was)
    assert ground.column("who") == ["ada", "nobody"]


def test_removed_entity_returns_with_records(database: Database) -> None:
    ground = Ground(database, "who: {type: reference, entity: person}", "all: {type: references, entity: person}")
    was, ada = ground.newest(), ground.add("person", name="Ada")
    ground.add(who=ada, all=[ada])
    only = compiler.compile([s for s in catalog().sources if not s.path.endswith("task.yaml")], TYPES)
    ground.publish(only)
    bob = ground.add("person", name="Bob")
    with database.write() as unit:
        ground.store.delete(unit, "person", bob)
    ground.back_to(was)
    assert (ground.column("who"), ground.column("all")) == ([ada], [[ada]])


def test_reference_put_aside_blocks_no_deletion(database: Database) -> None:
    ground = Ground(database, "who: {type: reference, entity: person}")
    was, ada = ground.newest(), ground.add("person", name="Ada")
    ground.add(who=ada)
    ground.publish(catalog())
    with database.write() as unit:
        assert ground.store.delete(unit, "person", ada)
    ground.back_to(was)
    assert ground.column("who") == [None]


def test_children_move_to_another_parent(database: Database) -> None:
    other = ("team", "title: name\nfields:\n  name: {type: text}\n  rows: {type: table, entity: task}\n")
    linked = "team: {type: reference, entity: team}"
    ground = Ground(database)
    team = ("team", "title: name\nfields:\n  name: {type: text}\n")
    ground.publish(catalog(linked, more=[team]))
    red = ground.add("team", name="red")
    ground.add(name="a", team=red)
    chosen = Choices(fields={"p.task.parent": Conversion(sourced=Sourced(fields=("p.task.team",)))})
    ground.publish(catalog(parent="parent: team\n", more=[other]), chosen)
    assert ground.column("parent") == [red]


def test_purge_ends_the_way_back(database: Database) -> None:
    ground = Ground(database, "a: {type: text}", "who: {type: reference, entity: person}")
    was = ground.newest()
    ground.add(a="x")
    ground.publish(catalog())
    with database.write() as unit:
        found = purging.old(archive.load(unit, TYPES, ground.catalog), NOW + timedelta(days=1))
        assert [entry.rows for entry in found] == [1, 0]
        purging.purge(unit, found)
        assert archive.load(unit, TYPES, ground.catalog).entries == ()
    ground.back_to(was)
    assert ground.column("a") == [None]
    ground.add(a="y")


def test_purged_entity_leaves_others_writable(database: Database) -> None:
    ground = Ground(database, "who: {type: reference, entity: person}", "all: {type: references, entity: person}")
    ada = ground.add("person", name="Ada")
    ground.add(who=ada, all=[ada])
    alone = compiler.compile([s for s in catalog().sources if not s.path.endswith("person.yaml")], TYPES)
    ground.publish(alone)
    with database.write() as unit:
        register = archive.load(unit, TYPES, alone)
        purging.purge(unit, purging.with_former(register, [e for e in register.entries if e.kind == archive.ENTITY]))
    ground.add(name="still here")
    assert ground.column("name") == [None, "still here"]


@pytest.fixture
def online(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """PostgreSQL, where every table counts as large."""
    monkeypatch.setattr(catalogs, "ONLINE_ROWS", 1)
    with fresh_database("postgresql", tmp_path) as database:
        database.upgrade()
        yield Ground(database, "a: {type: text}")


def test_writers_beside_a_backfill_are_heard(online: Ground) -> None:
    """Between two batches, and after the last, others change, empty and add values."""
    first, second, _third = (online.add(a=value) for value in ("1", "2", "3"))
    said: list[str] = []
    was = online.store

    def meddle(done: int, total: int, step: Text) -> None:
        if len(said) == 3:      # each new record is one more to convert
            return
        said.append(f"{done}/{total} {step}")
        with online.database.write() as unit:
            was.update(unit, "task", first, {"a": str(10 + len(said))})
            was.update(unit, "task", second, {"a": None})
            was.insert(unit, "task", {"a": "40"})

    online.publish(catalog("a: {type: integer}"), progress=meddle)
    assert len(said) == 3
    assert online.column("a") == [13, None, 3, 40, 40, 40]


def test_abandoned_preparation_is_removed(online: Ground) -> None:
    online.add(a="1")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalogs.publish(online.database, catalog("a: {type: integer}"), TYPES, 0, NOW, progress=stop)
    assert _prepared(online.database)
    online.add(a="2")
    online.publish(catalog("a: {type: text}", "b: {type: text}"))
    assert not _prepared(online.database)
    assert online.column("a") == ["1", "2"]


def test_preparation_is_taken_up_again(online: Ground) -> None:
    for value in ("1", "2"):
        online.add(a=value)
    calls: list[int] = []

    def stop(done: int, *_: object) -> None:
        calls.append(done)
        if done:
            raise KeyboardInterrupt

    new = catalog("a: {type: integer}")
    with pytest.raises(KeyboardInterrupt):
        catalogs.publish(online.database, new, TYPES, 0, NOW, progress=stop)
    online.add(a="3")
    seen: list[int] = []
    online.publish(new, progress=lambda done, total, step: seen.append(total))
    assert max(seen) == 1
    assert online.column("a") == [1, 2, 3]


def _prepared(database: Database) -> list[str]:
    with database.read() as unit:
        return [str(c["name"]) for c in sa.inspect(unit.connection).get_columns("e_task")
                if str(c["name"]).startswith("s_")]
