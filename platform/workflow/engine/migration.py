"""A stored state put on another version of its process, token by token, or refused with every reason.

Tokens keep their ids and what they remember: timers their due time, rounds their items. Events on the border of an
activity come and go with the versions. Where tokens would stand together as no new instance could, nothing moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from formloom.errors import FormloomError, Text, label_in
from formloom.metadata.catalog import Label
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.engine import specs, state
from formloom.workflow.engine.elements import Element, Join, Person, Race, Service
from formloom.workflow.engine.events import Boundary, Catch, Handler, text_of
from formloom.workflow.engine.execution import Execution, load
from formloom.workflow.engine.hosts import Host
from formloom.workflow.engine.reachability import Marking, TooManyMarkings, reachable, starved
from formloom.workflow.engine.specs import ProcessSpec


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an instance cannot move. code: missing (a mapping helps) | kind | scope | rounds | race | flow | together."""

    code: str
    node: str                   # of the version that it runs on
    message: Text


class CannotMove(FormloomError):
    """A running instance has no place in the other version; `obstacles` says why."""

    code, status = "cannot-move", 409

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__(obstacles[0].message)
        self.obstacles = tuple(obstacles)


@dataclass(frozen=True, slots=True)
class Moved:
    """`armed`, `disarmed`: events on borders that came and went with the version."""

    execution: Execution
    armed: tuple[str, ...]
    disarmed: tuple[str, ...]


def migrate(old: ProcessDefinition, new: ProcessDefinition, text: str, moves: Mapping[str, str],
            surroundings: Mapping[str, Any], now: datetime, zone: tzinfo = UTC) -> Moved:
    """`moves`: elements whose id changed. Raises `CannotMove` with everything that stands in the way."""
    version, completed, scopes = state.loads(text)
    move = _Move(old, new, moves)
    rows = [move.scope(row) for row in scopes]
    move.check_markings()
    if move.obstacles:
        raise CannotMove(move.obstacles)
    execution = load(new, state.dumps([version, completed, rows]), surroundings, now, zone)
    armed = tuple(_arm(execution, move))
    _key_again(execution, old, move)
    return Moved(execution, armed, tuple(move.disarmed))


@dataclass(slots=True)
class _Move:
    old: ProcessDefinition
    new: ProcessDefinition
    moves: Mapping[str, str]
    obstacles: list[Obstacle] = field(default_factory=list)
    disarmed: list[str] = field(default_factory=list)
    markings: list[tuple[str, str, Marking]] = field(default_factory=list)     # scope before, after, tokens
    names: dict[str, str] = field(default_factory=dict)         # token: the element it stood at
    before: Mapping[str, ProcessSpec] = field(init=False)
    after: Mapping[str, ProcessSpec] = field(init=False)

    def __post_init__(self) -> None:
        self.before, self.after = specs.build(self.old), specs.build(self.new)

    def to(self, name: str) -> str:
        return self.moves.get(name, name)

    def refuse(self, code: str, node: str, message: Text) -> None:
        self.obstacles.append(Obstacle(code, node, message))

    def called(self, node: str) -> Label:
        return _name(self.old, node)

    def scope(self, row: list[Any]) -> list[Any]:
        """A row of the state, with its tokens where they go; what cannot go is told, and left where it is."""
        key, inside, host, layer, index, tokens = row
        self.names.update({token[0]: token[2] for token in tokens})
        target = self.to(inside)
        if target not in self.after:
            if inside not in {obstacle.node for obstacle in self.obstacles}:
                self.refuse("rounds", inside, Text("{step} runs in rounds, and in the new version it does not.",
                                                   step=self.called(inside)))
            return row
        kept, marking = [], list[tuple[str, str]]()
        racing: dict[str, list[list[Any]]] = {}
        for token in tokens:
            spec = self.before[inside].task_specs[token[2]]
            moved = self._listener(token, spec, target) if spec.listens else self._token(token, spec, target)
            if moved is None:
                continue
            kept.append(moved)
            if race := (moved[3] or {}).get("race"):
                racing.setdefault(race, []).append(moved)
            elif not spec.listens:
                via = (moved[3] or {}).get("via", "") if isinstance(spec, Join) else ""
                marking.append((moved[2], via))
        marking += [(gate, "") for gate in self._gates(racing, target)]
        self.markings.append((inside, target, tuple(sorted(marking))))
        return [key, target, host, self._layer(layer), index, kept]

    def _layer(self, layer: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Results under the names by which the new version calls its steps."""
        if layer is None:
            return None
        short = {a.rpartition("/")[2]: b.rpartition("/")[2] for a, b in self.moves.items()}
        return {short.get(name, name): value for name, value in layer.items()}

    def _token(self, row: list[Any], spec: Element, scope: str) -> list[Any] | None:
        token, kept, name, own = row
        target = self.to(name)
        found = self.after[scope].task_specs.get(target)
        if target not in self.new.nodes:
            self.refuse("missing", name, Text("{step} is not in the new version. Say which step takes its place.",
                                              step=self.called(name)))
        elif not isinstance(found, Element):
            self.refuse("scope", name, Text("{step} lies in another sub-process in the new version.",
                                            step=self.called(name)))
        elif (wrong := self._misfit(spec, found, name)) is not None:
            self.obstacles.append(wrong)
        elif isinstance(spec, Join):
            return self._waiting(row, scope)
        return [token, kept, target, own]

    def _misfit(self, spec: Element, found: Element, name: str) -> Obstacle | None:
        step = self.called(name)
        if _nature(spec) != _nature(found):
            return Obstacle("kind", name, Text("{step} is of another kind than {other} of the new version.",
                                               step=step, other=_name(self.new, found.name)))
        if isinstance(spec, Host) and _rounds(spec) != _rounds(found):
            return Obstacle("rounds", name, Text(
                "{step} is under way, and the new version gives it other items, inputs or rounds.", step=step))
        return None

    def _waiting(self, row: list[Any], scope: str) -> list[Any] | None:
        """A token at a join stands on a flow; where the new version has no such flow, its branch is over."""
        token, kept, name, own = row
        via = own.get("via", "")
        drawn = next((flow for flow in self.old.flows if flow.id == via), None)
        arriving = [flow for flow in self.new.flows if flow.target == self.to(name)]
        same = [flow.id for flow in arriving if flow.id == via]
        between = [flow.id for flow in arriving if drawn and flow.source == self.to(drawn.source)]
        found = (same or between or [""])[0]
        return [token, kept, self.to(name), {**own, "via": found}] if found else None

    def _listener(self, row: list[Any], spec: Any, scope: str) -> list[Any] | None:
        """An event on a border or of an event sub-process; None where the new version does not wait for it."""
        token, kept, name, own = row
        target = self.listening(spec, own, scope)
        if target is None:
            self.disarmed.append(name.removesuffix(".event"))
            return None
        return [token, kept, target, own]

    def listening(self, spec: Any, own: Mapping[str, Any], scope: str) -> str | None:
        if isinstance(spec, Handler):
            target = self.to(spec.name.removesuffix(".event")) + ".event"
        else:
            target = self.to(spec.name)
        found = self.after[scope].task_specs.get(target)
        if type(found) is not type(spec) or found.awaits != spec.awaits:
            return None
        hosts = self.names.get(own.get("host", ""), "")
        return target if isinstance(spec, Handler) or found.node.attached_to == self.to(hosts) else None

    def _gates(self, racing: Mapping[str, list[list[Any]]], scope: str) -> Iterator[str]:
        """The gateways behind which events race: with other events the race would be another."""
        for rows in racing.values():
            events = {row[2] for row in rows}
            gate = next((name for name, spec in self.after[scope].task_specs.items() if isinstance(spec, Race)
                         and {target.name for _, target in spec.flows} == events), None)
            if gate is not None:
                yield gate
            elif not self.obstacles:
                self.refuse("race", self.names[rows[0][0]], Text(
                    "{step} waits together with other events, and in the new version they are not the same.",
                    step=self.called(self.names[rows[0][0]])))

    def check_markings(self) -> None:
        if not self.obstacles:
            for inside, target, marking in self.markings:
                self._check_marking(self.before[inside], self.after[target], marking)

    def _check_marking(self, before: ProcessSpec, after: ProcessSpec, marking: Marking) -> None:
        if _drawn(before, self.moves) == _drawn(after, {}):
            return
        nodes = [name for name, _ in marking]
        names = _names(self.new, dict.fromkeys(nodes))
        join = starved(after, marking)
        if join is not None:
            self.refuse("flow", join.name, Text(
                "{join} would wait for a branch of the new version on which nothing comes any more, at {steps}.",
                join=_name(self.new, join.name), steps=names))
            return
        try:
            if not reachable(after, marking):
                self.refuse("together", nodes[0] if nodes else "", Text(
                    "In the new version no process could stand at {steps} in this way.", steps=names))
        except TooManyMarkings as error:
            self.refuse("together", nodes[0] if nodes else "", error.message)


def _name(definition: ProcessDefinition, node: str) -> Label:
    found = definition.nodes.get(node)
    return (found.label if found else {}) or {"en": node}


def _names(definition: ProcessDefinition, nodes: Iterable[str]) -> Label:
    labels = [_name(definition, node) for node in nodes]
    return {locale: comma.join(label_in(label, locale) for label in labels)
            for locale, comma in (("en", ", "), ("zh", "、"))}


def _nature(spec: Element) -> tuple[Any, ...]:
    """What a token at the element waits for: a token of one nature may go to any element of it."""
    if isinstance(spec, Host):
        return ("host", type(spec), spec.node.kind)
    if isinstance(spec, Person):
        return ("person",)
    if isinstance(spec, Service):
        node = spec.node
        return ("service", node.action.name if node.action else "", node.decision.ref if node.decision else "")
    return (type(spec), spec.awaits)


def _rounds(spec: Any) -> tuple[Any, ...]:
    """What was decided when the activity began, and holds until it ends."""
    node, loop = spec.node, spec.node.loop
    given = {name: expression.text for name, expression in node.parameters.items()}
    items = (loop.kind, loop.items and loop.items.text, loop.item) if loop else ()
    return given, items, node.approval


def _drawn(spec: ProcessSpec, moves: Mapping[str, str]) -> frozenset[Any]:
    """What decides where tokens can stand together: elements and flows, whatever else they say."""
    def to(name: str) -> str:
        return moves.get(name, name)

    return frozenset(
        (to(e.name), type(e), e.node.interrupting, frozenset(to(b.name) for b in e.boundaries),
         frozenset((to(t.name), f.condition is None, f.id == e.node.default) for f, t in e.flows))
        for e in spec.task_specs.values() if isinstance(e, Element) and not isinstance(e, Handler)
    ) | frozenset((to(h.body.name), h.event.interrupting) for h in spec.handlers)


def _arm(execution: Execution, move: _Move) -> Iterator[str]:
    """Events that the new version adds to what is under way. What has happened before does not wait again."""
    for tree in execution.trees:
        inside = tree.host.task_spec.inside if tree.host else ""
        was = move.before[_back(move, inside)]
        known = {move.listening(handler, {}, inside) for handler in was.handlers}
        for handler in tree.spec.handlers:
            if handler.name not in known:
                tree.enter(handler)
                yield handler.name.removesuffix(".event")
        for task in tree.tokens:
            for boundary in _added(task, was, move, inside):
                tree.enter(boundary, host=task.id.hex)
                yield boundary.name


def _added(task: Any, was: ProcessSpec, move: _Move, inside: str) -> list[Boundary]:
    stood = was.task_specs.get(move.names.get(task.id.hex, ""))
    own = {"host": task.id.hex}
    known = {move.listening(boundary, own, inside) for boundary in getattr(stood, "boundaries", ())}
    return [boundary for boundary in task.task_spec.boundaries if boundary.name not in known]


def _back(move: _Move, inside: str) -> str:
    return next((before for before, after in move.moves.items() if after == inside), inside)


def _key_again(execution: Execution, old: ProcessDefinition, move: _Move) -> None:
    """Messages that the new version recognises by something else."""
    for tree in execution.trees:
        for task in tree.tokens:
            spec = task.task_spec
            if isinstance(spec, Catch) and spec.awaits == "message":
                before = old.nodes.get(_back(move, spec.event.id))
                if before is not None and before.key != spec.event.key:
                    key = spec.event.key and tree.value(spec.event.key)
                    task.internal_data["key"] = None if key is None else text_of(key)
