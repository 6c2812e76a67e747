"""Three-way merge of BPMN and DMN files, part by part; what keeps the result whole is decided here.

What one side took away while the other connects something to it is one decision: both stay, or both go. Positions are
nothing to be asked about: what one side moved is taken, what both moved stays where we put it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from formloom.metadata import merging
from formloom.metadata.catalog import Label
from formloom.metadata.keys import Path
from formloom.metadata.merging import MINE, MISSING, THEIRS, Choices
from formloom.workflow import xml_drawings
from formloom.workflow.differences import parsed
from formloom.workflow.xml_trees import (
    MARKUP,
    PARENT,
    ROOT,
    TAG,
    TEXT,
    Dialect,
    Document,
    Tree,
    folded_names,
    names_of,
    read,
    written,
)

MEMBERS: Final = "#lanes"      # ids with spaces between them: what a part belongs to besides its parent


@dataclass(frozen=True, slots=True)
class Conflict:
    """kind as in `metadata.merging`; of a part as a whole, or of one aspect of it. Values are texts to be shown.

    `dependents` are parts that one side connected to what the other removed.
    """

    path: Path
    kind: str
    id: str
    element: str
    label: Label
    aspect: str
    base: Any
    ours: Any
    theirs: Any
    offers: tuple[str, ...] = (MINE, THEIRS)
    dependents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    text: str
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class _Use:
    """Where a part names another one: in an attribute of the tree at `path`."""

    part: str
    target: str
    path: Path
    attribute: str
    hard: bool


def merge(base: str, ours: str, theirs: str, dialect: Dialect, choices: Choices | None = None) -> Merged:
    """Raises BadConfiguration for what is no XML. A text that says the same as ours or theirs is that text itself."""
    if ours == theirs or base == theirs:
        return Merged(ours, ())
    if base == ours:
        return Merged(theirs, ())
    sides = [read(parsed(text), dialect) for text in (base, ours, theirs)]
    was, mine, other = sides
    found = merging.merge(was.parts, mine.parts, other.parts, choices)
    joining = _Joining(found.tree, [side.parts for side in sides], dialect, choices or {},
                       [c for c in found.conflicts if c.path[-1] not in dialect.silent])
    joining.settle()
    parts = joining.parts
    drawing = xml_drawings.merged([side.diagrams for side in sides], dialect, parts)
    text = next((text for text, side in ((theirs, other), (ours, mine)) if merging.same(parts, side.parts)
                 and xml_drawings.same(drawing, side.diagrams, dialect)), "")
    return Merged(text or _printed(parts, drawing, mine, other, dialect), tuple(joining.told()))


def _printed(parts: dict[str, Tree], drawing: list[etree._Element], ours: Document, theirs: Document,
             dialect: Dialect) -> str:
    root = written(parts, names_of(theirs, ours), dialect)
    root.extend(drawing)
    etree.cleanup_namespaces(root, keep_ns_prefixes=[p for p in names_of(theirs, ours) if p])
    etree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="unicode") + "\n"


class _Joining:
    def __init__(self, parts: dict[str, Tree], sides: list[dict[str, Tree]], dialect: Dialect, choices: Choices,
                 conflicts: list[merging.Conflict]) -> None:
        self.parts = parts
        self.base, self.ours, self.theirs = sides
        self.dialect = dialect
        self.choices = choices
        self.conflicts = {conflict.path: conflict for conflict in conflicts}
        self.dependents: dict[str, tuple[str, ...]] = {}
        self.gone: set[str] = set()         # what was decided to go, or went with it

    def settle(self) -> None:
        for conflict in list(self.conflicts.values()):
            key = conflict.path[0]
            if conflict.kind == "removed" and len(conflict.path) == 1:
                self.decide(key) if key in self.parts else self.gone.add(key)
        while missing := self.missing():
            for key, uses in missing.items():
                if key in self.gone:
                    self.cut(uses)
                else:
                    self.dependents[key] = tuple(dict.fromkeys(use.part for use in uses))
                    self.conflicts.setdefault((key,), merging.Conflict(
                        (key,), "removed", self.base.get(key, MISSING), self.ours.get(key, MISSING),
                        self.theirs.get(key, MISSING)))
                    self.decide(key)

    def decide(self, key: str) -> None:
        """What only one side still has stays with everything that was connected to it there, or goes."""
        mine = key in self.ours
        if (self.choices.get((key,)) != THEIRS) == mine:
            self.restore(key, self.ours if mine else self.theirs)
        else:
            self.gone.add(key)

    def restore(self, key: str, side: dict[str, Tree]) -> None:
        self.gone.discard(key)
        pending = [key]
        while pending:
            one = pending.pop()
            self.parts.setdefault(one, side[one])
            pending += [use.part for use in self.uses(side) if use.target == one and use.hard
                        and use.part not in self.parts and use.part not in self.gone
                        and all(other.target in self.parts or other.target not in side
                                for other in self.uses({use.part: side[use.part]}) if other.hard)]

    def missing(self) -> dict[str, list[_Use]]:
        found: dict[str, list[_Use]] = {}
        for use in self.uses(self.parts):
            if use.target not in self.parts and (use.target in self.ours or use.target in self.theirs):
                found.setdefault(use.target, []).append(use)
        return found

    def uses(self, parts: Mapping[str, Tree]) -> Iterator[_Use]:
        for key, tree in parts.items():
            for target, path, attribute in _targets(tree, ()):
                yield _Use(key, target, path, attribute, not path and attribute in (PARENT, *self.dialect.hard))

    def cut(self, uses: list[_Use]) -> None:
        for use in uses:
            tree = self.parts.get(use.part)
            if tree is None:
                continue
            if use.hard:
                del self.parts[use.part]
                self.gone.add(use.part)
            else:
                _forget(tree, use)

    def named(self, value: str) -> str:
        """What a person calls the part whose id this is; any other text is that text."""
        tree = next((side[value] for side in (self.ours, self.theirs, self.base) if value in side), None)
        label = label_of(tree) if tree is not None else {}
        return label.get("en") or next(iter(label.values()), "") or value

    def told(self) -> Iterator[Conflict]:
        for path, found in self.conflicts.items():
            key = path[0]
            tree = next((side[key] for side in (self.ours, self.theirs, self.base) if key in side), {})
            yield Conflict(path, found.kind, "" if key == ROOT else key, local_name(tree.get(TAG, "")), label_of(tree),
                           self.dialect.aspect(path[1:]) if len(path) > 1 else "", _shown(found.base, self),
                           _shown(found.ours, self), _shown(found.theirs, self), found.offers,
                           self.dependents.get(key, ()))


def _targets(tree: Tree, path: Path) -> Iterator[tuple[str, Path, str]]:
    """Whatever may be the id of another part."""
    for key, value in list(tree.items()):
        if isinstance(value, dict):
            yield from _targets(value, (*path, key))
        elif key == MEMBERS:
            yield from ((one, path, key) for one in value.split())
        elif key == "@href":
            yield value.rpartition("#")[2], path, key
        elif key == PARENT or key.endswith(("Ref", "@default")):
            yield value.rpartition(":")[2], path, key


def _forget(tree: Tree, use: _Use) -> None:
    holder, around = tree, tree
    for name in use.path:
        holder, around = holder[name], holder
    if use.attribute == MEMBERS:
        holder[MEMBERS] = " ".join(one for one in holder[MEMBERS].split() if one != use.target)
    elif use.attribute == "@href" and use.path:
        around.pop(use.path[-1], None)
    else:
        holder.pop(use.attribute, None)


def label_of(tree: Tree) -> Label:
    """The words on a part: its name, and in other languages what our extension says."""
    name = tree.get("@name") or tree.get("@label") or tree.get(TEXT, "")
    words = tree.get("extensionElements", {}).get("label", {})
    zh = words.get("@zh", "")
    return ({"en": name} if name else {}) | ({"zh": zh} if zh else {})


def local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _shown(value: Any, joining: _Joining) -> Any:
    if not isinstance(value, dict):
        return joining.named(value) if isinstance(value, str) else value
    label = label_of(value)
    return label.get("en") or next(iter(label.values()), "") or _texts(value) or local_name(value.get(TAG, ""))


def _texts(tree: Tree) -> str:
    own = [value for key, value in tree.items() if key in (TEXT, MARKUP) or (key.startswith("@") and key != "@id")]
    return ", ".join(filter(None, [*own, *(_texts(tree[name]) for name in folded_names(tree))]))
