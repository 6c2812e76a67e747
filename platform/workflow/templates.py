"""Processes to begin with: each is a complete drawing for one entity, which its administrator then changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from formloom.errors import Text
from formloom.metadata.catalog import Entity
from formloom.workflow.sketches import Arrow, Part, Shape, Sketch

_AMOUNTS: Final = ("money", "decimal", "integer")
_SHOWN: Final = 8
_NOT_SHOWN: Final = ("table", "json", "file", "image")
# What the steps, flows and outcomes are called, in the two languages that the platform speaks.
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "begin": ("Begins", "开始"), "review": ("Approval", "审批"), "second": ("Second approval", "二级审批"),
    "decided": ("Agreed?", "同意？"), "decided_again": ("Agreed?", "同意？"), "yes": ("Yes", "是"), "no": ("No", "否"),
    "tell_yes": ("Tell: approved", "通知：已通过"), "tell_no": ("Tell: rejected", "通知：已驳回"),
    "end_yes": ("Approved", "已通过"), "end_no": ("Rejected", "已驳回"), "large": ("Large amount?", "金额大？"),
    "late": ("Late", "超时"), "remind": ("Remind", "催办"), "reminded": ("Reminded", "已催办"),
    "tell": ("Tell", "通知"), "told": ("Told", "已通知"), "check": ("Check it", "检查"),
    "checked": ("Checked", "已检查"),
}


STEPS: Final = frozenset(_WORDS)        # ids of steps, which cannot be the key of the process as well


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a process for: `starts` is manual, created, updated, or action:<name>."""

    key: str
    name: str
    zh: str
    entity: Entity
    role: str
    starts: str = "manual"


@dataclass(frozen=True, slots=True)
class Template:
    label: Text
    about: Text
    icon: str
    sketch: Callable[[Wish], Sketch]
    needs_amount: bool = False

    def fits(self, entity: Entity) -> bool:
        return not self.needs_amount or bool(amount(entity))


def amount(entity: Entity) -> str:
    """The field that says how large a record is; money before any other number."""
    kinds = sorted((f for f in entity.fields.values() if f.type.name in _AMOUNTS and not f.system),
                   key=lambda field: _AMOUNTS.index(field.type.name))
    return kinds[0].name if kinds else ""


def _sketch(wish: Wish, shapes: tuple[Shape, ...], arrows: tuple[Arrow, ...], trigger: Part | None = None) -> Sketch:
    parts = (Part("binding", {"entity": wish.entity.name}), trigger or _trigger(wish.starts))
    return Sketch(wish.key, wish.name, wish.zh, parts, (_shape("begin", "startEvent", 0), *shapes), arrows)


def _trigger(starts: str) -> Part:
    on, _, action = starts.partition(":")
    return Part("trigger", {"on": on} | ({"action": action} if action else {}))


def _shape(name: str, kind: str, column: int, row: int = 0, parts: tuple[Part, ...] = (), default: str = "",
           after: str = "", attached: str = "") -> Shape:
    return Shape(name, kind, column, row, *_WORDS[name], parts, default, after, attached)


def _arrow(source: str, target: str, condition: str = "", words: str = "") -> Arrow:
    return Arrow(source, target, condition, *(_WORDS[words] if words else ("", "")))


def _shown(entity: Entity) -> tuple[Part, ...]:
    fields = [f for f in entity.fields.values() if not f.system and f.type.name not in _NOT_SHOWN]
    return tuple(Part("field", {"name": field.name, "access": "show"}) for field in fields[:_SHOWN])


_YES: Final = Part("outcome", {"value": "approve", "label": "Approve", "label-zh": "同意", "tone": "done",
                               "comment": "optional"})
_NO: Final = Part("outcome", {"value": "reject", "label": "Reject", "label-zh": "驳回", "tone": "stop",
                              "comment": "required"})
_DONE: Final = Part("outcome", {"value": "done", "label": "Done", "label-zh": "完成", "tone": "done",
                                "comment": "optional"})


def _review(name: str, column: int, wish: Wish, by: str, days: int = 2, row: int = 0) -> Shape:
    assignment = Part("assignment", ({"assignee": by} if by else {}) | {"role": wish.role, "due": f"P{days}D"})
    return _shape(name, "userTask", column, row, (assignment, *_shown(wish.entity), _YES, _NO))


def _notice(name: str, column: int, row: int, wish: Wish, text: tuple[str, str], to: str = "user.id") -> Shape:
    words = f'"{text[1]} / {text[0]}: " + string({wish.entity.title})'
    params = (Part("param", {"name": "user"}, to) if to else Part("param", {"name": "role"}, f'"{wish.role}"'),
              Part("param", {"name": "text"}, words))
    return _shape(name, "serviceTask", column, row, (Part("action", {"name": "notify"}, "", params),))


def _ending(wish: Wish, column: int) -> tuple[Shape, ...]:
    """Both ways an approval ends, each told to whoever began it."""
    return (_notice("tell_yes", column, 0, wish, ("Approved", "已通过")),
            _shape("end_yes", "endEvent", column + 1),
            _notice("tell_no", column, 1, wish, ("Rejected", "已驳回")),
            _shape("end_no", "endEvent", column + 1, 1))


_ENDS: Final = (_arrow("tell_yes", "end_yes"), _arrow("tell_no", "end_no"))


def _gateway(name: str, column: int, otherwise: str) -> Shape:
    return _shape(name, "exclusiveGateway", column, default=f"flow_{name}_{otherwise}")


def _agreed(step: str) -> str:
    return f'{step}.outcome = "approve"'


def _single(wish: Wish) -> Sketch:
    return _sketch(wish, (_review("review", 1, wish, "user.manager"), _gateway("decided", 2, "tell_no"),
                          *_ending(wish, 3)),
                   (_arrow("begin", "review"), _arrow("review", "decided"),
                    _arrow("decided", "tell_yes", _agreed("review"), "yes"),
                    _arrow("decided", "tell_no", words="no"), *_ENDS))


def _two_steps(wish: Wish) -> Sketch:
    shapes = (_review("review", 1, wish, "user.manager"), _gateway("decided", 2, "tell_no"),
              _review("second", 3, wish, ""), _gateway("decided_again", 4, "tell_no"), *_ending(wish, 5))
    return _sketch(wish, shapes, (
        _arrow("begin", "review"), _arrow("review", "decided"),
        _arrow("decided", "second", _agreed("review"), "yes"), _arrow("decided", "tell_no", words="no"),
        _arrow("second", "decided_again"), _arrow("decided_again", "tell_yes", _agreed("second"), "yes"),
        _arrow("decided_again", "tell_no", words="no"), *_ENDS))


def _by_amount(wish: Wish) -> Sketch:
    shapes = (_review("review", 1, wish, "user.manager"), _gateway("decided", 2, "tell_no"),
              _gateway("large", 3, "tell_yes"), _review("second", 4, wish, "", row=-1),
              _gateway("decided_again", 5, "tell_no"), *_ending(wish, 6))
    return _sketch(wish, shapes, (
        _arrow("begin", "review"), _arrow("review", "decided"),
        _arrow("decided", "large", _agreed("review"), "yes"), _arrow("decided", "tell_no", words="no"),
        _arrow("large", "second", f"{amount(wish.entity)} >= 100000", "yes"), _arrow("large", "tell_yes", words="no"),
        _arrow("second", "decided_again"), _arrow("decided_again", "tell_yes", _agreed("second"), "yes"),
        _arrow("decided_again", "tell_no", words="no"), *_ENDS))


def _deadline(wish: Wish) -> Sketch:
    shapes = (_review("review", 1, wish, "user.manager"), _gateway("decided", 2, "tell_no"), *_ending(wish, 3),
              _shape("late", "boundaryEvent", 1, after="P2D", attached="review"),
              _notice("remind", 2, 2, wish, ("Waiting too long", "等待太久"), to=""),
              _shape("reminded", "endEvent", 3, 2))
    return _sketch(wish, shapes, (
        _arrow("begin", "review"), _arrow("review", "decided"),
        _arrow("decided", "tell_yes", _agreed("review"), "yes"), _arrow("decided", "tell_no", words="no"), *_ENDS,
        _arrow("late", "remind"), _arrow("remind", "reminded")))


def _on_change(wish: Wish) -> Sketch:
    state = wish.entity.state
    trigger = Part("trigger", {"on": "updated"} | ({"when": f"{state} != old.{state}"} if state else {}))
    shapes = (_notice("tell", 1, 0, wish, ("Changed", "已变更"), to=wish.entity.owner or ""),
              _shape("told", "endEvent", 2))
    return _sketch(wish, shapes, (_arrow("begin", "tell"), _arrow("tell", "told")), trigger)


def _scheduled(wish: Wish) -> Sketch:
    trigger = Part("trigger", {"on": "schedule", "every": "0 8 * * 1-5", "for-each":
                               'updated_at < now() - duration("P30D")'})
    step = _shape("check", "userTask", 1, parts=(
        Part("assignment", ({"assignee": wish.entity.owner} if wish.entity.owner else {})
             | {"role": wish.role, "due": "P2D"}), *_shown(wish.entity), _DONE))
    return _sketch(wish, (step, _shape("checked", "endEvent", 2)),
                   (_arrow("begin", "check"), _arrow("check", "checked")), trigger)


def _nothing(wish: Wish) -> Sketch:
    return _sketch(wish, (), ())


TEMPLATES: Final[Mapping[str, Template]] = {
    "blank": Template(Text("From nothing"), Text("Only a start; you draw the rest."), "square-rounded", _nothing),
    "single": Template(Text("Single approval"), Text(
        "The manager of whoever begins it decides; that person is told the result."), "circle-check", _single),
    "two_steps": Template(Text("Two-step approval"), Text(
        "The manager decides, then somebody with the role you choose."), "checks", _two_steps),
    "by_amount": Template(Text("Approval by amount"), Text(
        "The manager decides; from 100,000 on somebody with the role you choose does as well."), "git-fork",
        _by_amount, needs_amount=True),
    "deadline": Template(Text("Approval with a deadline"), Text(
        "After two days without a decision the role you choose is told."), "clock", _deadline),
    "on_change": Template(Text("Tell of a change"), Text(
        "When the state of a record changes, its owner is told."), "bell", _on_change),
    "scheduled": Template(Text("Scheduled check"), Text(
        "On weekday mornings, a task for each record that nobody has touched for 30 days."), "calendar-time",
        _scheduled),
}
