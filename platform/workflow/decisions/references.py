"""Every place where a DMN file names a decision, and its expressions as far as what they are given is known to come
from records: from fields that the decision computes, and from the steps of processes that ask it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from formloom.errors import Place
from formloom.feel import inference, static
from formloom.feel.static import ANY, Environment, Type
from formloom.metadata.catalog import Catalog
from formloom.metadata.references import DEFINITION, NAMED, Expressed, Found, Mention, Name, Passage
from formloom.metadata.scopes import Scopes
from formloom.metadata.sources import DecisionSource, Source
from formloom.metadata.spelling import Written
from formloom.workflow import markup
from formloom.workflow.decisions.boxed import child, label_of, text_of
from formloom.workflow.markup import line, local
from formloom.workflow.passages import Passages

CALLABLE: Final = frozenset({"decision", "decisionService"})
_POINTING: Final = frozenset({"requiredDecision", "outputDecision", "encapsulatedDecision", "inputDecision",
                              "DMNShape", "DMNEdge"})
_NAMING: Final = frozenset({"variable", "formalParameter", "contextEntry", "inputData", "businessKnowledgeModel",
                            "decision", "decisionService"})
_SAYING: Final = frozenset({"literalExpression", "inputExpression", "inputEntry", "outputEntry"})
Given = Mapping[str, Type]      # by the name of an input


def given(catalog: Catalog, asked: Iterable[tuple[str, Given]]) -> dict[str, dict[str, Type]]:
    """What the decisions are asked with, by their ids: by fields of entities, and as `asked` by steps of processes.

    What is of different types is `any`.
    """
    scopes = Scopes(catalog.entities)
    found: dict[str, dict[str, Type]] = {}
    fields = ((field.decision.key, {name: inference.infer(said.ast, scopes.environment(entity)).type
                                    for name, said in field.decision.inputs.items()})
              for entity in catalog.entities.values() for field in entity.fields.values() if field.decision)
    for key, inputs in (*fields, *asked):
        known = found.setdefault(key, {})
        for name, type_ in inputs.items():
            known[name] = static.joined((known[name], type_)) if name in known else type_
    return found


def of_decisions(source: Source, file: DecisionSource, types: Mapping[str, Given]) -> Iterator[Found]:
    """`types`: see `given`; those of all decisions of the file hold in all of it, where they do not contradict."""
    root, _ = markup.parse(source.text, source.path)
    if root is not None:
        known: dict[str, Type] = {}
        for key in file.keys:
            for name, type_ in types.get(key, {}).items():
                known[name] = static.joined((known[name], type_)) if name in known else type_
        yield from _File(source, root, frozenset(file.keys), file.namespace, known, Passages(source.text, root)).found()


@dataclass(frozen=True, slots=True)
class _File:
    source: Source
    root: etree._Element
    keys: frozenset[str]
    namespace: str
    types: Given
    places: Passages

    def found(self) -> Iterator[Found]:
        named = {e.get("name", "") for e in self.root.iter(etree.Element) if local(e) in _NAMING} - {""}
        around = Environment({**dict.fromkeys(named, ANY), **self.types}, open=True)
        telling = any(type_.members or type_.origin or type_.item.members for type_ in self.types.values())
        for element in self.root.iter(etree.Element):
            yield from self.names(element)
            if telling and local(element) in _SAYING:
                yield from self.expression(element, around)

    def names(self, element: etree._Element) -> Iterator[Mention]:
        kind = local(element)
        if kind in CALLABLE and element.get("id") in self.keys:
            yield from self.mention(element, "id", 0, DEFINITION)
        for slot in ("href", "dmnElementRef"):
            space, _, key = element.get(slot, "").rpartition("#" if slot == "href" else ":")
            if kind in _POINTING and key in self.keys and space in ("", self.namespace):
                yield from self.mention(element, slot, len(element.get(slot, "")) - len(key), NAMED)

    def mention(self, element: etree._Element, slot: str, start: int, kind: str) -> Iterator[Mention]:
        value = element.get(slot, "")
        yield Mention(self.passage(element, value, slot, self.places.attribute(element, slot)),
                      Name("decision", value[start:]), start, len(value), kind)

    def expression(self, element: etree._Element, around: Environment) -> Iterator[Expressed]:
        holder, text = child(element, "text"), text_of(element)
        if holder is None or not text.strip() or text.strip() == "-":
            return
        shadowed = dict.fromkeys((name for name in _inner(element) if name in self.types), ANY)
        inside = around.knowing(**shadowed)
        if local(element) == "inputEntry":
            inside = inside.knowing(**{"?": self.asked(element, inside)})
        yield Expressed(self.passage(element, text, "", self.places.inside(holder)), inside,
                        local(element) == "inputEntry")

    def asked(self, cell: etree._Element, around: Environment) -> Type:
        """The type of what the column of a cell compares."""
        rule = cell.getparent()
        table = None if rule is None else rule.getparent()
        if rule is None or table is None:
            return ANY
        column = [e for e in rule if local(e) == "inputEntry"].index(cell)
        inputs = [e for e in table if local(e) == "input"]
        asked = child(inputs[column], "inputExpression") if column < len(inputs) else None
        said = None if asked is None else Expressed(self.passage(asked, text_of(asked), "", Written(())), around)
        expression = said.expression if said else None
        return inference.infer(expression.ast, around).type if expression else ANY

    def passage(self, element: etree._Element, text: str, slot: str, written: Written) -> Passage:
        owner = next((e for e in (element, *element.iterancestors()) if local(e) in CALLABLE), self.root)
        name = owner.get("id", "")
        label = str(label_of(owner, owner.get("name", name)).get("en", name))
        return Passage(f"decision/{name}", (local(element), element.get("id", ""), slot), label,
                       Place(self.source.path, line(element)), text, self.source.pack, self.source.path, written)


def _inner(element: etree._Element) -> Iterator[str]:
    """Names that are nearer than the inputs: entries of contexts, parameters, what iterates."""
    for around in element.iterancestors():
        if local(around) in ("context", "functionDefinition", "encapsulatedLogic"):
            for name in around.iter("{*}variable", "{*}formalParameter"):
                yield name.get("name", "")
        if around.get("iteratorVariable"):
            yield around.get("iteratorVariable", "")
