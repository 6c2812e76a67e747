"""How views are written: a list, a board of columns, or a calendar."""

from __future__ import annotations

from formloom.metadata.grammar import HOLDS, array, flag, label, name, names, record, rule

KINDS = ("list", "kanban", "calendar")
SORT = {
    "type": "array",
    "items": {"type": "string", "pattern": "^-?[a-z][a-z0-9_]*$", HOLDS: "field"},
    "description": "Fields to sort by, the first one first; a minus sorts downwards.",
}
KANBAN = record(
    {
        "group_by": name(
            "Field of type choice whose choices are the columns; the life cycle where it is not given.", "field"),
        "card": names("Fields on a card, below its name; the columns of the view where it is not given.", "field"),
        "sum": name("Field with numbers that is summed at the head of each column.", "field"),
        "hide_empty": flag("Columns without a record are left out."),
        "collapsed": array("Choices whose columns are folded until they are opened.",
                           {"type": "string", HOLDS: "choice@group_by"}),
    },
    description="The board of a view of kind `kanban`.",
)
CALENDAR = record(
    {
        "start": name("Field of type date or datetime: the day on which a record stands.", "field"),
        "end": name("Field of the same type: its last day, or the moment at which it ends.", "field"),
        "title": name("Field that is written on it; the field that names a record where it is not given.", "field"),
        "color_by": name("Field of type choice that gives the colour; the life cycle where it is not given.", "field"),
    },
    ("start",),
    "The calendar of a view of kind `calendar`.",
)
VIEW = record(
    {
        "name": name("Name of the view.", "+view"),
        "label": label("Shown in the menu of views."),
        "kind": {"enum": list(KINDS), "default": "list", "description": "How its records are shown."},
        "filter": rule("Records for which it is true."),
        "columns": names("Fields shown; those of the list where it is not given.", "field"),
        "sort": SORT,
        "kanban": KANBAN,
        "calendar": CALENDAR,
    },
    ("name",),
)
