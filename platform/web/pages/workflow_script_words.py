"""What the scripts of the process designer say, in the language of the person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from formloom.errors import Text
from formloom.web.pages.workflow_words import USED_UP

_DRAWING: Final[Mapping[str, Text]] = {
    "lasso": Text("Select several"), "space": Text("Make room"), "connect": Text("Draw a way"),
    "append": Text("Then: {kind}", kind="{kind}"), "add_limit": Text("Add a time limit"), "remove": Text("Remove"),
    "pin_error": Text("{n} to fix", n="{n}"), "pin_warning": Text("{n} to look at", n="{n}"),
    "errors": Text("{n} to fix", n="{n}"),
    "warnings": Text("{n} to look at", n="{n}"), "fine": Text("It can be published."), "kind": Text("What it is"),
    "make_otherwise": Text("Otherwise: {name}", name="{name}"), "id_help": Text("What formulas call it"),
    "saving": Text("Saving…"), "draft_of": Text("Draft of version {n}", n="{n}"),
    "version": Text("Version {n}", n="{n}"),
    "unreachable": Text("The server cannot be reached. What you drew is kept on this device."),
    "signed_out": Text("You are signed out. What you drew is kept on this device: sign in and come back."),
    "behind": Text("Somebody has published another version since this draft was begun. Compare before you publish."),
    "overtaken": Text("{who} saved this process {ago}. Yours is kept until you decide.", who="{who}", ago="{ago}"),
    "somebody": Text("Somebody"),
}
_PUBLISHING: Final[Mapping[str, Text]] = {
    "publish_title": Text("Publish version {n}?", n="{n}"),
    "compare_title": Text("What has changed since that version"),
    "no_changes": Text("Nothing has changed."), "first_version": Text("This is the first version."),
    "mend_first": Text("{n} to fix before it can be published.", n="{n}"), "in_force": Text("In force"),
    "yours": Text("Yours"),
    "last_published": Text("Version {n} was published by {who}, {ago}", n="{n}", who="{who}", ago="{ago}"),
    "stay": Text("{n} running cases stay on the version they began with; new ones take this one.", n="{n}"),
    "nobody_touched": Text("No case runs now; the next one takes this version."),
    "published": Text("Published; the next case takes it."),
}
_PROCESS: Final[Mapping[str, Text]] = {
    "process": Text("Process"), "name": Text("Name"), "name_en": Text("Name in English"),
    "name_zh": Text("Name in Chinese"), "entity": Text("Kind of record"), "no_entity": Text("No record"),
    "note": Text("Note for readers"), "starts": Text("Starts when"), "add_start": Text("Add what starts it"),
    "on_action": Text("somebody does an action"), "on_created": Text("a record is created"),
    "on_updated": Text("a record is changed"), "on_schedule": Text("by the clock"),
    "on_message": Text("a message comes"), "on_signal": Text("a signal comes"),
    "on_manual": Text("somebody starts it by hand"), "on_sla": Text("a promise to the customer comes due"),
    "on_strange": Text("something else: {kind}", kind="{kind}"), "promise": Text("Service level"),
    "no_promise": Text("This kind of record promises nothing yet."), "happens": Text("What happens"),
    "used_up": USED_UP, "missed": Text("Times that passed while nothing ran"),
    "missed_once": Text("made up for once"), "missed_all": Text("all made up for"), "missed_skip": Text("left out"),
    "withdraw": Text("Taking it back"), "withdraw_who": Text("Whoever started it may take it back"),
    "withdraw_never": Text("never"), "withdraw_undecided": Text("until somebody has decided"),
    "withdraw_always": Text("as long as it runs"), "withdraw_writes": Text("Then the record gets"),
    "only_if": Text("Only if"),
    "for_each_record": Text("For each record with"), "message_name": Text("Name of the message"),
    "signal_name": Text("Name of the signal"), "error_name": Text("Code of the failure"),
    "escalation_name": Text("Code of the escalation"), "error_help": Text("Empty: whatever fails"),
}
_PEOPLE: Final[Mapping[str, Text]] = {
    "who": Text("Who does it"), "person": Text("Person"), "nobody_special": Text("Nobody in particular"),
    "starter": Text("Who started it"), "starter_manager": Text("Manager of who started it"),
    "manager_of": Text("Manager of: {field}", field="{field}"), "role": Text("Everyone with the role"),
    "role_else": Text("If there is no such person, everyone with the role"), "no_role": Text("No role"),
    "several": Text("Several people"), "what_fields": Text("What they see and fill in"),
    "bind_first": Text("Choose the kind of record of the process first."), "hidden": Text("not shown"),
    "show": Text("only shown"), "edit": Text("may be changed"), "required": Text("must be filled in"),
    "no_fields": Text("No field is shown yet."), "more_fields": Text("{n} more fields", n="{n}"),
    "outcomes": Text("How it ends"),
    "add_outcome": Text("Add an outcome"), "just_done": Text("With “Done”. Add outcomes to let people decide."),
    "with_comment": Text("comment required"), "label_zh": Text("In Chinese"), "label_en": Text("In English"),
    "tone": Text("Meaning"), "tone_done": Text("Yes: it goes on"), "tone_stop": Text("No: it is refused"),
    "tone_idle": Text("Neither"), "comment_required": Text("A comment is required"),
    "value_key": Text("What formulas compare with"),
    "value_help": Text("Change it before anything asks for it."), "due": Text("Until when"),
}
_APPROVAL: Final[Mapping[str, Text]] = {
    "decided_how": Text("How it is decided"), "decided_by": Text("Who has to agree"),
    "decided_one": Text("whoever takes it decides alone"), "decided_all": Text("all of them"),
    "decided_any": Text("the first who decides"), "decided_quorum": Text("a number of them"),
    "needed": Text("How many have to agree"), "needed_help": Text("A number, as 2, or a share of all, as 60%"),
    "weight": Text("What a vote counts"), "weight_help": Text("Empty: 1"), "approver": Text("Who votes"),
    "order": Text("When they are asked"), "order_parallel": Text("all at once"),
    "order_sequential": Text("one after the other"), "self": Text("If one of them is who asked"),
    "self_skip": Text("may not decide"), "self_fallback": Text("may not decide; the substitute role does"),
    "self_allow": Text("may decide as well"), "return": Text("It may be sent back"),
    "return_none": Text("to nobody"), "return_initiator": Text("to who asked"),
    "return_any": Text("to who asked or to an earlier step"), "resume": Text("When it comes again"),
    "resume_steps": Text("all steps in between are done again"), "resume_back": Text("straight to this step"),
    "resume_choose": Text("whoever sends it back chooses"), "permitted": Text("Who decides may also"),
    "needs_refusal": Text("Add an outcome that goes on and one that refuses: they are the votes."),
    "more_people": Text("More people"), "roles_of": Text("Everyone with the roles"),
    "roles_help": Text("A list of roles, as a decision gives it"), "managers": Text("Managers above who asked"),
    "managers_help": Text("How many at most, as 3"), "managers_until": Text("Up to the first with the role"),
    "head_of": Text("Head of the team"), "no_team": Text("No team"), "own_team": Text("that of who asked"),
    "fallback": Text("If that is nobody, everyone with the role"),
}
_DOING: Final[Mapping[str, Text]] = {
    "what_to_do": Text("What to do"), "action": Text("Action"), "choose": Text("Choose"), "none": Text("None"),
    "set_field": Text("Set another field"), "for_each": Text("Once for each of"),
    "for_each_help": Text("A list; one of it is called item. Empty: once."),
    "text_help": Text("In quotation marks; join with +, as \"Approved: \" + name"), "decision": Text("Decision"),
    "open_decisions": Text("Open the decisions"),
    "input_help": Text("Empty: the field {name} of the record", name="{name}"),
    "result": Text("What the answer is called"), "result_help": Text("Besides the name of this step"),
    "calculation": Text("Values"), "script_help": Text("One line for each: total = amount * 1.06"),
    "of_message": Text("Message"), "of_signal": Text("Signal"), "of_error": Text("Failure"),
    "of_escalation": Text("Escalation"), "message": Text("Message"), "key": Text("Meant for the case with the key"),
    "key_help": Text("Empty: the case of the same record"), "add_value": Text("Take a value along"),
    "value": Text("Value"),
}
_FLOW: Final[Mapping[str, Text]] = {
    "goes": Text("It goes this way"), "always": Text("Always. Conditions belong on the ways behind a split."),
    "only_way": Text("It is the only way; draw another one from the split first."),
    "otherwise": Text("Otherwise, if no other way fits"), "otherwise_short": Text("otherwise"),
    "no_condition": Text("no condition yet"), "ways": Text("Ways"), "condition": Text("Condition"),
    "joined": Text("Of these"), "all_hold": Text("all must hold"), "one_holds": Text("one is enough"),
    "add_condition": Text("Add a condition"), "as_feel": Text("As a formula (FEEL)"),
    "only_feel": Text("Only a formula can say this."), "about": Text("What is compared"),
    "comparison": Text("How it is compared"), "steps": Text("Results of steps"), "fields": Text("Fields"),
    "related": Text("Of related records"), "comma": Text("Several, with commas"), "yes": Text("Yes"), "no": Text("No"),
    "op_=": Text("is"), "op_!=": Text("is not"), "op_in": Text("is one of"), "op_contains": Text("contains"),
    "op_empty": Text("is empty"), "op_filled": Text("is not empty"), "then": Text("What then"),
    "interrupts": Text("The step ends; only this way goes on"), "rounds": Text("Repetition"),
    "how_often": Text("How often"), "rounds_once": Text("Once"),
    "rounds_parallel": Text("For each of a list, at the same time"),
    "rounds_sequential": Text("For each of a list, one after the other"),
    "rounds_loop": Text("Again and again, as long as"), "each_of": Text("For each of"),
    "each_help": Text("A list, or how many times"), "item": Text("One of it is called"), "until": Text("Enough when"),
    "until_help": Text("Empty: all of them"), "again_while": Text("As long as"),
}
_TIME: Final[Mapping[str, Text]] = {
    "when": Text("When"), "no_limit": Text("No limit"), "after": Text("After some time"),
    "at_field": Text("On the day of a field"), "at_day": Text("At a fixed time"),
    "by_feel": Text("By a formula (FEEL)"),
    "how_many": Text("How many"), "unit": Text("Unit"), "unit_minutes": Text("minutes"), "unit_hours": Text("hours"),
    "unit_days": Text("days"), "unit_weeks": Text("weeks"), "date_field": Text("Field with the date"),
    "times": Text("How many times"), "for_ever": Text("without end"), "at_time": Text("At a time of day"),
    "every": Text("Again and again, every"), "by_cron": Text("By a cron line"), "days": Text("Days"),
    "time_of_day": Text("Time of day"), "every_day": Text("every day"), "weekdays": Text("Monday to Friday"),
    "day_1": Text("Mondays"), "day_2": Text("Tuesdays"), "day_3": Text("Wednesdays"), "day_4": Text("Thursdays"),
    "day_5": Text("Fridays"), "day_6": Text("Saturdays"), "day_0": Text("Sundays"), "repeats": Text("Again and again"),
}
_TRIAL: Final[Mapping[str, Text]] = {
    "trial": Text("Test run"), "trial_help": Text("The drawing as it is now. No record is changed, nobody is told."),
    "trial_mend": Text("Mend first what is listed under the drawing."),
    "trial_again": Text("The drawing has changed since. Start the test run again."), "trial_sample": Text("Sample"),
    "trial_record": Text("Copy of the record number"), "trial_record_help": Text("Empty: a new one with these values"),
    "trial_values": Text("Values for this test"), "trial_start": Text("Start the test run"),
    "trial_restart": Text("From the beginning"), "trial_undo": Text("One step back"),
    "trial_next": Text("On to the next timer"), "trial_finish": Text("Run to the end"), "trial_now": Text("Now"),
    "trial_happens": Text("Let it happen"), "trial_way": Text("The way it took"),
    "trial_outside": Text("What would have happened outside"),
}
WORDS: Final[Mapping[str, Text]] = {
    **_DRAWING, **_PUBLISHING, **_PROCESS, **_PEOPLE, **_APPROVAL, **_DOING, **_FLOW, **_TIME, **_TRIAL}
