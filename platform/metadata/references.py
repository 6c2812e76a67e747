"""Every place where a definition names something: in attributes, as the marks of the schemas say (`grammar`), and in
expressions. From that follow where something is used, and what has to be written when it is called otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, replace
from typing import Any, Final

from formloom import feel
from formloom.errors import Place
from formloom.feel import FeelSyntaxError, inference
from formloom.feel.chosen import chosen
from formloom.feel.static import Environment
from formloom.metadata import compiler, language, layers, nodes, overlays, parsing
from formloom.metadata.assembly import below
from formloom.metadata.catalog import EMPTY, Catalog, Entity, Field
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.grammar import EXPRESSION, HOLDS, KEYS, TEXT
from formloom.metadata.nodes import Mapping as Node
from formloom.metadata.nodes import Sequence
from formloom.metadata.scopes import Scopes
from formloom.metadata.source_file import SourceFile
from formloom.metadata.sources import Source
from formloom.metadata.spelling import Edit, Written
from formloom.metadata.values import ADDRESS_PARTS

Path = tuple[Any, ...]
# How something is used. What is implied is written nowhere: an input of a decision that is the field of the same name.
DEFINITION, NAMED, SAID, WORDS, IMPLIED = "definition", "name", "expression", "text", "implied"
OWNED: Final = frozenset({"field", "view", "action", "level"})
_GIVING: Final = frozenset({"default", "formula"})
# What the lists hold whose order an overlay says, by the last part of their path.
_ORDERED: Final[AnyMapping[str, str]] = {
    "fields": "field", "actions": "action", "sla": "level", "views": "view", "choices": "choice", "related": "related",
    "items": "items"}


@dataclass(frozen=True, slots=True)
class Name:
    """What can be named. `owner`: the entity of a field, view, action or level; `entity.field` of a choice."""

    kind: str
    name: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of a source. `file` is its path in the pack; `written` is None where its characters cannot be told."""

    definition: str         # entity/contract, role/clerk, process/approval, decision/grade
    path: Path
    element: str
    place: Place
    text: str
    pack: str
    file: str
    written: Written | None = None
    key: bool = False       # the last part of the path itself, rather than what stands there
    implies: tuple[str, Edit] | None = None     # it need not be written while it says just this: what to write instead


@dataclass(frozen=True, slots=True)
class Mention:
    """A name, from `start` to `end` of the passage; of something itself where `kind` is definition.

    `said`: how the file would say what is implied, with `{}` in the place of the name.
    """

    passage: Passage
    target: Name
    start: int
    end: int
    kind: str = NAMED
    said: Edit | None = None


@dataclass(frozen=True, slots=True)
class Expressed:
    """An expression. `takes`: the choice field (`entity.field`) whose value it gives."""

    passage: Passage
    environment: Environment
    unary: bool = False
    takes: str = ""

    @property
    def expression(self) -> feel.Expression | None:
        try:
            return feel.compile(self.passage.text, self.environment.names(), self.unary)
        except FeelSyntaxError:
            return None


@dataclass(frozen=True, slots=True)
class Use:
    """Where something is used: `text[start:end]` names it. `span` is where that stands in the file, as characters."""

    target: Name
    kind: str
    definition: str
    path: Path
    element: str
    place: Place
    text: str
    start: int
    end: int
    pack: str
    file: str
    span: tuple[int, int] | None


Found = Mention | Expressed


def uses(found: Iterable[Found], catalog: Catalog, target: Name) -> Iterator[Use]:
    for one in found:
        if isinstance(one, Mention):
            if one.target == target:
                yield _use(one.passage, target, one.start, one.end, one.kind)
        elif target.kind in ("field", "choice"):
            for start, end in _said(one, catalog, target):
                yield _use(one.passage, target, start, end, SAID)


def spellings(entity: Entity | None, field: str) -> tuple[str, ...]:
    """The names that follow from a field's: its own, and those of its further columns."""
    known = entity.fields.get(field) if entity else None
    more = ("currency",) if known and "currencies" in known.options else ()
    parts = tuple(ADDRESS_PARTS) if known and known.type.name == "address" else ()
    return (field, *(f"{field}_{part}" for part in (*more, *parts)))


def _said(one: Expressed, catalog: Catalog, target: Name) -> Iterator[tuple[int, int]]:
    expression = one.expression
    if expression is None:
        return
    inferred = inference.infer(expression.ast, one.environment)
    if target.kind == "field":
        names = spellings(catalog.entities.get(target.owner), target.name)
        for use in inferred.uses:
            if use.owner == target.owner and use.name in names:
                start = use.start + use.quoted
                yield start, start + len(target.name)
        return
    made = chosen(expression.ast, one.takes) if one.takes else ()
    for choice in {*inferred.choices, *made}:
        if (choice.origin, choice.value) == (target.owner, target.name):
            yield choice.start + 1, choice.end - 1


def _use(passage: Passage, target: Name, start: int, end: int, kind: str) -> Use:
    span = passage.written.span(start, end) if passage.written else None
    return Use(target, kind, passage.definition, passage.path, passage.element,
               below(passage.place, passage.text, start), passage.text, start, end, passage.pack, passage.file, span)


# -- of definitions ----------------------------------------------------------------------------------------------


def found(catalog: Catalog, types: AnyMapping[str, FieldType]) -> Iterator[Found]:
    """Of every definition in force: where several files speak of one, of what came out."""
    files, schemas = _files(catalog.sources), language.schemas(types)
    for (kind, name), node in compiler.authored(catalog.sources, types).nodes.items():
        yield from _Reader(catalog, files, kind, name).definition(schemas[kind], node)


def of_files(catalog: Catalog, sources: Iterable[Source], types: AnyMapping[str, FieldType]) -> Iterator[Found]:
    """Of every YAML file, also where another one overrides what it says. `catalog` is what they make together."""
    held = tuple(sources)
    files, schemas = _files(held), language.schemas(types)
    for one in parsing.read(held):
        if isinstance(one.value, Node):
            reader = _Reader(catalog, files, one.kind, one.extends or parsing.element_of(one.value, one.kind))
            yield from reader.definition(schemas[one.kind], one.value)
            if one.extends:
                yield from reader.extension(one.value)


def of_data(catalog: Catalog, source: Source, schema: AnyMapping[str, Any], entity: str) -> Iterator[Found]:
    """Of a YAML file that is no definition, whose texts another schema marks."""
    value, _ = nodes.read(source.text, source.path)
    if isinstance(value, Node):
        yield from _Reader(catalog, {source.path: SourceFile(source)}, "data", entity).definition(schema, value, entity)


def _files(sources: Iterable[Source]) -> dict[str, SourceFile]:
    """By the name that places have; `parsing.read` gives one to every file."""
    held = [s for s in layers.effective(sources) if s.path.split("/")[0] not in layers.WHOLE]
    return {one.file: SourceFile(source) for source, one in zip(held, parsing.read(held), strict=True)}


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is around a value: the entity that it speaks of, the part of it that has a name, the mapping it is in."""

    entity: str
    field: str = ""
    level: str = ""
    holder: AnyMapping[str, Any] = EMPTY

    def at(self, keys: str, key: str) -> _Scope:
        """Below a key of a mapping whose keys are names of something."""
        match keys.lstrip("+").partition("@")[0]:
            case "entity":
                return replace(self, entity=key)
            case "field":
                return replace(self, field=key)
            case "level":
                return replace(self, level=key)
        return self


@dataclass(frozen=True, slots=True)
class _Reader:
    catalog: Catalog
    files: AnyMapping[str, SourceFile]
    kind: str
    title: str

    def definition(self, schema: AnyMapping[str, Any], node: Node, entity: str = "") -> Iterator[Found]:
        scope = _Scope(entity or (str(node.get("entity") or self.title) if self.kind == "entity" else ""))
        yield from self.value(schema, node, node.place, (), scope)

    def extension(self, node: Node) -> Iterator[Found]:
        """What an overlay says besides what definitions say."""
        at, title = node.values_at[overlays.EXTEND], self.title
        yield from self.name(self.kind, title, at, (overlays.EXTEND,), "")
        order = node.get(overlays.ORDER)
        if isinstance(order, Node):
            for pointer, names in order.items():
                yield from self.ordered(pointer, names, order)

    def ordered(self, pointer: str, names: Any, order: Node) -> Iterator[Found]:
        """`/fields/status/choices`: a field along the way, and names of what the last part holds."""
        parts, path = overlays.path_of(pointer), (overlays.ORDER, pointer)
        owner = self.title
        if len(parts) > 1 and parts[0] == "fields":
            start = len("/fields/")
            passage = self.passage(pointer, order.keys_at[pointer], path, key=True)
            yield Mention(passage, Name("field", parts[1], owner), start, start + len(parts[1]))
        kind = _ORDERED.get(parts[-1]) if parts else None
        for index, name in enumerate(names) if kind and isinstance(names, Sequence) else ():
            at, inside = names.items_at[index], (*path, index)
            if kind == "related":
                yield from self.pair(name, "field", at, inside)
            elif kind == "items":
                yield from self.pair(name, "view", at, inside)
            else:
                about = f"{owner}.{parts[1]}" if kind == "choice" else owner
                yield from self.name(str(kind), name, at, inside, about)

    def pair(self, text: str, second: str, place: Place, path: Path) -> Iterator[Found]:
        """`payment/contract`: an entity, and something of it."""
        entity, _, name = text.partition("/")
        passage = self.passage(text, place, path)
        yield Mention(passage, Name("entity", entity), 0, len(entity))
        if name:
            yield Mention(passage, Name(second, name, entity), len(entity) + 1, len(text))

    def value(self, schema: AnyMapping[str, Any], value: Any, place: Place, path: Path, scope: _Scope
              ) -> Iterator[Found]:
        if isinstance(value, str):
            yield from self.text(schema.get(HOLDS, TEXT), value, place, path, scope)
        elif isinstance(value, Sequence):
            for index, item in enumerate(value):
                yield from self.value(schema.get("items", EMPTY), item, value.items_at[index], (*path, index), scope)
        elif isinstance(value, Node):
            yield from self.mapping(self.branch(schema, value, scope), value, path, replace(scope, holder=value))

    def mapping(self, schema: AnyMapping[str, Any], value: Node, path: Path, scope: _Scope) -> Iterator[Found]:
        known, others = schema.get("properties", EMPTY), schema.get("additionalProperties")
        for key, inner in value.items():
            at = (*path, key)
            if key in known:
                yield from self.value(known[key], inner, value.values_at[key], at, scope)
            elif isinstance(others, dict):
                keys = schema.get(KEYS, TEXT)
                yield from self.text(keys, key, value.keys_at[key], at, scope, key=True)
                yield from self.value(others, inner, value.values_at[key], at, scope.at(keys, key))

    def branch(self, schema: AnyMapping[str, Any], value: Node, scope: _Scope) -> AnyMapping[str, Any]:
        """What a mapping may hold: a field by its type, which an overlay need not say again; else the one of several
        that is a mapping.
        """
        if "anyOf" in schema:
            return next((one for one in schema["anyOf"] if one.get("type") == "object"), EMPTY)
        if "allOf" not in schema:
            return schema
        field = self.field(scope)
        kind = value.get("type") or (field.type.name if field else "")
        branches = {one["if"]["properties"]["type"]["const"]: one["then"] for one in schema["allOf"]}
        found: AnyMapping[str, Any] = branches.get(kind, EMPTY)
        return found

    def field(self, scope: _Scope) -> Field | None:
        entity = self.catalog.entities.get(scope.entity)
        return entity.fields.get(scope.field) if entity else None

    def text(self, holds: str, value: str, place: Place, path: Path, scope: _Scope, key: bool = False
             ) -> Iterator[Found]:
        kind, _, about = holds.partition("@")
        if kind == EXPRESSION:
            yield from self.expression(value, place, path, scope, about)
        elif kind != TEXT:
            yield from self.name(kind, value, place, path, self.owner(kind.lstrip("+"), about, scope), key)
            if path[-1] == "decision":
                yield from self.implied(value, place, path, scope)

    def implied(self, decision: str, place: Place, path: Path, scope: _Scope) -> Iterator[Mention]:
        entity, source = self.catalog.entities.get(scope.entity), self.catalog.decisions.get(decision)
        said = scope.holder.get("inputs") or EMPTY
        for name in source.inputs[decision] if entity and source else ():
            if name not in said and entity and name in entity.fields:
                yield Mention(self.passage(decision, place, path), Name("field", name, entity.name), 0, 0, IMPLIED,
                              self.saying(name, place, scope.holder))

    def saying(self, name: str, place: Place, holder: Any) -> Edit | None:
        """An input of a decision, where it would be written: before the others, or behind the decision."""
        file, inputs = self.files.get(place.file), holder.get("inputs")
        if file is None:
            return None
        if inputs:
            return file.first(inputs.place, f"{name}: {{}}")
        return file.behind(place, holder.place, f"inputs: {{{{{name}: {{}}}}}}")

    def name(self, kind: str, value: str, place: Place, path: Path, owner: str, key: bool = False) -> Iterator[Found]:
        start = 1 if value.startswith("-") and "sort" in path[-2:] else 0
        target, name = kind.lstrip("+"), value[start:]
        if target == "field":
            name = _column_of(self.catalog.entities.get(owner), name)
        yield Mention(self.passage(value, place, path, key), Name(target, name, owner), start, start + len(name),
                      DEFINITION if kind.startswith("+") else NAMED)

    def owner(self, kind: str, about: str, scope: _Scope) -> str:
        if kind == "choice":
            return f"{scope.entity}.{self.choosing(about, scope)}"
        return self.spoken_of(about, scope) if kind in OWNED else ""

    def spoken_of(self, about: str, scope: _Scope) -> str:
        """The entity meant behind an `@`, else the one around. An overlay need not say again that of a card."""
        if about != "entity":
            return self.rows(scope) if about == "rows" else scope.entity
        board = self.catalog.dashboards.get(self.title)
        return str(scope.holder.get("entity") or (board.counted(scope.holder.get("name")) if board else ""))

    def choosing(self, about: str, scope: _Scope) -> str:
        """The field whose choices are meant."""
        entity = self.catalog.entities.get(scope.entity)
        if about == "state":
            return (entity.state if entity else None) or ""
        if about == "group_by":
            return str(scope.holder.get("group_by") or (entity.state if entity else None) or "")
        if about == "by":
            level = entity.levels.get(scope.level) if entity else None
            return level.by if level else ""
        return scope.field

    def rows(self, scope: _Scope) -> str:
        """The entity of the rows that a roll-up sums."""
        entity, field = self.catalog.entities.get(scope.entity), self.field(scope)
        table = entity.fields.get(str(field.options.get("of"))) if entity and field else None
        return (table.target if table else None) or ""

    def expression(self, value: str, place: Place, path: Path, scope: _Scope, about: str) -> Iterator[Found]:
        entity, field = self.catalog.entities.get(self.spoken_of(about, scope)), self.field(scope)
        if entity is not None:
            passage = self.passage(value, place, path)
            if path[-2:-1] == ("inputs",) and passage.written is not None:
                passage = replace(passage, implies=self.needless(path, scope, place))
            gives = field is not None and field.choices and (path[-1] in _GIVING or path[-2:-1] == ("set",))
            yield Expressed(passage, Scopes(self.catalog.entities).environment(entity),
                            takes=f"{scope.entity}.{scope.field}" if gives else "")

    def needless(self, path: Path, scope: _Scope, place: Place) -> tuple[str, Edit] | None:
        """An input written just as `saying` writes it."""
        file, inputs = self.files.get(place.file), scope.holder
        value = scope.holder.get(path[-1])
        if file is None or not isinstance(inputs, Node) or next(iter(inputs)) != path[-1]:
            return None
        return file.needless(str(path[-1]), str(value), inputs)

    def passage(self, value: str, place: Place, path: Path, key: bool = False) -> Passage:
        file = self.files.get(place.file)
        element = ".".join(map(str, (self.title, *(part for part in path if part != "fields"))))
        pack, name = (file.source.pack, file.source.path) if file else ("", place.file)
        return Passage(f"{self.kind}/{self.title}", path, element, place, value, pack, name,
                       file.written(place) if file else None, key)


def _column_of(entity: Entity | None, name: str) -> str:
    """The field that a further column belongs to."""
    if entity is None or name in entity.fields:
        return name
    return next((field for field in entity.fields if name in spellings(entity, field)), name)
