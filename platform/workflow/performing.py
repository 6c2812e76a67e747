"""Does what a service task says: evaluates its parameters, calls the registered action inside the transaction. What an
action leaves to be done outside comes back as `External`, for the step to send away.
"""

from __future__ import annotations

import dataclasses
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from formloom.errors import FormloomError, Text, near
from formloom.feel import Expression
from formloom.jobs.runner import JobError
from formloom.policy.actor import SYSTEM
from formloom.records.context import Context
from formloom.workflow.definition import Action, Node
from formloom.workflow.scope import local_now

MAX_ITEMS = 1000        # rounds of one `for`
_Call = TypeVar("_Call", bound=Callable[..., Any])


class UnknownServiceTask(FormloomError):
    """A plugin that this process needs is not installed."""

    code = "unknown-service-task"


class TooManyItems(FormloomError):
    code = "too-many-items"


class LoopedExternal(FormloomError):
    """`for` would make one token wait for many answers."""

    code = "looped-external"


class BusinessError(JobError):
    """What an external task raises when the answer is no, and asking again would not change it. A boundary event for
    errors of this code goes on from there.
    """

    def __init__(self, code: str, message: Text) -> None:
        super().__init__(message, final=True)
        self.code = code


@dataclass(frozen=True, slots=True)
class External:
    """Work that is done outside of the transaction, by the external task of that name; the process waits for it."""

    task: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Errand:
    """What an external task knows besides its parameters. `key` is the same however often it is tried."""

    key: str
    instance_id: int
    node: str
    record: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Step:
    """Where a service task runs: its unit of work, the bound record, and a key that is unique for this very step."""

    context: Context
    instance_id: int
    node: str
    record: tuple[str, int] | None
    key: str
    started_by: int = 0

    def numbered(self, index: int) -> Step:
        return dataclasses.replace(self, key=f"{self.key}.{index}")


def transactional(call: _Call) -> _Call:
    """Marks a service task or listener that does nothing but write in its unit of work, so that nothing of it remains
    when that is rolled back. A test run calls these; any other it only tells of.
    """
    call.__dict__["transactional"] = True
    return call


def is_transactional(call: Callable[..., Any]) -> bool:
    return bool(getattr(call, "transactional", False))


def perform(step: Step, node: Node, scope: Mapping[str, Any]) -> Mapping[str, Any] | External:
    """The task's result. With a parameter `for`, the action runs once for each element, which is called `item`."""
    action = node.action or Action("")
    call = _registered(step.context, action.name)
    looped = action.parameters.get("for")
    step = dataclasses.replace(step, context=dataclasses.replace(step.context, actor=SYSTEM))
    if looped is None:
        return call(step, **_values(action.parameters, scope, step)) or {}
    items = looped.evaluate(scope, local_now(step.context))
    items = items if isinstance(items, list) else [] if items is None else [items]
    if len(items) > MAX_ITEMS:
        raise TooManyItems(Text("{node} would run {count} times; the limit is {limit}.",
                                node=node.id, count=len(items), limit=MAX_ITEMS))
    results = [_once(call, step.numbered(i), action.parameters, scope, item) for i, item in enumerate(items)]
    if any(isinstance(result, External) for result in results):
        raise LoopedExternal(Text("{node} would wait for several answers at once.", node=node.id),
                             Text("Repeat the whole step for each of them instead of giving it the parameter `for`."))
    return {"count": len(results), "items": results}


def _once(call: Callable[..., Any], step: Step, parameters: Mapping[str, Expression], scope: Mapping[str, Any],
          item: Any) -> Any:
    return call(step, **_values(parameters, ChainMap({"item": item}, scope), step)) or {}  # type: ignore[arg-type]


def _values(parameters: Mapping[str, Expression], scope: Mapping[str, Any], step: Step) -> dict[str, Any]:
    now = local_now(step.context)
    return {name: expression.evaluate(scope, now) for name, expression in parameters.items() if name != "for"}


def _registered(context: Context, name: str) -> Callable[..., Any]:
    call = context.service_tasks.get(name)
    if call is None:
        guess = near(name, context.service_tasks)
        raise UnknownServiceTask(Text("There is no service task named {name}.", name=name),
                                 Text("Did you mean {near}?", near=guess) if guess else None)
    return call  # type: ignore[no-any-return]

