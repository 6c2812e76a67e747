"""Files that import each other, declared types, and what tables do with values they do not allow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from formloom.workflow.decisions import model

SPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"
COLOURS = ('<itemDefinition name="Colour"><typeRef>string</typeRef><allowedValues><text>"red", "blue"</text>'
           "</allowedValues></itemDefinition>")


def _file(name: str, content: str, imports: str = "") -> str:
    lines = "".join(
        f'<import namespace="urn:{one.rpartition("=")[2]}" name="{one.rpartition("=")[0]}" importType="{SPACE}"/>'
        for one in imports.split())
    return f'<definitions xmlns="{SPACE}" namespace="urn:{name}" name="{name}">{lines}{content}</definitions>'


def _decision(name: str, text: str, *needs: str, declared: str = "") -> str:
    required = "".join(f'<informationRequirement><requiredDecision href="{one}"/></informationRequirement>'
                       for one in needs)
    kind = f' typeRef="{declared}"' if declared else ""
    return (f'<decision id="{name}" name="{name}"><variable name="{name}"{kind}/>{required}'
            f"<literalExpression><text>{text}</text></literalExpression></decision>")


def _answer(name: str, files: dict[str, str], **inputs: Any) -> Any:
    others = {f"urn:{key}": text for key, text in files.items()}
    return model.read(files["a"], "a.dmn", others).evaluate(name, inputs)


def _asked(content: str, text: str, types: str = COLOURS, given: Any = "red") -> Any:
    """The answer of a decision that sees `given` and what `content` declares."""
    decision = ('<inputData id="i" name="given"><variable name="given"/></inputData>'
                '<decision id="d" name="d"><variable name="d"/><informationRequirement><requiredInput href="#i"/>'
                '</informationRequirement><knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>'
                f"{text}</decision>")
    return _answer("d", {"a": _file("a", types + content + decision)}, given=given)


def _literal(text: str) -> str:
    return f"<literalExpression><text>{text}</text></literalExpression>"


# -- imports -----------------------------------------------------------------------------------------------------


def test_unnamed_import_becomes_part() -> None:
    files = {"a": _file("a", _decision("x", "y + 1", "#y"), "=b"), "b": _file("b", _decision("y", "1"))}
    assert _answer("x", files) == 2


def test_own_element_hides_the_imported() -> None:
    files = {"a": _file("a", _decision("x", "y", "#y") + _decision("z", '"a"'), "=b"),
             "b": _file("b", _decision("y", "z", "urn:b#z") + _decision("z", '"b"'))}
    assert _answer("x", files) == "a"


def test_nearest_unnamed_import_wins() -> None:
    files = {"a": _file("a", _decision("x", "y", "#y"), "=b =d"), "b": _file("b", "", "=c"),
             "c": _file("c", _decision("y", '"c"')), "d": _file("d", _decision("y", '"d"'))}
    assert _answer("x", files) == "c"


@pytest.mark.parametrize("name", ["", "other"])
def test_imports_in_a_circle_end(name: str) -> None:
    need, seen = ("#y", "y") if not name else ("urn:b#y", "other.y")
    files = {"a": _file("a", _decision("x", seen, need), f"{name}=b"),
             "b": _file("b", _decision("y", "7"), f"{name}=a {name}=b")}
    assert _answer("x", files) == 7


def test_imported_type_is_known_by_alias() -> None:
    shade = ('<itemDefinition name="Car"><itemComponent name="paint"><typeRef>Colour</typeRef></itemComponent>'
             "</itemDefinition>")
    files = {"a": _file("a", _decision("x", '{paint: "green"}', declared="other.Car")
                        + _decision("y", '{paint: "red"} instance of other.Car')
                        + _decision("z", "{paint: 1} instance of other.Car"), "other=b"),
             "b": _file("b", COLOURS + shade)}
    assert [_answer(name, files) for name in "xyz"] == [None, True, False]


# -- declared types ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "expected"), [
    ("[1, 2] instance of Numbers", True), ('[1, "a"] instance of Numbers', False), ("1 instance of Numbers", False),
    ('"green" instance of Colour', True), ("1 instance of Colour", False), ("1 instance of Nothing", None),
    ("[[1], [2]] instance of list&lt;Numbers&gt;", True), ("{next: {next: null}} instance of Chain", True),
    ("{next: 1} instance of Chain", False), ("(function(n: number) n) instance of Rule", True),
    ("(function(n: string) n) instance of Rule", False), ("1 instance of Round", None),
])
def test_item_types_in_instance_of(text: str, expected: bool | None) -> None:
    types = COLOURS + (
        '<itemDefinition name="Numbers" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
        '<itemDefinition name="Chain"><itemComponent name="next"><typeRef>Chain</typeRef></itemComponent>'
        "</itemDefinition>"
        '<itemDefinition name="Rule"><functionItem outputTypeRef="string"><parameters name="n" typeRef="number"/>'
        '</functionItem></itemDefinition><itemDefinition name="Round"><typeRef>Ring</typeRef></itemDefinition>'
        '<itemDefinition name="Ring"><typeRef>Round</typeRef></itemDefinition>')
    assert _asked("", _literal(text), types) == expected


@pytest.mark.parametrize(("given", "expected"), [("red", "red"), ("green", None)])
@pytest.mark.parametrize("logic", [
    _literal("(function(c: Colour) c)(given)"),
    '<literalExpression typeRef="Colour"><text>given</text></literalExpression>',
    '<invocation><literalExpression><text>function(c) c</text></literalExpression><binding>'
    '<parameter name="c" typeRef="Colour"/><literalExpression><text>given</text></literalExpression></binding>'
    "</invocation>",
    '<decisionTable typeRef="Colour"><output/><rule><outputEntry><text>given</text></outputEntry></rule>'
    "</decisionTable>",
    '<decisionTable><output/><rule><outputEntry typeRef="Colour"><text>given</text></outputEntry></rule>'
    "</decisionTable>",
])
def test_value_that_is_not_allowed_is_null(logic: str, given: str, expected: str | None) -> None:
    assert _asked("", logic, given=given) == expected


@pytest.mark.parametrize(("given", "expected"), [("red", "red"), ("green", None)])
@pytest.mark.parametrize("place", ["variable", "logic"])
def test_function_type_fits_the_result(place: str, given: str, expected: str | None) -> None:
    paint = ('<itemDefinition name="Paint"><functionItem outputTypeRef="Colour"><parameters name="c"/></functionItem>'
             "</itemDefinition>")
    on = {name: ' typeRef="Paint"' if name == place else "" for name in ("variable", "logic")}
    knowledge = (
        f'<businessKnowledgeModel id="k" name="echo"><variable name="echo"{on["variable"]}/>'
        f'<encapsulatedLogic{on["logic"]}><formalParameter name="c"/>{_literal("c")}</encapsulatedLogic>'
        "</businessKnowledgeModel>")
    assert _asked(knowledge, _literal("echo(given)"), COLOURS + paint, given) == expected


def test_relation_column_has_a_type() -> None:
    relation = ('<relation><column name="c" typeRef="Colour"/><column name="n"/>'
                f'<row>{_literal("given")}{_literal("1")}</row></relation>')
    assert _asked("", relation, given="green") == [{"c": None, "n": Decimal(1)}]


# -- tables ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("allowed", "value", "expected"), [
    ("123, 456", "123", "same"), ("[1..1000]", "123", "same"), ("-", "123", "same"), ("", "123", "same"),
    ("not(456)", "123", "same"), ("not(123)", "123", "none"), ("? &gt; 5", "123", "same"),
    ("? &gt; 500", "123", "none"),
    ("1 ==", "123", "none"), ("?", "123", "same"), ("string length(?) = 3", '"abc"', None),
])
def test_input_that_is_not_allowed_is_null(allowed: str, value: str, expected: str | None) -> None:
    table = (f"<decisionTable><input><inputExpression><text>{value}</text></inputExpression>"
             f"<inputValues><text>{allowed}</text></inputValues></input><output/>"
             "<rule><inputEntry><text>123</text></inputEntry><outputEntry><text>\"same\"</text></outputEntry></rule>"
             "<rule><inputEntry><text>null</text></inputEntry><outputEntry><text>\"none\"</text></outputEntry></rule>"
             "</decisionTable>")
    assert _asked("", table) == expected


@pytest.mark.parametrize(("allowed", "expected"), [
    ('"red", "blue"', "red"), ('"blue"', None), ("-", "red"), ("", "red"), ("string length(?) &gt; 2", "red"),
    ("string length(?) &gt; 5", None), ('not("red")', None),
])
def test_output_that_is_not_allowed_is_null(allowed: str, expected: str | None) -> None:
    table = (f"<decisionTable><output><outputValues><text>{allowed}</text></outputValues></output>"
             "<rule><outputEntry><text>given</text></outputEntry></rule></decisionTable>")
    assert _asked("", table) == expected
