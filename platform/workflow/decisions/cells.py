"""Problems of a draft at the cells they are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from formloom.errors import Problem
from formloom.workflow import markup
from formloom.workflow.decisions import coverage, model
from formloom.workflow.decisions.boxed import children, logic_in
from formloom.workflow.decisions.editing import by_key, keyed, logic_holders, parsed
from formloom.workflow.decisions.findings import Region
from formloom.workflow.decisions.model import Model

_STEPS = 200_000            # while somebody types
_COLUMNS = {"input": "inputs", "output": "outputs"}
_ENTRIES = {"inputEntry": "tests", "outputEntry": "results"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`path`: where in the sheet, as `parts/<key>/rows/<n>/tests/<n>`; empty for the whole file."""

    path: str
    problem: Problem
    region: Region | None = None
    rules: tuple[int, ...] = ()


def examine(read: Model) -> Iterator[Finding]:
    """Gaps, overlaps and rules that never decide of the tables that a sheet shows."""
    for table in read.tables:
        if read.nodes[table.owner].table is table:
            for one in coverage.examine(table, coverage.surroundings(read, table), steps=_STEPS):
                path = f"parts/{table.owner}" + (f"/rows/{one.rules[0] - 1}" if one.rules else "")
                problem = Problem(f"dmn-{one.kind}", one.message, one.place, one.hint, one.severity, table.owner)
                yield Finding(path, problem, one.region, one.rules)


def check(text: str, file: str, others: Mapping[str, str]) -> tuple[Model, list[Finding]]:
    """The draft as it would be read, and what is wrong with it. Raises BadConfiguration for what is no DMN."""
    root = parsed(text, file)
    etree.indent(root)                      # every element begins on a line of its own
    spread = str(etree.tostring(root, encoding="unicode"))
    at = dict(_lines(parsed(spread, file)))
    read = model.read(spread, file, others)
    return read, [Finding(_nearest(at, problem.place.line), problem) for problem in read.problems]


def _lines(root: etree._Element) -> Iterator[tuple[int, str]]:
    """The first line of each element that a sheet shows, with its path."""
    for key, part in by_key(logic_holders(root)).items():
        path = f"parts/{key}"
        yield markup.line(part), path
        logic = logic_in(part) if markup.local(part) == "decision" else None
        if logic is not None and markup.local(logic) == "literalExpression":
            yield from ((markup.line(one), f"{path}/expression") for one in logic.iter(etree.Element))
        elif logic is not None and markup.local(logic) == "decisionTable":
            yield markup.line(logic), path
            yield from _table(logic, path)


def _table(table: etree._Element, path: str) -> Iterator[tuple[int, str]]:
    for name, plural in _COLUMNS.items():
        for one, key in keyed(children(table, name)):
            yield from ((markup.line(inner), f"{path}/{plural}/{key}") for inner in one.iter(etree.Element))
    for number, rule in enumerate(children(table, "rule")):
        yield markup.line(rule), f"{path}/rows/{number}"
        for name, plural in _ENTRIES.items():
            for at, entry in enumerate(children(rule, name)):
                cell = f"{path}/rows/{number}/{plural}/{at}"
                yield from ((markup.line(inner), cell) for inner in entry.iter(etree.Element))


def _nearest(at: Mapping[int, str], line: int) -> str:
    """Of the element on that line, else of the last one before it."""
    before = [one for one in at if one <= line]
    return at[max(before)] if before else ""
