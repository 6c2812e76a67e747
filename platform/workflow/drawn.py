"""What a drawing says of itself, also one that could not run yet; and its elements in words for problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from formloom.errors import Problem, Text
from formloom.metadata.catalog import EMPTY, Label
from formloom.workflow import elements, markup, vocabulary
from formloom.workflow.markup import BPMN, local, reference
from formloom.workflow.reading import label_of, naming


@dataclass(frozen=True, slots=True)
class Part:
    """An element as it was drawn; of a flow, the ids of what it connects."""

    id: str
    kind: str
    label: Label = EMPTY
    event: str = ""
    ends: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Drawing:
    """`parts` by id, `named` the same by what problems call them: `userTask review "Review"`."""

    key: str = ""
    label: Label = EMPTY
    entity: str = ""
    triggers: tuple[Mapping[str, str], ...] = ()
    parts: Mapping[str, Part] = EMPTY
    named: Mapping[str, str] = EMPTY

    def element(self, problem: Problem) -> str:
        """The id of the element that the problem is about; the process itself if no other."""
        given = self.named.get(problem.element, problem.element)
        if given in self.parts:
            return given
        words = problem.element.split()
        return words[1] if len(words) > 1 and words[1] in self.parts else self.key


def read(text: str) -> Drawing:
    root, _ = markup.parse(text, "")
    process = _process(root) if root is not None else None
    if process is None:
        return Drawing()
    kinds = elements.FLOW_NODES | {"sequenceFlow", "process"}
    found = [e for e in process.iter(f"{{{BPMN}}}*") if local(e) in kinds]
    binding = vocabulary.extension(process, "binding")
    return Drawing(
        key=process.get("id", ""), label=label_of(process) or {"en": process.get("id", "")},
        entity=binding.get("entity", "") if binding is not None else "",
        triggers=tuple(_attributes(e) for e in vocabulary.extensions(process, "trigger")),
        parts={e.get("id", ""): _part(e) for e in found}, named={naming(e): e.get("id", "") for e in found})


def told(problem: Problem, words: Mapping[str, Text]) -> Text:
    """The message with elements as a person calls them; `words` by the id, or by what problems call it."""
    values = {name: words.get(value, value) if isinstance(value, str) else value
              for name, value in problem.message.values.items()}
    return problem.message.saying(**values)


def _process(root: etree._Element) -> etree._Element | None:
    found = root.findall(f"{{{BPMN}}}process")
    return next((e for e in found if e.get("isExecutable") == "true"), found[0] if found else None)


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _part(element: etree._Element) -> Part:
    events = [local(e).removesuffix("EventDefinition") for e in element if local(e).endswith("EventDefinition")]
    source, target = (reference(element.get(name)) for name in ("sourceRef", "targetRef"))
    return Part(element.get("id", ""), local(element), label_of(element), events[0] if events else "", (source, target))
