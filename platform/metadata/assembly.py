"""Catalog objects from the validated values of one definition; findings are collected, never raised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from formloom import feel
from formloom.errors import Place, Problem, Text
from formloom.metadata import catalog as c
from formloom.metadata.authored import Authored
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.form_assembly import FormAssembly
from formloom.metadata.labels import label
from formloom.metadata.nodes import Block
from formloom.metadata.nodes import Mapping as Node
from formloom.metadata.sources import DecisionSource
from formloom.metadata.values import ADDRESS_PARTS

SCOPE = frozenset({"user", "record"})
FIELD_KEYS = frozenset(
    {
        "type",
        "id",
        "label",
        "help",
        "required",
        "unique",
        "indexed",
        "readonly",
        "default",
        "formula",
        "decision",
        "output",
        "inputs",
        "required_when",
        "visible_when",
        "readonly_when",
        "choices",
        "entity",
    }
)
SYSTEM: tuple[tuple[str, str, c.Label], ...] = (
    ("id", "integer", {"en": "ID", "zh": "编号"}),
    ("version", "integer", {"en": "Version", "zh": "版本"}),
    ("created_at", "datetime", {"en": "Created at", "zh": "创建时间"}),
    ("created_by", "user", {"en": "Created by", "zh": "创建人"}),
    ("updated_at", "datetime", {"en": "Updated at", "zh": "更新时间"}),
    ("updated_by", "user", {"en": "Updated by", "zh": "更新人"}),
)


@dataclass
class Assembler:
    """Builds the entities and roles of one catalog; `problems` grows as it goes."""

    types: Mapping[str, FieldType]
    authored: Authored
    decisions: Mapping[str, DecisionSource] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _names: dict[str, frozenset[str]] = field(default_factory=dict)

    def report(
        self, code: str, message: Text, place: Place, element: str, hint: Text | None = None, guess: str | None = None
    ) -> None:
        self.problems.append(Problem(code, message, place, hint, element=element, near=guess))

    def expression(self, node: Node, key: str, names: frozenset[str], element: str) -> feel.Expression | None:
        """The rule at `key`; absent or `false` where a rule is asked for gives None and a constant respectively."""
        value = node.get(key)
        if value is None:
            return None
        return self.compiled(value, node.values_at[key], names, element)

    def compiled(self, value: Any, place: Place, names: frozenset[str], element: str) -> feel.Expression | None:
        if not isinstance(value, str):
            return feel.literal(value if isinstance(value, bool) else Decimal(value))
        try:
            return feel.compile(value, names)
        except feel.FeelSyntaxError as error:
            self.report(
                "feel-syntax",
                Text("This is not FEEL: {error}", error=error.reason),
                below(place, value, error.position),
                element,
                error.hint,
            )
            return None

    # entities

    def entity(self, node: Node, pack: str) -> c.Entity:
        name = node["entity"]
        identity = node.get("id", f"{pack}.{name}")
        names = scope_names(node["fields"], node.get("parent")) | self.authored.hidden_names(name)
        self._names[name] = names
        fields = {key: self.field(value, key, identity, name, names) for key, value in node["fields"].items()}
        fields |= {f.name: f for f in self.system_fields(identity, node.get("parent"))}
        own = [f for f in fields.values() if not f.system]
        label_ = label(node.get("label"), name)
        form = node.get("form") or {}
        forms = FormAssembly(lambda item: self.expression(item, "visible_when", names, name))
        listing = node.get("list") or {}
        title = node.get("title") or next((f.name for f in own if f.type.name == "text"), "id")
        return c.Entity(
            id=identity,
            name=name,
            pack=pack,
            label=label_,
            plural=label(node.get("plural"), name) if "plural" in node else label_,
            help=label(node.get("help")),
            icon=node.get("icon", "table"),
            title=title,
            number=node.get("number"),
            search=tuple(node.get("search", ())),
            state=node.get("state"),
            owner=node.get("owner"),
            parent=node.get("parent"),
            fields=MappingProxyType(fields),
            constraints=self.constraints(node, name, names),
            indexes=tuple(map(tuple, node.get("indexes", ()))),
            unique=tuple(map(tuple, node.get("unique", ()))),
            form=forms.usual(form, own),
            layouts=forms.layouts(node.get("layouts", ())),
            columns=tuple(listing.get("columns", default_columns(own))),
            sort=sorts(listing.get("sort", ())),
            views=self.views(node, name, names),
            related=tuple(c.Related(r["entity"], r["field"], label(r.get("label"))) for r in node.get("related", ())),
            actions=MappingProxyType(
                {k: self.action(k, v, name, names) for k, v in (node.get("actions") or {}).items()}
            ),
            place=node.place,
        )

    def field(self, node: Node, name: str, identity: str, entity: str, names: frozenset[str]) -> c.Field:
        element = f"{entity}.{name}"
        options = {k: v for k, v in node.items() if k not in FIELD_KEYS}
        if node["type"] in ("formula", "rollup"):
            options.setdefault("returns", "decimal" if node["type"] == "formula" else "")
        rules = {
            key: self.expression(node, key, names, element)
            for key in ("default", "formula", "required_when", "visible_when", "readonly_when")
        }
        return c.Field(
            id=node.get("id", f"{identity}.{name}"),
            name=name,
            type=self.types[node["type"]],
            label=label(node.get("label"), name),
            help=label(node.get("help")),
            required=node.get("required", False),
            unique=node.get("unique", False) or node["type"] == "sequence",
            indexed=node.get("indexed", False),
            readonly=node.get("readonly", False),
            choices=tuple(map(choice, node.get("choices", ()))),
            target=node.get("entity"),
            options=MappingProxyType(options),
            place=node.place,
            default=rules["default"],
            formula=rules["formula"],
            decision=self.decision(node, names, element) if "decision" in node else None,
            required_when=rules["required_when"],
            visible_when=rules["visible_when"],
            readonly_when=rules["readonly_when"],
        )

    def decision(self, node: Node, names: frozenset[str], element: str) -> c.DecisionRule | None:
        """Inputs that are not given are the record's fields of the same names."""
        key, place = node["decision"], node.values_at["decision"]
        source = self.decisions.get(key)
        if source is None:
            self.problems += self.authored.unknown("decision", key, self.decisions, place, element)
            return None
        if node["type"] in ("table", "rollup", "sequence"):
            self.report("decision-rule", Text("A field of type {type} is not given by a decision.", type=node["type"]),
                        place, element)
        if {"formula", "default"} & node.keys():
            self.report("decision-rule", Text("Either a decision or an expression gives the value, not both."), place,
                        element)
        given = node.get("inputs") or Node(node.place)
        inputs = {name: self.expression(given, name, names, element) for name in given}
        for name in source.inputs[key]:
            if name not in inputs and name in names:
                inputs[name] = feel.compile(name, names)
            elif name not in inputs:
                self.report("decision-input", Text("{decision} needs the input {input}, and there is no such field.",
                                                   decision=key, input=name), place, element,
                            Text("Say it under inputs."))
        return c.DecisionRule(key, node.get("output", ""), MappingProxyType(
            {name: expression for name, expression in inputs.items() if expression is not None}))

    def system_fields(self, identity: str, parent: str | None) -> Iterable[c.Field]:
        own: tuple[tuple[str, str, c.Label], ...] = ()
        if parent:
            own = (
                ("parent", "reference", {"en": "Parent", "zh": "所属"}),
                ("position", "integer", {"en": "Position", "zh": "顺序"}),
            )
        for name, kind, words in (*own, *SYSTEM):
            yield c.Field(
                id=f"{identity}.{name}",
                name=name,
                type=self.types[kind],
                label=words,
                system=True,
                readonly=True,
                target=parent if name == "parent" else None,
            )

    def constraints(self, node: Node, name: str, names: frozenset[str]) -> tuple[c.Constraint, ...]:
        made = []
        for item in node.get("constraints", ()):
            check = self.expression(item, "check", names, f"{name}.{item['name']}")
            if check is not None:
                made.append(
                    c.Constraint(item["name"], check, label(item["message"]), item.get("field", ""), item.place)
                )
        return tuple(made)

    def views(self, node: Node, name: str, names: frozenset[str]) -> tuple[c.View, ...]:
        for item in node.get("views", ()):
            self.expression(item, "filter", names, f"{name}.{item['name']}")
        return tuple(view(item, node.get("state") or "") for item in node.get("views", ()))

    def action(self, name: str, node: Node, entity: str, names: frozenset[str]) -> c.Action:
        element = f"{entity}.{name}"
        changes = node.get("set") or Node(node.place)
        made = {key: self.expression(changes, key, names, element) for key in changes}
        return c.Action(
            name,
            label(node.get("label"), name),
            self.expression(node, "when", names, element),
            label(node.get("reason")),
            MappingProxyType({k: v for k, v in made.items() if v is not None}),
            tuple(node.get("fields", ())),
            node.get("icon", ""),
            node.get("primary", False),
            label(node.get("confirm")),
            node.place,
        )

    # roles

    def role(self, node: Node, pack: str, entities: Mapping[str, c.Entity]) -> c.Role:
        name = node["role"]
        rules = {}
        for key, value in (node.get("entities") or {}).items():
            entity = entities.get(key)
            if entity is None:
                place = node["entities"].keys_at[key]
                self.problems += self.authored.unknown("entity", key, entities, place, f"{name}.{key}")
            else:
                rules[key] = self.rule(value, name, entity)
        return c.Role(
            node.get("id", f"{pack}.{name}"),
            name,
            label(node.get("label"), name),
            pack,
            MappingProxyType(rules),
            node.get("admin", False),
            self.askable(node, name),
            tuple(node.get("messages") or ()),
            tuple(node.get("signals") or ()),
            node.place,
        )

    def askable(self, node: Node, role: str) -> tuple[str, ...]:
        names = node.get("decisions") or ()
        for index, key in enumerate(names):
            if key not in self.decisions:
                place = self.authored.at("role", role, "decisions", index)
                self.problems += self.authored.unknown("decision", key, self.decisions, place, role)
        return tuple(names)

    def rule(self, node: Node, role: str, entity: c.Entity) -> c.EntityRule:
        element, names = f"{role}.{entity.name}", self.names_of(entity)
        actions = node.get("actions") or Node(node.place)
        allowed = {key: self.allowed(actions, key, names, element) for key in actions}
        return c.EntityRule(
            **{verb: self.allowed(node, verb, names, element) for verb in ("create", "read", "update", "delete")},
            actions=MappingProxyType({k: v for k, v in allowed.items() if v is not None}),
            fields=field_rules(node.get("fields")),
            states=MappingProxyType({k: self.state(v, names, element) for k, v in (node.get("states") or {}).items()}),
            place=node.place,
        )

    def names_of(self, entity: c.Entity) -> frozenset[str]:
        """What a rule over its records may use."""
        found = self._names.get(entity.name)
        if found is None:
            found = self._names[entity.name] = field_names(entity) | self.authored.hidden_names(entity.name)
        return found

    def allowed(self, node: Node, key: str, names: frozenset[str], element: str) -> feel.Expression | None:
        """`false` and absent are both no."""
        return None if node.get(key) is False else self.expression(node, key, names, element)

    def state(self, node: Node, names: frozenset[str], element: str) -> c.StateRule:
        return c.StateRule(
            self.expression(node, "update", names, element),
            self.expression(node, "delete", names, element),
            field_rules(node.get("fields")),
            label(node.get("reason")),
        )


def below(place: Place, text: str, offset: int) -> Place:
    """Where this part of an expression is: a literal block begins on the line after its bar."""
    return replace(place, line=place.line + 1 + text.count("\n", 0, offset)) if isinstance(text, Block) else place



def choice(node: Node) -> c.Choice:
    return c.Choice(
        node["value"], label(node.get("label"), node["value"]), node.get("tone", "idle"), float(node.get("fill", 0))
    )


def field_rules(node: Any) -> Mapping[str, c.FieldRule]:
    return MappingProxyType(
        {k: c.FieldRule(v.get("read", True), v.get("write", True), v.get("mask")) for k, v in (node or {}).items()}
    )


def sorts(names: Iterable[str]) -> tuple[c.Sort, ...]:
    return tuple(c.Sort(name.removeprefix("-"), name.startswith("-")) for name in names)


def view(node: Mapping[str, Any], state: str) -> c.View:
    """`state`: the life cycle, where one is declared."""
    kind, board, calendar = node.get("kind", "list"), node.get("kanban") or {}, node.get("calendar") or {}
    return c.View(
        node["name"],
        label(node.get("label"), node["name"]),
        str(node.get("filter", "")),
        tuple(node.get("columns", ())),
        sorts(node.get("sort", ())),
        kind,
        c.BoardLayout(
            board.get("group_by", state),
            tuple(board.get("card", ())),
            board.get("sum", ""),
            board.get("hide_empty", False),
            tuple(board.get("collapsed", ())),
        ) if kind == "kanban" else None,
        c.CalendarLayout(
            calendar.get("start", ""), calendar.get("end", ""), calendar.get("title", ""),
            calendar.get("color_by", state),
        ) if kind == "calendar" else None,
    )


def default_columns(own: list[c.Field]) -> tuple[str, ...]:
    return tuple(
        f.name for f in own if f.type.name not in ("long_text", "rich_text", "table", "json", "address", "image")
    )[:6]


def companions(kind: str, name: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the further columns of a field, which expressions may use."""
    if kind == "money" and "currencies" in options:
        return (f"{name}_currency",)
    return tuple(f"{name}_{part}" for part in ADDRESS_PARTS) if kind == "address" else ()


def scope_names(nodes: Mapping[str, Node], parent: str | None) -> frozenset[str]:
    extra = [name for key, node in nodes.items() for name in companions(node["type"], key, node)]
    own = ("parent", "position") if parent else ()
    return frozenset({*nodes, *extra, *own, *c.SYSTEM_FIELDS}) | SCOPE


def field_names(entity: c.Entity) -> frozenset[str]:
    extra = [name for f in entity.fields.values() for name in companions(f.type.name, f.name, f.options)]
    return frozenset({*entity.fields, *extra}) | SCOPE
