"""What the designer of forms calls things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from formloom.errors import Text
from formloom.web.pages import workflow_script_words
from formloom.web.pages.design.entity_words import CONDITIONS

WORDS: Final[Mapping[str, Text]] = {
    **{key: workflow_script_words.WORDS[key] for key in CONDITIONS},
    "usual": Text("For everybody"), "usual_help": Text("Whoever has no form of their own gets this one."),
    "new_layout": Text("New form"), "copied": Text("It begins as a copy of this one."),
    "remove_layout": Text("Remove this form"),
    "remove_layout_sure": Text("Whoever had {{name}} gets the form for everybody."),
    "roles_of": Text("Who gets it"), "steps_of": Text("At which steps"), "no_steps": Text("No process asks about it."),
    "nobody_yet": Text("Nobody gets it yet: choose roles or steps."),
    "headline": Text("Key figures in the header"), "headline_help": Text("Three to five say most."),
    "name_zh": Text("Name in Chinese"), "name_en": Text("Name in English"), "section": Text("Section"),
    "heading_zh": Text("Heading in Chinese"), "heading_en": Text("Heading in English"), "tab": Text("Tab"),
    "columns": Text("Fields side by side"), "one": Text("One"), "two": Text("Two"), "shown_if": Text("Shown only if"),
    "visible_when": Text("Shown only if"), "required_when": Text("Needed if"), "readonly_when": Text("Locked if"),
    "in_every_form": Text("These rules of the field hold in every form."), "to_tab": Text("On the tab"),
    "remove_section": Text("Remove the section"), "remove_section_help": Text("Its fields go back to the left."),
    "remove_tab": Text("Remove the tab"), "remove_tab_help": Text("Its sections go to the tab before it."),
    "take_off": Text("Take it off this form"), "open_field": Text("Its other settings"),
    "new_section": Text("New section"), "new_tab": Text("New tab"),
    "untitled": Text("Without a heading"), "all_placed": Text("Every field is on the form."),
    "drop_here": Text("Drag fields here"),
    "moved": Text("{{name}} is number {{n}} of {{all}} in {{section}}."),
    "placed": Text("{{name}} was put on the form."),
    "taken": Text("{{name}} was taken off the form."), "required": Text("must be filled in"),
    "conditional": Text("only sometimes"), "move_section": Text("Move {{name}}: Alt and arrows"),
}
