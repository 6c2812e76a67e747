"""Elements put where they belong in a DMN file, indented as their neighbours are, with ids nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import Final

from lxml import etree

from formloom.workflow import markup
from formloom.workflow.decisions.boxed import child, children

_FIRST: Final = ("description", "extensionElements")


class Names:
    """The ids of one file."""

    def __init__(self, root: etree._Element) -> None:
        self.taken = {str(one.get("id")) for one in root.iter(etree.Element) if one.get("id")}

    def fresh(self, kind: str) -> str:
        name = f"{kind}_{token_hex(4)}"
        while name in self.taken:
            name = f"{kind}_{token_hex(4)}"
        self.taken.add(name)
        return name

    def made(self, beside: etree._Element, name: str, kind: str) -> etree._Element:
        """A new element of the same namespace, in no place yet."""
        made = etree.Element(f"{{{markup.namespace(beside)}}}{name}")
        made.set("id", self.fresh(kind))
        return made


def attribute(element: etree._Element, name: str, value: str) -> None:
    """Set, or taken away where there is no value."""
    if value:
        element.set(name, value)
    elif name in element.attrib:
        del element.attrib[name]


def texted(element: etree._Element, value: str) -> None:
    """The FEEL of an expression or of unary tests."""
    held = child(element, "text")
    if held is None:
        held = inserted(element, "text", (*_FIRST, "text"))
    for inner in list(held):
        held.remove(inner)
    held.text = value


def inserted(parent: etree._Element, name: str, order: Sequence[str], names: Names | None = None) -> etree._Element:
    """A new child in the place that the schema gives it."""
    made = etree.Element(f"{{{markup.namespace(parent)}}}{name}")
    if names is not None:
        made.set("id", names.fresh(name))
    _put(parent, made, order)
    return made


def labelled(element: etree._Element, words: str, before: str) -> None:
    """The Chinese label among the extension elements, as `editing.label_zh` reads it."""
    if words == before:
        return
    attribute(element, f"{{{markup.FORMLOOM}}}label-zh", "")
    held = child(element, "extensionElements")
    if held is None:
        held = inserted(element, "extensionElements", _FIRST)
    found = next((one for one in children(held, "label") if markup.namespace(one) == markup.FORMLOOM), None)
    if found is None:
        found = etree.SubElement(held, f"{{{markup.FORMLOOM}}}label", nsmap={"formloom": markup.FORMLOOM})
    attribute(found, "zh", words)
    if not found.attrib:
        held.remove(found)
    if len(held) == 0:
        element.remove(held)


def arranged(parent: etree._Element, name: str, wanted: Sequence[etree._Element], order: Sequence[str]) -> None:
    """The children of this name are `wanted`, in that order; what stands between them stays in its place."""
    for one in children(parent, name):
        if one not in wanted:
            _removed(parent, one)
    there = children(parent, name)
    kept = [one for one in wanted if one in there]
    if kept != there:
        _permuted(parent, there, kept)
    last: etree._Element | None = None
    for one in wanted:
        if one.getparent() is not parent:
            if last is None:
                _put_first(parent, one, name, order)
            else:
                _put_after(last, one)
        last = one


def _removed(parent: etree._Element, one: etree._Element) -> None:
    """The last of its parent leaves the indentation of the closing tag behind."""
    before = one.getprevious()
    if one.getnext() is None and before is not None:
        before.tail = one.tail
    parent.remove(one)


def _permuted(parent: etree._Element, there: Sequence[etree._Element], kept: Sequence[etree._Element]) -> None:
    tails = [one.tail for one in there]
    marks = [etree.Comment("here") for _ in there]
    for one, mark in zip(there, marks, strict=True):
        parent.replace(one, mark)
    for one, mark, tail in zip(kept, marks, tails, strict=True):
        parent.replace(mark, one)
        one.tail = tail


def _put_first(parent: etree._Element, one: etree._Element, name: str, order: Sequence[str]) -> None:
    there = children(parent, name)
    if there:
        at = parent.index(there[0])
        one.tail = _break_before(there[0])
        parent.insert(at, one)
        _indented(one)
    else:
        _put(parent, one, order)


def _put(parent: etree._Element, one: etree._Element, order: Sequence[str]) -> None:
    """After the last child that the schema puts before it."""
    rank = {name: n for n, name in enumerate(order)}
    mine = rank.get(markup.local(one), len(order))
    before = [other for other in children(parent) if rank.get(markup.local(other), len(order)) <= mine]
    if before:
        _put_after(before[-1], one)
    elif len(parent):
        one.tail = parent.text
        parent.insert(0, one)
        _indented(one)
    else:
        outer = _break_before(parent)
        parent.text, one.tail = outer and outer + "  ", outer
        parent.append(one)
        _indented(one)


def _put_after(last: etree._Element, one: etree._Element) -> None:
    parent = last.getparent()
    if parent is None:
        return
    break_, ending = _break_before(last), last.tail
    parent.insert(parent.index(last) + 1, one)
    one.tail = ending
    if one.getnext() is None:
        last.tail = break_
    _indented(one)


def _break_before(element: etree._Element) -> str | None:
    """The white space with which the line of an element begins."""
    before, parent = element.getprevious(), element.getparent()
    found = before.tail if before is not None else parent.text if parent is not None else "\n"
    return found if found is None or not found.strip() else None


def _indented(one: etree._Element) -> None:
    """The parts of a new element on lines of their own, if it is on one."""
    break_ = _break_before(one)
    if break_ is None or "\n" not in break_ or len(one) == 0:
        return
    one.text = break_ + "  "
    for inner in one:
        inner.tail = break_ + "  "
        _indented(inner)
    one[-1].tail = break_
