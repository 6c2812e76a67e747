"""One evaluation: the scope it reads, the clock, the warnings, and what it has spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from formloom.feel import limits
from formloom.feel.errors import FeelWarning, LimitExceeded
from formloom.feel.members import MISSING, member
from formloom.feel.syntax import Node
from formloom.feel.values import Function

_EMPTY: Mapping[str, Any] = {}


class Frame:
    """Names bound by one construct, and what surrounds it."""

    __slots__ = ("parent", "run", "scope")

    def __init__(self, scope: Mapping[str, Any], parent: Frame | Run, run: Run) -> None:
        self.scope = scope
        self.parent = parent
        self.run = run

    def find(self, name: str) -> Any:
        return self.scope.get(name, MISSING)


class ElementFrame(Frame):
    """Names inside a filter: the entries of the element, then `item`."""

    __slots__ = ("element",)

    def __init__(self, element: Any, parent: Frame | Run) -> None:
        self.scope = _EMPTY
        self.parent = parent
        self.run = parent.run
        self.element = element

    def find(self, name: str) -> Any:
        element = self.element
        value = element.get(name, MISSING) if element.__class__ is dict else member(element, name)
        return element if value is MISSING and name == "item" else value


class Run:
    """The outermost frame. What starts equal for all stays on the class, so that making a run is cheap."""

    parent: Frame | Run | None = None
    steps = limits.STEPS
    calls = 0
    seconds = limits.PATTERN_SECONDS
    place: Node | None = None
    _warnings: list[FeelWarning] | None = None

    def __init__(self, scope: Mapping[str, Any], clock: datetime | None) -> None:
        self.scope = scope
        self.clock = clock

    @property
    def run(self) -> Run:
        return self

    def find(self, name: str) -> Any:
        return self.scope.get(name, MISSING)

    @property
    def now(self) -> datetime:
        if self.clock is None:
            self.clock = datetime.now(UTC)
        return self.clock

    @property
    def warnings(self) -> tuple[FeelWarning, ...]:
        return tuple(self._warnings or ())

    def warn(self, message: str, node: Node | None = None) -> None:
        """Remember why the result is null where `node` stands; None is the innermost call."""
        node = node or self.place
        if self._warnings is None:
            self._warnings = []
        if len(self._warnings) < limits.WARNINGS:
            self._warnings.append(FeelWarning(message, node.start if node else 0, node.end if node else 0))

    def invoke(self, function: Function, values: Sequence[Any], place: Node | None = None) -> Any:
        """The result of calling a function value."""
        self.spend(1)
        self.calls += 1
        if self.calls > limits.CALLS:
            raise LimitExceeded(f"More than {limits.CALLS} functions calling each other")
        try:
            return function.call(self, place or self.place, values)
        finally:
            self.calls -= 1

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise LimitExceeded(f"The evaluation takes more than {limits.STEPS} steps")

    def sized(self, items: int) -> None:
        """Pay for a list before it is made."""
        if items > limits.LIST:
            raise LimitExceeded(f"A list of more than {limits.LIST} elements")
        self.spend(items)

    def string(self, characters: int) -> None:
        """Pay for a string before it is made."""
        if characters > limits.STRING:
            raise LimitExceeded(f"A string of more than {limits.STRING} characters")
        self.spend(characters >> 6)
