"""XML from strangers: no entities, no DTD, no network, bounded in size, elements and depth."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
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


# Of text that modelers write; Python knows others that are no encodings of files, or slow ones.
_ENCODINGS = re.compile(r"utf-?8|utf-?16|us-ascii|iso-8859-\d{1,2}|windows-125\d|cp125\d|gb18030|gbk|gb2312|big5", re.I)
_PROLOGUE = re.compile(r"^\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


def decode(data: bytes) -> str:
    """The text of a file, which may be in another encoding than UTF-8: Signavio and older tools declare theirs."""
    declared = _DECLARED.match(data.removeprefix(BOM_UTF8))
    name = declared[1].decode("ascii") if declared else "utf-8"
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        name = "utf-16"
    elif not _ENCODINGS.fullmatch(name):
        name = "utf-8"
    return data.removeprefix(BOM_UTF8).decode(name, "replace")


def parse(text: str, file: str, whole: bool = False) -> tuple[etree._Element | None, list[Problem]]:
    """`whole` keeps what only an editor needs: comments, processing instructions, CDATA."""
    text = _PROLOGUE.sub("", text, count=1)       # it names the encoding of the file, and this is text already
    data = text.encode()
    if len(data) > MAX_BYTES:
        return None, [_refused(file, 1, Text("The diagram is larger than {limit} bytes.", limit=MAX_BYTES))]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
                             huge_tree=False, remove_comments=not whole, remove_pis=not whole, strip_cdata=not whole)
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
