"""Forms and layouts of an entity, made from its definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from formloom.feel import Expression
from formloom.metadata.catalog import Field
from formloom.metadata.form_layout import FormLayout, Layout, Section, Tab
from formloom.metadata.labels import label
from formloom.metadata.nodes import Mapping as Node


class FormAssembly:
    """`shown` compiles the condition of a section and reports what is wrong with it."""

    def __init__(self, shown: Callable[[Any], Expression | None]) -> None:
        self._shown = shown

    def usual(self, node: Mapping[str, Any], own: Iterable[Field]) -> FormLayout:
        """Without sections, one that holds every field."""
        tabs = self._tabs(node) or (Tab({}, (Section({}, tuple(f.name for f in own)),)),)
        return FormLayout(tabs, tuple(node.get("headline", ())))

    def layouts(self, nodes: Iterable[Node]) -> tuple[Layout, ...]:
        return tuple(
            Layout(node["name"], label(node.get("label"), node["name"]), FormLayout(self._tabs(node)),
                   tuple(node.get("roles", ())), tuple(node.get("steps", ())), node.place)
            for node in nodes)

    def _tabs(self, node: Mapping[str, Any]) -> tuple[Tab, ...]:
        if node.get("tabs"):
            return tuple(Tab(label(tab.get("label")), self._sections(tab["sections"])) for tab in node["tabs"])
        return (Tab({}, self._sections(node["sections"])),) if node.get("sections") else ()

    def _sections(self, nodes: Iterable[Mapping[str, Any]]) -> tuple[Section, ...]:
        return tuple(Section(label(node.get("label")), tuple(node["fields"]), node.get("columns", 2), self._shown(node))
                     for node in nodes)
