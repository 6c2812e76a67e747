"""The DMN Technology Compatibility Kit: its folders of models and test cases, run and counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from lxml import etree

from formloom import feel
from formloom.errors import BadConfiguration
from formloom.feel.values import kind
from formloom.workflow import markup
from formloom.workflow.decisions import model
from formloom.workflow.decisions.boxed import child, children

# Folders of the kit whose failures are meant, each with its reason.
NOT_MEANT: Final[Mapping[str, str]] = {
    "0076-feel-external-java": "functions written in Java are not run: a decision reaches no code of its host",
}
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_CLOSE = Decimal("0.00000001")
_EQUAL = feel.compile("a = b", ("a", "b"))
_EXACTLY = feel.compile("a <= b and a >= b", ("a", "b"))     # equality stops at the second
_TEMPORAL = ("date", "time", "dateTime", "duration")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expected result. `level` and `folder` are folders of the kit."""

    level: str
    folder: str
    case: str
    passed: bool
    expected: str = ""
    found: str = ""

    @property
    def label(self) -> str:
        return f"{self.folder}/{self.case}"

    @property
    def surprising(self) -> bool:
        return not self.passed and self.folder not in NOT_MEANT


def run(root: Path) -> Iterator[Outcome]:
    """Every expected result below a folder of the kit, in the order of its files."""
    for tests in sorted(root.rglob("*.xml")):
        yield from _file(tests)


def _file(path: Path) -> Iterator[Outcome]:
    suite, _ = markup.parse(path.read_text(encoding="utf-8"), path.name)
    if suite is None:
        yield Outcome(path.parent.parent.name, path.parent.name, path.name, False, "a readable file")
        return
    if markup.local(suite) != "testCases":
        return
    named = child(suite, "modelName")
    decisions = _model(path.parent, "".join(map(str, named.itertext())) if named is not None else "")
    for case in children(suite, "testCase"):
        yield from _case(path, case, decisions)


def _model(folder: Path, name: str) -> model.Model | None:
    others = {}
    for path in sorted(folder.rglob("*.dmn")):
        text = path.read_text(encoding="utf-8")
        root, _ = markup.parse(text, path.name)
        if root is not None:
            others[root.get("namespace", "")] = text
    try:
        return model.read((folder / name).read_text(encoding="utf-8"), name, others)
    except (BadConfiguration, OSError):
        return None


def _case(path: Path, case: etree._Element, decisions: model.Model | None) -> Iterator[Outcome]:
    inputs = {one.get("name", ""): _value(one) for one in children(case, "inputNode")}
    for wanted in children(case, "resultNode"):
        name, holder = wanted.get("name", ""), child(wanted, "expected")
        expected = None if holder is None else _value(holder)
        invoked = case.get("invocableName") or name
        found: Any = None
        if decisions is not None:
            try:
                found = decisions.evaluate(invoked, inputs, datetime.now(UTC))
                if invoked != name and isinstance(found, Mapping):
                    found = found.get(name, found)
            except KeyError:
                found = f"there is no decision {invoked}"
        label = f"{path.stem}/{case.get('id', '')}/{name}"
        passed = _same(found, expected)
        yield Outcome(path.parent.parent.name, path.parent.name, label, passed, repr(expected), repr(found))


def _value(element: etree._Element) -> Any:
    held, items, components = child(element, "value"), child(element, "list"), children(element, "component")
    if held is not None:
        return _scalar(held)
    if items is not None:
        return [_value(item) for item in children(items, "item")]
    if components:
        return {one.get("name", ""): _value(one) for one in components}
    return None


def _scalar(element: etree._Element) -> Any:
    if element.get(_NIL) == "true":
        return None
    name, text = element.get(_TYPE, "string").rpartition(":")[2], "".join(map(str, element.itertext()))
    if name == "boolean":
        return text.strip() == "true"
    if name in ("decimal", "double", "integer", "int", "long", "float"):
        return Decimal(text.strip())
    return feel.compile(f'@"{text.strip()}"').evaluate() if name in _TEMPORAL else text


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, list):
        return isinstance(found, (list, tuple)) and len(found) == len(expected) and all(
            map(_same, found, expected))
    if isinstance(expected, dict):
        return isinstance(found, Mapping) and found.keys() == expected.keys() and all(
            _same(found[name], value) for name, value in expected.items())
    if kind(found) != kind(expected):
        return False
    if isinstance(expected, Decimal):
        return abs(Decimal(found) - expected) <= _CLOSE * max(Decimal(1), abs(expected))
    if kind(found) in ("time", "date and time"):
        return _EXACTLY.test({"a": found, "b": expected})
    return _EQUAL.test({"a": found, "b": expected})
