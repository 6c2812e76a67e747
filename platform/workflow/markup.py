"""XML from strangers: no entities, no DTD, no network, bounded in size, elements and depth."""

from __future__ import annotations

from typing import cast

from lxml import etree

from formloom.errors import Place, Problem, Text

MAX_BYTES = 1_000_000
MAX_ELEMENTS = 20_000      # with the diagram's shapes and edges
MAX_DEPTH = 40
MAX_SECONDS = 5.0         # for all of a diagram; a hundred times what a large one takes

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
FORMLOOM = "https://formloom.org/bpmn/1.0"
DIAGRAM = frozenset({
    "http://www.omg.org/spec/BPMN/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/DC",
    "http://www.omg.org/spec/DD/20100524/DI",
})


def parse(text: str, file: str) -> tuple[etree._Element | None, list[Problem]]:
    data = text.encode()
    if len(data) > MAX_BYTES:
        return None, [_refused(file, 1, Text("The diagram is larger than {limit} bytes.", limit=MAX_BYTES))]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
                             huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        return None, [Problem("bpmn-xml", Text("This is not well-formed XML: {reason}.",
                                               reason=error.msg or "unreadable"),
                              Place(file, line), Text("Save the diagram again from the BPMN modeler."))]
    problem = _limits(root, file)
    return (None, [problem]) if problem else (root, [])


def _limits(root: etree._Element, file: str) -> Problem | None:
    if root.getroottree().docinfo.internalDTD is not None:
        return _refused(file, 1, Text("The file declares a document type, which a diagram does not need."))
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        return _refused(file, 1, Text("The diagram has more than {limit} XML elements.", limit=MAX_ELEMENTS))
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return _refused(file, line(level[0]), Text("Elements are nested deeper than {limit}.", limit=MAX_DEPTH))
        level = [child for parent in level for child in parent]
    return None


def _refused(file: str, at: int, message: Text) -> Problem:
    return Problem("bpmn-limit", message, Place(file, at), Text("Save the diagram again from the BPMN modeler."))


def reference(text: str | None) -> str:
    """An id as another element names it: with or without the prefix of its namespace."""
    return (text or "").strip().rpartition(":")[2]


def line(element: etree._Element) -> int:
    return cast("int", element.sourceline or 1)


def namespace(element: etree._Element) -> str:
    return str(etree.QName(element).namespace or "")


def local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def words(element: etree._Element | None) -> str:
    """The text in an element; '' where there is none."""
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()
