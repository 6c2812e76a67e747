"""Finds plugins and lets each fill the extensions: folders with a plugin.yaml, and installed packages.

A folder plugin is `<name>/plugin.yaml` beside the module it names. A package declares an entry point in the group
`formloom.plugins` that gives its `setup(extensions)`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import cast

import yaml

from formloom.errors import Text
from formloom.extensions import BadExtension, Extensions

GROUP = "formloom.plugins"
_KEYS = {"plugin", "version", "module", "label", "description", "licence"}


def load(extensions: Extensions, folders: Iterable[Path]) -> Extensions:
    """Runs every plugin's `setup`. Raises `BadExtension` naming the plugin that cannot be loaded."""
    for folder in folders:
        for manifest in sorted(folder.glob("*/plugin.yaml")):
            _setup_of(manifest)(extensions)
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        entry.load()(extensions)
    return extensions


def _setup_of(manifest: Path) -> Callable[[Extensions], None]:
    module = _module(manifest)
    setup = getattr(module, "setup", None)
    if not callable(setup):
        raise BadExtension(
            Text("Plugin {file} has no function setup(extensions).", file=module.__file__),
            Text("Define it; it registers what the plugin adds."),
        )
    return cast("Callable[[Extensions], None]", setup)


def _module(manifest: Path) -> ModuleType:
    name, file = _read(manifest)
    full_name = f"formloom_plugin_{name}"
    spec = spec_from_file_location(full_name, file, submodule_search_locations=[str(manifest.parent)])
    if not file.is_file() or spec is None or spec.loader is None:
        raise BadExtension(Text("Plugin {file} names a module that is not there: {module}.",
                                file=str(manifest), module=file.name))
    module = module_from_spec(spec)
    sys.modules[full_name] = module
    spec.loader.exec_module(module)
    return module


def _read(manifest: Path) -> tuple[str, Path]:
    try:
        content = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BadExtension(Text("{file} is not YAML: {reason}", file=str(manifest), reason=str(error))) from error
    if not isinstance(content, dict) or not str(content.get("plugin", "")).isidentifier():
        raise BadExtension(Text("{file} must say `plugin: <name>`.", file=str(manifest)),
                           Text("A name is made of letters, digits and underscores."))
    if unknown := sorted(content.keys() - _KEYS):
        raise BadExtension(Text("{file} has unknown keys: {keys}.", file=str(manifest), keys=", ".join(unknown)))
    return content["plugin"], manifest.parent / f"{content.get('module', content['plugin'])}.py"
