"""Definitions that instances are pinned to: kept by hash when the first instance starts, read again when needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from formloom.errors import BadConfiguration, FormloomError, Problem, Text, UnknownProcess
from formloom.metadata.catalog import Catalog
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import reader
from formloom.workflow.decisions.library import Decisions
from formloom.workflow.definition import ProcessDefinition


class LostDefinition(FormloomError):
    """The process that an instance was started with can no longer be read."""

    code = "lost-definition"


def read_all(catalog: Catalog, service_tasks: Mapping[str, Any],
             decisions: Decisions | None = None) -> tuple[dict[str, ProcessDefinition], list[Problem]]:
    """The process definitions of a catalog by key, and every problem of those that cannot run."""
    definitions: dict[str, ProcessDefinition] = {}
    problems: list[Problem] = []
    for source in catalog.processes.values():
        definition, found = reader.read(source.text, source.place.file, catalog, service_tasks, decisions)
        problems += found
        if definition is not None:
            definitions[definition.key] = definition
    return definitions, [*problems, *_steps_of_layouts(catalog, definitions)]


def _steps_of_layouts(catalog: Catalog, known: Mapping[str, ProcessDefinition]) -> Iterator[Problem]:
    """Layouts for steps that no process has; a process that cannot be read is told for itself."""
    for entity in catalog.entities.values():
        for layout in entity.layouts:
            for step in layout.steps:
                process, _, element = step.partition("/")
                if process in catalog.processes and process not in known:
                    continue
                found = known.get(process)
                fits = found and found.entity == entity.name and any(n.id == element for n in found.user_tasks)
                if not fits:
                    yield Problem(
                        "layout-without-step",
                        Text("The layout {layout} of {entity} is for {step}; no process on {entity} has such a task.",
                             layout=layout.name, entity=entity.name, step=step),
                        layout.place, Text("Name it as process/element."), severity="warning",
                        element=f"{entity.name}.{layout.name}")


def current(context: Context, key: str) -> ProcessDefinition:
    definition = context.definitions.get(key)
    if definition is None:
        raise UnknownProcess(key, context.definitions)
    return definition  # type: ignore[no-any-return]  # opaque to the layers below


def all_of(context: Context) -> Iterable[ProcessDefinition]:
    return context.definitions.values()


def keep(context: Context, definition: ProcessDefinition) -> None:
    kept = _kept_in(context)
    if definition.hash in kept:
        return
    made = context.unit.connection.scalar(_MADE, {"content": definition.hash})
    if made is not None and made != context.now:        # by another transaction, which has committed
        kept.add(definition.hash)
    if made is None:
        context.unit.insert_once(t.fl_definition, {
            "hash": definition.hash, "key": definition.key, "text": definition.text, "created_at": context.now,
            "called": dict(definition.called)}, "hash")


_MADE = sa.select(t.fl_definition.c.created_at).where(t.fl_definition.c.hash == sa.bindparam("content"))
_kept: WeakKeyDictionary[sa.Engine, set[str]] = WeakKeyDictionary()


def _kept_in(context: Context) -> set[str]:
    """Hashes known to be in this database. None is ever taken out of it; were one gone after all, as in a database put
    back from a backup, the foreign key of instances refuses.
    """
    return _kept.setdefault(context.unit.connection.engine, set())


def pinned(context: Context, key: str, content: str) -> ProcessDefinition:
    """The definition with this hash: the current one, or the one kept from when the instance started."""
    newest = context.definitions.get(key)
    if newest is not None and newest.hash == content:
        return newest  # type: ignore[no-any-return]
    row = context.unit.connection.execute(
        sa.select(t.fl_definition.c.text, t.fl_definition.c.called)
        .where(t.fl_definition.c.hash == content)).one_or_none()
    if row is None:
        raise LostDefinition(Text("The definition of {key} that this instance runs on is not there any more.", key=key))
    return _read(row.text, key, row.called or {}, context.catalog)


@lru_cache(maxsize=128)
def _read_cached(text: str, key: str, called: tuple[tuple[str, str], ...], version: str,
                 holder: _ByVersion) -> ProcessDefinition:
    definition, problems = reader.read(text, f"{key}.bpmn", holder.catalog, called=dict(called))
    if definition is None:
        raise BadConfiguration(problems)
    return definition


class _ByVersion:
    __slots__ = ("catalog",)

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def __hash__(self) -> int:
        return hash(self.catalog.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByVersion) and self.catalog.version == other.catalog.version


def _read(text: str, key: str, called: Mapping[str, str], catalog: Catalog) -> ProcessDefinition:
    """With the processes it calls as they were when the instance started."""
    return _read_cached(text, key, tuple(sorted(called.items())), catalog.version, _ByVersion(catalog))
