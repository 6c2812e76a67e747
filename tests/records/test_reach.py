"""What lists cannot ask of the database is refused when it is published."""

from __future__ import annotations

from formloom.metadata import builtin_types, compiler
from formloom.metadata.catalog import Catalog
from formloom.metadata.sources import Source
from formloom.records import reach

ENTITY = """
entity: note
label: {en: Note, zh: 笔记}
title: name
fields:
  name: {type: text}
  data: {type: json}
views:
  - {name: odd, label: {en: Odd, zh: 奇}, filter: data = 1}
"""
ROLE = """
role: reader
label: {en: Reader, zh: 读者}
entities:
  note: {read: 'matches(name, "A")'}
"""


def _catalog(entity: str, role: str) -> Catalog:
    pack = "pack: notes\nversion: 1.0.0\nlabel: {en: Notes, zh: 笔记}\n"
    return compiler.compile([
        Source("notes", "pack.yaml", pack), Source("notes", "entities/note.yaml", entity),
        Source("notes", "roles/reader.yaml", role)], builtin_types.TYPES)


def test_unaskable_rule_is_told_at_its_line() -> None:
    found = {p.element: p for p in reach.check(_catalog(ENTITY, ROLE))}
    assert set(found) == {"reader.note.read", "note.odd"}
    assert (found["reader.note.read"].place.file, found["reader.note.read"].place.line) == ("roles/reader.yaml", 5)
    assert found["note.odd"].code == "not-in-sql"


def test_askable_rule_is_no_problem() -> None:
    entity, role = ENTITY.replace("data = 1", 'name = "A"'), ROLE.replace('matches(name, "A")', 'name = "A"')
    assert reach.check(_catalog(entity, role)) == []
