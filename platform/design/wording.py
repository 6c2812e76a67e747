"""What an edit did, in a few words for the list of edits: to which field of an entity, else to which definition."""

from __future__ import annotations

from typing import Any

from formloom.design.definitions import Tree
from formloom.errors import Text


def told(name: str, before: Tree, after: Tree | None) -> Text:
    words = _called(before or after, name)
    if not before:
        return Text("{name} was made.", name=words)
    if after is None:
        return Text("{name} was removed.", name=words)
    old, new = _fields(before), _fields(after)
    added, gone = [f for f in new if f not in old], [f for f in old if f not in new]
    changed = [f for f in new if f in old and new[f] != old[f]]
    match added, gone, changed:
        case [one], [], []:
            return Text("{name}: {field} was added.", name=words, field=_called(new[one], one))
        case [], [one], []:
            return Text("{name}: {field} was removed.", name=words, field=_called(old[one], one))
        case [], [], [one]:
            return Text("{name}: {field} was changed.", name=words, field=_called(new[one], one))
        case [one], [was], [] if _bare(new[one]) == _bare(old[was]):
            return Text("{name}: {field} is called {new} now.", name=words, field=was, new=one)
        case [], [], [] if list(old) != list(new):
            return Text("{name}: the order of the fields was changed.", name=words)
    return Text("{name} was changed.", name=words)


def _called(node: Any, name: str) -> Any:
    held = node.get("label") if isinstance(node, dict) else None
    return held or name


def _fields(tree: Tree) -> dict[str, Any]:
    found = tree.get("fields")
    return found if isinstance(found, dict) else {}


def _bare(spec: Any) -> Any:
    """A field that is called otherwise keeps its id, which nobody had to write before."""
    return {key: value for key, value in spec.items() if key != "id"} if isinstance(spec, dict) else spec
