"""How dashboards are written: cards that count the records of an entity, as numbers and as charts."""

from __future__ import annotations

from formloom.metadata.grammar import EXPRESSION, HOLDS, ICON, TEXT, about, array, flag, label, name, record, rule

KINDS = ("number", "bar", "column", "line", "funnel")
MEASURES = ("count", "sum", "average", "minimum", "maximum", "share")
PARTS = ("day", "week", "month", "quarter", "year")
PERIODS = ("today", "this_week", "this_month", "this_quarter", "this_year", "last_month", "last_quarter", "last_year",
           "last_30_days", "last_12_months", "all")
WIDTHS = (3, 4, 5, 6, 7, 8, 9, 12)


def _condition(description: str) -> dict[str, object]:
    return {**rule(description), HOLDS: f"{EXPRESSION}@entity"}


CARD = record(
    {
        "name": name("Name of the card, by which it is changed and addressed.", TEXT),
        "label": label("Its heading."),
        "kind": {"enum": list(KINDS), "default": "number", "description":
                 "One number; bars from the largest to the smallest; columns; a line over time; or a funnel, each "
                 "choice with those after it."},
        "entity": name("Entity whose records are counted: those that whoever looks may read.", "entity"),
        "filter": _condition("Records for which it is true."),
        "measure": {"enum": list(MEASURES), "default": "count", "description":
                    "What is told of these records: how many, or what their `field` adds up to, its average, smallest "
                    "or largest value; or the share of those that meet `where`, in percent."},
        "field": name("Field that is measured; every measure but count and share needs one.", "field@entity"),
        "where": _condition("Of `share`: the records that are a share of all."),
        "date": name("Field of type date or datetime to which the period applies; without one, all records count.",
                     "field@entity"),
        "group_by": name("Field by whose values the records are told apart; every kind but number and line needs one.",
                         "field@entity"),
        "every": {"enum": list(PARTS), "default": "month", "description": "Of a line: the parts of the period."},
        "compare": flag("Also show the period before."),
        "target": {"type": "number", "description":
                   "What is aimed at, of durations in hours: of a line, in each part of the period."},
        "better": {"enum": ["more", "less"], "default": "more", "description": "Which way is good; gives the colour."},
        "limit": {"type": "integer", "minimum": 2, "maximum": 30, "default": 8, "description":
                  "How many values are shown; the others are added up."},
        "width": {"enum": list(WIDTHS), "description":
                  "Of the twelve columns of the page; 3 for a number and 6 for others where it is not given."},
    },
    ("name", "entity"),
)
DASHBOARD = record(
    {
        "dashboard": name("Its name.", "+dashboard"),
        "label": label("Shown in the menu and above it."),
        "workspace": name("The workspace in whose menu it stands.", "workspace"),
        "icon": {**about("Name of a Tabler icon.", ICON), "default": "chart-bar"},
        "period": {"enum": list(PERIODS), "default": "this_month", "description": "The period shown at first."},
        "cards": array("Its cards, in order.", CARD),
    },
    ("dashboard", "workspace", "cards"),
)
