"""The decisions of a catalog: found by id or name, asked with inputs by name, with how each answer came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from formloom.errors import BadConfiguration, FormloomError, Problem, Text, UnknownDecision, near
from formloom.feel import FeelWarning
from formloom.metadata.catalog import Catalog, Label
from formloom.metadata.sources import DecisionSource
from formloom.workflow.decisions import model
from formloom.workflow.decisions.model import Model, Node
from formloom.workflow.decisions.tables import Hit, Run
from formloom.workflow.decisions.types import ItemType


class DecisionFailed(FormloomError):
    """The decision has no answer: an input is missing or of another type, or the hit policy of a table is broken."""

    code, status = "decision-failed", 422

    def __init__(self, decision: Decision, failures: tuple[Text, ...]) -> None:
        super().__init__(failures[0], Text("Look at the decision {name}.", name=decision.label))
        self.failures = failures


@dataclass(frozen=True, slots=True)
class Datum:
    """An input or output."""

    name: str
    label: Label
    type: ItemType


@dataclass(frozen=True, slots=True)
class Answer:
    """`failures` are why the value is null though it should not be; `warnings` are FEEL's."""

    value: Any
    hits: tuple[Hit, ...] = ()
    failures: tuple[Text, ...] = ()
    warnings: tuple[FeelWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision or decision service that may be called. `outputs`: entries of the result, one for a single value."""

    id: str
    source: DecisionSource
    model: Model
    node: Node
    inputs: Mapping[str, Datum]
    outputs: Mapping[str, Datum]

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def label(self) -> Label:
        return self.node.label

    @property
    def hash(self) -> str:
        return self.source.hash

    def evaluate(self, inputs: Mapping[str, Any], now: datetime | None = None) -> Answer:
        """Inputs that are not the decision's own are refused: they could stand for the decision itself."""
        failures = tuple(self._unfit(inputs))
        if failures:
            return Answer(None, failures=failures)
        run = Run(now)
        value = self.model.ask(self.node, inputs, run)
        failures = tuple(run.failures) or tuple(self._unanswered(value, inputs, run))
        return Answer(value, tuple(run.hits), failures, tuple(run.warnings))

    def decide(self, inputs: Mapping[str, Any], now: datetime | None = None) -> Answer:
        """The answer, or DecisionFailed."""
        answer = self.evaluate(inputs, now)
        if answer.failures:
            raise DecisionFailed(self, answer.failures)
        return answer

    def _unfit(self, inputs: Mapping[str, Any]) -> Iterator[Text]:
        for name in self.inputs.keys() - inputs.keys():
            yield Text("{decision}: the input {input} is missing.", decision=self.label, input=self.inputs[name].label)
        for name in sorted(inputs.keys() - self.inputs.keys()):
            guess = near(name, self.inputs)
            known = Text("Did you mean {near}?", near=guess) if guess else Text(
                "Known: {names}.", names=", ".join(self.inputs))
            yield Text("{decision} has no input {input}. {hint}", decision=self.label, input=name, hint=known)

    def _unanswered(self, value: Any, inputs: Mapping[str, Any], run: Run) -> Iterator[Text]:
        """No rule holds because an input is empty: an answer is missing, not empty."""
        empty = [self.inputs[name].label for name in self.inputs if inputs[name] is None]
        if value is None and empty and run.hits and not run.hits[-1].rules:
            yield Text("{decision}: no rule holds, and the input {input} is empty.", decision=self.label,
                       input=empty[0])


@dataclass(frozen=True)
class Decisions(Mapping[str, Decision]):
    """By id, in the order of files; `find` also takes a name. `models`: the files without errors."""

    by_id: Mapping[str, Decision] = field(default_factory=dict)
    models: tuple[Model, ...] = ()

    def __getitem__(self, key: str) -> Decision:
        return self.by_id[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_id)

    def __len__(self) -> int:
        return len(self.by_id)

    def find(self, key: str) -> Decision:
        """By id, else by a name that only one decision has; raises UnknownDecision."""
        named = [one for one in self.by_id.values() if one.name == key]
        found = self.by_id.get(key) or (named[0] if len(named) == 1 else None)
        if found is None:
            raise UnknownDecision(key, self.by_id)
        return found


def read_all(catalog: Catalog) -> tuple[Decisions, list[Problem]]:
    """Every decision of the catalog, and every problem of its files; a file with an error gives no decisions."""
    found: dict[str, Decision] = {}
    models: list[Model] = []
    problems: list[Problem] = []
    for source, read, wrong in _models(catalog.decision_files):
        problems += wrong
        if read is not None and not any(p.severity == "error" for p in wrong):
            models.append(read)
            found |= {key: decision_of(key, source, read) for key in source.keys if catalog.decisions[key] is source}
    return Decisions(found, tuple(models)), problems


def problems(files: Sequence[DecisionSource]) -> list[Problem]:
    """Of files that belong to no catalog, because something else is wrong with it."""
    return [problem for _, _, wrong in _models(files) for problem in wrong]


def _models(files: Sequence[DecisionSource]) -> Iterator[tuple[DecisionSource, Model | None, list[Problem]]]:
    texts = importable(files)
    for source in files:
        try:
            read = model.read(source.text, source.place.file, texts)
        except BadConfiguration as error:
            yield source, None, list(error.problems)
        else:
            yield source, read, read.problems


def importable(files: Sequence[DecisionSource]) -> dict[str, str]:
    """Texts by namespace; a modeler gives the same one to many files, and those import nothing from each other."""
    texts: dict[str, list[str]] = {}
    for source in files:
        texts.setdefault(source.namespace, []).append(source.text)
    return {namespace: given[0] for namespace, given in texts.items() if len(given) == 1}


def decision_of(key: str, source: DecisionSource, read: Model) -> Decision:
    node = read.nodes[key]
    return Decision(key, source, read, node, _inputs(read, node), _outputs(read, node))


def _inputs(read: Model, node: Node) -> dict[str, Datum]:
    """Of a service, what it is called with; of a decision, all input data below it."""
    if node.kind == "decisionService":
        places = [place for href in node.parameters if (place := read.find(href))]
        return {one.name: Datum(one.name, one.label, one.declared) for _, one in places}
    found: dict[str, Datum] = {}
    pending, seen = [(read, node)], set()
    while pending:
        owner, one = pending.pop(0)
        if (owner.namespace, one.id) in seen:
            continue
        seen.add((owner.namespace, one.id))
        if one.kind == "inputData":
            found.setdefault(one.name, Datum(one.name, one.label, one.declared))
        found |= {name: Datum(name, {"en": name}, kind) for name, kind in one.implicit.items() if name not in found}
        pending += [place for href in one.requires if (place := owner.find(href))]
    return found


def _outputs(read: Model, node: Node) -> dict[str, Datum]:
    """The columns of a table with several, the decisions of a service with several, the entries of a declared type."""
    if node.table and len(node.table.outputs) > 1:
        return {one.name: Datum(one.name, one.label, one.kind) for one in node.table.outputs}
    if len(node.outputs) > 1:
        places = [place for href in node.outputs if (place := read.find(href))]
        return {one.name: Datum(one.name, one.label, one.declared) for _, one in places}
    if len(node.outputs) == 1 and (place := read.find(node.outputs[0])):
        return _outputs(*place)
    components = (read.types.items.get(node.declared.base) or node.declared).components or node.declared.components
    if components:
        return {name: Datum(name, {"en": name}, kind) for name, kind in components.items()}
    kind = node.table.outputs[0].kind if node.table and node.declared.base == "Any" else node.declared
    return {node.name: Datum(node.name, node.label, kind)}
