"""What a record must be before it is written. Every finding is collected; nothing stops at the first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from formloom.errors import FieldError, Text, near
from formloom.metadata.catalog import EMPTY, Entity, Field
from formloom.policy import people
from formloom.policy.decision import Access
from formloom.records import files
from formloom.records.context import Context
from formloom.records.scope import Scope
from formloom.storage.platform_tables import fl_team

REQUIRED = Text("Fill this in.")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def unstorable(text: str) -> bool:
    """Whether a text has characters that PostgreSQL or UTF-8 cannot hold."""
    return _UNSTORABLE.search(text) is not None


def parse(
    context: Context, entity: Entity, values: Mapping[str, Any], access: Access, prefix: str = "",
    always: frozenset[str] = frozenset(), before: Mapping[str, Any] = EMPTY,
) -> tuple[dict[str, Any], list[FieldError]]:
    """Values as the types hold them. A field that may not be read is as unknown as one that does not exist.

    `before`: the record as it is; a value of it that a later rule would refuse may be sent as it stands.
    """
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, raw in values.items():
        refused = None if name in always else _refused(entity, name, access, prefix)
        if refused is not None:
            errors.append(refused)
        elif name not in entity.fields and raw is not None and raw not in (allowed := _currencies(entity, name)):
            wrong = Text("must be one of {choices}", choices=", ".join(allowed))
            errors.append(FieldError(prefix + name, "invalid-value", wrong))
        elif name not in entity.fields or entity.fields[name].type.name == "table":
            found[name] = raw
        elif _let_be(context, entity.fields[name], raw, before):
            found[name] = before[name]
        else:
            _parse_one(entity.fields[name], raw, prefix, found, errors)
    return found, errors


def _let_be(context: Context, field: Field, raw: Any, before: Mapping[str, Any]) -> bool:
    if not context.tolerated or before.get(field.name) is None or not tolerates(context, field.id):
        return False
    return raw in (before[field.name], field.type.dump(before[field.name], field))


def tolerates(context: Context, field_id: str) -> bool:
    return any(key.startswith(f"{field_id}:") for key in context.tolerated)


def _currencies(entity: Entity, name: str) -> list[str]:
    """What the companion of an amount takes; empty where the name is not one."""
    money = entity.fields.get(name.removesuffix("_currency"))
    return [] if money is None or name in entity.fields else list(money.options.get("currencies", ()))


def _refused(entity: Entity, name: str, access: Access, prefix: str) -> FieldError | None:
    if _currencies(entity, name):
        name = name.removesuffix("_currency")
    if name not in entity.fields or name not in access.readable:
        guess = near(name, access.readable)
        text = (Text("There is no field {name}. Did you mean {near}?", name=name, near=guess) if guess
                else Text("There is no field {name}.", name=name))
        return FieldError(prefix + name, "unknown-field", text)
    if name in access.writable:
        return None
    if entity.fields[name].type.computed:
        return FieldError(prefix + name, "computed-field", Text("This is computed and cannot be set; leave it out."))
    return forbidden(prefix + name)


def forbidden(path: str) -> FieldError:
    return FieldError(path, "forbidden-field", Text("You may not change this field; leave it out."))


def _parse_one(field: Field, raw: Any, prefix: str, found: dict[str, Any], errors: list[FieldError]) -> None:
    if raw is None or raw == "" or (raw == [] and field.type.name != "table"):
        found[field.name] = [] if field.type.name == "references" else None
        return
    try:
        found[field.name] = field.type.parse(raw, field)
    except ValueError as error:
        reason = error.args[0] if error.args and isinstance(error.args[0], Text) else Text(
            "This is not a value of the type {type}.", type=field.type.name)
        errors.append(FieldError(prefix + field.name, "invalid-value", reason))


def check(
    context: Context, entity: Entity, row: Mapping[str, Any], scope: Scope, changed: Iterable[str], prefix: str = "",
) -> list[FieldError]:
    """Rules over the whole row; what points elsewhere is looked up only where it changed. A rule that came later lets
    an old record be, as long as nothing changes of what the rule is about."""
    altered = frozenset(changed) if row.get("id") is not None else frozenset(entity.fields)
    errors = [e for f in entity.fields.values()
              if (f.name in altered or not _late(context, f)) and (e := _required(context, f, row, scope, prefix))]
    for name in changed:
        if (field := entity.fields.get(name)) is not None:
            errors += _exists(context, field, row.get(name), prefix)
    seen = {error.path for error in errors}
    errors += [e for e in unique(context, entity, row, set(changed), prefix) if e.path not in seen]
    return errors + constraints(context, entity, scope, prefix, altered=altered)


def _late(context: Context, field: Field) -> bool:
    return f"{field.id}:required{'' if field.required else '_when'}" in context.tolerated


def _required(context: Context, field: Field, row: Mapping[str, Any], scope: Scope, prefix: str) -> FieldError | None:
    if field.system or field.type.computed or field.type.name == "sequence":
        return None
    value = scope[field.name] if field.type.name == "table" else row.get(field.name)
    if value is not None and value != "" and value != []:
        return None
    visible = field.visible_when is None or field.visible_when.evaluate(scope, context.now) is not False
    wanted = field.required or (field.required_when is not None and field.required_when.test(scope, context.now))
    return FieldError(prefix + field.name, "required", REQUIRED) if wanted and visible else None


def _exists(context: Context, field: Field, value: Any, prefix: str) -> list[FieldError]:
    """The record pointed at is there and this actor may read it; the two failures look alike."""
    if field.type.name in _FIXED and value is not None:
        return _fixed_exists(context, field, value, prefix)
    if field.target is None or field.type.name not in ("reference", "references"):
        return []
    target = context.catalog.entity(field.target)
    for number in value if isinstance(value, list) else [value]:
        if number is None:
            continue
        row = context.store.get(context.unit, target.name, number)
        if row is None or not context.policy.decide(
                context.actor, "read", target, Scope(context, target, row), context.now):
            reason = Text("There is no {entity} number {id}. Choose another.", entity=target.label, id=number)
            return [FieldError(prefix + field.name, "unknown-reference", reason)]
    return []


_FIXED = ("user", "team", "file", "image")


def _fixed_exists(context: Context, field: Field, value: Any, prefix: str) -> list[FieldError]:
    if field.type.name == "user":
        there = bool(people.names(context.unit, [value]))
    elif field.type.name == "team":
        there = context.unit.connection.scalar(sa.select(fl_team.c.id).where(fl_team.c.id == value)) is not None
    else:
        there = files.is_readable(context, value)
    reason = Text("There is no {type} number {id}. Choose another.", type=field.type.name, id=value)
    return [] if there else [FieldError(prefix + field.name, "unknown-reference", reason)]


def unique(
    context: Context, entity: Entity, row: Mapping[str, Any], changed: Iterable[str], prefix: str = ""
) -> list[FieldError]:
    altered = set(changed)
    keys = [*((f.name,) for f in entity.fields.values() if f.unique), *entity.unique]
    return [
        FieldError(prefix + key[-1], "not-unique", Text("Another record has this value already. Choose another."))
        for key in keys if altered & set(key) and _taken(context, entity, key, row)
    ]


def _taken(context: Context, entity: Entity, key: tuple[str, ...], row: Mapping[str, Any]) -> bool:
    if any(row.get(name) is None for name in key):
        return False
    table = context.store.tables[entity.name]
    condition = table.c[key[0]] == row[key[0]]
    for name in key[1:]:
        condition = condition & (table.c[name] == row[name])
    if row.get("id") is not None:
        condition = condition & (table.c.id != row["id"])
    return context.store.count(context.unit, entity.name, condition, 1) > 0


def constraints(
    context: Context, entity: Entity, scope: Scope, prefix: str = "", only: frozenset[str] | None = None,
    altered: frozenset[str] | None = None,
) -> list[FieldError]:
    """`only`: those constraints that read one of these fields. `altered`: what changes of the record; rules that came
    later and read nothing of it do not count."""
    return [
        FieldError(prefix + rule.field, f"constraint-{rule.name}", Text("{message}", message=rule.message))
        for rule in entity.constraints
        if (only is None or rule.check.names & only)
        and (altered is None or rule.check.names & altered
             or f"{entity.id}:constraint:{rule.name}" not in context.tolerated)
        and rule.check.evaluate(scope, context.now) is False
    ]
