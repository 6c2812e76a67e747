"""One YAML source, by the places of what is written in it."""

from __future__ import annotations

from formloom.errors import Place
from formloom.metadata.nodes import Mapping as Node
from formloom.metadata.sources import Source
from formloom.metadata.spelling import Edit, Scalars, Written


class SourceFile:
    """A source with the places of its scalars, read once they are asked for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._scalars: Scalars | None = None

    def written(self, place: Place) -> Written | None:
        if self._scalars is None:
            self._scalars = Scalars(self.source.text)
        return self._scalars.written(place.line, place.column)

    def first(self, mapping: Place, text: str) -> Edit | None:
        """A further key, before all others."""
        found = self._scalars.mapping(mapping.line, mapping.column) if self._scalars else None
        if found is None or not found.value:
            return None
        mark = found.value[0][0].start_mark
        return Edit(mark.index, mark.index, text + (", " if found.flow_style else "\n" + " " * mark.column))

    def behind(self, scalar: Place, mapping: Place, text: str) -> Edit | None:
        """A further key of the mapping, behind the scalar."""
        found = self._scalars.mapping(mapping.line, mapping.column) if self._scalars else None
        end = self._scalars.end(scalar.line, scalar.column) if self._scalars else None
        if found is None or end is None or not found.value:
            return None
        before = ", " if found.flow_style else "\n" + " " * found.value[0][0].start_mark.column
        return Edit(end, end, before + text)

    def needless(self, name: str, value: str, inputs: Node) -> tuple[str, Edit] | None:
        """What takes the first of several inputs away, or `inputs` as a whole, if it is written as it was put in."""
        text, at = self.source.text, inputs.place
        found = self._scalars.mapping(at.line, at.column) if self._scalars else None
        if found is None:
            return None
        start, said = found.start_mark.index, f"{name}: {value}"
        if len(inputs) > 1:
            more = self.first(at, said)
            begins = bool(more) and text.startswith(more.text, more.start) if more else False
            return (name, Edit(more.start, more.start + len(more.text), "")) if more and begins else None
        for before in (", inputs: ", "\n" + " " * (found.start_mark.column - len("inputs: ")) + "inputs: "):
            whole = f"{before}{{{said}}}"
            if text.startswith(whole, start - len(before)):
                return name, Edit(start - len(before), start - len(before) + len(whole), "")
        return None
