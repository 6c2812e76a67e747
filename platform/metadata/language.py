"""The definition language as JSON Schema 2020-12: what editors complete and `formloom check` validates first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formloom.metadata.dashboard_language import DASHBOARD
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.form_language import FORM, LAYOUT
from formloom.metadata.grammar import (
    FEEL,
    HOLDS,
    ICON,
    ID,
    KEYS,
    NAME,
    TEXT,
    array,
    flag,
    label,
    mapping,
    name,
    names,
    record,
    rule,
    text,
)
from formloom.metadata.time_language import CALENDAR, SERVICE_LEVEL
from formloom.metadata.view_language import SORT, VIEW

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE = "https://formloom.org/schema/1.0/"

CHOICE = record(
    {
        "value": {
            "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,60}$", HOLDS: "+choice",
            "description": "What is stored and compared.",
        },
        "label": label("What people read."),
        "tone": {
            "enum": ["idle", "wait", "run", "done", "stop"],
            "default": "idle",
            "description": "What kind of state it is; gives the colour.",
        },
        "fill": {
            "type": "number", "minimum": 0, "maximum": 1, "default": 0,
            "description": "How far along the life cycle, from 0 to 1; fills the ring before the label.",
        },
    },
    ("value",),
)
COMMON = {
    "type": text("The field type; it decides which further keys there are."),
    "id": ID,
    "label": label("Shown before the field."),
    "help": label("Shown below the field."),
    "required": flag("A record without a value is refused."),
    "unique": flag("No two records have the same value."),
    "indexed": flag("Keep a database index: lists filter and sort by it."),
    "readonly": flag("People do not type it; actions and processes may set it."),
    "default": rule("Value of a new record; a text is written with quotes inside: '\"draft\"'."),
    "required_when": rule("A value is needed while this is true."),
    "visible_when": rule("Shown while this is true."),
    "readonly_when": rule("Not typed while this is true."),
    "decision": {
        **text("Id of a decision that gives the value: of a formula field always, else of a new record."),
        HOLDS: "decision",
    },
    "output": text("Which of the decision's outputs, where it has several."),
    "inputs": {
        "type": "object", "additionalProperties": FEEL, KEYS: TEXT,
        "description": "What each input of the decision is; without it, the field of the same name.",
    },
}
LIST = record(
    {"columns": names("Fields shown, in order; the first six where it is not given.", "field"), "sort": SORT},
    description="How records are listed.",
)
CONSTRAINT = record(
    {
        "name": name("Name of the rule.", TEXT),
        "check": rule("What must hold; a record for which it is false is refused."),
        "field": name("Field beside which the message is shown; the whole record where it is not given.", "field"),
        "message": label("Why the record is refused."),
    },
    ("name", "check", "message"),
)
RELATED = record(
    {
        "entity": name("The other entity.", "entity"),
        "field": name("Its reference to this one.", "field@entity"),
        "label": label("Heading."),
    },
    ("entity", "field"),
)
ACTION = record(
    {
        "label": label("On the button."),
        "icon": ICON,
        "primary": flag("The one button that stands out."),
        "when": rule("Offered while this is true."),
        "reason": label("Why not, and the way out, while `when` is false."),
        "confirm": label("Asked before it is done."),
        "fields": names("Fields asked for when it is done.", "field"),
        "set": mapping("New value of each field named.", "field", rule("The new value.")),
    }
)
FIELD_RULE = record(
    {
        "read": {"type": "boolean", "default": True, "description": "false hides the field."},
        "write": {"type": "boolean", "default": True, "description": "false makes it read-only."},
        "mask": {
            "enum": ["last4", "first1", "email", "all"],
            "description": "What stays visible of the value: a part of it, or nothing (all).",
        },
    }
)
STATE_RULE = record(
    {
        "update": rule("Who may change a record in this state."),
        "delete": rule("Who may delete a record in this state."),
        "fields": mapping("What is tighter for single fields.", "field", FIELD_RULE),
        "reason": label("Why not, and the way out."),
    }
)


def field_schema(field_type: FieldType) -> dict[str, Any]:
    options = dict(field_type.options or {})
    if field_type.name == "formula":
        options["formula"] = rule("What is computed, over the fields of the record.")
    if "choices" in options:
        options["choices"] = array(options["choices"]["description"], CHOICE, least=1)
    needed: list[str] = [key for key in ("choices", "entity", "of", "function") if key in options]
    if field_type.name == "sequence":
        needed = ["pattern"]
    typed = {"const": field_type.name, "description": field_type.about or COMMON["type"]["description"]}
    made = record({**COMMON, "type": typed, **options}, ("type", *needed))
    if field_type.name == "formula":
        made |= {"if": {"not": {"required": ["decision"]}}, "then": {"required": ["formula"]}}
    return made


def _field(types: Mapping[str, FieldType]) -> dict[str, Any]:
    """One branch per field type, chosen by `type`, so that an editor completes just its options."""
    branches = [
        {"if": {"properties": {"type": {"const": key}}, "required": ["type"]}, "then": field_schema(field_type)}
        for key, field_type in types.items()
    ]
    typed = {
        "enum": list(types),
        "enumDescriptions": [field_type.about for field_type in types.values()],
        "description": COMMON["type"]["description"],
    }
    return {"type": "object", "required": ["type"], "properties": {"type": typed}, "allOf": branches}


def entity_schema(types: Mapping[str, FieldType]) -> dict[str, Any]:
    fields = {
        "type": "object", "description": "Its fields by name, in the order of forms and lists.",
        "minProperties": 1, "propertyNames": NAME, "additionalProperties": _field(types), KEYS: "+field",
    }
    return document(
        "entity",
        "An entity: what a business keeps records of.",
        record(
            {
                "entity": name("Its name: unique, and that of its address in the API.", "+entity"),
                "id": ID,
                "label": label("What people call one record."),
                "plural": label("What people call many."),
                "help": label("What it is for."),
                "icon": {**ICON, "default": "table"},
                "title": name(
                    "Field that names a record; the first field of type text where it is not given.", "field"),
                "number": name("Field shown as its number.", "field"),
                "search": names("Fields that the quick search looks into.", "field"),
                "state": name("Field of type choice that is its life cycle.", "field"),
                "owner": name("Field of type user: whose record it is.", "field"),
                "parent": name("Entity that it is a part of; gives it the fields `parent` and `position`.", "entity"),
                "fields": fields,
                "constraints": array("What must hold in every record.", CONSTRAINT),
                "indexes": array("Groups of fields indexed together.",
                                 names("Fields of one index.", "field", least=1)),
                "unique": array("Groups of fields that are unique together.",
                                names("Fields of one group.", "field", least=1)),
                "form": FORM,
                "layouts": array("Other forms of it, for some roles or for a step of a process.", LAYOUT),
                "list": LIST,
                "views": array("Lists, boards and calendars with a filter, for everybody.", VIEW),
                "related": array("Lists on the page of a record: those that point at it.", RELATED),
                "actions": mapping("What can be done with a record, by name.", "+action", ACTION),
                "sla": mapping("Service levels: what has to happen within so much working time.", "+level",
                               SERVICE_LEVEL),
            },
            ("entity", "fields"),
        ),
    )


def role_schema() -> dict[str, Any]:
    permission = record(
        {
            "create": rule("Which new records may be made."),
            "read": rule("Which records are seen."),
            "update": rule("Which records may be changed."),
            "delete": rule("Which records may be deleted."),
            "actions": mapping("Which actions may be done, by name.", "action", rule("On which records.")),
            "fields": mapping("What is tighter for single fields.", "field", FIELD_RULE),
            "states": {
                "type": "object", "additionalProperties": STATE_RULE, KEYS: "choice@state",
                "description": "What is tighter in a state of the life cycle, by its value.",
            },
        },
        description="Each rule is FEEL over the record and `user`; `true` is every record, absent is none.",
    )
    return document(
        "role",
        "A role: what its people may do with each entity; absent is no.",
        record(
            {
                "role": name("Its name.", "+role"),
                "id": ID,
                "label": label("What people call it."),
                "admin": flag("May do everything, with every entity."),
                "entities": mapping("What it may do, by entity.", "entity", permission),
                "decisions": array("Ids of decisions it may ask over the API.",
                                   {"type": "string", "minLength": 1, HOLDS: "decision"}),
                "messages": array("Names of messages it may send to processes.", text("Name of a message.")),
                "signals": array("Names of signals it may send to processes.", text("Name of a signal.")),
            },
            ("role",),
        ),
    )


def workspace_schema() -> dict[str, Any]:
    item = record(
        {
            "entity": name("The entity listed.", "entity"),
            "view": name("One of its views; all records where it is not given.", "view@entity"),
        },
        ("entity",),
    )
    return document(
        "workspace",
        "A workspace: a group of lists in the menu.",
        record(
            {
                "workspace": name("Its name.", "+workspace"),
                "label": label("Shown in the menu."),
                "icon": {**ICON, "default": "folder"},
                "position": {"type": "integer", "description":
                             "Place in the menu, the smallest first; those without one follow, by pack and name."},
                "items": array("Its lists, in order.", item),
            },
            ("workspace", "items"),
        ),
    )


def pack_schema() -> dict[str, Any]:
    version = {
        "type": "string", "pattern": r"^\d+\.\d+\.\d+([-+].*)?$", HOLDS: TEXT,
        "description": "Semantic version, such as 1.0.0.",
    }
    return document(
        "pack",
        "A pack: its name, version and what it needs.",
        record(
            {
                "pack": name("Its name.", TEXT),
                "version": version,
                "label": label("What people call it."),
                "description": label("What it is for."),
                "licence": text("SPDX identifier, such as Apache-2.0."),
                "languages": array("Languages of its labels, such as en and zh.", {"type": "string", HOLDS: TEXT}),
                "requires": array("Packs that must be there too, with a range of versions: crm >=1.2,<2.",
                                  {"type": "string", "minLength": 1, HOLDS: TEXT}),
                "platform": text("Range of versions of the platform it runs on: >=0.1,<1."),
            },
            ("pack", "version"),
        ),
    )


def schemas(types: Mapping[str, FieldType]) -> dict[str, dict[str, Any]]:
    return {
        "entity": entity_schema(types),
        "role": role_schema(),
        "workspace": workspace_schema(),
        "dashboard": document("dashboard", "A dashboard: numbers and charts of records.", DASHBOARD),
        "pack": pack_schema(),
        "calendar": document("calendar", "A calendar: when is worked.", CALENDAR),
    }


def document(kind: str, title: str, schema: dict[str, Any]) -> dict[str, Any]:
    properties = {**schema["properties"], "$schema": text("Address of this schema, for editors of JSON files.")}
    head = {"$schema": DIALECT, "$id": f"{BASE}{kind}.json", "title": title}
    return {**head, **schema, "properties": properties}
