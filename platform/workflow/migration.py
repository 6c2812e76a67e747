"""Running instances on another version of their process: who can move and who cannot, move them, take it back.

An instance moves in a transaction of its own. Its tasks keep their ids, candidates, claims and due dates; its timers
their time. The state before is kept, and comes back as long as the instance has not moved since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

import sqlalchemy as sa

from formloom.errors import BadRequest, Conflict, Forbidden, FormloomError, NotFound, Text
from formloom.metadata.catalog import Label
from formloom.policy.actor import Actor
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import definitions, engine, steps, trail
from formloom.workflow.definition import USER_KINDS, Node, ProcessDefinition
from formloom.workflow.scope import Surroundings, local_now, zone
from formloom.workflow.triggers import Runtime

RUNNING = ("running", "incident")
MOST = 500              # instances that one request moves
LATELY = 10             # versions that are offered although nothing runs on them
LIKELY = 0.75           # likeness from which a step is suggested


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a process that instances run on. `current`: the one that new instances get."""

    hash: str
    since: datetime | None
    running: int
    current: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """kind: moves | mapping (would with one) | cannot. `armed`, `disarmed`: events on borders that come and go."""

    instance_id: int
    kind: str
    reasons: tuple[engine.Obstacle, ...] = ()
    armed: tuple[str, ...] = ()
    disarmed: tuple[str, ...] = ()

    @property
    def group(self) -> tuple[Any, ...]:
        return self.kind, *((reason.code, reason.node, str(reason.message)) for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Gap:
    """A step that instances stand at and the other version does not have: what could take its place, likely first."""

    node: str
    label: Label
    count: int
    choices: tuple[Node, ...]
    suggested: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a migration would do, instance by instance; nothing was changed."""

    old: ProcessDefinition
    new: ProcessDefinition
    verdicts: tuple[Verdict, ...]
    gaps: tuple[Gap, ...]

    def count(self, kind: str) -> int:
        return sum(verdict.kind == kind for verdict in self.verdicts)

    @property
    def groups(self) -> list[tuple[Verdict, tuple[int, ...]]]:
        """Instances of which the same can be said, the most numerous first."""
        found: dict[tuple[Any, ...], list[Verdict]] = {}
        for verdict in self.verdicts:
            found.setdefault(verdict.group, []).append(verdict)
        ordered = sorted(found.values(), key=len, reverse=True)
        return [(alike[0], tuple(v.instance_id for v in alike)) for alike in ordered]


@dataclass(frozen=True, slots=True)
class Passage:
    """A migration that an instance went through. `undoable`: it has not moved since."""

    id: int
    instance_id: int
    at: datetime
    actor_id: int
    from_hash: str
    to_hash: str
    moves: Mapping[str, str]
    undone_at: datetime | None
    undoable: bool


@dataclass(frozen=True, slots=True)
class Undoable:
    """How many instances were moved between two versions and have not gone on since."""

    from_hash: str
    to_hash: str
    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one instance: moved or not, and why."""

    instance_id: int
    done: bool
    reasons: tuple[Text, ...] = ()


def versions(context: Context, key: str) -> list[Version]:
    """The current one, those that instances run on, and the last ones that did; newest first."""
    _administrator(context.actor)
    current = definitions.current(context, key).hash
    d, runs = t.fl_definition.c, sa.func.count(t.fl_instance.c.id)
    rows = context.unit.connection.execute(
        sa.select(d.hash, d.created_at, runs)
        .outerjoin(t.fl_instance, (t.fl_instance.c.hash == d.hash) & t.fl_instance.c.status.in_(RUNNING))
        .where(d.key == key).group_by(d.hash, d.created_at).order_by(d.created_at.desc())).all()
    found = [Version(row[0], row[1], row[2], row[0] == current) for row in rows]
    if not any(version.current for version in found):
        found.insert(0, Version(current, None, 0, True))
    lately = found[:LATELY]
    return sorted((v for v in found if v.running or v.current or v in lately), key=lambda v: not v.current)


def version(context: Context, key: str, given: str = "") -> str:
    """The hash that begins like that; the current one for ''."""
    current = definitions.current(context, key).hash
    known = context.unit.connection.scalars(sa.select(t.fl_definition.c.hash).where(t.fl_definition.c.key == key))
    found = {one for one in {current, *known} if one.startswith(given)} if given else {current}
    if len(found) != 1:
        raise BadRequest(Text("{count} versions of {process} begin with {given}.", count=len(found), process=key,
                              given=given), Text("See: formloom process versions {process}", process=key))
    return found.pop()


def outlook(context: Context, key: str, old: str, new: str, moves: Mapping[str, str],
            only: Iterable[int] = ()) -> Outlook:
    """A dry run: every state is loaded, moved and looked at in memory, and thrown away."""
    _administrator(context.actor)
    before, after = _chosen(context, key, old, new, moves)
    verdicts = [_verdict(context, row, before, after, moves) for row in _rows(context, key, old, only)]
    return Outlook(before, after, tuple(verdicts), tuple(_gaps(before, after, verdicts)))


def migrate(runtime: Runtime, actor: Actor, key: str, old: str, new: str, moves: Mapping[str, str],
            only: Iterable[int] = (), most: int = MOST) -> list[Outcome]:
    """One after the other, each in a transaction of its own: one that cannot move holds up nobody."""
    with runtime.reading(actor) as context:
        found = outlook(context, key, old, new, moves, only)
    able = [verdict.instance_id for verdict in found.verdicts if verdict.kind == "moves"][:most]
    stay = [Outcome(v.instance_id, False, tuple(r.message for r in v.reasons))
            for v in found.verdicts if v.kind != "moves"]
    return [*(_attempt(runtime, actor, instance_id, old, new, moves) for instance_id in able), *stay]


def _attempt(runtime: Runtime, actor: Actor, instance_id: int, old: str, new: str,
             moves: Mapping[str, str]) -> Outcome:
    try:
        with runtime.writing(actor) as context:
            move(context, instance_id, old, new, moves)
    except FormloomError as error:      # it has gone on meanwhile, or its new place cannot be set up
        return Outcome(instance_id, False, (error.message,))
    return Outcome(instance_id, True)


def move(context: Context, instance_id: int, old: str, new: str, moves: Mapping[str, str]) -> None:
    """Puts one instance on the version `new`, and keeps what it was."""
    _administrator(context.actor)
    row = _locked(context, instance_id)
    if row.status not in RUNNING or row.hash != old:
        raise Conflict(Text("The process has gone on meanwhile. Look at it again."))
    before, after = _chosen(context, row.key, old, new, moves)
    step = _step(context, row, after)
    made = _made(context, step, row, before, moves)
    definitions.keep(context, after)
    _close(context, instance_id, old)
    _settle(context, step, row, made, moves)
    context.unit.connection.execute(sa.insert(t.fl_migration).values(
        instance_id=instance_id, at=context.now, actor_id=context.actor.user_id, from_hash=old, to_hash=new,
        moves=dict(moves), state=row.state, version=step.version))
    trail.note(context, instance_id, "migrated", [("", context.now)], context.actor.user_id, {
        "from": old, "to": new, "armed": list(made.armed if made else ()),
        "disarmed": list(made.disarmed if made else ())})


def undo(context: Context, instance_id: int) -> None:
    """Puts an instance back on the version it came from, with the state it had. Claims made meanwhile stay."""
    _administrator(context.actor)
    row = _locked(context, instance_id)
    last = next((p for p in history(context, instance_id) if p.undone_at is None), None)
    if last is None:
        raise Conflict(Text("There is no migration to take back."))
    if not last.undoable:
        raise Conflict(Text("The process has gone on since it was moved, so that can no longer be taken back."),
                       Text("Move it to the earlier version instead."))
    kept = t.fl_migration.c.id == last.id
    state = str(context.unit.connection.scalar(sa.select(t.fl_migration.c.state).where(kept)))
    step = _step(context, row, definitions.pinned(context, row.key, last.from_hash))
    made = None
    if engine.load_start(state) is None:
        execution = engine.load(step.definition, state, step.surroundings, local_now(context), zone(context))
        made = engine.Moved(execution, (), ())
    _settle(context, step, row, made, {new: old for old, new in last.moves.items()})
    context.unit.connection.execute(sa.update(t.fl_migration).where(kept).values(
        undone_at=context.now, undone_by=context.actor.user_id))
    trail.note(context, instance_id, "restored", [("", context.now)], context.actor.user_id,
               {"from": last.to_hash, "to": last.from_hash})


def history(context: Context, instance_id: int) -> list[Passage]:
    """Newest first."""
    rows = context.unit.connection.execute(
        sa.select(t.fl_migration, t.fl_instance.c.version.label("now"), t.fl_instance.c.status)
        .join(t.fl_instance, t.fl_instance.c.id == t.fl_migration.c.instance_id)
        .where(t.fl_migration.c.instance_id == instance_id).order_by(t.fl_migration.c.id.desc())).all()
    return [Passage(r.id, r.instance_id, r.at, r.actor_id, r.from_hash, r.to_hash, r.moves or {}, r.undone_at,
                    r.undone_at is None and r.version == r.now and r.status in RUNNING) for r in rows]


def recent(context: Context, key: str) -> list[Undoable]:
    """What was moved and may still be taken back, newest first."""
    _administrator(context.actor)
    m, i = t.fl_migration.c, t.fl_instance.c
    query = (sa.select(m.from_hash, m.to_hash, sa.func.max(m.at), sa.func.count())
             .join(t.fl_instance, i.id == m.instance_id).group_by(m.from_hash, m.to_hash)
             .where(i.key == key, m.undone_at.is_(None), m.version == i.version, i.status.in_(RUNNING)))
    found = [Undoable(*row) for row in context.unit.connection.execute(query)]
    return sorted(found, key=lambda u: u.at, reverse=True)


def undo_all(runtime: Runtime, actor: Actor, key: str, old: str, new: str) -> list[Outcome]:
    """Takes back what was moved from `old` to `new`, instance by instance."""
    m, i = t.fl_migration.c, t.fl_instance.c
    with runtime.reading(actor) as context:
        _administrator(actor)
        ids = list(context.unit.connection.scalars(
            sa.select(i.id).join(t.fl_migration, i.id == m.instance_id).distinct().order_by(i.id).limit(MOST)
            .where(i.key == key, i.hash == new, m.from_hash == old, m.to_hash == new, m.undone_at.is_(None),
                   i.status.in_(RUNNING))))
    return [_undone(runtime, actor, instance_id) for instance_id in ids]


def _undone(runtime: Runtime, actor: Actor, instance_id: int) -> Outcome:
    try:
        with runtime.writing(actor) as context:
            undo(context, instance_id)
    except FormloomError as error:
        return Outcome(instance_id, False, (error.message,))
    return Outcome(instance_id, True)


def _chosen(context: Context, key: str, old: str, new: str,
            moves: Mapping[str, str]) -> tuple[ProcessDefinition, ProcessDefinition]:
    if old == new:
        raise BadRequest(Text("Both versions are the same."))
    before, after = definitions.pinned(context, key, old), definitions.pinned(context, key, new)
    for source, target in moves.items():
        for node, definition in ((source, before), (target, after)):
            if node not in definition.nodes:
                raise BadRequest(Text("The version {hash} has no element {node}.", hash=definition.hash[:12],
                                      node=node))
    if before.entity != after.entity:
        raise BadRequest(Text("The versions are about different entities: {old} and {new}.", old=before.entity,
                              new=after.entity))
    return before, after


def _rows(context: Context, key: str, old: str, only: Iterable[int]) -> Iterator[Any]:
    query = sa.select(t.fl_instance).where(
        t.fl_instance.c.key == key, t.fl_instance.c.hash == old, t.fl_instance.c.status.in_(RUNNING))
    chosen = sorted(only)
    if chosen:
        query = query.where(t.fl_instance.c.id.in_(chosen))
    yield from context.unit.connection.execute(query.order_by(t.fl_instance.c.id))


def _verdict(context: Context, row: Any, before: ProcessDefinition, after: ProcessDefinition,
             moves: Mapping[str, str]) -> Verdict:
    step = _step(context, row, after)
    try:
        made = _made(context, step, row, before, moves)
    except engine.CannotMove as refused:
        lacking = all(reason.code == "missing" for reason in refused.obstacles)
        return Verdict(row.id, "mapping" if lacking else "cannot", refused.obstacles)
    except FormloomError as error:      # an event of the new version cannot say when, or the state cannot be read
        return Verdict(row.id, "cannot", (engine.Obstacle(error.code, "", error.message),))
    return Verdict(row.id, "moves", (), made.armed, made.disarmed) if made else Verdict(row.id, "moves")


def _made(context: Context, step: steps.Step, row: Any, before: ProcessDefinition,
          moves: Mapping[str, str]) -> engine.Moved | None:
    """Where its tokens would stand; None for one that could not begin yet and has none. Raises `CannotMove`."""
    unstarted = engine.load_start(row.state)
    if unstarted is None:
        return engine.migrate(before, step.definition, row.state, moves, step.surroundings, local_now(context),
                              zone(context))
    if unstarted[0] and unstarted[0] not in step.definition.nodes:
        raise engine.CannotMove([engine.Obstacle("start", unstarted[0], Text(
            "It was to begin at {start}, which is not in the new version.", start=unstarted[0]))])
    return None


def _gaps(old: ProcessDefinition, new: ProcessDefinition, verdicts: Iterable[Verdict]) -> Iterator[Gap]:
    missing: dict[str, int] = {}
    for verdict in verdicts:
        for node in {reason.node for reason in verdict.reasons if reason.code == "missing"}:
            missing[node] = missing.get(node, 0) + 1
    for node, count in sorted(missing.items()):
        choices = sorted(_choices(old.nodes[node], old, new), key=lambda n: -_likeness(old, old.nodes[node], new, n))
        likely = choices[0].id if choices and _likeness(old, old.nodes[node], new, choices[0]) >= LIKELY else ""
        yield Gap(node, old.nodes[node].label or {"en": node}, count, tuple(choices), likely)


def _choices(node: Node, old: ProcessDefinition, new: ProcessDefinition) -> list[Node]:
    """Elements at which what waits at `node` could wait: new ones, or the same step elsewhere."""
    return [other for other in new.nodes.values() if _kind(other) == _kind(node) and other.event == node.event]


def _kind(node: Node) -> str:
    return "person" if node.kind in USER_KINDS else node.kind


def _likeness(old: ProcessDefinition, node: Node, new: ProcessDefinition, other: Node) -> float:
    """By its words above all; then by being new, and by what comes before and after it."""
    score = max((SequenceMatcher(None, node.label[k], other.label[k]).ratio() for k in node.label.keys() & other.label),
                default=SequenceMatcher(None, node.id, other.id).ratio())
    around = {flow.source for flow in old.incoming(node.id)} | {flow.target for flow in old.outgoing(node.id)}
    there = {flow.source for flow in new.incoming(other.id)} | {flow.target for flow in new.outgoing(other.id)}
    return score + (other.id not in old.nodes) * 0.5 + (len(around & there) / max(1, len(around))) * 0.5


def _locked(context: Context, instance_id: int) -> Any:
    row = context.unit.connection.execute(
        sa.select(t.fl_instance).where(t.fl_instance.c.id == instance_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(Text("There is no process instance {id}.", id=instance_id))
    return row


def _step(context: Context, row: Any, definition: ProcessDefinition) -> steps.Step:
    record = (row.entity, row.record_id) if row.record_id is not None else None
    return steps.Step(context, row.id, row.version, definition, Surroundings(context, record, row.started_by), record,
                      row.started_by, skips=engine.read_values(row.skips) if row.skips else {})


def _settle(context: Context, step: steps.Step, row: Any, made: engine.Moved | None,
            moves: Mapping[str, str]) -> None:
    """Tasks, timers and jobs first under their new names: then storing finds them as they are."""
    connection, mine = context.unit.connection, t.fl_instance.c.id == row.id
    connection.execute(sa.update(t.fl_instance).where(mine).values(hash=step.definition.hash))
    for old, new in moves.items():
        connection.execute(sa.update(t.fl_incident).values(node=new).where(
            t.fl_incident.c.instance_id == row.id, t.fl_incident.c.status == "open", t.fl_incident.c.node == old))
    if made is None:
        step.version += 1
        connection.execute(sa.update(t.fl_instance).where(mine).values(version=step.version))
        return
    step.execution = made.execution
    step.skips = {moves.get(k, k): v for k, v in (engine.read_values(row.skips) if row.skips else {}).items()}
    for token in step.running.waiting():
        for table in (t.fl_task, t.fl_timer, t.fl_job):
            connection.execute(sa.update(table).values(node=token.node).where(
                table.c.instance_id == row.id, table.c.token == token.id, table.c.node != token.node))
    step.settle()
    if row.status == "incident":        # what stopped it is still to be repaired
        connection.execute(sa.update(t.fl_instance).values(status="incident").where(
            mine, t.fl_instance.c.status == "running"))


def _close(context: Context, instance_id: int, old: str) -> None:
    """Tasks that are over keep the words and outcomes of the version they belonged to."""
    context.unit.connection.execute(sa.update(t.fl_task).values(definition=old).where(
        t.fl_task.c.instance_id == instance_id, t.fl_task.c.definition.is_(None),
        t.fl_task.c.status.in_(("done", "cancelled"))))


def _administrator(actor: Actor) -> None:
    if not (actor.admin or actor.system):
        raise Forbidden(Text("Only administrators move processes to another version."))
