"""What the policy answers: values with reasons, falsy when they deny."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from formloom.errors import Text
from formloom.feel import Expression


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` names the role and the place that decided (`sales_rep roles/sales_rep.yaml:12`); empty for a denial."""

    allowed: bool
    reason: Text
    rule: str = ""

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class RowRules:
    """Which rows an action reaches: all, none, or those for which any of `expressions` is true."""

    everything: bool = False
    expressions: tuple[Expression, ...] = ()

    @property
    def nothing(self) -> bool:
        return not self.everything and not self.expressions


@dataclass(frozen=True, slots=True)
class Access:
    """Which fields of one record the actor reads and writes; a masked field is readable, in part."""

    readable: frozenset[str]
    writable: frozenset[str]
    masks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was asked: what it says, where it is written, the values it read, its verdict with the reason.
    Without a record nothing is read, and the verdict is whether there may be any for which the rule holds."""

    role: str
    rule: str
    place: str
    values: Mapping[str, Any]
    allowed: bool
    reason: Text
