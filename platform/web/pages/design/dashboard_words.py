"""What the designer of dashboards says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from formloom.errors import Text
from formloom.web.pages import workflow_script_words
from formloom.web.pages.design.entity_words import CONDITIONS

KIND_WORDS: Final[Mapping[str, Text]] = {
    "number": Text("Number"), "bar": Text("Bars"), "column": Text("Column chart"), "line": Text("Line over time"),
    "funnel": Text("Funnel")}
MEASURE_WORDS: Final[Mapping[str, Text]] = {
    "count": Text("How many records"), "sum": Text("Sum of a field"), "average": Text("Average of a field"),
    "minimum": Text("Smallest value"), "maximum": Text("Largest value"), "share": Text("Share of the records")}
PART_WORDS: Final[Mapping[str, Text]] = {
    "day": Text("each day"), "week": Text("each week"), "month": Text("each month"), "quarter": Text("each quarter"),
    "year": Text("each year")}
WIDTH_WORDS: Final[Mapping[int, Text]] = {
    3: Text("A quarter of the page"), 4: Text("A third"), 5: Text("A little less than half"), 6: Text("Half"),
    7: Text("A little more than half"), 8: Text("Two thirds"), 9: Text("Three quarters"), 12: Text("The whole width")}
NOT_THERE: Final = Text("This entity is not in force yet; publish the draft first.")
NEEDS_MORE: Final = Text("Something has to be chosen before this card can be drawn.")
WORDS: Final[Mapping[str, Text]] = {
    **{key: workflow_script_words.WORDS[key] for key in CONDITIONS},
    "name_zh": Text("Name in Chinese"), "name_en": Text("Name in English"), "icon": Text("Picture"),
    "dashboard": Text("Dashboard"), "workspace": Text("Stands in the menu of"), "period": Text("Period shown at first"),
    "time": Text("Period"),
    "new_dashboard": Text("New dashboard"), "remove_dashboard": Text("Remove the dashboard"),
    "remove_help": Text("Only the numbers go; the records stay."), "new_card": Text("Add a card"),
    "remove_card": Text("Remove this card"), "copy_card": Text("Copy this card"), "kind": Text("Shown as"),
    "entity": Text("Records of"), "filter": Text("Which of them"), "measure": Text("What is told"),
    "field": Text("Of the field"), "where": Text("The share of those for which"), "date": Text("The period goes by"),
    "no_date": Text("Nothing: all records, as they are now"), "group_by": Text("Told apart by"),
    "every": Text("One point for"), "compare": Text("Compare with the period before"),
    "target": Text("Target"), "target_line": Text("Target of each point"), "better": Text("Which way is good"),
    "more": Text("More is better"), "less": Text("Less is better"), "limit": Text("Values shown"),
    "limit_help": Text("The rest is added up."),
    "width": Text("Width"), "move": Text("Move {{name}}: arrows up and down"),
    "moved": Text("{{name}} is number {{n}} of {{all}}."), "empty": Text("No card yet. Add one below."),
    "none": Text("There is no dashboard yet."), "settings": Text("Settings of the dashboard"),
    "failed": Text("The server cannot be reached."), "no_field": Text("This entity has no field for that."),
    "untitled": Text("New card"), "no_workspace": Text("Make a workspace first, under Menus."),
}
