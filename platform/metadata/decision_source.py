"""Which decisions a DMN file holds; what is in them is read by `workflow.decisions`."""

from __future__ import annotations

import hashlib
from types import MappingProxyType

from lxml import etree

from formloom.errors import Place, Problem, Text
from formloom.metadata import xml_source
from formloom.metadata.sources import DecisionSource, Source

# DMN 1.2 to 1.5, by the namespaces that the OMG gave them.
MODELS = frozenset({
    "http://www.omg.org/spec/DMN/20180521/MODEL/", "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/", "https://www.omg.org/spec/DMN/20230324/MODEL/",
})
_CALLABLE = ("decision", "decisionService")


def read(source: Source) -> tuple[DecisionSource | None, list[Problem]]:
    root, problems = xml_source.root(source)
    if root is None:
        return None, problems
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in MODELS:
        return None, [_no_dmn(source, str(name.namespace or ""))]
    found: dict[str, Place] = {}
    for element in root.iterchildren(*(f"{{{name.namespace}}}{kind}" for kind in _CALLABLE)):
        key, place = element.get("id", ""), xml_source.place(source, element)
        if not key:
            problems.append(Problem("dmn-id", Text("A decision needs an id."), place, element=element.get("name", "")))
        elif key in found:
            problems.append(Problem("duplicate-decision", Text("{name} is defined twice.", name=key), place,
                                    Text("The first one is at {place}.", place=str(found[key])), element=key))
        else:
            found[key] = place
    inputs = {key: _inputs(root, key) for key in found}
    imports = tuple(one.get("namespace", "") for one in root.iterchildren("{*}import"))
    digest = hashlib.sha256(source.text.encode()).hexdigest()
    return DecisionSource(root.get("namespace", ""), MappingProxyType(found), MappingProxyType(inputs), imports,
                          source.pack, source.text, digest, xml_source.place(source, root)), problems


def _inputs(root: etree._Element, key: str) -> tuple[str, ...]:
    """Names of all input data below a decision; of a table drawn alone, the names its columns ask for."""
    elements = {one.get("id", ""): one for one in root.iterchildren("{*}*") if one.get("id")}
    drawn = any(etree.QName(one).localname == "inputData" for one in elements.values())
    found: dict[str, None] = {}
    pending, seen = [key], set[str]()
    while pending:
        current = pending.pop(0)
        element = elements.get(current)
        if element is None or current in seen:
            continue
        seen.add(current)
        if etree.QName(element).localname == "inputData":
            found[element.get("name", "")] = None
        elif not drawn:
            asked = element.iterfind("{*}decisionTable/{*}input/{*}inputExpression/{*}text")
            found |= dict.fromkeys(text for one in asked if (text := (one.text or "").strip()).isidentifier())
        pending += [str(one.get("href")).removeprefix("#") for one in element.iter("{*}requiredInput",
                    "{*}requiredDecision", "{*}inputData", "{*}inputDecision") if one.get("href")]
    return tuple(found)


def _no_dmn(source: Source, namespace: str) -> Problem:
    old = namespace.startswith("http://www.omg.org/spec/DMN/20151101")
    return Problem(
        "no-decisions", Text("This is not a DMN file of version 1.2 to 1.5."), Place(source.path),
        Text("It is DMN 1.1: open it in a modeler and save it again.") if old else None)
