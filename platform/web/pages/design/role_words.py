"""What the designer of roles calls things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from formloom.errors import Text
from formloom.web.pages import workflow_script_words
from formloom.web.pages.design.entity_words import CONDITIONS

WORDS: Final[Mapping[str, Text]] = {
    **{key: workflow_script_words.WORDS[key] for key in CONDITIONS},
    "read": Text("See"), "create": Text("Create"), "update": Text("Change"), "delete": Text("Delete"),
    "read_short": Text("S"), "create_short": Text("C"), "update_short": Text("E"), "delete_short": Text("D"),
    "write": Text("Fill in"), "write_short": Text("F"),
    "none": Text("None"), "all": Text("All"), "some": Text("Some"), "none_of": Text("On no record"),
    "all_of": Text("On every record"), "some_of": Text("Only where ..."), "which": Text("Which records"),
    "own": Text("{{field}}: the person"), "team": Text("{{field}}: somebody of the person's teams"),
    "reports": Text("{{field}}: the person, or somebody who reports to the person"),
    "by_condition": Text("By a condition"), "no_rule_yet": Text("Say which records; until then it is none."),
    "in_states": Text("In certain states"), "add_state": Text("Another state ..."), "as_always": Text("As always"),
    "never": Text("Never"), "reason_zh": Text("Why not, in Chinese"), "reason_en": Text("Why not, in English"),
    "reason_help": Text("People read it where they would have acted."), "hidden": Text("Hidden"),
    "read_only": Text("Only to be seen"), "open": Text("Seen and filled in"), "mask": Text("What stays visible"),
    "mask_none": Text("Everything"), "mask_last4": Text("The last four"), "mask_first1": Text("The first one"),
    "mask_email": Text("First letter and domain"), "mask_all": Text("Nothing"), "field": Text("The field"),
    "follows": Text("As in {{name}}, which it belongs to"), "own_rules": Text("Give it rules of its own"),
    "everything": Text("This role may do everything."), "role": Text("Role"), "roles": Text("Roles"),
    "name_zh": Text("Name in Chinese"), "name_en": Text("Name in English"), "admin": Text("May do everything"),
    "admin_help": Text("With every entity, and design the model."), "people": Text("{{n}} people"),
    "person": Text("1 person"), "nobody": Text("Nobody"), "remove_role": Text("Remove this role"),
    "no_action": Text("It has no actions."), "no_fields": Text("The role sees no record of it."),
    "action": Text("Action"), "together": Text("Together"), "seeing": Text("Seeing as {{name}}"),
    "highlighted": Text("The highlighted roles together are what this person may do."),
    "no_roles": Text("None of the roles here: this person may do nothing."),
    "a_record": Text("About one record"), "find_record": Text("Find a record ..."), "no_record": Text("None is found."),
    "allowed": Text("Allowed"), "denied": Text("Not allowed"), "in_force": Text("Now"), "drafted": Text("In the draft"),
    "mistakes": Text("The draft has mistakes: this is what holds now."),
    "what_they_see": Text("What {{name}} sees"), "failed": Text("The server cannot be reached."),
    "choose_cell": Text("Choose a cell"),
    "choose_help": Text("Rules, fields and states of a role and an entity are set here."),
    "copy_of": Text("A role like {{name}}"), "nothing_yet": Text("Nothing yet"), "only_this": Text("Role shown"),
    "cell": Text("{{role}}, {{entity}}: {{verb}}, {{level}}"),
}
