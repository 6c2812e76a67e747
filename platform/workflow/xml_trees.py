"""A BPMN or DMN file as plain trees that can be merged: its parts by their ids, and back.

A part is an element that a person sees on its own; what it holds without being a part is folded into its tree. A tree
has `@attributes`, `#text`, and its children by their names; `#parent` says in which part a part stands, and `#id:...`
where in it. The drawing is kept apart: it says where parts are, and nothing about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from formloom.workflow.markup import BPMN, FORMLOOM, XSI, local, namespace

ROOT, TAG, TEXT, PARENT, MARKUP, CHILD, COMMENT = "#root", "#tag", "#text", "#parent", "#xml", "#id:", "#comment"
_TYPE: Final = f"{{{XSI}}}type"
FIRST: Final = {"documentation": 0, "description": 0, "extensionElements": 1}      # where schemas want them
Tree = dict[str, Any]
Names = dict[str | None, str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one language is cut into parts.

    `key`: of an element below the part with that key, empty for what is folded; `name`: by what a folded element is
    told from its like. `hard`: attributes without whose target a part cannot be. `drawing`: the namespace of diagrams,
    the attribute by which a shape names its part.
    """

    key: Callable[[etree._Element, str], str]
    name: Callable[[etree._Element], str]
    hard: frozenset[str]
    drawing: Callable[[etree._Element], bool]
    shows: str
    aspect: Callable[[tuple[str, ...]], str]
    prepare: Callable[[etree._Element, dict[str, Tree]], None]
    finish: Callable[[dict[str, etree._Element], dict[str, Tree]], None]
    silent: frozenset[str] = frozenset({"@id"})


@dataclass(slots=True)
class Document:
    parts: dict[str, Tree] = field(default_factory=dict)
    diagrams: list[etree._Element] = field(default_factory=list)
    names: Names = field(default_factory=dict)


def read(root: etree._Element, dialect: Dialect) -> Document:
    document = Document()
    for element in root.iter(etree.Element):
        for prefix, uri in element.nsmap.items():
            document.names.setdefault(prefix, uri)
    _part(root, ROOT, "", document, dialect)
    dialect.prepare(root, document.parts)
    return document


def written(parts: dict[str, Tree], names: Names, dialect: Dialect) -> etree._Element:
    """The tree as elements; parts whose place nobody knows come last in the part around them."""
    elements: dict[str, etree._Element] = {}
    inside: dict[str, list[str]] = {}
    for key, tree in parts.items():
        inside.setdefault(tree.get(PARENT, ""), []).append(key)
    root = etree.Element(parts[ROOT][TAG], nsmap=names)     # type: ignore[arg-type]
    pending = [(ROOT, root)]
    while pending:
        key, element = pending.pop()
        elements[key] = element
        for child in _children(key, parts, inside):
            if child.startswith(CHILD):
                inner = child.removeprefix(CHILD)
                pending.append((inner, etree.SubElement(element, parts[inner][TAG])))
            else:
                _append(element, parts[key][child], names)
        _fill(element, parts[key], names)
    dialect.finish(elements, parts)
    return root


def folded_names(tree: Tree) -> Iterator[str]:
    """The children that are folded into a tree."""
    return (key for key, value in tree.items() if isinstance(value, dict))


def names_of(*documents: Document) -> Names:
    """Prefixes of the first, and those of the others for what it does not know."""
    found: Names = {}
    for document in documents:
        for prefix, uri in document.names.items():
            if uri not in found.values():
                found.setdefault(prefix, uri)
    return found


def _part(element: etree._Element, key: str, parent: str, document: Document, dialect: Dialect) -> None:
    tree: Tree = {TAG: str(element.tag)} | ({PARENT: parent} if parent else {}) | _attributes(element)
    document.parts[key] = tree
    for child in element:
        if isinstance(child.tag, str) and dialect.drawing(child):
            document.diagrams.append(child)
            continue
        inner = dialect.key(child, key) if isinstance(child.tag, str) else ""
        if inner and inner not in document.parts:
            tree[CHILD + inner] = ""
            _part(child, inner, key, document, dialect)
        else:
            _fold(child, tree, dialect)
    _text(element, tree)


def _fold(element: etree._Element, into: Tree, dialect: Dialect) -> None:
    if not isinstance(element.tag, str):
        if isinstance(element, etree._Comment):
            into[_free(f"{COMMENT} {(element.text or '').strip()}", into)] = {TAG: COMMENT, TEXT: element.text or ""}
        return
    own = "" if namespace(element) in (BPMN, FORMLOOM) or "/DMN/" in namespace(element) else f"{{{namespace(element)}}}"
    name = " ".join(filter(None, (own + local(element), dialect.name(element))))
    into[_free(name, into)] = _folded(element, dialect)


def _folded(element: etree._Element, dialect: Dialect) -> Tree:
    tree: Tree = {TAG: str(element.tag)} | _attributes(element)
    if len(element) and _mixed(element):
        return tree | {MARKUP: etree.tostring(element, encoding="unicode", with_tail=False)}
    for child in element:
        _fold(child, tree, dialect)
    _text(element, tree)
    return tree


def _mixed(element: etree._Element) -> bool:
    return any((text or "").strip() for text in (element.text, *(child.tail for child in element)))


def _free(name: str, taken: Mapping[str, Any]) -> str:
    found, n = name, 1
    while found in taken:
        n += 1
        found = f"{name} ~{n}"
    return found


def _attributes(element: etree._Element) -> Tree:
    found = {f"@{name!s}": str(value) for name, value in element.attrib.items()}
    kind = found.get(f"@{_TYPE}")
    if kind is not None:
        prefix, _, name = kind.rpartition(":")
        found[f"@{_TYPE}"] = f"{{{element.nsmap.get(prefix or None, '')}}}{name}"
    return found


def _text(element: etree._Element, tree: Tree) -> None:
    text = element.text or ""
    if text.strip() or (text and not len(element)):
        tree[TEXT] = text


def _children(key: str, parts: dict[str, Tree], inside: dict[str, list[str]]) -> list[str]:
    """In the order of the tree; parts that it does not mention at its end."""
    there = dict.fromkeys(inside.get(key, ()))
    placed = [name for name in parts[key] if isinstance(parts[key][name], dict) or
              (name.startswith(CHILD) and name.removeprefix(CHILD) in there)]
    rest = [CHILD + one for one in there if CHILD + one not in parts[key]]
    return sorted([*placed, *rest], key=lambda name: FIRST.get(name, 2))


def _fill(element: etree._Element, tree: Tree, names: Names) -> None:
    for key, value in tree.items():
        if key == f"@{_TYPE}":
            uri, _, name = value.removeprefix("{").rpartition("}")
            prefix = next((prefix for prefix, known in names.items() if known == uri), None)
            element.set(_TYPE, f"{prefix}:{name}" if prefix else name)
        elif key.startswith("@"):
            element.set(key.removeprefix("@"), value)
    if TEXT in tree:
        element.text = tree[TEXT]


def _append(into: etree._Element, tree: Tree, names: Names) -> None:
    if tree[TAG] == COMMENT:
        into.append(etree.Comment(tree[TEXT]))
        return
    if MARKUP in tree:
        into.append(etree.fromstring(tree[MARKUP], etree.XMLParser(resolve_entities=False, no_network=True)))
        return
    element = etree.SubElement(into, tree[TAG])
    _fill(element, tree, names)
    for name in sorted(folded_names(tree), key=lambda name: FIRST.get(name, 2)):
        _append(element, tree[name], names)
