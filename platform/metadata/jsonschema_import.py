"""An entity from a plain JSON Schema: as a file of a pack, or as the YAML that an author then completes.

What JSON Schema has no word for stands under `x-formloom`: keys of a field beside its property, keys of the entity at
the root. They win over what is derived.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeGuard

import yaml

from formloom.errors import FormloomError, Place, Text
from formloom.metadata import nodes
from formloom.metadata.checks import CHILD_RESERVED
from formloom.metadata.values import MAX_TEXT, PRECISION, SCALE

FORMATS = {
    "email": "email", "idn-email": "email", "uri": "url", "iri": "url", "date": "date", "date-time": "datetime",
    "duration": "duration",
}
TYPES = {"string": "text", "integer": "integer", "number": "decimal", "boolean": "boolean", "object": "json"}
WORDS = ("text", "long_text", "email", "url")
LONG = 1000             # characters from which a text is one of several lines
OWN = "x-formloom"
MAX_REFERENCES = 20     # followed from one property; a schema may refer to itself

Schema = Mapping[str, Any]


class BadSchema(FormloomError):
    code, status = "bad-json-schema", 422


def entity_from_schema(text: str, name: str = "") -> str:
    """YAML of one entity. `name` is taken from the schema's title where it is not given. Raises BadSchema."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadSchema(Text("This is not JSON: {error}.", error=str(error))) from error
    if not is_schema(schema):
        raise BadSchema(Text("The schema describes no object with properties."),
                        Text("Give a JSON Schema of type object with at least one property."))
    return yaml.safe_dump(entity_of(schema, name), sort_keys=False, allow_unicode=True, width=120)


def is_schema(value: Any) -> bool:
    """A plain JSON Schema of an object, rather than a definition of ours."""
    properties = value.get("properties") if isinstance(value, dict) and "entity" not in value else None
    return isinstance(properties, dict) and bool(properties)


def definition(schema: nodes.Mapping, name: str) -> nodes.Mapping:
    """As if it had been authored in the definition language: what is wrong with a field is told at its property."""
    entity = entity_of(schema, name)
    made = nodes.Mapping(schema.place)
    properties = schema["properties"]
    places = dict(zip(_names(properties, entity["entity"]), properties.values_at.values(), strict=True))
    for key, value in entity.items():
        _put(made, key, _placed(value, schema.place), schema.place)
    _found_in(made, schema)
    fields = nodes.Mapping(schema.values_at["properties"])
    for key, value in entity["fields"].items():
        place = places.get(key, schema.place)
        _put(fields, key, _placed(value, place), place)
    for key, inner in zip(places, properties.values(), strict=True):
        _found_in(fields[key], inner)
    _put(made, "fields", fields, fields.place)
    return made


def _found_in(made: Any, schema: Any) -> None:
    """Keys of our own have a line of their own."""
    own = _own(schema) if isinstance(schema, nodes.Mapping) else {}
    if isinstance(made, nodes.Mapping) and isinstance(own, nodes.Mapping):
        for key in own:
            made.keys_at[key], made.values_at[key] = own.keys_at[key], own.values_at[key]


def entity_of(schema: Schema, name: str = "") -> dict[str, Any]:
    title = schema.get("title")
    entity = _name(name) or _name(title if isinstance(title, str) else "") or "record"
    listed = schema.get("required")
    required = listed if isinstance(listed, list) else ()
    fields = {
        own: _field(value, key in required, schema, label=key if own != key else "")
        for own, (key, value) in zip(_names(schema["properties"], entity), schema["properties"].items(), strict=True)
    }
    help_ = schema.get("description")
    made = {"entity": entity, **_label(schema), **({"help": {"en": help_}} if isinstance(help_, str) and help_ else {})}
    more = _own(schema)
    more_fields = more.get("fields")
    both = {**fields, **more_fields} if isinstance(more_fields, dict) else fields
    return {**made, **{key: value for key, value in more.items() if key != "fields"}, "fields": both}


# names

def _names(keys: Iterable[str], entity: str) -> list[str]:
    """A field name for each property: one of ours, none of the platform's own, none twice."""
    made: list[str] = []
    for index, key in enumerate(keys, 1):
        name = _name(key) or f"field_{index}"
        name = f"{entity}_{name}"[:40] if name in CHILD_RESERVED else name
        made.append(_free(name, made))
    return made


def _free(name: str, taken: Iterable[str]) -> str:
    number, made = 1, name
    while made in taken:
        number += 1
        made = f"{name[:36]}_{number}"
    return made


def _name(text: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return (name if name[:1].isalpha() or not name else f"f_{name}")[:40].rstrip("_")


def _label(schema: Schema) -> dict[str, Any]:
    title = schema.get("title")
    return {"label": {"en": title}} if isinstance(title, str) and title else {}


def _own(schema: Schema) -> dict[str, Any]:
    own = schema.get(OWN)
    return own if isinstance(own, dict) else {}


# fields

def _field(value: Any, required: bool, root: Schema, label: str) -> dict[str, Any]:
    schema = _resolved(value, root)
    kind = _type(schema, root)
    field: dict[str, Any] = {"type": kind, **_label(schema)}
    if "label" not in field and label:
        field["label"] = {"en": label}
    if isinstance(schema.get("description"), str) and schema["description"]:
        field["help"] = {"en": schema["description"]}
    if required:
        field["required"] = True
    if schema.get("readOnly") is True:
        field["readonly"] = True
    chosen = _choices(schema if kind == "choice" else _resolved(schema.get("items"), root))
    if kind in ("choice", "choices"):
        field["choices"] = [{"value": mine, "label": {"en": label}} for _, mine, label in chosen]
    longest = schema.get("maxLength")
    if kind in WORDS and _whole(longest) and 0 < longest <= MAX_TEXT:
        field["max_length"] = longest
    if kind in ("integer", "decimal"):
        field |= _limits(schema, kind)
    return {**field, **_default(schema, kind, chosen), **_own(schema)}


def _resolved(value: Any, root: Schema) -> dict[str, Any]:
    """The schema with what it refers to; of alternatives with null, the other one."""
    schema = dict(value) if isinstance(value, dict) else {}
    for _ in range(MAX_REFERENCES):
        others = [s for key in ("anyOf", "oneOf") for s in _schemas(schema, key) if s.get("type") != "null"]
        if "$ref" in schema:
            parts = [_pointed(str(schema.pop("$ref")), root)]
        elif "allOf" in schema:
            parts = list(_schemas({"allOf": schema.pop("allOf")}, "allOf"))
        elif len(others) == 1 and not _labelled(schema):
            schema = {key: inner for key, inner in schema.items() if key not in ("anyOf", "oneOf")}
            parts = others
        else:
            return schema
        for part in parts:
            schema = {**part, **schema}
    return schema


def _pointed(reference: str, root: Schema) -> dict[str, Any]:
    """Only within the schema itself: nothing is fetched."""
    node: Any = root if reference.startswith("#/") else None
    for step in reference[2:].split("/"):
        node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _schemas(schema: Schema, key: str) -> Iterator[dict[str, Any]]:
    listed = schema.get(key)
    return (part for part in (listed if isinstance(listed, list) else ()) if isinstance(part, dict))


def _type(schema: Schema, root: Schema) -> str:
    kinds = schema.get("type")
    kind = next((k for k in kinds if k != "null"), "null") if isinstance(kinds, list) else kinds
    if _choices(schema):
        return "choice"
    if kind == "array":
        items = _resolved(schema.get("items"), root)
        return "choices" if _choices(items) else "tags" if items.get("type") == "string" else "json"
    if kind == "string":
        longest = schema.get("maxLength")
        long = _whole(longest) and longest > LONG
        return FORMATS.get(str(schema.get("format")), "long_text" if long else "text")
    return TYPES.get(str(kind), "json")


def _labelled(schema: Schema) -> list[dict[str, Any]]:
    """Alternatives that are each one constant: a list of choices with labels."""
    parts = [s for key in ("oneOf", "anyOf") for s in _schemas(schema, key) if s.get("type") != "null"]
    return parts if parts and all("const" in part for part in parts) else []


def _choices(schema: Schema) -> list[tuple[Any, str, str]]:
    """What is chosen in the schema, our value for it, and its label."""
    listed = schema.get("enum")
    pairs = [(value, str(value)) for value in listed] if isinstance(listed, list) else [
        (part["const"], str(part.get("title", part["const"]))) for part in _labelled(schema)]
    made: list[tuple[Any, str, str]] = []
    for index, (value, label) in enumerate(pairs, 1):
        if value is not None:
            plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", str(value)).strip("_")[:50] or f"choice_{index}"
            made.append((value, _free(plain, [mine for _, mine, _ in made]), label or plain))
    return made


def _limits(schema: Schema, kind: str) -> dict[str, Any]:
    limits = {key: schema[key] for key in ("minimum", "maximum") if _number(schema.get(key))}
    if kind == "integer":
        for key, open_key, step in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
            if key not in limits and _whole(schema.get(open_key)):
                limits[key] = schema[open_key] + step
        return limits
    told = [*limits.values(), *(v for v in [schema.get("multipleOf")] if _number(v))]
    scale = max([SCALE, *(-int(Decimal(str(v)).normalize().as_tuple().exponent) for v in told)])
    return limits | ({"scale": min(scale, PRECISION)} if scale > SCALE else {})


def _default(schema: Schema, kind: str, chosen: list[tuple[Any, str, str]]) -> dict[str, Any]:
    value = schema.get("default")
    if kind == "choice":
        value = next((mine for theirs, mine, _ in chosen if theirs == value), None)
    if isinstance(value, str) and kind not in ("choices", "tags", "json"):
        return {"default": json.dumps(value, ensure_ascii=False)}
    return {"default": value} if isinstance(value, bool) or _number(value) else {}


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


# places

def _placed(value: Any, place: Place) -> Any:
    """Plain values as nodes; what was authored keeps its own places."""
    if isinstance(value, nodes.Mapping | nodes.Sequence):
        return value
    if isinstance(value, dict):
        made = nodes.Mapping(place)
        for key, inner in value.items():
            _put(made, key, _placed(inner, place), place)
        return made
    if isinstance(value, list):
        items = nodes.Sequence(place)
        items += [_placed(inner, place) for inner in value]
        items.items_at = [place for _ in value]
        return items
    return value


def _put(mapping: nodes.Mapping, key: str, value: Any, place: Place) -> None:
    mapping[key] = value
    mapping.keys_at[key] = mapping.values_at[key] = getattr(value, "place", place)
