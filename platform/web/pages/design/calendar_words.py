"""What the designer of calendars calls things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from formloom.errors import Text

DAYS: Final[Mapping[str, Text]] = {
    "monday": Text("Monday"), "tuesday": Text("Tuesday"), "wednesday": Text("Wednesday"), "thursday": Text("Thursday"),
    "friday": Text("Friday"), "saturday": Text("Saturday"), "sunday": Text("Sunday"),
}
WORDS: Final[Mapping[str, Text]] = {
    "name_zh": Text("Name in Chinese"), "name_en": Text("Name in English"), "timezone": Text("Time zone"),
    "bad_zone": Text("Choose a time zone of the list."), "default": Text("That of the organisation"),
    "standard": Text("Default"),
    "default_help": Text("For everybody whose team has none of its own."), "like": Text("Like"),
    "like_help": Text("Whatever is not said here is taken from there."), "like_none": Text("No other"),
    "week": Text("Hours of the week"), "free": Text("free"),
    "hours_help": Text("As 09:00-12:00, 13:00-18:00; empty is a free day."),
    "bad_hours": Text("Write hours as 09:00-12:00, 13:00-18:00."), "holidays": Text("Holidays"),
    "worked": Text("Make-up days"), "every_year": Text("Every year"),
    "nth_of": Text("{{nth}} {{day}} of month {{month}}"),
    "last": Text("last"), "remove": Text("Remove"), "new_calendar": Text("New calendar"),
    "remove_calendar": Text("Remove this calendar"), "used_by": Text("Used by"), "unused": Text("Nothing uses it yet."),
    "day_usual": Text("As on every {{day}}"), "day_holiday": Text("Holiday"), "day_worked": Text("Worked"),
    "what_day": Text("What is this day"), "called_zh": Text("Called, in Chinese"),
    "called_en": Text("Called, in English"), "worked_like": Text("With the hours of"),
    "by_rule": Text("It is one every year; only as a worked day can it be another here."),
    "until": Text("Until"), "until_help": Text("For several days in a row."), "apply": Text("Set"),
    "legend_work": Text("worked"), "legend_free": Text("free"), "legend_holiday": Text("holiday"),
    "legend_made": Text("made up"), "days_worked": Text("{{n}} days are worked in {{year}}."),
    "mistakes": Text("Mend the mistakes of the draft to see the year."),
    "failed": Text("The server cannot be reached."),
    "moves_draft": Text("Once this is published, {{n}} running clocks would be due at another time."),
    "moves_now": Text("{{n}} running clocks are due by an earlier calendar."), "moves_none": Text("No clock moves."),
    "move": Text("Move them"), "ask_moves": Text("Which clocks would move?"), "called": Text("{{date}}, {{what}}"),
}
