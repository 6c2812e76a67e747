"""A drawing once more under another id."""

from __future__ import annotations

from lxml import etree

from formloom.workflow import differences
from formloom.workflow.markup import BPMN, FORMLOOM, local


def copied(text: str, file: str, key: str, suffix: str) -> str:
    """With the suffix behind each of its names, so that a list tells the two apart."""
    root = differences.parsed(text, file)
    process = next((e for e in root.iterfind(f"{{{BPMN}}}process") if e.get("isExecutable") == "true"),
                   root.find(f"{{{BPMN}}}process"))
    if process is not None:
        _named(process, suffix)
        _renamed(root, process.get("id", ""), key)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + str(etree.tostring(root, encoding="unicode")) + "\n"


def _named(process: etree._Element, suffix: str) -> None:
    process.set("name", f"{process.get('name', process.get('id', ''))} {suffix}")
    for label in process.iterfind(f"{{{BPMN}}}extensionElements/{{{FORMLOOM}}}label"):
        for language, words in label.attrib.items():
            label.set(language, f"{words!s} {suffix}")


def _renamed(root: etree._Element, old: str, key: str) -> None:
    for element in root.iter(etree.Element):
        kind = local(element)
        for attribute in {"process": ("id",), "participant": ("processRef",)}.get(kind, ("bpmnElement",)):
            if element.get(attribute) == old:
                element.set(attribute, key)
