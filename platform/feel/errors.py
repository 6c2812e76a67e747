"""What FEEL tells an author: an error of the text, and the warnings of one evaluation."""

from __future__ import annotations

from dataclasses import dataclass

from formloom.errors import Text


class FeelSyntaxError(ValueError):
    """The text is not FEEL; `position` is a 0-based offset into `text`."""

    def __init__(self, message: Text, position: int, text: str, hint: Text | None = None) -> None:
        super().__init__(str(message))
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

    @property
    def reason(self) -> Text:
        """What is wrong and where, without the hint."""
        return Text("{what} (line {line}, column {column}).", what=self.message, line=self.line, column=self.column)

    def __str__(self) -> str:
        return f"{self.reason} {self.hint}" if self.hint else str(self.reason)


@dataclass(frozen=True, slots=True)
class FeelWarning:
    """Why an evaluation gave null, with the part of the text that did."""

    message: str
    start: int
    end: int


class LimitExceeded(Exception):
    """An evaluation grew beyond its bounds; it ends with null and this message as its warning."""
