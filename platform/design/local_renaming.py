"""A renaming as a change of the local layer: packs stay as they are, and the overlays say what is called otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from formloom.design import change_sets, definitions, renaming, usage
from formloom.design.renaming import Check
from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.metadata import compiler, layers, parsing, references
from formloom.metadata import renaming as tokens
from formloom.metadata.catalog import Catalog
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.references import Name, Path
from formloom.metadata.renaming import Step
from formloom.metadata.sources import Source
from formloom.records.context import Context
from formloom.storage.change_sets import ChangeSet

Trees = Mapping[tuple[str, str], Any]


def changes(sources: Iterable[Source], types: Mapping[str, FieldType], target: Name, new: str, *,
            service_tasks: Mapping[str, Any] | None = None, check: Check | None = None) -> dict[str, str | None]:
    """By path, what the local layer has to say from now on; None for a file that it does not need any more.

    Raises BadConfiguration.
    """
    held = tuple(sources)
    _refuse_first_names(held, target, new)
    catalog = compiler.compile(held, types)
    steps = tokens.plan(catalog, references.found(catalog, types), target, new)
    texts = {**dict(_definitions(catalog, held, steps, target, new)),
             **_diagrams(catalog, held, target, new, service_tasks)}
    tokens.refuse((check or (lambda s: compiler.check(s, types)))(definitions.with_local(held, texts)))
    return texts


def rename_in(context: Context, seen: ChangeSet, types: Mapping[str, FieldType], target: Name, new: str, *,
              service_tasks: Mapping[str, Any] | None = None, check: Check | None = None) -> ChangeSet:
    """In a change set, file by file, so that it is undone like anything else. Raises BadConfiguration, OvertakenChange.
    """
    held = change_sets.sources(context, seen)
    words = Text("{old} is called {new} from now on.", old=target.name, new=new)
    for path, text in changes(held, types, target, new, service_tasks=service_tasks, check=check).items():
        seen = change_sets.put(context, seen, path, text, words)
    return seen


def _refuse_first_names(sources: tuple[Source, ...], target: Name, new: str) -> None:
    """Files speak of a definition by its first name, whatever it is called by now; nothing else can have that."""
    if target.kind in definitions.FOLDERS and new in definitions.names(sources, target.kind) \
            and new != definitions.first_name(sources, target.kind, target.name):
        raise BadConfiguration([Problem("rename-taken", Text("{name} is taken already.", name=new), Place(""),
                                        element=target.name)])


def _definitions(catalog: Catalog, sources: tuple[Source, ...], steps: list[Step], target: Name, new: str
                 ) -> Iterator[tuple[str, str | None]]:
    firsts = {(kind, str(value.get(kind))): name for (kind, name), value in parsing.definitions(sources).items()}
    identified = _holder(target) if target.kind in ("entity", "field", "role") else None
    for definition in dict.fromkeys((*(step.passage.definition for step in steps), *filter(None, [identified]))):
        kind, _, name = definition.partition("/")
        first = firsts[kind, name]
        tree = definitions.tree(sources, kind, first)
        if tree is None:
            continue
        if definition == identified:
            _identify(catalog, sources, tree, target, new)
        mine = [step for step in steps if step.passage.definition == definition]
        edited = _walked(tree, (), _values(mine), _keys(mine))
        for step in mine:
            if step.implied:
                inside = _at(edited, _moved(step.passage.path[:-1], _keys(mine)))
                inside["inputs"] = {step.implied: new, **inside.get("inputs", {})}
            elif step.needless:
                inside = _at(edited, _moved(step.passage.path[:-2], _keys(mine)))
                inside["inputs"].pop(step.needless)
                if not inside["inputs"]:
                    del inside["inputs"]
        path = definitions.path_of(kind, first)
        text = definitions.local_text(sources, kind, first, edited)
        if (kind, name, first) == (target.kind, target.name, target.name) and _is_local(sources, kind, first):
            yield path, None
            path = definitions.path_of(kind, new)
        yield path, text


def _holder(target: Name) -> str:
    return f"entity/{target.owner}" if target.kind == "field" else f"{target.kind}/{target.name}"


def _identify(catalog: Catalog, sources: tuple[Source, ...], tree: dict[str, Any], target: Name, new: str) -> None:
    """The id stays what it was, first of all keys, as it is written by hand; unless it follows from the new name."""
    part, identity = _part(tree, target), renaming.identity_of(catalog, target)
    said = {"id": identity, **part}
    if identity == renaming.implicit_id(catalog, target, new) and not _says_id(sources, target, new):
        del said["id"]
    part.clear()
    part.update(said)


def _part(tree: dict[str, Any], target: Name) -> dict[str, Any]:
    part = tree["fields"][target.name] if target.kind == "field" else tree
    return part if isinstance(part, dict) else {}


def _says_id(sources: tuple[Source, ...], target: Name, new: str) -> bool:
    """Whether the pack writes the id of what it calls by the new name."""
    kind, name = ("entity", target.owner) if target.kind == "field" else (target.kind, new)
    tree = definitions.tree(definitions.lower(sources), kind, name) or {}
    part = tree.get("fields", {}).get(new, {}) if target.kind == "field" else tree
    return "id" in part


def _is_local(sources: Iterable[Source], kind: str, name: str) -> bool:
    return definitions.tree(definitions.lower(sources), kind, name) is None


def _values(steps: Iterable[Step]) -> dict[Path, list[Step]]:
    found: dict[Path, list[Step]] = {}
    for step in steps:
        if not step.passage.key and not step.implied:
            found.setdefault(step.passage.path, []).append(step)
    return found


def _keys(steps: Iterable[Step]) -> dict[Path, str]:
    return {step.passage.path: _replaced(str(step.passage.path[-1]), [step]) for step in steps if step.passage.key}


def _walked(value: Any, path: Path, values: Mapping[Path, list[Step]], keys: Mapping[Path, str]) -> Any:
    if isinstance(value, dict):
        return {keys.get((*path, key), key): _walked(inner, (*path, key), values, keys)
                for key, inner in value.items()}
    if isinstance(value, list):
        return [_walked(inner, (*path, index), values, keys) for index, inner in enumerate(value)]
    return _replaced(value, values[path]) if path in values else value


def _replaced(text: str, steps: Iterable[Step]) -> str:
    for step in sorted(steps, key=lambda s: s.start, reverse=True):
        text = f"{text[:step.start]}{step.text}{text[step.end:]}"
    return text


def _moved(path: Path, keys: Mapping[Path, str]) -> Path:
    """The path after its own parts were renamed."""
    return tuple(keys.get(path[:index + 1], part) for index, part in enumerate(path))


def _at(tree: Any, path: Path) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def _diagrams(catalog: Catalog, sources: tuple[Source, ...], target: Name, new: str,
              service_tasks: Mapping[str, Any] | None) -> dict[str, str | None]:
    steps = tokens.plan(catalog, usage.of_diagrams(catalog, sources, service_tasks), target, new)
    edits = tokens.edits_of(steps)
    return {source.path: tokens.after(source, edits).text for source in layers.effective(sources)
            if (source.pack, source.path) in edits}
