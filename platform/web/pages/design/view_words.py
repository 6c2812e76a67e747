"""What the designer of views calls things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from formloom.errors import Text

WORDS: Final[Mapping[str, Text]] = {
    "standard": Text("List of everything"), "standard_help": Text("Columns and order wherever a view does not say."),
    "name_en": Text("Name in English"), "name_zh": Text("Name in Chinese"), "kind": Text("Kind"),
    "list": Text("List"), "kanban": Text("Board"), "calendar": Text("Calendar"),
    "filter": Text("Which records"), "all_records": Text("All records"), "edit_filter": Text("Change the condition"),
    "columns": Text("Columns"), "columns_help": Text("None: the columns of the list."), "card": Text("On a card"),
    "card_help": Text("None: the key figures that fit."), "add_field": Text("Add a field ..."),
    "sort": Text("Order"), "sort_help": Text("None: the order of the list."), "ascending": Text("Ascending"),
    "descending": Text("Descending"), "group_by": Text("Columns by"), "sum": Text("Sum of each column"),
    "nothing": Text("Nothing"), "hide_empty": Text("Leave empty columns out"), "collapsed": Text("Folded at first"),
    "start": Text("Day or start"), "end": Text("End"), "title": Text("Written on it"),
    "color_by": Text("Colour by"), "usual_title": Text("What names a record"), "life_cycle": Text("Life cycle"),
    "remove": Text("Remove this view"), "new_view": Text("New view"),
    "moved": Text("{{name}} is number {{n}} of {{all}}."),
    "take_away": Text("Take {{name}} away"), "move": Text("Move {{name}}: arrows up and down"),
    "no_choice": Text("This needs a field of type choice."), "no_date": Text("This needs a field with a date."),
    "failed": Text("The server cannot be reached."),
}
