"""XML as authored in a pack: no DTD, no entities, no network, bounded in size."""

from __future__ import annotations

from typing import cast

from lxml import etree

from formloom.errors import Place, Problem, Text
from formloom.metadata.sources import Source

MAX_TEXT = 1_000_000


def root(source: Source) -> tuple[etree._Element | None, list[Problem]]:
    place = Place(source.path)
    if len(source.text) > MAX_TEXT:
        return None, [
            Problem("file-too-large", Text("The file has more than {limit} characters.", limit=MAX_TEXT), place)
        ]
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        found = etree.fromstring(source.text.encode(), parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        return None, [
            Problem(
                "xml-syntax",
                Text("This is not XML: {error}.", error=error.msg),
                Place(source.path, line or 1, column or 1),
            )
        ]
    if found.getroottree().docinfo.internalDTD is not None:
        return None, [
            Problem("xml-doctype", Text("A document type is not allowed."), place, Text("Delete the DOCTYPE."))
        ]
    return found, []


def place(source: Source, element: etree._Element) -> Place:
    return Place(source.path, cast("int", element.sourceline or 1))
