"""Installing, upgrading and removing packs under the local layer; what is installed, as a lock file and as archives.

A pack is upgraded by a three-way merge: nothing that was changed here is lost, and what cannot be decided is a conflict
for a person. All functions work outside of a unit of work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as platform_version
from pathlib import Path
from typing import Any

from formloom.design import upgrading
from formloom.design.upgrading import Upgrade
from formloom.errors import BadConfiguration, Conflict, FormloomError, NotFound, Place, Problem, Text
from formloom.metadata import canonical, layers, nodes, parsing, requirements
from formloom.metadata.archives import Archive, unpacked
from formloom.metadata.layers import LOCAL
from formloom.metadata.sources import Source
from formloom.policy.actor import Actor
from formloom.runtime import Runtime
from formloom.storage import packs as stored
from formloom.storage.catalogs import Progress, StaleCatalog, untold
from formloom.storage.choices import NO_CHOICES, Choices
from formloom.storage.database import Unit
from formloom.storage.packs import Installed

_TRIES = 5
_DIGEST = re.compile(r"[0-9a-f]{64}")
Decisions = Mapping[tuple[str, str], Mapping[tuple[str, ...], str]]     # by kind and name, then by path: mine, theirs
NONE: Decisions = {}


def decisions_of(asked: Mapping[str, Any]) -> Decisions:
    """As a page sent them to a worker: kind, name, path and side of each under `decisions`."""
    found: dict[tuple[str, str], dict[tuple[str, ...], str]] = {}
    for kind, name, path, side in asked.get("decisions", ()):
        found.setdefault((kind, name), {})[tuple(path)] = side
    return found


class OpenConflicts(FormloomError):
    """The pack and what was changed here contradict each other in places that a person has to decide."""

    code, status = "open-conflicts", 409

    def __init__(self, upgrade: Upgrade) -> None:
        super().__init__(Text("The pack and your own changes contradict each other in {count} places.",
                              count=len(upgrade.open)), Text("Decide each of them, then go on."))
        self.upgrade = upgrade


@dataclass(frozen=True, slots=True)
class Standing:
    """A pack in force. `installed` is None for one that was applied before archives were kept."""

    name: str
    version: str
    label: Mapping[str, str]
    description: Mapping[str, str]
    requires: tuple[str, ...]
    installed: Installed | None


def standing(runtime: Runtime) -> list[Standing]:
    """The packs in force, each after what it needs."""
    catalog = runtime.model().catalog
    with runtime.database.read() as unit:
        kept = stored.installed(unit)
    manifests = {name: _manifest(catalog.sources, name) for name in (pack.name for pack in catalog.packs)}
    return [Standing(pack.name, pack.version, pack.label, _words(manifests[pack.name].get("description")),
                     pack.requires, kept.get(pack.name)) for pack in catalog.packs]


def prepare(runtime: Runtime, archives: Sequence[Archive], decisions: Decisions = NONE) -> Upgrade:
    """What installing these would make of the model; nothing is changed. Raises BadConfiguration for files it cannot
    read and packs for another platform; other problems are those of the upgrade."""
    wrong = [problem for pack in archives for problem in _unfit(pack)]
    if wrong:
        raise BadConfiguration(wrong)
    in_force = _sources(runtime)
    return upgrading.upgrade(in_force, _with(in_force, archives), decisions, runtime.check)


def install(
    runtime: Runtime, actor: Actor, archives: Sequence[Archive], decisions: Decisions = NONE,
    choices: Choices = NO_CHOICES, keep_mine: bool = False, within: Callable[[Unit], None] = lambda unit: None,
    progress: Progress = untold
) -> Upgrade:
    """Puts the packs into force together, in the place of other versions of them. `keep_mine` decides what is open.
    `within` is done in the same transaction.

    Raises OpenConflicts, BadConfiguration, and what `Runtime.publish` raises; then nothing was applied.
    """
    reason = ", ".join(f"{pack.name} {pack.version}" for pack in archives)

    def keep(unit: Unit) -> None:
        for pack in archives:
            stored.keep(unit, pack, actor.user_id, runtime.now())
        within(unit)

    for _ in range(_TRIES):
        version = _version(runtime)
        found = prepare(runtime, archives, decisions)
        if found.open and not keep_mine:
            raise OpenConflicts(found)
        try:
            runtime.publish(found.sources, actor, version, reason, choices, keep, progress)
        except StaleCatalog:
            continue
        if runtime.model().catalog.version == version:      # the model was so before; its archives may be others
            with runtime.database.write() as unit:
                keep(unit)
        return found
    raise StaleCatalog


def without(runtime: Runtime, name: str) -> list[Source]:
    """The model without this pack and without what was changed of it here. Raises NotFound, Conflict."""
    packs = {pack.name: pack.requires for pack in runtime.model().catalog.packs}
    if name not in packs:
        raise NotFound(Text("The pack {name} is not installed.", name=name))
    if needing := requirements.dependants(name, packs):
        raise Conflict(Text("{packs} needs it.", packs=", ".join(needing)), Text("Remove that first."))
    in_force = _sources(runtime)
    below = [source for source in in_force if source.pack not in (name, LOCAL)]
    known, paths = set(parsing.definitions(below)), {source.path for source in below}
    gone = {source.path for source in in_force if source.pack == name} - paths
    local = [source for source in in_force if source.pack == LOCAL]
    stale = {one.path for one in parsing.read(local) if one.extends and (one.kind, one.extends) not in known}
    return [*below, *(s for s in local if s.path not in stale and not (layers.is_whole(s.path) and s.path in gone))]


def uninstall(
    runtime: Runtime, actor: Actor, name: str, choices: Choices = NO_CHOICES,
    within: Callable[[Unit], None] = lambda unit: None, progress: Progress = untold
) -> None:
    """Removes exactly what the pack brought; its records are put aside, and come back with it."""
    def forget(unit: Unit) -> None:
        stored.forget(unit, name)
        within(unit)

    for _ in range(_TRIES):
        version = _version(runtime)
        try:
            runtime.publish(without(runtime, name), actor, version, f"{name} removed", choices, forget, progress)
        except StaleCatalog:
            continue
        return
    raise StaleCatalog


def uploads(runtime: Runtime) -> Path:
    """Where files that were uploaded lie under their digests until they are put into force."""
    return runtime.settings.files / "packs"


def uploaded(runtime: Runtime, digest: str) -> Archive:
    """Raises NotFound for one that was not uploaded, or is in force already."""
    file = uploads(runtime) / digest
    if not _DIGEST.fullmatch(digest) or not file.is_file():
        raise NotFound(Text("This file is not here any more. Choose it again."))
    return unpacked(file.read_bytes(), digest)


def lock(runtime: Runtime) -> str:
    """The packs in force with their versions and digests, as YAML: what another installation has to have as well."""
    packs = {one.name: {"version": one.version, "digest": one.installed.digest if one.installed else "",
                        **({"requires": list(one.requires)} if one.requires else {})} for one in standing(runtime)}
    return canonical.dump({"lock": 1, "packs": packs})


def exported(runtime: Runtime, name: str) -> Archive:
    """An installed pack, to the byte as it came. Raises NotFound."""
    with runtime.database.read() as unit:
        return stored.archive(unit, name)


def local_pack(runtime: Runtime, name: str, version: str) -> Archive:
    """What was changed here as a pack that extends the others, to be reviewed, kept under version control, moved on."""
    catalog = runtime.model().catalog
    local = [source for source in catalog.sources if source.pack == LOCAL and source.text]
    manifest = {"pack": name, "version": version, "requires": [f"{p.name} >={p.version}" for p in catalog.packs]}
    files = {source.path: source.text.encode() for source in local}
    return Archive(name, version, {"pack.yaml": canonical.dump(manifest).encode(), **files})


def _sources(runtime: Runtime) -> tuple[Source, ...]:
    catalog = runtime.current_catalog()
    return catalog.sources if catalog else ()


def _version(runtime: Runtime) -> str | None:
    catalog = runtime.current_catalog()
    return catalog.version if catalog else None


def _with(in_force: Iterable[Source], archives: Sequence[Archive]) -> list[Source]:
    replaced = {pack.name for pack in archives} | {LOCAL}
    new = [source for pack in archives for source in pack.sources()]
    return [*(source for source in in_force if source.pack not in replaced), *new]


def _unfit(pack: Archive) -> Iterable[Problem]:
    """What only this installation can tell: the name of the local layer, a range of versions of the platform."""
    wanted = _manifest(pack.sources(), pack.name).get("platform")
    span = requirements.range_of(str(wanted)) if wanted else None
    here = platform_version("formloom")
    if span is not None and not requirements.meets(here, span):
        message = Text("{pack} {version} runs on Formloom {range}; this is {here}.", pack=pack.name,
                       version=pack.version, range=str(span), here=here)
        yield Problem("platform-version", message, Place("pack.yaml"))


def _manifest(sources: Iterable[Source], name: str) -> dict[str, Any]:
    found = next((source.text for source in sources if (source.pack, source.path) == (name, "pack.yaml")), "")
    tree = nodes.read(found, "pack.yaml")[0]
    return dict(tree) if isinstance(tree, dict) else {}


def _words(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(key): str(words) for key, words in value.items()}
    return {"en": str(value)} if value else {}
