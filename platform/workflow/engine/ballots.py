"""A user task that several people decide: a multi-instance over its approvers, whose result is what they decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from formloom.workflow.engine import state
from formloom.workflow.engine.hosts import Each


class Ballot(Each):
    """Waits to be told who votes. Until and whether it passed are asked with the sums of the votes' weights."""

    kind = "ballot"

    def _run_hook(self, task: Any) -> bool | None:
        return None

    def asks(self, task: Any) -> bool:
        """Whether it does not know yet who votes."""
        return "count" not in task.internal_data

    def open(self, task: Any, voters: Sequence[Mapping[str, Any]]) -> None:
        task.internal_data["total"] = sum(Decimal(v["weight"]) for v in voters)
        self._begin(task, list(voters))

    def _given_back(self, scope: Any, extra: Mapping[str, Any]) -> Any:
        return {**super()._given_back(scope, extra), "weight": scope.layer[self.loop.item]["weight"]}

    def _counts(self, task: Any, scope: Any, done: int) -> dict[str, Any]:
        return super()._counts(task, scope, done) | self._sums(task)

    def _sums(self, task: Any) -> dict[str, Decimal]:
        """`total` is kept outside the votes, for those still open are no results yet."""
        votes = task.workflow.results[self.node.name]
        yes = sum((Decimal(v["weight"]) for v in votes if v["agrees"]), Decimal(0))
        no = sum((Decimal(v["weight"]) for v in votes if not v["agrees"]), Decimal(0))
        return {"votesFor": yes, "votesAgainst": no, "votesOpen": Decimal(task.internal_data["total"]) - yes - no}

    def _finish(self, task: Any) -> None:
        """The last vote of the side that won stands for all; every vote can be read besides."""
        votes = task.workflow.results[self.node.name]
        condition = self.node.approval.passed if self.node.approval else None
        passed = condition is None or task.workflow.holds(condition, self._sums(task))
        deciding = [v for v in votes if v["agrees"] == passed] or votes
        last = max(reversed(deciding), key=lambda vote: vote["at"])
        comment = "; ".join(v["comment"] for v in deciding if v["comment"])
        task.workflow.results[self.node.name] = {
            **{name: last[name] for name in ("outcome", "by", "at")}, "comment": comment,
            "votes": [state.decode(state.encode(v)) for v in votes]}
        task.complete()
