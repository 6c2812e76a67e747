"""Random models, random changes of them, and random records: what walks through schema changes are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from formloom.metadata import compiler
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog, Field
from formloom.metadata.sources import Source
from formloom.storage import tables
from formloom.storage.database import Database, Unit
from formloom.storage.platform_tables import metadata
from formloom.storage.store import Store

USERS = 3
Rows = dict[str, dict[int, dict[str, Any]]]
SIMPLE = ("text", "long_text", "rich_text", "integer", "decimal", "money", "percent", "boolean", "date", "datetime",
          "duration", "tags", "user", "email", "phone", "url", "address", "rating", "json")
WORDS = ("open", "Open", "closed", "12", "7.50", "1,200", "2026-03-01", "yes", "否", "a@b.cn", "+86 21 5555",
         "https://a.cn", "PT2H", "one", "two", "", "红", "a, b")


@dataclass
class Model:
    """Entities by id; `entities[id] = {"name": ..., "fields": {id: {...}}}`. Renaming keeps the id."""

    entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0

    def copy(self) -> Model:
        return Model(deepcopy(self.entities), self.made)

    def catalog(self) -> Catalog:
        sources = [Source("p", "pack.yaml", "pack: p\nversion: 1.0.0\n")]
        for id, entity in self.entities.items():
            fields = {own["name"]: {"id": key, **self._named(own)} for key, own in entity["fields"].items()}
            text = {"entity": entity["name"], "id": id, "title": "title",
                    "fields": {"title": {"type": "text", "id": f"{id}.title"}, **fields}}
            sources.append(Source("p", f"entities/{id}.yaml", json.dumps(text)))
        return compiler.compile(sources, TYPES)

    def _named(self, own: Mapping[str, Any]) -> dict[str, Any]:
        shown = {k: v for k, v in own.items() if k != "name"}
        return shown | ({"entity": self.entities[own["entity"]]["name"]} if "entity" in own else {})

    def change(self, random: Random) -> None:
        """One edit, as a designer makes it."""
        edits = [self.add_field, self.add_field, self.retype, self.retype, self.retype, self.drop_field,
                 self.rename_field, self.rename_entity, self.add_entity, self.drop_entity, self.toggle, self.reorder,
                 self.swap_names]
        random.choice(edits)(random)

    def add_entity(self, random: Random) -> None:
        if len(self.entities) < 3:
            self.made += 1
            self.entities[f"i{self.made}"] = {"name": f"n{self.made}", "fields": {}}

    def drop_entity(self, random: Random) -> None:
        if len(self.entities) > 1:
            gone = random.choice(sorted(self.entities))
            del self.entities[gone]
            for entity in self.entities.values():
                entity["fields"] = {k: f for k, f in entity["fields"].items() if f.get("entity") != gone}

    def rename_entity(self, random: Random) -> None:
        self.made += 1
        self.entities[random.choice(sorted(self.entities))]["name"] = f"n{self.made}"

    def add_field(self, random: Random) -> None:
        self.made += 1
        entity = self.entities[random.choice(sorted(self.entities))]
        entity["fields"][f"f{self.made}"] = {"name": f"c{self.made}", **self.a_type(random)}

    def _a_field(self, random: Random) -> tuple[dict[str, Any], str] | None:
        there = [(e["fields"], k) for e in self.entities.values() for k in e["fields"]]
        return random.choice(there) if there else None

    def drop_field(self, random: Random) -> None:
        if (found := self._a_field(random)) is not None:
            del found[0][found[1]]

    def rename_field(self, random: Random) -> None:
        if (found := self._a_field(random)) is not None:
            self.made += 1
            found[0][found[1]]["name"] = f"c{self.made}"

    def swap_names(self, random: Random) -> None:
        entity = self.entities[random.choice(sorted(self.entities))]["fields"]
        if len(entity) > 1:
            one, other = random.sample(sorted(entity), 2)
            entity[one]["name"], entity[other]["name"] = entity[other]["name"], entity[one]["name"]

    def retype(self, random: Random) -> None:
        if (found := self._a_field(random)) is not None:
            found[0][found[1]] = {"name": found[0][found[1]]["name"], **self.a_type(random)}

    def toggle(self, random: Random) -> None:
        if (found := self._a_field(random)) is not None:
            own, word = found[0][found[1]], random.choice(("indexed", "unique", "required"))
            single = own["type"] not in ("references", "address", "json", "tags", "choices")
            if single or word == "required":
                own[word] = not own.get(word)

    def reorder(self, random: Random) -> None:
        entity = self.entities[random.choice(sorted(self.entities))]
        entity["fields"] = dict(random.sample(sorted(entity["fields"].items()), len(entity["fields"])))

    def a_type(self, random: Random) -> dict[str, Any]:
        kind = random.choice((*SIMPLE, "choice", "choices", "reference", "references", "two_moneys", "decimal4"))
        if kind in ("choice", "choices"):
            some = random.sample(("open", "closed", "one", "two", "red"), 3)
            return {"type": kind, "choices": [{"value": v, "label": {"en": v.title()}} for v in some]}
        if kind in ("reference", "references"):
            return {"type": kind, "entity": random.choice(sorted(self.entities))}
        special = {"two_moneys": {"type": "money", "currencies": ["CNY", "USD"]},
                   "decimal4": {"type": "decimal", "scale": 4}}
        return special.get(kind, {"type": kind})


def a_value(random: Random, own: Field, ids: list[int]) -> Any:
    """A value that a record may have in this field; often none."""
    if random.random() < 0.2:
        return None
    made: dict[str, Any] = {
        "integer": random.randint(-3, 20), "rating": random.randint(0, 5), "boolean": random.random() < 0.5,
        "decimal": Decimal(random.randint(-500, 500)) / 100, "money": Decimal(random.randint(0, 5000)) / 100,
        "percent": Decimal(random.randint(0, 100)), "date": date(2026, 1, 1) + timedelta(days=random.randint(0, 60)),
        "datetime": datetime(2026, 1, 1, 8, tzinfo=UTC) + timedelta(hours=random.randint(0, 900)),
        "duration": timedelta(minutes=random.randint(0, 900)), "user": random.randint(1, USERS),
        "tags": random.sample(["a", "b", "open", "12"], 2), "email": "a@b.cn", "phone": "+86 21 5555",
        "url": "https://a.cn/x", "address": {"city": random.choice(("上海", "Bern")), "street": "1 Main"},
        "json": random.choice(([1, 2], {"a": "b"}, "x", True)), "rich_text": random.choice(("<p>a &amp; b</p>", "one")),
    }
    if own.choices:
        some = [c.value for c in own.choices]
        return random.choice(some) if own.type.name == "choice" else random.sample(some, 2)
    if own.type.name in ("reference", "references"):
        chosen = random.sample(ids, min(len(ids), 2))
        return (chosen if own.type.name == "references" else chosen[0]) if chosen else None
    return made.get(own.type.name, random.choice(WORDS) or None)


def insert(unit: Unit, catalog: Catalog, random: Random, count: int) -> None:
    store = Store(catalog, tables.build(catalog))
    for entity in catalog.entities.values():
        for _ in range(count):
            store.insert(unit, entity.name, a_record(unit, catalog, store, random, entity.name))


def a_record(unit: Unit, catalog: Catalog, store: Store, random: Random, name: str) -> dict[str, Any]:
    entity = catalog.entity(name)
    values: dict[str, Any] = {}
    for own in entity.fields.values():
        if own.system:
            continue
        ids = [row["id"] for row in store.list(unit, own.target)] if own.target else []
        values[own.name] = None if own.unique else a_value(random, own, ids)
        if own.options.get("currencies"):
            values[f"{own.name}_currency"] = "USD" if values[own.name] is not None else None
    values["title"] = random.choice((f"Title {random.randint(1, 50)}", "open", "one"))
    return values


def rows(unit: Unit, catalog: Catalog) -> Rows:
    """Everything that people see, by stable ids."""
    store, found = Store(catalog, tables.build(catalog)), {}
    for entity in catalog.entities.values():
        own = [f for f in entity.fields.values() if not f.system]
        found[entity.id] = {row["id"]: {f.id: _whole(f, row) for f in own} for row in store.list(unit, entity.name)}
    return found


def _whole(own: Field, row: Mapping[str, Any]) -> Any:
    value = row.get(own.name)
    if own.options.get("currencies") and value is not None:
        return value, row.get(f"{own.name}_currency")
    return value if value not in ("", [], {}) else None


def drift(unit: Unit, catalog: Catalog, prepared: bool = False) -> list[str]:
    """Where the database is not what the catalog says; what is put aside does not count, nor what is `prepared`."""
    aside = ("x", "z", "s_") if prepared else ("x", "z")
    inspector, wanted, found = sa.inspect(unit.connection), tables.build(catalog), []
    for table in (t for e in catalog.entities.values() for t in (wanted[e.name], *wanted.links_of(e).values())):
        if not inspector.has_table(table.name):
            found.append(f"{table.name} is missing")
            continue
        there = {c["name"]: c["type"] for c in inspector.get_columns(table.name)}
        own = {n for n in there if not n.startswith(aside)}
        found += [f"{table.name}.{n}" for n in own ^ set(table.c.keys()) if n not in ("parent", "position")]
        indexes = {(str(i["name"]), tuple(i["column_names"]), bool(i["unique"]))
                   for i in inspector.get_indexes(table.name)
                   if not (prepared and str(i["name"]).startswith("s_"))}
        expected = {(str(i.name), tuple(c.name for c in i.columns), bool(i.unique)) for i in table.indexes}
        found += [f"index {one}" for one in indexes ^ expected]
        keys = {tuple(k["constrained_columns"]): k["referred_table"] for k in inspector.get_foreign_keys(table.name)}
        for key in table.foreign_key_constraints:
            if keys.get(tuple(key.column_keys)) != key.elements[0].target_fullname.split(".")[0]:
                found.append(f"key {table.name} {key.column_keys} {keys}")
    return found


def reset(database: Database) -> None:
    """No entities, and nothing about them."""
    with database.engine.connect() as connection:
        names = [n for n in sa.inspect(connection).get_table_names() if n.startswith(("e_", "j_", "x", "t_"))]
    raw = database.engine.raw_connection()
    try:
        cursor, sqlite = raw.cursor(), database.dialect == "sqlite"
        cursor.execute("PRAGMA foreign_keys=OFF" if sqlite else "SELECT 1")
        for name in names:
            cursor.execute(f'DROP TABLE "{name}"{"" if sqlite else " CASCADE"}')
        for table in reversed(metadata.sorted_tables):
            cursor.execute(f"DELETE FROM {table.name}")
        raw.commit()
        cursor.execute("PRAGMA foreign_keys=ON" if sqlite else "SELECT 1")
    finally:
        raw.close()
