"""Which steps of which processes ask a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from formloom.metadata.catalog import Label
from formloom.workflow.decisions.editing import Document
from formloom.workflow.definition import ProcessDefinition


@dataclass(frozen=True, slots=True)
class Use:
    """`decision`: key of the decision that is asked; `process` and `step` are labels."""

    decision: str
    process: Label
    step: Label


def of(definitions: Mapping[str, ProcessDefinition], document: Document | None) -> tuple[Use, ...]:
    """The uses of the decisions of a file; a decision is asked by id, or by its name."""
    if document is None:
        return ()
    keys = {part.name: part.key for part in document.parts} | {part.key: part.key for part in document.parts}
    return tuple(
        Use(keys[node.decision.ref], definition.label, node.label)
        for definition in definitions.values() for node in definition.nodes.values()
        if node.decision is not None and node.decision.ref in keys)
