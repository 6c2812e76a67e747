"""The choices that take a publication back: mappings turned round, merged fields filled into the first of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from formloom.metadata.catalog import Catalog, Field
from formloom.storage.archive import same_columns
from formloom.storage.choices import EMPTIED, NEW, UNMERGED, Choices, Conversion, Sourced
from formloom.storage.conversion import keeps_values


def reversed_choices(now: Catalog | None, was: Catalog, since: Iterable[Choices]) -> Choices:
    """`since`: those of the publications between `was` and `now`, oldest first."""
    steps = list(since)
    mappings: dict[str, Mapping[str, Any]] = {}
    for made in steps:
        mappings |= {id: _turned(c.mapping, mappings.get(id, {})) for id, c in made.fields.items() if c.mapping}
    latter, former = _fields(now) if now else {}, _fields(was)
    fields = {id: Conversion(otherwise=EMPTIED) for id, field in former.items()
              if id not in latter or not same_columns(latter[id], field) or not keeps_values(latter[id], field)}
    fields |= {id: Conversion(mapping=mapping, otherwise=EMPTIED) for id, mapping in mappings.items() if id in former}
    fields |= {id: c for id, c in _unmerged(steps, latter) if id in former}
    return Choices(fields=fields, other_rules=NEW)


def _fields(catalog: Catalog) -> dict[str, Field]:
    return {f.id: f for entity in catalog.entities.values() for f in entity.fields.values()}


def _turned(mapping: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Where several old values became one, there is no telling which it was."""
    ends = Counter(str(new) for new in mapping.values())
    back = {str(new): old for old, new in mapping.items() if new is not None and ends[str(new)] == 1}
    return {new: known.get(str(old), old) for new, old in back.items()}


def _unmerged(steps: Iterable[Choices], now: Mapping[str, Field]) -> Iterator[tuple[str, Conversion]]:
    """What was entered into a merged field since goes to the first of its fields, where all of them are empty."""
    for made in steps:
        for merged, chosen in made.fields.items():
            told = chosen.sourced
            if told is None or merged not in now or len(told.fields) < 2:
                continue
            yield told.fields[0], Conversion(
                otherwise=EMPTIED, sourced=Sourced(fields=(merged, *told.fields), how=UNMERGED))
