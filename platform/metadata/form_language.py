"""How forms are written: sections, tabs, and layouts for some people or for a step of a process."""

from __future__ import annotations

from formloom.metadata.grammar import HOLDS, TEXT, array, label, name, names, record, rule

STEP_PATTERN = r"^[A-Za-z_][\w.-]*/[A-Za-z_][\w.-]*$"
SECTION = record(
    {
        "name": name("By which other packs and the local layer change it; its heading where it is not given.", TEXT),
        "label": label("Heading."),
        "columns": {"enum": [1, 2], "default": 2, "description": "Fields side by side."},
        "fields": names("Fields in order.", "field"),
        "visible_when": rule("Shown while this is true."),
    },
    ("fields",),
)
TAB = record(
    {
        "name": name("By which other packs and the local layer change it; its label where it is not given.", TEXT),
        "label": label("What is written on the tab."),
        "sections": array("Its sections.", SECTION),
    },
    ("sections",),
)
FORM = record(
    {
        "headline": names("Three to five key figures in the header of a record.", "field"),
        "sections": array("Groups of fields, one below the other.", SECTION),
        "tabs": array("Groups of sections; instead of `sections`.", TAB),
    },
    description="How a record is laid out; without it, one section holds every field.",
)
LAYOUT = record(
    {
        "name": name("By which it is changed and chosen.", TEXT),
        "label": label("What administrators call it."),
        "roles": names("Whoever has one of these roles gets it instead of `form`.", "role"),
        "steps": array(
            "User tasks that get it, as process/element.",
            {"type": "string", "pattern": STEP_PATTERN, HOLDS: TEXT}),
        "sections": array("Groups of fields, one below the other.", SECTION),
        "tabs": array("Groups of sections; instead of `sections`.", TAB),
    },
    ("name",),
    description="What it leaves out is not shown there, and keeps its value. It gives no rights.",
)
