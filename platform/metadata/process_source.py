"""Which process a BPMN file holds; what is in it is read by `workflow`."""

from __future__ import annotations

import hashlib
from typing import Any

from lxml import etree

from formloom.errors import Place, Problem, Text
from formloom.metadata.catalog import ProcessSource, Source

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
MAX_TEXT = 1_000_000


def read(source: Source) -> tuple[ProcessSource | None, list[Problem]]:
    """XML is hostile: no DTD, no entities, no network."""
    place = Place(source.path)
    if len(source.text) > MAX_TEXT:
        return None, [
            Problem("file-too-large", Text("The file has more than {limit} characters.", limit=MAX_TEXT), place)
        ]
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(source.text.encode(), parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        return None, [
            Problem(
                "xml-syntax",
                Text("This is not XML: {error}.", error=error.msg),
                Place(source.path, line or 1, column or 1),
            )
        ]
    if _doctype(root):
        return None, [
            Problem("xml-doctype", Text("A document type is not allowed."), place, Text("Delete the DOCTYPE."))
        ]
    executable = [p for p in root.iter(f"{BPMN}process") if p.get("isExecutable") == "true" and p.get("id")]
    if len(executable) != 1:
        return None, [
            Problem(
                "no-process",
                Text("The file must hold one executable process; it holds {count}.", count=len(executable)),
                place,
            )
        ]
    digest = hashlib.sha256(source.text.encode()).hexdigest()
    key = str(executable[0].get("id"))
    return ProcessSource(key, source.pack, source.text, digest, Place(source.path, _line(executable[0]))), []


def _doctype(root: Any) -> str:
    return str(root.getroottree().docinfo.doctype)


def _line(element: Any) -> int:
    return int(element.sourceline or 1)
