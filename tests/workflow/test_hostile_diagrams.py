"""Whatever a file holds, reading it ends soon, with a definition or with problems: it never raises and never hangs."""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from formloom.metadata.catalog import Catalog
from formloom.workflow import markup, reader, reading

FILES = sorted((Path(__file__).parent / "conformance").glob("*.bpmn"))
TEXTS = {file.stem: file.read_text() for file in FILES}
EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "60"))


def mutate(text: str, data: Any) -> str:
    """One or two elements moved into others, copied, dropped, or with an attribute of another element."""
    root = etree.fromstring(text.encode(), etree.XMLParser(remove_comments=True))
    for _ in range(data.draw(st.integers(1, 3))):
        every = list(root.iter())[1:]
        if len(every) < 3:
            break
        chosen, other = (every[data.draw(st.integers(0, len(every) - 1))] for _ in range(2))
        act = data.draw(st.sampled_from(("move", "copy", "drop", "attribute")))
        if act == "attribute":
            name, value = data.draw(st.sampled_from([*other.attrib.items(), ("id", "s")]))
            chosen.set(name, value)
        elif act == "copy":
            other.append(etree.fromstring(etree.tostring(chosen)))
        elif act == "drop" and len(every) > 3:
            chosen.getparent().remove(chosen)
        elif chosen not in other.iterancestors() and chosen is not other:
            other.append(chosen)
    return etree.tostring(root).decode()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_disturbed_diagram_is_read_or_refused(catalog: Catalog, name: str, data: Any) -> None:
    text = mutate(TEXTS[name], data)
    definition, problems = reader.read(text, f"{name}.bpmn", catalog, called=TEXTS)
    assert definition is not None or problems
    reader.examine(text, f"{name}.bpmn", catalog)


def test_calls_of_calls_are_read_once_each(catalog: Catalog, draw: Any) -> None:
    def process(key: str, target: str) -> str:
        inner = "".join(f'<bpmn:callActivity id="c{i}" calledElement="{target}"/>' for i in range(3))
        body = draw.start() + inner + draw.end() + draw.chain("s", "c0", "c1", "c2", "e")
        return str(draw.diagram(body).replace('id="tiny"', f'id="{key}"'))

    texts = {f"p{i}": process(f"p{i}", f"p{i + 1}") for i in range(9)}
    texts["p9"] = draw.diagram(draw.start() + draw.end() + draw.chain("s", "e")).replace('id="tiny"', 'id="p9"')
    definition, problems = reader.read(texts["p0"], "p0.bpmn", catalog, called=texts)
    assert definition is None
    assert {problem.code for problem in problems} <= {"bpmn-call", "bpmn-limit"}
    assert reader.read(texts["p6"], "p6.bpmn", catalog, called=texts)[0] is not None


def test_slow_reading_is_given_up(catalog: Catalog, draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = iter(range(0, 10**6, 3))
    monkeypatch.setattr(reading, "monotonic", lambda: monotonic() + next(passed))
    text = draw.diagram(draw.start() + draw.end() + draw.chain("s", "e"))
    definition, problems = reader.read(text, "x.bpmn", catalog)
    assert definition is None
    assert "bpmn-limit" in [problem.code for problem in problems]


@pytest.mark.parametrize(("data", "expected"), [
    (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', "\xe9"), ("<a>\xe9</a>".encode(), "\xe9"),
    ("<a>\xe9</a>".encode("utf-16"), "\xe9"), ('<?xml version="1.0" encoding="GBK"?><a>合</a>'.encode("gbk"), "合"),
    (b'<?xml version="1.0" encoding="unicode_escape"?><a>\\x41</a>', "\\x41"),
])
def test_file_is_read_in_its_own_encoding(data: bytes, expected: str) -> None:
    root, problems = markup.parse(markup.decode(data), "x.bpmn")
    assert problems == []
    assert root is not None
    assert root.text == expected
