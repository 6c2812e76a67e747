"""One unit of work, and what it works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from formloom.metadata.catalog import EMPTY, Catalog
from formloom.policy.actor import Actor
from formloom.policy.policy import Policy
from formloom.records.events import Listener
from formloom.storage.database import Unit
from formloom.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made by `runtime.reading(actor)` or `runtime.writing(actor)`; everything done with it commits together.

    `definitions` are the process definitions of the catalog, by key, and `decisions` its decisions, by id; opaque here,
    so that no layer below `workflow` knows of processes or DMN.
    """

    catalog: Catalog
    store: Store
    policy: Policy
    unit: Unit
    actor: Actor
    now: datetime
    listeners: tuple[Listener, ...] = ()
    files: Path = Path("var/files")
    definitions: Mapping[str, Any]
    service_tasks: Mapping[str, Any]
    decisions: Mapping[str, Any] = EMPTY
    tolerated: frozenset[str] = frozenset()     # keys of rules that old values need not meet, see `strictness`
