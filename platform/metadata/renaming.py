"""What has to be written otherwise once something is called otherwise: token by token, or why it cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from formloom.errors import KINDS as KIND_WORDS
from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.feel.renaming import RenameClash, Renaming, replacements
from formloom.metadata.assembly import below
from formloom.metadata.catalog import Catalog
from formloom.metadata.grammar import NAME_PATTERN
from formloom.metadata.references import IMPLIED, Found, Mention, Name, Passage, spellings
from formloom.metadata.sources import Source
from formloom.metadata.spelling import Edit, edited

KINDS: Final = ("entity", "field", "view", "action", "role", "workspace", "dashboard")
_NAME: Final = re.compile(NAME_PATTERN)
_TAKEN_WORDS: Final = frozenset({"true", "false", "null"})      # YAML and FEEL read them as values
File = tuple[str, str]      # pack and path


@dataclass(frozen=True, slots=True)
class Step:
    """What has to be written in the place of a part of a passage.

    `implied`: the input that says nothing yet, which the file says by `elsewhere`; `needless`: the one that need not be
    said any more.
    """

    passage: Passage
    start: int
    end: int
    text: str
    implied: str = ""
    needless: str = ""
    elsewhere: Edit | None = None


def plan(catalog: Catalog, found: Iterable[Found], target: Name, new: str) -> list[Step]:
    """Everything that has to be written otherwise. Raises BadConfiguration with everything that cannot be."""
    _allowed(catalog, target, new)
    return steps_of(catalog, found, target, new)


def steps_of(catalog: Catalog, found: Iterable[Found], target: Name, new: str) -> list[Step]:
    """As `plan`, of a name that is known to be allowed."""
    change = Renaming(target.owner, target.name, new, _columns(catalog, target, new))
    steps: list[Step] = []
    problems: list[Problem] = []
    for one in found:
        try:
            steps += _steps(one, target, change)
        except RenameClash as clash:
            passage = one.passage
            problems.append(Problem("rename-clash", clash.message, below(passage.place, passage.text, clash.position),
                                    Text("Choose another name, or change this expression first."),
                                    element=passage.element))
    if problems:
        raise BadConfiguration(problems)
    return steps


def refuse(problems: Iterable[Problem]) -> None:
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise BadConfiguration(errors)


def _steps(one: Found, target: Name, change: Renaming) -> list[Step]:
    if isinstance(one, Mention):
        if one.target != target:
            return []
        if one.kind == IMPLIED:
            said = replace(one.said, text=one.said.text.format(change.new)) if one.said else None
            return [Step(one.passage, 0, 0, change.new, implied=target.name, elsewhere=said)]
        return [Step(one.passage, one.start, one.end, change.new)]
    expression = one.expression if target.kind == "field" else None
    if expression is None:
        return []
    made = [Step(one.passage, part.start, part.end, part.text)
            for part in replacements(expression, one.environment, change)]
    name, without = one.passage.implies or ("", None)
    if name and len(made) == 1 and made[0].text == name and made[0].end - made[0].start == len(one.passage.text):
        return [replace(made[0], needless=name, elsewhere=without)]
    return made


def _columns(catalog: Catalog, target: Name, new: str) -> dict[str, str]:
    """Further columns of a field are called after it."""
    if target.kind != "field":
        return {}
    names = spellings(catalog.entities.get(target.owner), target.name)
    return {name: new + name.removeprefix(target.name) for name in names[1:]}


def _allowed(catalog: Catalog, target: Name, new: str) -> None:
    known, place = _namesakes(catalog, target)
    if target.kind not in KINDS or target.name not in known:
        message = Text("There is no {kind} {name} that could be renamed.",
                       kind=KIND_WORDS.get(target.kind, target.kind), name=target.name)
        raise BadConfiguration([Problem("rename-nothing", message, place, element=target.name)])
    names = {new, *_columns(catalog, target, new).values()}
    if not _NAME.fullmatch(new) or new in _TAKEN_WORDS:
        message = Text("{value} does not have the form {pattern}.", value=new, pattern=NAME_PATTERN)
    elif taken := names & (known - set(spellings(catalog.entities.get(target.owner), target.name))):
        message = Text("{name} is taken already.", name=min(taken))
    else:
        return
    raise BadConfiguration([Problem("rename-name", message, place, Text("Choose another name."), element=target.name)])


def _namesakes(catalog: Catalog, target: Name) -> tuple[set[str], Place]:
    """The names beside it that it must not have, and where it is defined."""
    owner = catalog.entities.get(target.owner)
    if target.kind == "field" and owner:
        names = {column for field in owner.fields for column in spellings(owner, field)}
        field = owner.fields.get(target.name)
        known = names if field and not field.system else names - {target.name}
        return known, field.place if field else owner.place
    of_owner: Mapping[str, Any] = {
        "view": {view.name: view for view in owner.views}, "action": owner.actions} if owner else {}
    all_: Mapping[str, Mapping[str, Any]] = {
        "entity": catalog.entities, "role": catalog.roles, "workspace": {w.name: w for w in catalog.workspaces},
        "dashboard": catalog.dashboards,
        **of_owner}
    held = all_.get(target.kind, {})
    found = held.get(target.name)
    return set(held), getattr(found, "place", owner.place if owner else Place(""))


# -- texts -------------------------------------------------------------------------------------------------------


def edits_of(steps: Iterable[Step]) -> dict[File, list[Edit]]:
    edits: dict[File, list[Edit]] = {}
    problems: list[Problem] = []
    for step in steps:
        passage = step.passage
        if step.elsewhere is not None:
            edits.setdefault((passage.pack, passage.file), []).append(step.elsewhere)
        elif step.implied:
            problems.append(Problem(
                "rename-implied", Text("The decision takes the field as its input {name}, because both have one name.",
                                       name=step.implied), passage.place,
                Text("Say what the input is before the field is renamed: {name}: {name}", name=step.implied),
                element=passage.element))
        elif passage.written is None:
            problems.append(Problem(
                "rename-place", Text("The name cannot be replaced here: the file is not written in our own words."),
                passage.place, Text("Write it as a definition first: formloom entity import."),
                element=passage.element))
        else:
            made = Edit(*passage.written.span(step.start, step.end), step.text)
            edits.setdefault((passage.pack, passage.file), []).append(made)
    if problems:
        raise BadConfiguration(problems)
    return edits


def after(source: Source, edits: Mapping[File, list[Edit]]) -> Source:
    given = edits.get((source.pack, source.path))
    return replace(source, text=edited(source.text, given)) if given else source
