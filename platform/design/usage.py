"""Where something of the model is used: in definitions, diagrams, decisions and the data files of a pack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from formloom.design import pack_data
from formloom.metadata import layers, references
from formloom.metadata.catalog import Catalog
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.references import DEFINITION, Found, Name, Use
from formloom.metadata.sources import Source
from formloom.workflow import references as diagrams
from formloom.workflow.decisions import references as decisions


def where_used(catalog: Catalog, types: Mapping[str, FieldType], target: Name,
               service_tasks: Mapping[str, Any] | None = None) -> tuple[Use, ...]:
    """Every use in what is in force: the definition first, then in the order of files and lines."""
    found = (*references.found(catalog, types), *of_diagrams(catalog, catalog.sources, service_tasks))
    return _sorted(references.uses(found, catalog, target))


def of_diagrams(catalog: Catalog, sources: Iterable[Source], service_tasks: Mapping[str, Any] | None = None
                ) -> Iterator[Found]:
    """Of the processes and decisions among the sources."""
    held = layers.effective(sources)
    processes = [source for source in held if source.path.startswith("workflows/")]
    for source in processes:
        yield from diagrams.of_process(source, catalog, service_tasks)
    given = decisions.given(catalog, (one for source in processes for one in diagrams.asked(source, catalog)))
    files = {(file.pack, file.place.file): file for file in catalog.decision_files}
    for source in held:
        file = files.get((source.pack, source.path))
        if file is not None:
            yield from decisions.of_decisions(source, file, given)


def of_everything(catalog: Catalog, sources: Iterable[Source], data: Iterable[Source],
                  types: Mapping[str, FieldType], service_tasks: Mapping[str, Any] | None = None) -> Iterator[Found]:
    """Of every file, also where another one overrides what it says, with the data files of packs."""
    held = tuple(sources)
    yield from references.of_files(catalog, held, types)
    yield from of_diagrams(catalog, held, service_tasks)
    for source in data:
        yield from pack_data.found(source, catalog)


def _sorted(uses: Iterable[Use]) -> tuple[Use, ...]:
    """An expression that is read twice is one."""
    seen = {(use.pack, use.file, use.path, use.start, use.kind, use.place): use for use in uses}
    return tuple(sorted(seen.values(), key=lambda u: (
        u.kind != DEFINITION, u.place.file, u.place.line, u.span or (0, 0), u.start)))
