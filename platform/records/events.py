"""What happened to a record, in the past tense."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from formloom.policy.actor import Actor

if TYPE_CHECKING:
    from formloom.records.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`before` is None for created, `after` None for deleted; both hold raw values by field name."""

    kind: str                                   # created | updated | deleted | action | commented | ...
    entity: str
    id: int
    actor: Actor
    at: datetime
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    changed: frozenset[str] = frozenset()
    action: str = ""                            # of kind `action`: the declared action's name
    values: Mapping[str, Any] = field(default_factory=dict)   # what the actor typed for the action


Listener: TypeAlias = Callable[["Context", Event], None]
