"""Which steps of processes ask a decision, and which fields it computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from formloom.metadata.catalog import Catalog, Label
from formloom.workflow.decisions.editing import Document
from formloom.workflow.definition import ProcessDefinition


@dataclass(frozen=True, slots=True)
class Use:
    """`decision`: key of the decision that is asked; `place` is a process or an entity, `part` its step or field."""

    decision: str
    place: Label
    part: Label


def of(catalog: Catalog, definitions: Mapping[str, ProcessDefinition], document: Document | None) -> tuple[Use, ...]:
    """The uses of the decisions of a file; a decision is asked by id, or by its name."""
    if document is None:
        return ()
    keys = {part.name: part.key for part in document.parts} | {part.key: part.key for part in document.parts}
    uses = [*_steps(definitions), *_fields(catalog)]
    return tuple(Use(keys[use.decision], use.place, use.part) for use in uses if use.decision in keys)


def _steps(definitions: Mapping[str, ProcessDefinition]) -> Iterator[Use]:
    for definition in definitions.values():
        for node in definition.nodes.values():
            if node.decision is not None:
                yield Use(node.decision.ref, definition.label, node.label)


def _fields(catalog: Catalog) -> Iterator[Use]:
    for entity in catalog.entities.values():
        for field in entity.fields.values():
            if field.decision is not None:
                yield Use(field.decision.key, entity.label, field.label)
