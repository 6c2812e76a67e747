"""Deny by default; what an actor may do is the union of what each of their roles grants.

One algebra everywhere (docs/permissions.md): the expression that becomes SQL for a list is the one that decides about a
record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from formloom import feel
from formloom.errors import Text
from formloom.feel import Expression
from formloom.metadata.catalog import Action, Catalog, Entity, Role, StateRule
from formloom.policy import masks
from formloom.policy.actor import Actor
from formloom.policy.decision import Access, Decision, RowRules, Step
from formloom.policy.rules import FIXED_ACTIONS, Grant, grants

ALLOWED = Text("Allowed.")
_REFUSED = Text("Its rule does not hold for this record.")
ANYTHING = feel.literal(True)
_NOTHING = Access(frozenset(), frozenset(), {})


class RuleScope(Mapping[str, Any]):
    """What a rule sees: the fields of the record by name, `record`, `user`."""

    __slots__ = ("_fields", "_record", "_user")

    def __init__(self, record: Mapping[str, Any], user: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        self._record, self._user, self._fields = record, user, fields

    def __getitem__(self, name: str) -> Any:
        if name == "user":
            return self._user
        if name == "record":
            return self._record
        # A field of the entity that the row lacks is null; any other name is unknown to FEEL.
        return self._record.get(name) if name in self._fields else self._record[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self._fields), "user": None, "record": None})

    def __len__(self) -> int:
        return len(self._fields) + 2


class Policy:
    """Everything that follows from the roles of one catalog; safe to share between threads."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._grants = grants(catalog)
        self._admins = frozenset(r.name for r in catalog.roles.values() if r.admin)
        self._held: dict[tuple[frozenset[str], str], tuple[Grant, ...]] = {}
        self._lists: dict[tuple[bool, frozenset[str], str], Access] = {}
        self._accesses: dict[tuple[Any, ...], Access] = {}
        self._visible: dict[tuple[frozenset[str], bool], frozenset[str]] = {}

    def is_admin(self, actor: Actor) -> bool:
        return actor.system or actor.admin or not self._admins.isdisjoint(actor.roles)

    def may_ask(self, actor: Actor, decision: str) -> bool:
        """Whether the actor may ask a decision of a pack by itself; rules and processes ask for everybody."""
        return self.is_admin(actor) or any(decision in role.decisions for role in self._held_by(actor))

    def may_send(self, actor: Actor, kind: str, name: str) -> bool:
        """Whether the actor may send this message or signal to processes; what processes send to each other is free."""
        return self.is_admin(actor) or any(
            name in (role.messages if kind == "message" else role.signals) for role in self._held_by(actor))

    def _held_by(self, actor: Actor) -> Iterator[Role]:
        return (self.catalog.roles[name] for name in actor.roles if name in self.catalog.roles)

    def decide(
        self, actor: Actor, action: str, entity: Entity | str, record: Mapping[str, Any] | None = None,
        now: datetime | None = None,
    ) -> Decision:
        """Without a record: whether there may be any record for which the answer is yes."""
        target = self._entity(entity)
        if action not in FIXED_ACTIONS:
            target.action(action)
        if self.is_admin(actor):
            return self._decide_admin(actor, action, target, record, now)
        scope = None if record is None else RuleScope(record, actor.feel, target.fields)
        for grant in self._granting(actor, target):
            rule = grant.actions.get(action)
            if rule is not None and (scope is None or rule.test(scope, now)):
                return Decision(True, ALLOWED, grant.place)
        return Decision(False, self._denial(actor, action, target, scope, now))

    def row_rules(self, actor: Actor, entity: Entity | str, action: str = "read") -> RowRules:
        target = self._entity(entity)
        if self.is_admin(actor):
            declared = target.actions.get(action)
            when = declared.when if declared else None
            return RowRules(expressions=(when,)) if when is not None else RowRules(everything=True)
        found = [g.actions[action] for g in self._granting(actor, target) if action in g.actions]
        if any(rule.constant is True for rule in found):
            return RowRules(everything=True)
        return RowRules(expressions=tuple(dict.fromkeys(found)))

    def visible(self, actor: Actor) -> frozenset[str]:
        """Entities of which any record could be read: deny by default hides the others altogether. Whoever has the same
        roles sees the same ones, so they are found once.
        """
        key = (actor.roles, self.is_admin(actor))
        known = self._visible.get(key)
        if known is None:
            known = frozenset(name for name in self.catalog.entities if not self.row_rules(actor, name).nothing)
            self._visible[key] = known
        return known

    def access(
        self, actor: Actor, entity: Entity | str, record: Mapping[str, Any] | None = None, now: datetime | None = None,
        creating: bool = False,
    ) -> Access:
        """Of a record; without one, of a record yet to be made. `creating`: of one that has its values but is not made
        yet, so that a role opens fields only where its rule would let the actor make that very record."""
        target = self._entity(entity)
        if self.is_admin(actor):
            names = frozenset(target.fields)
            return Access(names, _writable(target, names, actor), {})
        scope = None if record is None else RuleScope(record, actor.feel, target.fields)
        held, making = self._granting(actor, target), creating or scope is None
        readers = [g for g in held if _grants(g, "read", None if making else scope, now)
                   or (making and "create" in g.actions)]
        writers = [g for g in held if _grants(g, "create" if making else "update", scope, now)]
        states = {g.role.name: None if making else _state_of(g, scope, now) for g in (*readers, *writers)}
        # The same roles in the same states open the same fields, whoever asks and of whatever record.
        key = (target.name, actor.system, tuple(g.role.name for g in readers), tuple(g.role.name for g in writers),
               tuple(states.values()))
        known = self._accesses.get(key)
        if known is None:
            known = self._accesses[key] = _access(target, actor, readers, writers, states)
        return known

    def stands_alone(self, actor: Actor, child: Entity | str) -> bool:
        """Whether a role of the actor names this child entity, instead of leaving it to the rules of the parent."""
        return not self.is_admin(actor) and any(
            self._entity(child).name in role.rules for name in actor.roles if (role := self.catalog.roles.get(name)))

    def varies(self, actor: Actor, entity: Entity | str) -> bool:
        """Whether `access` can differ from record to record, so that a list has to ask it for each row."""
        target = self._entity(entity)
        if self.is_admin(actor):
            return False
        held = [g for g in self._granting(actor, target) if "read" in g.actions]
        field_rules = [dict(g.rule.fields) for g in held]
        if any(rule.fields for g in held for rule in g.rule.states.values()):
            return True
        return any(rules != field_rules[0] for rules in field_rules)

    def list_access(self, actor: Actor, entity: Entity | str) -> Access:
        """Fields that the actor reads, unmasked or masked, on every record that the list may hold."""
        target = self._entity(entity)
        if self.is_admin(actor):
            return self.access(actor, target)
        key = (actor.system, actor.roles, target.name)
        known = self._lists.get(key)
        if known is None:
            known = self._lists[key] = self._list_access(actor, target)
        return known

    def _list_access(self, actor: Actor, target: Entity) -> Access:
        held = [g for g in self._granting(actor, target) if "read" in g.actions]
        if not held:
            return _NOTHING
        each = [_access(target, actor, [g], [], {g.role.name: state}) for g in held for state in _states(g)]
        common = frozenset.intersection(*(a.readable for a in each))
        return Access(common, frozenset(), {n: m for a in each for n, m in a.masks.items() if n in common})

    def explain(
        self, actor: Actor, action: str, entity: Entity | str, record: Mapping[str, Any] | None = None,
        now: datetime | None = None,
    ) -> tuple[Step, ...]:
        """Every rule that was asked, in order, with the values it read; `decide` says yes where one of them does."""
        target = self._entity(entity)
        declared = None if action in FIXED_ACTIONS else target.action(action)
        scope = None if record is None else RuleScope(record, actor.feel, target.fields)
        if self.is_admin(actor):
            rule = (declared and declared.when) or ANYTHING
            return (_step("admin", rule, (declared and str(declared.place)) or "", scope, now,
                          lambda: _not_now(declared) if declared else _REFUSED),)
        return tuple(_step(grant.role.name, grant.actions.get(action), str(grant.rule.place), scope, now,
                           partial(_cause, grant, action, scope, now))
                     for grant in self._granting(actor, target))

    def _entity(self, entity: Entity | str) -> Entity:
        return entity if isinstance(entity, Entity) else self.catalog.entity(entity)

    def _granting(self, actor: Actor, entity: Entity) -> tuple[Grant, ...]:
        held = self._held.get((actor.roles, entity.name))
        if held is None:
            found = (self._grants.get((role, entity.name)) for role in sorted(actor.roles))
            held = self._held[actor.roles, entity.name] = tuple(grant for grant in found if grant is not None)
        return held

    def _decide_admin(
        self, actor: Actor, action: str, entity: Entity, record: Mapping[str, Any] | None, now: datetime | None
    ) -> Decision:
        declared = entity.actions.get(action)
        scope = None if record is None else RuleScope(record, actor.feel, entity.fields)
        if declared is not None and not _fits(declared, scope, now):
            return Decision(False, _not_now(declared))
        return Decision(True, ALLOWED, "admin")

    def _denial(
        self, actor: Actor, action: str, entity: Entity, scope: RuleScope | None, now: datetime | None
    ) -> Text:
        held = self._granting(actor, entity)
        declared = entity.actions.get(action)
        if declared is not None and not _fits(declared, scope, now):
            return _not_now(declared)
        if scope is not None and action in FIXED_ACTIONS:
            for grant in held:
                if (tight := _tight_state(grant, action, scope, now)) and tight.reason:
                    return Text("{reason}", reason=tight.reason)
        return _refusal(action, entity, any(action in grant.actions for grant in held))


def _fits(action: Action, scope: RuleScope | None, now: datetime | None) -> bool:
    return action.when is None or scope is None or action.when.test(scope, now)


def _grants(grant: Grant, action: str, scope: RuleScope | None, now: datetime | None) -> bool:
    rule = grant.actions.get(action)
    return rule is not None and (scope is None or rule.test(scope, now))


def _state_of(grant: Grant, scope: RuleScope | None, now: datetime | None) -> str | None:
    value = grant.state.evaluate(scope, now) if grant.state is not None and scope is not None else None
    return value if isinstance(value, str) else None


def _states(grant: Grant) -> list[str | None]:
    return [None, *grant.rule.states]


def _tight_state(grant: Grant, action: str, scope: RuleScope, now: datetime | None) -> StateRule | None:
    """What the role says of the record's state, if nothing but that is in the way."""
    base: Expression | None = getattr(grant.rule, action)
    tight = grant.rule.states.get(_state_of(grant, scope, now) or "")
    return None if base is None or tight is None or not base.test(scope, now) else tight


def _cause(grant: Grant, action: str, scope: RuleScope | None, now: datetime | None) -> Text:
    """Why one role says no, in the order in which `decide` would give the reason."""
    declared = grant.entity.actions.get(action)
    if declared is not None and not _fits(declared, scope, now):
        return _not_now(declared)
    if action not in grant.actions:
        return Text("This role does not allow it on any record.")
    tight = _tight_state(grant, action, scope, now) if scope is not None and action in FIXED_ACTIONS else None
    if tight is None:
        return _REFUSED
    return Text("{reason}", reason=tight.reason) if tight.reason else Text("This role does not allow it in this state.")


def _not_now(action: Action) -> Text:
    if action.reason:
        return Text("{reason}", reason=action.reason)
    return Text("{action} is not possible in the present state of this record.", action=action.label)


def _refusal(action: str, entity: Entity, for_some: bool) -> Text:
    words = entity.actions[action].label if action in entity.actions else _VERBS[action]
    if for_some:
        return Text("Your roles do not allow this on this record of {entity}: {action}. Ask its owner or a manager.",
                    entity=entity.label, action=words)
    return Text("None of your roles allows this on {entity}: {action}. Ask an administrator for a role that does.",
                entity=entity.label, action=words)


_VERBS = {
    "create": {"en": "create", "zh": "新建"}, "read": {"en": "read", "zh": "查看"},
    "update": {"en": "change", "zh": "修改"}, "delete": {"en": "delete", "zh": "删除"},
}


def _access(
    entity: Entity, actor: Actor, readers: Sequence[Grant], writers: Sequence[Grant], states: Mapping[str, str | None],
) -> Access:
    """`states` by role: grants differ in the field that they read the state from."""
    readable: set[str] = set()
    hidden: dict[str, str] = {}
    for name in entity.fields:
        rules = [r for g in readers if (r := g.field_rule(name, states[g.role.name])).read]
        if rules:
            readable.add(name)
        if rules and all(r.mask for r in rules):
            hidden[name] = masks.weakest([r.mask for r in rules if r.mask])
    open_fields = frozenset(
        n for n in readable - hidden.keys()
        if any((r := g.field_rule(n, states[g.role.name])).write and r.read and not r.mask for g in writers))
    return Access(frozenset(readable), _writable(entity, open_fields, actor), hidden)


def _writable(entity: Entity, names: frozenset[str], actor: Actor) -> frozenset[str]:
    return frozenset(
        n for n in names
        if not (f := entity.fields[n]).system and not f.type.computed and (actor.system or not f.readonly)
        and f.type.name != "sequence")


def _step(
    role: str, rule: Expression | None, place: str, scope: RuleScope | None, now: datetime | None,
    cause: Callable[[], Text],
) -> Step:
    if rule is None:
        return Step(role, "", place, {}, False, cause())
    if scope is None:
        return Step(role, rule.text, place, {}, True, ALLOWED)
    values = {".".join(path): _at(scope, path) for path in sorted(rule.paths)}
    allowed = rule.test(scope, now)
    return Step(role, rule.text, place, values, allowed, ALLOWED if allowed else cause())


def _at(scope: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = scope.get(path[0])
    for name in path[1:]:
        if hasattr(value, "feel_path"):
            value = value.feel_path(name)
        elif isinstance(value, Mapping):
            value = value.get(name)
        else:
            return None
    return value
