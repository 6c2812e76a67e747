"""Fields of entities that a decision computes: whether it exists, is asked with its inputs, and gives that output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from formloom.errors import Problem, Text, near
from formloom.metadata.catalog import Catalog, DecisionRule, Entity, Field
from formloom.workflow.decisions.library import Decision, Decisions


def check(catalog: Catalog, decisions: Decisions) -> Iterator[Problem]:
    """What only a reader of DMN can tell; a decision whose file cannot be used has problems of its own."""
    for entity in catalog.entities.values():
        for field in entity.fields.values():
            decision = decisions.get(field.decision.key) if field.decision else None
            if field.decision and decision:
                yield from _rule(entity, field, field.decision, decision)


def _rule(entity: Entity, field: Field, rule: DecisionRule, decision: Decision) -> Iterator[Problem]:
    for name in sorted(rule.inputs.keys() - decision.inputs.keys()):
        yield _problem(entity, field, Text("{decision} has no input {input}.", decision=decision.label, input=name),
                       name, decision.inputs)
    for name in sorted(decision.inputs.keys() - rule.inputs.keys()):
        yield _problem(entity, field, Text("{decision} needs the input {input}, and there is no such field.",
                                           decision=decision.label, input=name), name, ())
    if rule.output and rule.output not in decision.outputs:
        yield _problem(entity, field, Text("{decision} has no output {output}.", decision=decision.label,
                                           output=rule.output), rule.output, decision.outputs)
    elif not rule.output and len(decision.outputs) > 1:
        yield _problem(entity, field, Text("{decision} has several outputs; say which one this field holds.",
                                           decision=decision.label), "", decision.outputs)


def _problem(entity: Entity, field: Field, message: Text, name: str, known: Iterable[str]) -> Problem:
    names = sorted(known)
    guess = near(name, names)
    hint = Text("Did you mean {near}?", near=guess) if guess else Text(
        "Known: {names}.", names=", ".join(names)) if names else Text("Say it under inputs.")
    return Problem("decision-rule", message, field.place, hint, element=f"{entity.name}.{field.name}", near=guess)
