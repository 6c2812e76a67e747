"""What the pages of decisions say; the scripts of the editor get `WORDS` in the language of the person,
with the names of values in braces still to be filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from formloom.errors import Text

TYPES: Final[Mapping[str, Text]] = {
    "": Text("Anything"), "number": Text("Number"), "string": Text("Words"), "boolean": Text("Yes or no"),
    "date": Text("Date"), "date and time": Text("Date and time"), "time": Text("Time of day"),
    "days and time duration": Text("Duration in days or hours"),
    "years and months duration": Text("Duration in months or years"),
}
AGGREGATIONS: Final[Mapping[str, Text]] = {
    "": Text("A list of all results"), "SUM": Text("Their sum"), "MIN": Text("The smallest"),
    "MAX": Text("The largest"), "COUNT": Text("How many they are"),
}
POLICIES: Final[Mapping[str, tuple[Text, Text]]] = {
    "FIRST": (Text("First that fits"), Text(
        "Rules are read from top to bottom; the first that fits gives the result. Their order matters.")),
    "UNIQUE": (Text("Only one fits"), Text(
        "At most one rule may fit a case. If two fit, there is no result: that is a mistake in the table.")),
    "ANY": (Text("All that fit agree"), Text(
        "Several rules may fit, but all of them must give the same result; otherwise there is none.")),
    "PRIORITY": (Text("The most important result"), Text(
        "Of all rules that fit, the result that comes first among the allowed values of the result column.")),
    "COLLECT": (Text("Collect"), Text(
        "Every rule that fits counts: a list of their results, or their sum, smallest, largest or number.")),
    "RULE ORDER": (Text("All, in order of the rules"), Text(
        "A list of the results of all rules that fit, from top to bottom.")),
    "OUTPUT ORDER": (Text("All, the most important first"), Text(
        "A list of the results of all rules that fit, in the order of the allowed values of the result column.")),
}
KINDS: Final[Mapping[str, Text]] = {
    "table": Text("Table"), "expression": Text("Expression"), "context": Text("Other logic"),
    "businessKnowledgeModel": Text("Knowledge model"), "decisionService": Text("Decision service"),
}
WORDS: Final[Mapping[str, Text]] = {
    "any": Text("any"), "when": Text("When"), "then": Text("Then"), "note": Text("Note"), "rule": Text("Rule"),
    "rules": Text("Rules"), "add_rule": Text("Add a rule"), "above": Text("Insert above"),
    "below": Text("Insert below"), "duplicate": Text("Duplicate"), "up": Text("Move up"), "down": Text("Move down"),
    "delete": Text("Delete"), "drag": Text("Drag to move"), "menu": Text("Rule menu"),
    "no_rules": Text("There are no rules yet."),
    "number_hint": Text("A number, ≥ 50000, 50000..100000, or - for any"),
    "string_hint": Text("Words, several with commas, or - for any"),
    "date_hint": Text("A date like 2026-01-31, < 2026-02-01, 2026-01-01..2026-03-31, or - for any"),
    "boolean_hint": Text("yes, no, or - for any"), "other_hint": Text("A FEEL test, or - for any"),
    "duration_hint": Text("3 days, > 8 hours, or - for any"), "result_number": Text("A number, or = and a formula"),
    "result_string": Text("Words, or = and a formula"), "result_other": Text("A value, or = and a formula"),
    "result_boolean": Text("yes or no, or = and a formula"),
    "result_date": Text("A date like 2026-01-31, or = and a formula"), "means": Text("Means {feel}", feel="{feel}"),
    "type_note": Text("A remark for people; it decides nothing"), "inputs": Text("Columns that ask (When)"),
    "outputs": Text("Columns that answer (Then)"), "add_input": Text("Add a When column"),
    "add_output": Text("Add a Then column"), "asks": Text("Asks for"),
    "asks_help": Text("The name of an input, or a FEEL expression"), "label": Text("Heading"),
    "label_zh": Text("Heading in Chinese"), "kind": Text("Kind of value"), "name": Text("Name of the result"),
    "values": Text("Allowed values"), "values_help": Text("One per line; the first is the most important"),
    "default": Text("If no rule fits"), "remove_column": Text("Remove this column"), "left": Text("Move left"),
    "right": Text("Move right"), "try": Text("Try it"), "fill": Text("Add a rule for this gap"), "go": Text("Show"),
    "fine": Text("No gaps, no overlaps, no mistakes."),
    "unreachable": Text("The server cannot be reached. What you typed is kept on this device."),
    "signed_out": Text("You are signed out. What you typed is kept on this device: sign in and come back."),
    "errors": Text("{n} to fix", n="{n}"), "warnings": Text("{n} to look at", n="{n}"), "result": Text("Result"),
    "nothing": Text("No result: no rule fits."), "fits": Text("Fits: rule {numbers}", numbers="{numbers}"),
    "fix_first": Text("Fix the mistakes in the table first; then the test runs again."),
    "no_inputs": Text("It asks for nothing."), "ask": Text("Fill in values; the rules that fit light up."),
    "yes": Text("Yes"), "no": Text("No"), "choose": Text("Choose"), "unsaved": Text("Not published yet"),
    "in_force": Text("In force"), "published": Text("Published; it decides from now on."),
    "no_changes": Text("Nothing has changed."), "added": Text("Rule {n} is new: {text}", n="{n}", text="{text}"),
    "gone": Text("Rule {n} goes: {text}", n="{n}", text="{text}"), "moved": Text("Rules are in another order"),
    "cell": Text("Rule {n}, {column}: {before} → {after}", n="{n}", column="{column}", before="{before}",
                 after="{after}"),
    "column_new": Text("Column {name} is new", name="{name}"),
    "column_gone": Text("Column {name} goes", name="{name}"),
    "column": Text("Column {name} is changed", name="{name}"),
    "policy": Text("Hit policy: {before} → {after}", before="{before}", after="{after}"),
    "text": Text("Expression: {before} → {after}", before="{before}", after="{after}"),
    "about": Text("Name, kind of value or description is changed"), "mine": Text("Yours"), "theirs": Text("Theirs"),
    "overtaken": Text("{who} published this decision {ago}. What you typed is kept.", who="{who}", ago="{ago}"),
    "somebody": Text("Somebody"), "expression": Text("Expression"), "empty": Text("empty"),
    "mistake_at": Text("Rule {n}, {column}", n="{n}", column="{column}"),
    "aggregation": Text("What becomes of the results"), "description": Text("Description"), "title": Text("Decision"),
    "gap": Text("No rule fits: {where}. For example: {example}.", where="{where}", example="{example}"),
    "and": Text(", "), "not": Text("not {values}", values="{values}"), "everywhere": Text("any value"),
    "overlap": Text("Rules {rules} both fit: {where}. For example: {example}.", rules="{rules}", where="{where}",
                    example="{example}"),
    "last_column": Text("A table needs a column that answers."), "new_column": Text("new"),
}
