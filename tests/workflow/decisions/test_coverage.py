"""Gaps and overlaps of decision tables: what is told is compared with what the tables really decide."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formloom import feel
from formloom.workflow.decisions import coverage, model
from formloom.workflow.decisions.findings import Finding
from formloom.workflow.decisions.tables import Run

EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "60"))
ONE_RESULT = ("UNIQUE", "ANY", "FIRST", "PRIORITY")


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    allowed: str = ""


def drawn(columns: Sequence[Column], rules: Sequence[Sequence[str]], policy: str = "UNIQUE", output: str = "") -> str:
    """A table as a file; the last cell of a rule is its output."""
    inputs = "".join(f'<inputData id="{c.name}" name="{c.name}"><variable name="{c.name}" typeRef="{c.type}"/>'
                     "</inputData>" for c in columns)
    required = "".join(f'<informationRequirement><requiredInput href="#{c.name}"/></informationRequirement>'
                       for c in columns)
    head = "".join(f"<input><inputExpression><text>{c.name}</text></inputExpression>"
                   + f"<inputValues><text>{escape(c.allowed)}</text></inputValues>" * bool(c.allowed) + "</input>"
                   for c in columns)
    rows = "\n".join("<rule>" + "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in rule[:-1])
                     + f"<outputEntry><text>{escape(rule[-1])}</text></outputEntry></rule>" for rule in rules)
    return (f'<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="urn:t" name="t">{inputs}'
            f'<decision id="d" name="Approver"><variable name="Approver"/>{required}'
            f'<decisionTable hitPolicy="{policy}">{head}<output name="o">{output}</output>{rows}</decisionTable>'
            "</decision></definitions>")


class Examined:
    """A table with its findings, and the rules that really hold for an input."""

    def __init__(self, text: str, most: int = 1000) -> None:
        self.model = model.read(text, "t.dmn")
        assert self.model.problems == []
        (self.table,) = self.model.tables
        self.findings = coverage.examine(self.table, coverage.surroundings(self.model, self.table), most)

    def of(self, kind: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.kind == kind]

    def holding(self, inputs: Mapping[str, Any]) -> list[int]:
        run = Run()
        self.model.ask(self.model.nodes["d"], inputs, run)
        return [rule.number for rule in run.hits[-1].rules]

    def example(self, finding: Finding) -> list[int]:
        assert finding.region is not None
        return self.holding(dict(finding.region.values))


def told(columns: Sequence[Column], rules: Sequence[Sequence[str]], output: str = "") -> list[str]:
    return [str(one.message) for one in Examined(drawn(columns, rules, output=output)).findings]


AMOUNT, GRADE = Column("amount", "number"), Column("grade", "string", '"A", "B", "C"')


def test_gap_is_named_with_example() -> None:
    rules = [("<= 10000", "-", "1"), ("(10000..500000]", '"A", "B"', "2"), ("(10000..500000]", '"C"', "3"),
             ("> 500000", '"A", "B"', "4")]
    assert told([AMOUNT, GRADE], rules) == [
        'No rule holds where amount > 500000 and grade = "C". For example: amount = 600000, grade = "C".']


def test_overlap_is_named_with_example() -> None:
    assert told([AMOUNT], [("<= 100", "1"), (">= 100", "2")]) == [
        "Rules 1 and 2 both hold where amount = 100; with the hit policy UNIQUE the decision is null there. "
        "For example: amount = 100."]


def test_any_complains_of_different_results() -> None:
    rules = [("< 10", '"x"'), ("> 5", '"x"'), (">= 9", '"y"')]
    assert [one.rules for one in Examined(drawn([AMOUNT], rules, "ANY")).findings] == [(1, 3), (2, 3)]


def test_rule_behind_others_is_masked() -> None:
    examined = Examined(drawn([AMOUNT], [("< 10", "1"), (">= 5", "2"), ("[1..20]", "3")], "FIRST"))
    assert [(one.kind, one.rules) for one in examined.findings] == [("masked", (3, 1, 2))]


def test_priority_masks_lower_results() -> None:
    order = '<outputValues><text>"high", "low"</text></outputValues>'
    examined = Examined(drawn([AMOUNT], [("> 10", '"low"'), ("-", '"high"')], "PRIORITY", order))
    assert [(one.kind, one.rules) for one in examined.findings] == [("masked", (1, 2))]


def test_empty_cell_never_holds() -> None:
    assert told([AMOUNT, GRADE], [("[5..3]", "-", "1"), ("-", '"D"', "2"), ("-", "-", "3")]) == [
        "Rule 1 never holds: no value passes amount: [5..3].", 'Rule 2 never holds: no value passes grade: "D".']


def test_default_fills_every_gap() -> None:
    default = "<defaultOutputEntry><text>0</text></defaultOutputEntry>"
    assert told([AMOUNT], [("> 5", "1")], output=default) == []


def test_collect_hints_at_repeated_rules() -> None:
    examined = Examined(drawn([AMOUNT], [("> 5", "1"), ("> 5", "1"), ("> 3", "1")], "COLLECT"))
    assert [(one.kind, one.rules, one.severity) for one in examined.findings] == [("duplicate", (1, 2), "note")]


@pytest.mark.parametrize("cell", ["> limit", "? > now()", "string length(?) > 3", "? * 2 > 5"])
def test_undecidable_cell_is_said(cell: str) -> None:
    examined = Examined(drawn([AMOUNT, Column("limit", "number")], [(cell, "-", "1"), ("< 5", "-", "2")], "FIRST"))
    assert [(one.kind, one.rules) for one in examined.findings] == [("undecided", (1,))]


def test_computed_column_is_doubted() -> None:
    text = drawn([AMOUNT], [("> 0", "1")]).replace("<text>amount</text>", "<text>abs(amount)</text>")
    (gap,) = Examined(text).findings
    assert gap.doubtful == ("abs(amount)",)


def test_columns_of_one_name_are_doubted_together() -> None:
    columns = [Column("amount", "number"), Column("limit", "number")]
    rules = [("> 5", "-", "1"), ("<= 5", "<= 10", "2")]
    text = drawn(columns, rules).replace("<text>limit</text>", "<text>amount * 2</text>")
    assert [one.doubtful for one in Examined(text).of("gap")] == [("amount", "(amount * 2)")]


def test_columns_that_ask_the_same_are_one() -> None:
    text = drawn([AMOUNT, Column("limit", "number")], [("> 5", "<= 9", "1"), ("<= 5", "-", "2"), ("-", "> 9", "3")])
    assert Examined(text.replace("<text>limit</text>", "<text>amount</text>")).findings == []


def test_name_of_the_input_stands_for_it() -> None:
    assert told([AMOUNT], [("amount > 5", "1"), ("? <= 5", "2")]) == []


def test_missing_input_counts_where_tested() -> None:
    assert told([AMOUNT], [("-", "1"), ("null", "2")])[0].startswith("Rules 1 and 2 both hold where amount = null")
    assert told([AMOUNT], [("<= 5", "1"), ("> 5", "2")]) == []


def test_declared_type_limits_the_domain() -> None:
    item = ('<itemDefinition name="share"><typeRef>number</typeRef><allowedValues><text>[0..1]</text></allowedValues>'
            "</itemDefinition><inputData")
    text = drawn([Column("part", "share")], [("< 0.5", "1"), ("0.5", "2")]).replace("<inputData", item, 1)
    assert [str(one.message) for one in Examined(text).findings] == [
        "No rule holds where part in (0.5..1]. For example: part = 0.7."]


def test_fractions_of_seconds_are_not_decided() -> None:
    assert [one.kind for one in Examined(drawn([Column("at", "time")], [('time("10:00:00.5")', "1")])).findings] == [
        "undecided"]


def test_findings_are_counted_when_many() -> None:
    rules = [(f"[{n}..100]", str(n)) for n in range(20)]
    kinds = [one.kind for one in Examined(drawn([AMOUNT], rules), most=5).findings]
    assert kinds == ["gap", *["overlap"] * 5, "more"]


def test_too_many_combinations_are_said() -> None:
    columns = [Column(f"c{n}", "number") for n in range(8)]
    rules = [(*(f"[{(r * 7 + c * 13) % 89}..{(r * 7 + c * 13) % 89 + 60}]" for c in range(8)), str(r))
             for r in range(60)]
    read = model.read(drawn(columns, rules, "FIRST"), "t.dmn")
    findings = coverage.examine(read.tables[0], coverage.surroundings(read, read.tables[0]), steps=2_000)
    assert findings[-1].kind == "unfinished"


# -- random tables -----------------------------------------------------------------------------------------------

CONSTANTS = {
    "number": ("0", "10", "10.5", "100", "-3"), "string": ('"A"', '"B"', '"BB"', '"C"'), "boolean": ("true", "false"),
    "date": tuple(f'date("{day}")' for day in ("2024-01-01", "2024-01-02", "2024-03-01")),
    "time": tuple(f'time("{time}")' for time in ("00:00:00", "09:00:00", "23:59:59")),
    "date and time": tuple(f'date and time("{m}")' for m in ("2024-01-01T00:00:00", "2024-01-01T00:00:01")),
    "days and time duration": ('duration("P1D")', 'duration("PT12H")', 'duration("PT0S")'),
    "years and months duration": ('duration("P1Y")', 'duration("P1Y1M")', 'duration("P2Y")'),
}
STEPS = {"number": "0.0001", "date": '@"P1D"', "time": '@"PT1S"', "date and time": '@"PT1S"',
         "days and time duration": '@"PT0.000001S"', "years and months duration": '@"P1M"'}
ALLOWED = {"string": '"A", "B", "C"', "number": "[0..100]", "date": '>= date("2024-01-01")'}


def values(column: Column, mentions_null: bool) -> list[Any]:
    """Every constant and a step to both sides; only allowed ones."""
    made = [feel.compile(text).evaluate() for text in CONSTANTS[column.type]]
    if column.type in STEPS:
        stepped = [feel.compile(f"value {sign} {STEPS[column.type]}", ("value",)) for sign in "+-"]
        made += [step.evaluate({"value": value}) for value in tuple(made) for step in stepped]
    made += ["", "0", "AA", "BZ", "z"] if column.type == "string" else []
    if column.allowed:
        made = [one for one in made if feel.compile(column.allowed, unary=True).test({"?": one})]
    return [*dict.fromkeys(one for one in made if one is not None), *([None] if mentions_null else [])]


def cells(column: Column, ordered: bool, null: bool) -> st.SearchStrategy[str]:
    constant = st.sampled_from(CONSTANTS[column.type])
    single = [constant]
    if ordered and column.type != "boolean":
        single += [
            st.builds("{} {}".format, st.sampled_from(("<", "<=", ">", ">=")), constant),
            st.builds("{}{}..{}{}".format, st.sampled_from("[("), constant, constant, st.sampled_from("])")),
            st.builds("? {} {} and ? {} {}".format, st.sampled_from((">", ">=")), constant,
                      st.sampled_from(("<", "<=", "!=")), constant),
            st.builds("? between {} and {}".format, constant, constant),
            st.builds("{} < ? or ? in [{}, {}]".format, constant, constant, constant),
        ]
    if null:
        single += [st.sampled_from(("null", "? != null", "? = null or ? = " + CONSTANTS[column.type][0]))]
    one = st.one_of(single)
    return st.one_of(st.just("-"), one, st.lists(one, min_size=2, max_size=3).map(", ".join),
                     st.lists(one, min_size=1, max_size=2).map(lambda some: f"not({', '.join(some)})"))


@st.composite
def tables(draw: st.DrawFn, policies: Sequence[str], opaque: bool = False) -> tuple[list[Column], list[list[str]], str]:
    columns, written = [], []
    for name in "abc"[:draw(st.integers(1, 3))]:
        type_ = draw(st.sampled_from(sorted(CONSTANTS)))
        columns.append(Column(name, type_, draw(st.sampled_from(("", ALLOWED.get(type_, ""))))))
        written.append(cells(columns[-1], draw(st.booleans()) or type_ != "string", draw(st.integers(0, 3)) == 0))
    if opaque:
        written[0] = st.one_of(written[0], st.sampled_from(("string(?) != \"A\"", "? != a and now() = now()")))
    outputs = st.sampled_from(('"x"', '"y"', '"z"'))
    rules = draw(st.lists(st.tuples(*written, outputs).map(list), min_size=1, max_size=6))
    return columns, rules, draw(st.sampled_from(policies))


def grid(examined: Examined, columns: Sequence[Column]) -> list[dict[str, Any]]:
    spread = []
    for position, column in enumerate(columns):
        texts = [test.text for rule in examined.table.rules if (test := rule.tests[position])]
        spread.append(values(column, any("null" in text for text in texts)))
    if not all(spread):
        return []
    return [dict(zip((column.name for column in columns), row, strict=True)) for row in itertools.product(*spread)]


def lies_in(finding: Finding, inputs: Mapping[str, Any]) -> bool:
    """By the words of the condition; the cells must say the same."""
    assert finding.region is not None
    verdict = feel.compile(finding.region.condition or "true", inputs).test(inputs)
    passed = [cell == "-" or feel.compile(cell, unary=True).test({"?": value})
              for cell, value in zip(finding.region.tests, inputs.values(), strict=True)]
    assert verdict == all(passed), (finding.region, inputs)
    return verdict


@settings(max_examples=EXAMPLES, deadline=None)
@given(tables(ONE_RESULT))
def test_gaps_are_where_no_rule_holds(table: tuple[list[Column], list[list[str]], str]) -> None:
    examined = Examined(drawn(*table))
    gaps = examined.of("gap")
    assert examined.of("undecided") == []
    for gap in gaps:
        assert examined.example(gap) == []
    for inputs in grid(examined, table[0]):
        assert sum(lies_in(gap, inputs) for gap in gaps) == (not examined.holding(inputs)), (table, inputs, gaps)


@settings(max_examples=EXAMPLES, deadline=None)
@given(tables(("UNIQUE", "ANY")))
def test_overlaps_are_where_two_rules_hold(table: tuple[list[Column], list[list[str]], str]) -> None:
    examined = Examined(drawn(*table))
    overlaps = {finding.rules: finding for finding in examined.of("overlap")}
    outputs = {number: rule[-1] for number, rule in enumerate(table[1], 1)}
    for rules, finding in overlaps.items():
        assert set(rules) <= set(examined.example(finding))
    for inputs in grid(examined, table[0]):
        together = {pair for pair in itertools.combinations(examined.holding(inputs), 2)
                    if table[2] == "UNIQUE" or outputs[pair[0]] != outputs[pair[1]]}
        assert {rules for rules, finding in overlaps.items() if lies_in(finding, inputs)} == together


@settings(max_examples=EXAMPLES, deadline=None)
@given(tables(("FIRST",)))
def test_masked_rules_are_those_that_never_decide(table: tuple[list[Column], list[list[str]], str]) -> None:
    examined = Examined(drawn(*table))
    masked, never = ({finding.rules[0] for finding in examined.of(kind)} for kind in ("masked", "never"))
    for finding in examined.of("masked"):
        number, *others = finding.rules
        holding = examined.example(finding)
        assert set(others) & set(holding[:holding.index(number)])
    found = [examined.holding(inputs) for inputs in grid(examined, table[0])]
    assert never == set(range(1, len(table[1]) + 1)) - set(itertools.chain.from_iterable(found))
    assert masked | never == set(range(1, len(table[1]) + 1)) - {holding[0] for holding in found if holding}


@settings(max_examples=EXAMPLES, deadline=None)
@given(tables(ONE_RESULT, opaque=True))
def test_undecided_rules_make_no_false_claims(table: tuple[list[Column], list[list[str]], str]) -> None:
    examined = Examined(drawn(*table))
    silent = {finding.rules[0] for finding in examined.findings if finding.kind == "never"}
    undecided = {number for finding in examined.of("undecided") for number in finding.rules}
    assert undecided.isdisjoint(number for finding in examined.of("overlap") for number in finding.rules)
    for finding in examined.of("gap"):
        assert examined.example(finding) == []
    for inputs in grid(examined, table[0])[::7]:
        holding = examined.holding(inputs)
        assert silent.isdisjoint(holding)
        if not holding:
            # Either told as a gap, or a rule that could not be decided might have held.
            assert any(lies_in(gap, inputs) for gap in examined.of("gap")) or undecided
        else:
            assert not any(lies_in(gap, inputs) for gap in examined.of("gap"))
