"""Rules of one role for one entity, composed once per catalog so that a list and a record ask the same expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from formloom import feel
from formloom.feel import Expression, ast
from formloom.metadata.catalog import Catalog, Entity, EntityRule, FieldRule, Role, StateRule

FIXED_ACTIONS = ("create", "read", "update", "delete")
_OPEN = FieldRule()


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role grants on one entity. `state` reads the state, for a child record that of its parent."""

    role: Role
    entity: Entity
    rule: EntityRule
    state: Expression | None
    actions: Mapping[str, Expression]       # complete: the role's rule, the state's, and the declared action's `when`

    @property
    def place(self) -> str:
        return f"{self.role.name} {self.rule.place}"

    def field_rule(self, name: str, state: str | None) -> FieldRule:
        """The role's rule for a field, tightened by the record's state."""
        own, tight = self.rule.fields.get(name, _OPEN), self._state_rule(state).fields.get(name)
        if tight is None:
            return own
        return FieldRule(own.read and tight.read, own.write and tight.write, tight.mask or own.mask)

    def _state_rule(self, state: str | None) -> StateRule:
        return self.rule.states.get(state or "", StateRule())


def grants(catalog: Catalog) -> Mapping[tuple[str, str], Grant]:
    """By role and entity. A role that does not name a child entity grants on it what it grants on the parent."""
    return {
        (role.name, entity.name): grant
        for role in catalog.roles.values() if not role.admin
        for entity in catalog.entities.values()
        if (grant := _grant(catalog, role, entity)) is not None
    }


def _grant(catalog: Catalog, role: Role, entity: Entity) -> Grant | None:
    rule, state = role.rules.get(entity.name), entity.state
    if rule is None and entity.parent:
        inherited = _grant(catalog, role, catalog.entity(entity.parent))
        return inherited and _child_grant(inherited, entity)
    if rule is None:
        return None
    names = known_names(entity)
    return Grant(role, entity, rule, feel.compile(state, names) if state else None, _actions(rule, entity))


def known_names(entity: Entity) -> frozenset[str]:
    return frozenset((*entity.fields, "user", "record"))


def _actions(rule: EntityRule, entity: Entity) -> Mapping[str, Expression]:
    found = {name: _in_states(rule, entity, name) for name in FIXED_ACTIONS}
    found |= {name: _all(entity, rule.actions.get(name), action.when) if action.when else rule.actions.get(name)
              for name, action in entity.actions.items()}
    return {name: e for name, e in found.items() if e is not None and e.constant is not False}


def _in_states(rule: EntityRule, entity: Entity, action: str) -> Expression | None:
    composed: Expression | None = getattr(rule, action)
    if action not in ("update", "delete") or not entity.state:
        return composed
    for state, tight in rule.states.items():
        limit: Expression | None = getattr(tight, action)
        if limit is not None:
            text = f"{entity.state} != {_quoted(state)} or ({limit.text}\n)"
            composed = _all(entity, composed, feel.compile(text, known_names(entity)))
    return composed


def _all(entity: Entity, *parts: Expression | None) -> Expression | None:
    """True where every part is; absent where a part is absent. Lines end so that comments in a rule end, too."""
    texts = [p.text for p in parts if p is not None and p.constant is not True]
    if None in parts:
        return None
    joined = " and ".join(f"({text}\n)" for text in texts)
    return feel.compile(joined, known_names(entity)) if texts else feel.literal(True)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _child_grant(parent: Grant, child: Entity) -> Grant:
    """A row of a child table follows its parent: adding, changing and removing rows is updating the parent."""
    shows = [f.name for f in parent.entity.fields.values() if f.type.name == "table" and f.target == child.name]
    open_rules = [parent.rule.fields.get(name, _OPEN) for name in shows]
    read = parent.actions.get("read") if all(r.read and not r.mask for r in open_rules) else None
    update = parent.actions.get("update") if read and all(r.write for r in open_rules) else None
    update = update and _table_states(parent, shows, update)
    below: Callable[[Expression], Expression] = lambda e: _below_parent(e, child)  # noqa: E731 - a name for a partial
    seen, change = below(read) if read else None, below(update) if update else None
    # Of the rule without its states, a denial tells whether the state alone is in the way.
    base = below(parent.rule.update) if change and parent.rule.update else None
    states = {s: replace(t, fields={}) for s, t in parent.rule.states.items()}
    rule = EntityRule(create=base, read=seen, update=base, delete=base, states=states, place=parent.rule.place)
    asked = {"create": change, "read": seen, "update": change, "delete": change}
    return Grant(parent.role, child, rule, below(parent.state) if parent.state else None,
                 {name: expression for name, expression in asked.items() if expression is not None})


def _table_states(parent: Grant, shows: list[str], update: Expression) -> Expression | None:
    """States in which the table itself may not be written."""
    closed = [s for s, t in parent.rule.states.items() if any(not t.fields.get(n, _OPEN).write for n in shows)]
    limits = (feel.compile(f"{parent.entity.state} != {_quoted(s)}", known_names(parent.entity)) for s in closed)
    return _all(parent.entity, update, *limits)


def _below_parent(expression: Expression, child: Entity) -> Expression:
    """The same rule, asked from a child row: `owner = user.id` becomes `parent.owner = user.id`."""
    text = expression.text
    if expression.constant is not None:
        return expression
    for name in sorted(_outer_names(expression.ast, frozenset()), key=lambda n: n.start, reverse=True):
        if name.name == "record":
            text = f"{text[:name.start]}parent{text[name.end:]}"
        elif name.name != "user" and name.name in expression.names:
            text = f"{text[:name.start]}parent.{text[name.start:]}"
    return feel.compile(text, known_names(child) | {"parent"})


def _outer_names(node: ast.Node, bound: frozenset[str]) -> Iterator[ast.Name]:
    if isinstance(node, ast.Name):
        if node.name not in bound:
            yield node
        return
    if isinstance(node, ast.Path):
        yield from _outer_names(node.source, bound)
        return
    if isinstance(node, ast.For | ast.Quantified):
        bound = bound | {binding.name for binding in node.bindings}
    for below in node.children():
        yield from _outer_names(below, bound)


