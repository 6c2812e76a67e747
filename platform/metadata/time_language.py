"""Calendars and service levels as JSON Schema: what may be written in `calendars/` and under an entity's `sla`."""

from __future__ import annotations

from typing import Any

from formloom.metadata.grammar import HOLDS, KEYS, TEXT, array, flag, label, name, record, rule, text

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GROUPS = {"weekdays": WEEKDAYS[:5], "weekend": WEEKDAYS[5:]}
SPAN = {
    "type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", HOLDS: TEXT,
}
DAY_OR_RANGE = {
    "type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})?$", HOLDS: TEXT,
}
DURATION = {
    "type": "string", "pattern": "^P(?=[0-9T])([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+S)?)?$",
    HOLDS: TEXT,
}


def _hours(description: str) -> dict[str, Any]:
    return array(description, SPAN)


def _dates(description: str) -> dict[str, Any]:
    return array(description, DAY_OR_RANGE, least=1)


HOLIDAY = record(
    {
        "label": label("What the day is called."),
        "on": {"type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$", HOLDS: TEXT,
               "description": "A date of every year: 12-25."},
        "dates": _dates("Single dates, or first..last: 2026-02-15..2026-02-23."),
        "weekday": {"enum": list(WEEKDAYS), "description": "A weekday of a month, with `month` and `nth`."},
        "month": {"type": "integer", "minimum": 1, "maximum": 12, "description": "The month of `weekday`."},
        "nth": {"enum": [1, 2, 3, 4, 5, -1], "description": "Which one in the month; -1 is the last."},
        "hours": _hours("What is worked on it all the same, such as the morning of 24 December."),
    },
)
WORKED = record(
    {
        "label": label("Why it is worked."),
        "dates": _dates("Single dates, or first..last."),
        "like": {"enum": list(WEEKDAYS), "default": "monday", "description": "The weekday whose hours are worked."},
        "hours": _hours("Hours of its own, instead of `like`."),
    },
    ("dates",),
)
WEEK = record(
    {
        "weekdays": _hours("Monday to Friday."),
        "weekend": _hours("Saturday and Sunday."),
        **{day: _hours(f"{day.capitalize()}; beats its group.") for day in WEEKDAYS},
    },
    description="Hours of each day, such as [\"09:00-12:00\", \"13:00-18:00\"]; a day that is not given is free.",
)
CALENDAR = record(
    {
        "calendar": name("Its name, which teams, service levels and expressions use.", "+calendar"),
        "label": label("What people call it."),
        "timezone": text("The zone whose wall clock its hours are, such as Asia/Shanghai."),
        "default": flag("It is the organisation's: that of everybody whose team has none."),
        "like": name("Another calendar, for whatever is not given here.", "calendar"),
        "week": WEEK,
        "holidays": array("Days that are free, or have hours of their own; a later one beats an earlier one.",
                                   HOLIDAY),
        "worked": array("Make-up working days; they beat holidays.", WORKED),
    },
    ("calendar",),
)
SERVICE_LEVEL = record(
    {
        "label": label("What the clock is called."),
        "target": {**DURATION, "description": "Working time allowed, such as PT8H; the same for every record."},
        "by": name("Choice field that decides which of `targets` holds.", "field"),
        "targets": {
            "type": "object", "minProperties": 1, "additionalProperties": DURATION, KEYS: "choice@by",
            "description": "Working time allowed for each choice of `by`.",
        },
        "starts": rule("The clock starts once this is true; at creation where it is not given."),
        "stops": rule("The clock stops while this is true: the target is met, or was missed."),
        "pauses": rule("The clock stands still while this is true."),
        "calendar": name("Calendar it runs by; that of the owner's team where it is not given.", "calendar"),
        "warn": array("Percentages at which processes are told.",
                               {"type": "integer", "minimum": 1, "maximum": 99}),
        "due": name("Date and time field that always holds when it is due; empty while it stands still.", "field"),
        "state": name("Choice field that always holds its state: running, warning, paused, met or breached.", "field"),
    },
    ("stops",),
)
