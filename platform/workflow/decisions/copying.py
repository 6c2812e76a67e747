"""A DMN file once more under another id: nothing in the copy has an id or a namespace of the original."""

from __future__ import annotations

from typing import Final

from lxml import etree

from formloom.workflow import markup
from formloom.workflow.decisions.boxed import children
from formloom.workflow.decisions.drafting import SPACE
from formloom.workflow.decisions.editing import parsed, top_of
from formloom.workflow.decisions.rewriting import serialised

_KINDS: Final = ("decision", "decisionService")


def copied(text: str, file: str, key: str, name: str) -> str:
    """`key` and `name` are those of the decision that no other one requires; the rest follows from it."""
    root = parsed(text, file)
    top = top_of(root)
    ids = {one.get("id", ""): key if one is top else f"{key}_{one.get('id', '')}"
           for one in children(root) if markup.local(one) in _KINDS and one.get("id")}
    before = root.get("namespace", "")
    for one in root.iter(etree.Element):
        _renamed(one, ids, before)
    root.set("namespace", SPACE + key)
    root.set("name", name)
    root.set("id", f"{key}_file")
    if top is not None:
        top.set("name", name)
        for variable in children(top, "variable"):
            variable.set("name", name)
    return serialised(root, text)


def _renamed(element: etree._Element, ids: dict[str, str], space: str) -> None:
    for attribute in ("id", "dmnElementRef"):
        if element.get(attribute) in ids:
            element.set(attribute, ids[str(element.get(attribute))])
    where, mark, identity = str(element.get("href", "")).rpartition("#")
    if mark and where in ("", space):
        element.set("href", f"#{ids.get(identity, identity)}")
