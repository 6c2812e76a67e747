"""Every text of a definition that people read, in each language: where it stands, what it says, saying it otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from formloom.design.definitions import Tree

LANGUAGES: Final = ("en", "zh")
Path = tuple[str | int, ...]

_TEXTS: Final = frozenset({"label", "plural", "help", "description", "message", "reason", "confirm"})
# Mappings by name: what stands under them is called by the key, which is no attribute.
_NAMED: Final = frozenset({"fields", "actions", "entities", "states", "sla", "set", "inputs"})
# Things that should have a label though nobody wrote one, by the key under which they stand.
_LABELLED: Final = frozenset({"fields", "actions", "sla", "choices", "views", "cards"})
# What says no words but may look so.
_SILENT: Final = frozenset({"set", "inputs", "default"})


@dataclass(frozen=True, slots=True)
class Phrase:
    path: Path
    words: Mapping[str, str]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(language for language in LANGUAGES if not self.words.get(language))


def of(tree: Tree) -> Iterator[Phrase]:
    """In the order in which they were written; the label of the definition itself first."""
    yield Phrase(("label",), _words(tree.get("label")))
    yield from _inside({key: value for key, value in tree.items() if key != "label"}, ())


def put(tree: Tree, path: Path, language: str, text: str) -> None:
    """An empty text takes the language away. The path is that of a phrase."""
    node: Any = tree
    for part in path[:-1]:
        node = node[part]
    key = path[-1]
    words = dict(_words(node.get(key)))
    words[language] = text.strip()
    kept = {one: words[one] for one in (*LANGUAGES, *words) if words.get(one)}
    if kept:
        node[key] = kept
    else:
        node.pop(key, None)


def _words(value: Any) -> Mapping[str, str]:
    """A plain text is in English."""
    if isinstance(value, Mapping):
        return {str(language): str(text) for language, text in value.items()}
    return {"en": str(value)} if value else {}


def _inside(node: Any, path: Path, named: bool = False) -> Iterator[Phrase]:
    if isinstance(node, list):
        for n, inner in enumerate(node):
            yield from _thing(inner, (*path, n), str(path[-1]))
    elif isinstance(node, Mapping):
        for key, inner in node.items():
            if named:
                yield from _thing(inner, (*path, key), str(path[-1]))
            elif key in _TEXTS:
                yield Phrase((*path, key), _words(inner))
            elif key not in _SILENT:
                yield from _inside(inner, (*path, key), key in _NAMED and isinstance(inner, Mapping))


def _thing(node: Any, path: Path, under: str) -> Iterator[Phrase]:
    if isinstance(node, Mapping):
        if under in _LABELLED and "label" not in node:
            yield Phrase((*path, "label"), {})
        yield from _inside(node, path)
