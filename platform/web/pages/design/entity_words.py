"""What the scripts of the entity designer and of the diagram say, in the language of the person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from formloom.errors import Text
from formloom.web.pages import workflow_script_words

CONDITIONS: Final = (
    "joined", "all_hold", "one_holds", "add_condition", "as_feel", "only_feel", "about", "comparison", "steps",
    "fields",
    "related", "comma", "yes", "no", "op_=", "op_!=", "op_in", "op_contains", "op_empty", "op_filled", "condition",
    "value", "remove", "choose",
)
_FIELD: Final[Mapping[str, Text]] = {
    "name_zh": Text("Name in Chinese"), "name_en": Text("Name in English"), "help_zh": Text("Help in Chinese"),
    "help_en": Text("Help in English"), "help": Text("Help text"),
    "help_help": Text("Stands below the field when people fill it in."),
    "key": Text("Technical name"), "key_help": Text("For formulas and interfaces: small letters, digits and _."),
    "bad_key": Text("Use small letters, digits and _, a letter first."),
    "key_taken": Text("There is such a field already."),
    "rules": Text("Rules"), "required": Text("Must be filled in"), "unique": Text("No two records have the same"),
    "readonly": Text("People do not type it"), "indexed": Text("Often searched and sorted by"),
    "default": Text("What a new record begins with"), "default_help": Text("A formula; a text stands in quotes."),
    "no_default": Text("Nothing"), "when": Text("Depending on other fields"), "required_when": Text("Needed if"),
    "visible_when": Text("Shown only if"), "readonly_when": Text("Locked if"),
    "limits": Text("What is allowed"), "choices": Text("The list"), "add_choice": Text("Add a choice"),
    "choice_value": Text("Value that is stored"), "choice_tone": Text("Colour"), "up": Text("Move up"),
    "down": Text("Move down"), "fill": Text("How far along, from 0 to 1"), "new_choice": Text("Choice {n}", n="{n}"),
    "paste_choices": Text("Paste several, one for each line"), "points": Text("Points at"),
    "new_entity": Text("A new entity"), "open_entity": Text("Open {name}", name="{name}"),
    "no_child": Text("No entity says that it belongs to this one yet."),
    "pattern_example": Text("The next ones look like {first} and {second}", first="{first}", second="{second}"),
    "pattern_none": Text("It needs one counter, as {example}.", example="{0000}"),
    "pattern": Text("Number pattern"), "pattern_prefix": Text("Begins with"), "pattern_date": Text("Then"),
    "pattern_digits": Text("Digits of the counter"),
    "date_none": Text("no date"), "date_year": Text("the year"), "date_month": Text("year and month"),
    "date_day": Text("year, month and day"), "pattern_own": Text("Write the pattern by hand"),
    "formula": Text("Formula"), "formula_help": Text("Such as quantity * price."),
    "decided": Text("The decision {name} gives the value.", name="{name}"),
    "change_type": Text("Make it something else"),
}
_LIST: Final[Mapping[str, Text]] = {
    "added": Text("{name} is added.", name="{name}"),
    "moved": Text("{name} is number {n} now.", name="{name}", n="{n}"),
    "taken": Text("{name} is removed. Undo brings it back.", name="{name}"),
    "remove_field": Text("Remove this field"), "duplicate": Text("Make a copy"),
    "removing": Text("Remove {name}?", name="{name}"),
    "kept": Text("What people filled in is kept and comes back when the field does."),
    "used_in": Text("It is used here:"), "not_used": Text("Nothing else uses it."), "looking": Text("Looking ..."),
    "new": Text("new"), "copy_of": Text("{name} (copy)", name="{name}"),
    "must": Text("must be filled in"), "conditional": Text("shown depending on other fields"),
    "number_badge": Text("number of the record"), "title_badge": Text("names the record"),
    "state_badge": Text("state of the record"), "owner_badge": Text("owner of the record"),
    "no_fields": Text("Drag a field here, or press one on the left."),
}
_ENTITY: Final[Mapping[str, Text]] = {
    "singular": Text("One of them is called"), "plural": Text("Many are called"),
    "in_zh": Text("Chinese"), "in_en": Text("English"), "icon": Text("Picture"), "about_entity": Text("What it is for"),
    "roles_of_fields": Text("What fields are for"), "title": Text("Field that names a record"),
    "number": Text("Field with its number"), "state": Text("Field with its state"),
    "owner": Text("Field with its owner"),
    "search": Text("Fields that the search looks into"), "parent": Text("Belongs to"),
    "no_parent": Text("Stands for itself"), "nothing": Text("None"), "list_columns": Text("Columns of the list"),
    "mistakes": Text("Something is to mend; this is as far as it goes."),
}
_TONES: Final[Mapping[str, Text]] = {
    "tone_idle": Text("grey: not begun"), "tone_wait": Text("amber: somebody must act"),
    "tone_run": Text("blue: going well"), "tone_done": Text("green: finished"), "tone_stop": Text("red: stopped"),
}
DIAGRAM: Final[Mapping[str, Text]] = {
    "link": Text("Link {from} to {to}", **{"from": "{from}", "to": "{to}"}),
}

WORDS: Final[Mapping[str, Text]] = {
    **{key: workflow_script_words.WORDS[key] for key in CONDITIONS if key in workflow_script_words.WORDS},
    **_FIELD, **_LIST, **_ENTITY, **_TONES}
