"""Every text of the model in both languages, as a table to fill in; what is filled in goes into the draft."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from formloom.design import change_sets, definitions, phrases
from formloom.design.definitions import Tree
from formloom.errors import BadRequest, Text
from formloom.web.i18n import label, t
from formloom.web.pages import model_draft
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import editing
from formloom.web.pages.edited_sources import administrator, answering, body
from formloom.web.requests import reading, writing

_PAGE: Final = 200
_KINDS: Final[Mapping[str, Text]] = {
    "entity": Text("Entities"), "role": Text("Roles"), "workspace": Text("Workspaces"), "dashboard": Text("Dashboards"),
    "calendar": Text("Calendars")}
_WHAT: Final[Mapping[str, Text]] = {
    "label": Text("Name"), "plural": Text("Many are called"), "help": Text("Help text"),
    "description": Text("Description"), "message": Text("Message"), "reason": Text("Why not"),
    "confirm": Text("Question")}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """`about` leads from the definition to the thing; `path` is where its text stands."""

    kind: str
    name: str
    title: str
    about: str
    what: str
    path: phrases.Path
    words: Mapping[str, str]
    missing: tuple[str, ...]


@blueprint.get("/design/translations")
def translations() -> ResponseReturnValue:
    administrator()
    asked = {name: request.args.get(name, "").strip() for name in ("q", "kind", "show")}
    page = max(1, request.args.get("page", 1, type=int))
    with reading() as context:
        sources = model_draft.sources(context)
    every = [row for kind in _KINDS for row in _rows(sources, kind)]
    found = [row for row in every if _fits(row, asked)]
    return render_template(
        "design/translations.html", rows=found[(page - 1) * _PAGE:page * _PAGE], total=len(found), asked=asked,
        page=page, more=page * _PAGE < len(found), kinds=_KINDS, data={"draft": editing.draft_as_json()},
        missing={language: sum(1 for row in every if language in row.missing) for language in phrases.LANGUAGES})


@blueprint.post("/design/translations")
@answering
def write_translations() -> ResponseReturnValue:
    """`texts`: kind, name, path, language and text of each; one edit for each definition."""
    sent = body()
    texts = sent.get("texts")
    if not isinstance(texts, list) or not all(_sound(one) for one in texts):
        raise BadRequest(Text("The request cannot be read."))
    with writing() as context:
        seen = editing.seen(context, sent)
        for kind, name in dict.fromkeys((one["kind"], one["name"]) for one in texts):
            tree = change_sets.tree(context, seen, kind, name)
            _said(tree, [one for one in texts if (one["kind"], one["name"]) == (kind, name)])
            words = Text("{name} was translated.", name=tree.get("label") or name)
            seen = change_sets.write(context, seen, kind, name, tree, words)
    return jsonify(draft=editing.draft_as_json(), problems=editing.problems_as_json())


def _said(tree: Tree, texts: Sequence[Mapping[str, Any]]) -> None:
    """Only where a text stands: this door changes words and nothing else."""
    for one in texts:
        path = tuple(one["path"])
        if path not in {phrase.path for phrase in phrases.of(tree)}:
            raise BadRequest(Text("This text is not there any more. Load the page again."))
        phrases.put(tree, path, one["language"], one["text"])


def _sound(one: Any) -> bool:
    return (isinstance(one, dict) and one.get("kind") in _KINDS and one.get("language") in phrases.LANGUAGES
            and isinstance(one.get("text"), str) and isinstance(one.get("name"), str)
            and isinstance(one.get("path"), list) and all(isinstance(part, str | int) for part in one["path"]))


def _rows(sources: Sequence[Any], kind: str) -> Iterator[Row]:
    for name, tree in definitions.trees(sources, kind).items():
        title = _title(tree, name)
        for phrase in phrases.of(tree):
            yield Row(kind, name, title, _about(tree, phrase.path), t(_WHAT[str(phrase.path[-1])]), phrase.path,
                      phrase.words, phrase.missing)


def _title(tree: Tree, name: str) -> str:
    held = tree.get("label")
    return label(held) if isinstance(held, dict) and held else str(held or name)


def _about(tree: Tree, path: phrases.Path) -> str:
    """Names on the way: `amount`, `status › draft`; a thing of a list by its own name."""
    node: Any = tree
    words: list[str] = []
    for part in path[:-1]:
        node = node[part]
        if isinstance(part, int):
            words.append(str(node.get("value") or node.get("name") or node.get("entity") or part + 1))
        elif part not in ("fields", "choices", "form", "list"):
            words.append(str(part))
    return " › ".join(words)


def _fits(row: Row, asked: Mapping[str, str]) -> bool:
    told = " ".join((row.name, row.title, row.about, *row.words.values())).casefold()
    return (asked["q"].casefold() in told and asked["kind"] in ("", row.kind)
            and (asked["show"] != "missing" or bool(row.missing)))
