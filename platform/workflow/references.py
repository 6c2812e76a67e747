"""Every place where a diagram names something of the catalog: in attributes, in expressions, and in texts of those."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from lxml import etree

from formloom import feel
from formloom.errors import Place
from formloom.feel import inference, syntax
from formloom.feel.static import ANY, Type
from formloom.metadata.catalog import Catalog
from formloom.metadata.references import (
    DEFINITION,
    IMPLIED,
    NAMED,
    OWNED,
    WORDS,
    Expressed,
    Found,
    Mention,
    Name,
    Passage,
)
from formloom.metadata.sources import Source
from formloom.metadata.spelling import Edit, Written
from formloom.workflow import actions, markup, reader
from formloom.workflow.markup import BPMN, FORMLOOM, local, namespace
from formloom.workflow.passages import Passages
from formloom.workflow.reading import Reading, Spoken, naming

_CAMUNDA: Final = "{http://camunda.org/schema/1.0/bpmn}"
# What the attributes of our extension elements, and of BPMN, name.
ATTRIBUTES: Final[Mapping[tuple[str, str], str]] = {
    ("binding", "entity"): "entity", ("trigger", "action"): "action", ("trigger", "level"): "level",
    ("assignment", "role"): "role", ("assignment", "line-until"): "role", ("assignment", "fallback"): "role",
    ("field", "name"): "field", ("decision", "ref"): "decision", ("calledDecision", "decisionId"): "decision",
    ("businessRuleTask", f"{_CAMUNDA}decisionRef"): "decision", ("process", "id"): "+process",
    ("participant", "processRef"): "process", ("callActivity", "calledElement"): "process",
}
# Parameters of actions that are texts with a name in them.
PARAMETERS: Final[Mapping[str, str]] = {"entity": "entity", "action": "action", "role": "role"}
_ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
_RECORD_PAGE: Final = re.compile(r"/records/([a-z][a-z0-9_]*)(?=/|\?|$)")
_OWN_TASKS: Final[Mapping[str, Any]] = {
    "update_record": actions.update_record, "create_record": actions.create_record,
    "create_records": actions.create_record, "run_action": actions.run_action, "delete_record": actions.delete_record,
}


def of_process(source: Source, catalog: Catalog, service_tasks: Mapping[str, Any] | None = None) -> Iterator[Found]:
    """None of a file that cannot be read."""
    root, _ = markup.parse(source.text, source.path)
    if root is not None:
        reading = reader.spoken(root, source.text, source.path, catalog)
        held = Passages(source.text, root)
        yield from _Diagram(source, catalog, service_tasks or _OWN_TASKS, root, reading, held, set()).found()


def asked(source: Source, catalog: Catalog) -> Iterator[tuple[str, dict[str, Type]]]:
    """What the steps of a process ask decisions with: parameters by name, and names of the process for the others."""
    root, _ = markup.parse(source.text, source.path)
    if root is None:
        return
    reading = reader.spoken(root, source.text, source.path, catalog)
    said = {spoken.element: spoken for spoken in reading.spoken}
    for element in root.iter(f"{{{FORMLOOM}}}decision", f"{{{_ZEEBE}}}calledDecision"):
        key = element.get("ref", "") or element.get("decisionId", "")
        given = {one.get("name", ""): _type_of(said[one]) for one in element if one in said}
        names = catalog.decisions[key].inputs[key] if key in catalog.decisions else ()
        around = reading.environment()
        implied = {name: known[0] for name in names if name not in given and (known := around.find(name))}
        yield key, {**implied, **given}


def _type_of(spoken: Spoken) -> Type:
    try:
        expression = feel.compile(spoken.text, spoken.environment.names())
    except feel.FeelSyntaxError:
        return ANY
    return inference.infer(expression.ast, spoken.environment).type


@dataclass(frozen=True, slots=True)
class _Diagram:
    source: Source
    catalog: Catalog
    service_tasks: Mapping[str, Any]
    root: etree._Element
    reading: Reading
    places: Passages
    taken: set[tuple[etree._Element, str, int]]     # passages that an expression was found in already

    def found(self) -> Iterator[Found]:
        for element in self.root.iter(etree.Element):
            yield from self.attributes(element)
            if namespace(element) == FORMLOOM and local(element) == "param":
                yield from self.parameter(element)
            if namespace(element) == BPMN and local(element) == "lane" and element.get("name") in self.catalog.roles:
                yield from self.attribute(element, "name", "role")
        for spoken in self.reading.spoken:
            yield from self.expression(spoken)

    @property
    def bound(self) -> str:
        return self.reading.entity.name if self.reading.entity else ""

    def attributes(self, element: etree._Element) -> Iterator[Mention]:
        for name in map(str, element.attrib):
            if name == "bpmnElement" and element.get(name) == self.reading.process:
                yield from self.attribute(element, name, "process")
            elif kind := ATTRIBUTES.get((local(element), name)):
                yield from self.attribute(element, name, kind)
                if kind == "decision":
                    yield from self.implied(element, name)

    def implied(self, element: etree._Element, slot: str) -> Iterator[Mention]:
        """Inputs that a decision takes from the record by their names, because the step does not say them."""
        key, around = element.get(slot, ""), self.reading.environment()
        said = {one.get("name", "") for one in element}
        for name in self.catalog.decisions[key].inputs[key] if key in self.catalog.decisions else ():
            known = around.find(name)
            if name not in said and known and known[1] == self.bound != "":
                passage = self.passage(element, key, slot, self.places.attribute(element, slot))
                yield Mention(passage, Name("field", name, self.bound), 0, 0, IMPLIED, self.saying(element, name))

    def saying(self, element: etree._Element, name: str) -> Edit | None:
        """A parameter, right behind the tag that asks the decision."""
        tag = self.places.tag(element)
        prefix = next((prefix for prefix, space in element.nsmap.items() if space == FORMLOOM and prefix), None)
        if prefix is None:
            return None
        param = f'<{prefix}:param name="{name}">{{}}</{prefix}:param>'
        if not tag.empty:
            return Edit(tag.end, tag.end, param)
        return Edit(tag.end - 2, tag.end, f">{param}</{tag.name}>")

    def needless(self, param: etree._Element) -> tuple[str, Edit] | None:
        """A parameter that is written just as `saying` writes it."""
        owner, name = param.getparent(), param.get("name", "")
        if owner is None or local(owner) not in ("decision", "calledDecision"):
            return None
        tag, said = self.places.tag(owner), self.saying(owner, name)
        text = (said.text if said else "").replace("{}", param.text or "")
        if text and self.source.text.startswith(f"{text}</{tag.name}>", tag.end):
            return name, Edit(tag.end - 1, tag.end + len(text) + len(f"</{tag.name}>"), "/>")
        return (name, Edit(tag.end, tag.end + len(text), "")) if self.source.text.startswith(text, tag.end) else None

    def attribute(self, element: etree._Element, name: str, kind: str, owner: str | None = None) -> Iterator[Mention]:
        value, target = element.get(name, ""), kind.lstrip("+")
        start = value.rfind(":") + 1 if target == "process" else 0
        about = (self.bound if owner is None else owner) if target in OWNED else ""
        if value:
            yield Mention(self.passage(element, value, name, self.places.attribute(element, name)),
                          Name(target, value[start:], about), start, len(value),
                          DEFINITION if kind.startswith("+") else NAMED)

    def passage(self, element: etree._Element, text: str, slot: str, written: Written) -> Passage:
        return Passage(f"process/{self.reading.process}", (naming(element), local(element), slot), naming(element),
                       Place(self.source.path, self.source.text.count("\n", 0, written.at[0]) + 1), text,
                       self.source.pack, self.source.path, written)

    # -- what actions are given ----------------------------------------------------------------------------------

    def parameter(self, element: etree._Element) -> Iterator[Mention]:
        owner = element.getparent()
        name = element.get("name", "")
        if owner is not None and local(owner) == "withdraw":
            yield from self.attribute(element, "name", "field")
        elif owner is not None and local(owner) == "action" and name not in self._declared(owner):
            yield from self.attribute(element, "name", "field", self.written_to(owner))

    def _declared(self, action: etree._Element) -> frozenset[str]:
        """Parameters that are the action's own; what it takes beside them are fields."""
        task = self.service_tasks.get(action.get("name", ""))
        given = inspect.signature(task).parameters.values() if task is not None else ()
        own = {p.name for p in given if p.kind is p.KEYWORD_ONLY} | {"for"}
        fields = any(p.kind is p.VAR_KEYWORD and p.name == "fields" for p in given)
        return frozenset(own) if fields else frozenset(one.get("name", "") for one in action)

    def written_to(self, action: etree._Element) -> str:
        """The entity whose fields an action is given."""
        said = next((markup.words(one) for one in action if one.get("name") == "entity"), "")
        return said.strip('"') if said else self.bound

    # -- expressions ---------------------------------------------------------------------------------------------

    def expression(self, spoken: Spoken) -> Iterator[Found]:
        place = self.find(spoken)
        if place is None:
            return
        element, slot, start, written = place
        passage = self.passage(element, spoken.text, slot, written.part(start, start + len(spoken.text)))
        if local(element) == "param":
            passage = replace(passage, implies=self.needless(element))
        said = Expressed(passage, spoken.environment, takes=self._takes(element))
        yield said
        expression = said.expression
        for node in expression.ast.walk() if expression else ():
            if isinstance(node, syntax.Literal) and isinstance(node.value, str):
                yield from self.words(passage, node, element)

    def words(self, passage: Passage, node: syntax.Literal, element: etree._Element) -> Iterator[Mention]:
        """Names in a text: the address of a record's page, and what an action is told by name."""
        inner = passage.text[node.start + 1:node.end - 1]
        if page := _RECORD_PAGE.match(inner):
            start = node.start + 1
            yield Mention(passage, Name("entity", page[1]), start + page.start(1), start + page.end(1), WORDS)
        owner, kind = element.getparent(), PARAMETERS.get(element.get("name", ""))
        if kind and owner is not None and local(owner) == "action" and inner == node.value:
            about = self.written_to(owner) if kind in OWNED else ""
            yield Mention(passage, Name(kind, inner, about), node.start + 1, node.end - 1, WORDS)

    def _takes(self, element: etree._Element) -> str:
        """The choice field that a parameter is written to."""
        owner = element.getparent()
        if owner is None or local(element) != "param" or local(owner) not in ("action", "withdraw"):
            return ""
        entity = self.catalog.entities.get(self.written_to(owner) if local(owner) == "action" else self.bound)
        field = entity.fields.get(element.get("name", "")) if entity else None
        return f"{entity.name}.{field.name}" if entity and field and field.choices else ""

    def find(self, spoken: Spoken) -> tuple[etree._Element, str, int, Written] | None:
        """Which attribute or text says it: the first that nothing else of the same words was found in, else the first.
        """
        places = list(self._places(spoken))
        free = [p for p in places if (p[0], p[1], p[2]) not in self.taken]
        chosen = next(iter(free or places), None)
        if chosen is None:
            return None
        element, slot, start = chosen
        self.taken.add(chosen)
        written = self.places.attribute(element, slot) if slot else self.places.inside(element)
        return element, slot, start, written

    def _places(self, spoken: Spoken) -> Iterator[tuple[etree._Element, str, int]]:
        script = local(spoken.element) == "scriptTask"
        for element in spoken.element.iter(etree.Element):
            if element is not spoken.element and local(element) in ("param", "action", "decision"):
                continue
            for slot, text in (*((str(k), str(v)) for k, v in element.attrib.items()), ("", element.text or "")):
                if text.strip() == spoken.text:
                    yield element, slot, text.index(spoken.text)
                elif script and local(element) == "script":
                    for line_ in re.finditer(r"=\s*" + re.escape(spoken.text) + r"\s*$", text, re.MULTILINE):
                        yield element, slot, line_.start() + line_[0].index(spoken.text)
