"""What the examination of a decision table found, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from formloom.errors import Place, Problem, Text
from formloom.workflow.decisions import samples
from formloom.workflow.decisions.tables import Table


@dataclass(frozen=True, slots=True)
class Region:
    """Where something was found: `tests` by input as cells of the table, `condition` as one FEEL text ("" is
    everywhere), `example` by input as values that show it.
    """

    tests: tuple[str, ...]
    condition: str
    example: tuple[Any, ...]
    values: tuple[tuple[str, Any], ...]     # the example by what is asked

    @property
    def words(self) -> str:
        return ", ".join(f"{subject} = {samples.literal(value)}" for subject, value in self.values)


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind`: gap, overlap, uncertain (an overlap whose results are computed), masked (the first of `rules`, by the
    others), never, duplicate, undecided, more, unfinished. `rules`: their numbers. `doubtful`: columns of the region
    whose values there may never occur.
    """

    kind: str
    rules: tuple[int, ...]
    place: Place
    about: str = ""
    region: Region | None = None
    doubtful: tuple[str, ...] = ()

    @property
    def severity(self) -> str:
        return "warning" if self.kind in ("gap", "overlap", "masked", "never") else "note"

    @property
    def message(self) -> Text:
        return _MESSAGES[self.kind](self)

    @property
    def hint(self) -> Text | None:
        if self.doubtful:
            return Text("Check whether it can occur: {columns} may not take such values.",
                        columns=", ".join(self.doubtful))
        return _HINTS.get(self.kind)

    def problem(self, table: Table) -> Problem:
        message = Text("{table}: {finding}", table=table.label, finding=self.message)
        return Problem(f"dmn-{self.kind}", message, self.place, self.hint, self.severity, table.owner)


def _numbers(rules: tuple[int, ...]) -> str:
    return ", ".join(map(str, rules))


def _where(finding: Finding) -> dict[str, str]:
    region = finding.region
    return {"condition": region.condition or "true", "example": region.words} if region else {}


def _gap(finding: Finding) -> Text:
    if finding.region is not None and not finding.region.condition:
        return Text("No rule holds for any input. For example: {example}.", example=finding.region.words)
    return Text("No rule holds where {condition}. For example: {example}.", **_where(finding))


def _overlap(finding: Finding) -> Text:
    first, second = finding.rules
    if finding.about == "ANY":
        return Text("Rules {first} and {second} give different results where {condition}; with the hit policy ANY "
                    "the decision is null there. For example: {example}.",
                    first=first, second=second, **_where(finding))
    return Text("Rules {first} and {second} both hold where {condition}; with the hit policy UNIQUE the decision is "
                "null there. For example: {example}.", first=first, second=second, **_where(finding))


def _uncertain(finding: Finding) -> Text:
    first, second = finding.rules
    return Text("Rules {first} and {second} both hold where {condition}; whether they give the same is not known "
                "before they are evaluated. For example: {example}.", first=first, second=second, **_where(finding))


def _masked(finding: Finding) -> Text:
    return Text("Rule {rule} never decides: wherever it holds, rules that come first hold too ({others}). "
                "For example: {example}.", rule=finding.rules[0], others=_numbers(finding.rules[1:]),
                example=finding.region.words if finding.region else "")


def _never(finding: Finding) -> Text:
    return Text("Rule {rule} never holds: no value passes {test}.", rule=finding.rules[0], test=finding.about)


def _duplicate(finding: Finding) -> Text:
    first, second = finding.rules
    return Text("Rule {second} says the same as rule {first}. For example: {example}.", first=first, second=second,
                example=finding.region.words if finding.region else "")


def _undecided(finding: Finding) -> Text:
    return Text("Not looked at for gaps and overlaps: rules {rules}, because a test reads more than its input "
                "({test}).", rules=_numbers(finding.rules), test=finding.about)


def _more(finding: Finding) -> Text:
    return Text("There are more findings like these ({kind}).", kind=f"dmn-{finding.about}")


def _unfinished(finding: Finding) -> Text:
    return Text("The rules of this table combine in too many ways to look at all of them; there may be more findings.")


_MESSAGES: Final[Mapping[str, Callable[[Finding], Text]]] = {
    "gap": _gap, "overlap": _overlap, "uncertain": _uncertain, "masked": _masked, "never": _never,
    "duplicate": _duplicate, "undecided": _undecided, "more": _more, "unfinished": _unfinished,
}
_HINTS: Final[Mapping[str, Text]] = {
    "gap": Text("Add a rule for it, or give an output a default."),
    "overlap": Text("Change the tests of one of them, or the hit policy."),
    "masked": Text("Delete it, or move it up."),
    "never": Text("Correct the test, or delete the rule."),
}
