"""What FEEL tells an author: an error of the text, and the warnings of one evaluation."""

from __future__ import annotations

from dataclasses import dataclass


class FeelSyntaxError(ValueError):
    """The text is not FEEL; `position` is a 0-based offset into `text`."""

    def __init__(self, message: str, position: int, text: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.text = text
        self.hint = hint

    @property
    def line(self) -> int:
        """1-based."""
        return self.text.count("\n", 0, self.position) + 1

    @property
    def column(self) -> int:
        """1-based."""
        return self.position - self.text.rfind("\n", 0, self.position)

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.message} (line {self.line}, column {self.column}).{hint}"


@dataclass(frozen=True, slots=True)
class FeelWarning:
    """Why an evaluation gave null, with the part of the text that did."""

    message: str
    start: int
    end: int


class LimitExceeded(Exception):
    """An evaluation grew beyond its bounds; it ends with null and this message as its warning."""
