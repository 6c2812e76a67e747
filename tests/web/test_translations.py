"""Every word of the platform and of the CRM has Chinese, and the committed catalogue is of these sources."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from lxml import etree

from formloom.feel import FeelSyntaxError
from formloom.feel import compile as feel
from formloom.metadata import nodes

ROOT = Path(__file__).parents[2]
FORMLOOM = "{https://formloom.org/bpmn/1.0}"
WORDS = ("label", "plural", "help", "reason", "message", "confirm", "description")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations", ROOT / "tools" / "translations.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _texts() -> Iterator[tuple[str, ast.Call]]:
    """Every `Text(...)` that is `formloom.errors.Text`: not SQLAlchemy's."""
    for path in sorted((ROOT / "platform").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def _literal(call: ast.Call) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)


def test_every_text_is_literal() -> None:
    translating = "platform/web/i18n.py"    # makes the same text again, with values of the request
    loose = [place for place, call in _texts() if not _literal(call) and not place.startswith(translating)]
    assert loose == []


def test_text_values_match_template(tool: ModuleType) -> None:
    """A placeholder without a value would break the page that says it."""
    wrong = []
    for place, call in _texts():
        given = {k.arg for k in call.keywords}
        if _literal(call) and None not in given:
            words = call.args[0]
            assert isinstance(words, ast.Constant)
            wanted = tool.names(words.value.replace("{{", "").replace("}}", ""))
            if wanted != given:
                wrong.append((place, wanted, given))
    assert wrong == []


def test_catalogue_is_complete_and_current(tool: ModuleType) -> None:
    assert tool.problems(tool.found(), tool.current()) == []


@pytest.mark.parametrize(("message", "words", "complaint"), [
    ("{n} of {all}", "", "no Chinese"),
    ("{n} of {all}", "{all}中的{m}", "other values"),
    ("%(n)s left", "剩下", "other values"),
    (("One", "%(num)s things"), ("几件",), "other values"),
])
def test_gap_is_reported(tool: ModuleType, message: Any, words: Any, complaint: str) -> None:
    catalog = Catalog(locale="zh")
    catalog.add(message, words)
    assert any(complaint in p for p in tool.problems({message: "here"}, catalog))


def test_unused_message_is_reported(tool: ModuleType) -> None:
    catalog = Catalog(locale="zh")
    catalog.add("Nobody says this", "没有人说这句")
    assert any("nothing says 'Nobody says this'" in p for p in tool.problems({}, catalog))


def test_plural_is_one_message(tool: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('{{ ngettext("One file", "%(num)s files", n) }} {{ _("Save") }}')
    assert [m for _, m in tool._template(page)] == [("One file", "%(num)s files"), "Save"]


@pytest.mark.parametrize("text", ["a && b", "1 +", "a ＝ 1", '"open', "if", "[1..2", "(", "for x in"])
def test_feel_error_is_translatable(tool: ModuleType, text: str) -> None:
    known = tool.found()
    with pytest.raises(FeelSyntaxError) as caught:
        feel(text)
    error = caught.value
    assert {m.template for m in (error.reason, error.message, error.hint) if m} <= set(known)


def _mappings(value: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield where, value
        for key, inner in value.items():
            yield from _mappings(inner, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _mappings(inner, f"{where}[{number}]")


def _definitions() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Everything authors wrote, except the records they ship."""
    for file in sorted(f for f in (ROOT / "config").rglob("*.yaml") if "data" not in f.parts):
        yield from _mappings(nodes.read(file.read_text(), file.name)[0], file.name)


def test_words_of_crm_have_chinese() -> None:
    bare = [f"{where}.{key}" for where, node in _definitions() if not where.endswith(".actions") for key in WORDS
            if _is_label(words := node.get(key)) and not _chinese(words)]
    assert bare == []


def _is_label(words: Any) -> bool:
    """A field or an action may itself be called `description` or `confirm`."""
    return isinstance(words, str) or (isinstance(words, Mapping) and not words.keys().isdisjoint(("en", "zh")))


def _chinese(words: Any) -> bool:
    return isinstance(words, Mapping) and bool(words.get("en")) and bool(words.get("zh"))


def test_fields_and_choices_of_crm_are_labelled() -> None:
    bare = []
    for where, node in _definitions():
        fields = node.get("fields")
        named = [*fields.items()] if isinstance(fields, Mapping) and "entity" in node else []
        named += [(c["value"], c) for c in node.get("choices") or () if isinstance(c, Mapping)]
        bare += [f"{where}.{name}" for name, given in named if not _chinese(given.get("label"))]
    assert bare == []


def test_steps_of_crm_have_chinese() -> None:
    files = sorted((ROOT / "config" / "workflows").glob("*.bpmn"))
    bare = [f"{file.name}: {element.get('name') or element.get('label')}"
            for file in files for element in etree.parse(file).iter("{*}*")
            if not _speaks_chinese(element)]
    assert files
    assert bare == []


def _speaks_chinese(element: etree._Element) -> bool:
    """Elements of the diagram that have a name, and the outcomes of tasks."""
    if element.tag == f"{FORMLOOM}outcome":
        return bool(element.get("label-zh"))
    if element.tag.startswith(FORMLOOM) or not element.get("name"):
        return True
    labels = element.findall(f"{{*}}extensionElements/{FORMLOOM}label")
    return bool(element.get(f"{FORMLOOM}label-zh")) or any(x.get("zh") for x in labels)
