"""What has to change in the tables of one entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import sqlalchemy as sa

from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.storage import choices, tables
from formloom.storage.archive import COLUMNS, LINKS, Archived, Register, Step, same_columns
from formloom.storage.choices import AS_IT_IS, Choices, Conversion
from formloom.storage.conversion import keeps_values
from formloom.storage.filling import Fill, held_by
from formloom.storage.holding import Held, archived_name, live
from formloom.storage.naming import Place
from formloom.storage.operations import (
    AddColumn,
    AddIndex,
    AddTable,
    DropIndex,
    Follow,
    Operation,
    Rename,
    RenameIndex,
    RenameKeys,
    by_name,
)
from formloom.storage.putting_aside import Adopt, BringBack, Convert, PutAside
from formloom.storage.tables import columns_of, is_link


@dataclass(frozen=True)
class Scene:
    """What all entities of a plan share. `called`: names of entities in the new catalog, by id."""

    old: Catalog
    new: Catalog
    choices: Choices
    register: Register
    numbers: Iterator[int]
    called: Mapping[str, str]
    places: Mapping[str, Place]
    later: Mapping[str, Place]

    @cached_property
    def tables(self) -> tables.Tables:
        return tables.build(self.new)

    def as_called(self, field: Field) -> Field:
        """With the name that its target has in the new catalog."""
        target = self.old.entities.get(field.target or "")
        return replace(field, target=self.called.get(target.id, field.target)) if target else field


@dataclass
class EntityChange:
    """Steps in the order of the plan: put aside, renamed, added and brought back, filled, indexed.

    `restored`: the entity comes out of the archive; its table has no indexes.
    """

    scene: Scene
    was: Entity
    now: Entity
    restored: bool = False
    aside: list[Operation] = field(default_factory=list)
    renames: list[Operation] = field(default_factory=list)
    added: list[Operation] = field(default_factory=list)
    filled: list[Operation] = field(default_factory=list)
    indexed: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.before = tables.table_of(self.was)
        self.after = self.scene.tables[self.now.name]
        self.former = {f.id: f for f in stored_fields(self.was)}
        self.latter = {f.id: f for f in stored_fields(self.now)}
        self.put: dict[str, Archived] = {}
        kept = [(f, self.former[f.id]) for f in self.latter.values()
                if f.id in self.former and not self._converts(self.former[f.id], f)]
        self._put_aside({f.id for f, _ in kept})
        self._rename(kept)
        self._add({f.id for f, _ in kept})
        self._index(kept)

    def _converts(self, was: Field, now: Field) -> bool:
        """Whether stored values become others: their form differs, or they may not be values of the new type, or
        somebody said what should become of them."""
        was = self.scene.as_called(was)
        if not same_columns(was, now) or not keeps_values(was, now):
            return True
        chosen = self.scene.choices.fields.get(now.id)
        return chosen is not None and chosen.sourced is None and chosen != AS_IT_IS and _differs(was, now)

    def _put_aside(self, kept: set[str]) -> None:
        for was in self.former.values():
            if was.id in kept:
                continue
            now = self.latter.get(was.id)
            step = Step(now, self._chosen(now)) if now else None
            entry = self._entry(self.scene.as_called(was), step)
            self.put[was.id] = entry
            if is_link(was):
                self.aside += [DropIndex(n, self._named(was)) for n in by_name(tables.links_of(self.was)[was.name])]
            self.aside.append(PutAside(self._named(was), entry, self._live(was), self.scene.old, self.scene.new))

    def _entry(self, was: Field, step: Step | None) -> Archived:
        number = next(self.scene.numbers)
        present = self._live(was)
        held = replace(present, columns={s: archived_name(number, name) for s, name in present.columns.items()},
                       links=archived_name(number, present.links) if present.links else "")
        return Archived(id=number, entity_id=self.now.id, field_id=was.id, kind=LINKS if is_link(was) else COLUMNS,
                        table=held.links or held.table, held=held, step=step)

    def _live(self, was: Field) -> Held:
        return live(was, self.was.name, self.before.name)

    def _chosen(self, now: Field) -> Conversion:
        """What is computed comes out of its rule: nothing that is there stands in the way."""
        chosen = self.scene.choices.of(now.id)
        return replace(chosen, otherwise=choices.EMPTIED) if now.type.computed else chosen

    def _rename(self, kept: list[tuple[Field, Field]]) -> None:
        table, moved = self.after.name, []
        for now, was in kept:
            if now.name != was.name:
                moved += [(was.name + c.suffix, now.name + c.suffix) for c in columns_of(was)]
                self.renames.append(Follow(self._named(now), was.name, now.name, self.now.name))
        self.renames[:0] = [Rename(self.now.name, table, a, b) for a, b in renames_in_order(moved)]
        for now, was in kept:
            if is_link(now):
                self._rename_link(now, was)
        keys = {tables.name_of("fk", self.before.name, was.name + c.suffix):
                tables.name_of("fk", table, now.name + c.suffix)
                for now, was in kept for c in columns_of(was) if c.kind == "reference"}
        self._rename_keys(table, keys)

    def _rename_link(self, now: Field, was: Field) -> None:
        old, new = tables.links_of(self.was)[was.name], self.scene.tables.link(self.now.name, now.name)
        if old.name == new.name:
            return
        self.renames.append(Rename(self._named(now), old.name, old.name, new.name, column=False))
        self._rename_keys(new.name, {tables.name_of("fk", old.name, end): tables.name_of("fk", new.name, end)
                                     for end in ("source", "target")})
        if self.restored:
            return
        for before, after in zip(by_name(old), by_name(new).values(), strict=True):
            self.renames.append(RenameIndex(before, after, self._named(now)))

    def _rename_keys(self, table: str, names: Mapping[str, str]) -> None:
        wrong = {old: new for old, new in names.items() if old != new}
        if wrong:
            self.renames.append(RenameKeys(self.now.name, table, wrong))

    def _add(self, kept: set[str]) -> None:
        if self.now.parent and not self.was.parent:
            self.added.append(AddColumn(self.now.name, self.after, self.after.c["position"]))
        for now in self.latter.values():
            if now.id in self.put:
                self._retyped(now, self.put[now.id])
            elif now.id not in kept:
                self._new(now)

    def _retyped(self, now: Field, entry: Archived) -> None:
        chosen = self._chosen(now)
        back = self.scene.register.way(self.now.id, now, exactly=bool(chosen.mapping))
        self._bring_back(now, back[-1]) if back else self._add_storage(now, None)
        self._convert(now, held_by(entry), self._live(self.former[now.id]), chosen, back)

    def _new(self, now: Field) -> None:
        chosen = self._chosen(now)
        removed = self.scene.register.removed(self.now.id, now.id)
        if removed is not None:
            self._returned(now, removed, chosen)
        else:
            self._add_storage(now, None if chosen.sourced else self._given(now))
        if chosen.sourced is not None:
            self._gather(now, chosen)

    def _given(self, now: Field) -> object:
        """What records that are there get: what was chosen for those that would fail, else the constant default."""
        chosen = self.scene.choices.rule(f"{now.id}:required")
        if now.required and chosen.policy == choices.FIX and chosen.value is not None:
            return now.type.parse(chosen.value, now)
        return now.default.constant if now.default else None

    def _returned(self, now: Field, removed: Archived, chosen: Conversion) -> None:
        """A field that was removed is there again, perhaps in another form."""
        held = held_by(removed)
        if same_columns(held.field, now) and keeps_values(held.field, now):
            self._bring_back(now, removed)
            return
        back = self.scene.register.way(self.now.id, now, bool(chosen.mapping), removed.id)
        self._bring_back(now, back[-1]) if back else self._add_storage(now, None)
        self.added.append(Adopt(self._named(now), removed, self.scene.new, now, chosen))
        self._convert(now, held, held, chosen, back)

    def _bring_back(self, now: Field, entry: Archived) -> None:
        links = self.scene.tables.link(self.now.name, now.name) if is_link(now) else None
        self.added.append(BringBack(self._named(now), entry, self._target(now), self.after, links))

    def _target(self, now: Field) -> Held:
        return live(now, self.now.name, self.after.name)

    def _add_storage(self, now: Field, fill: object) -> None:
        for position, column in enumerate(columns_of(now)):
            made = self.after.c[now.name + column.suffix]
            self.added.append(AddColumn(self._named(now), self.after, made, fill if position == 0 else None))
        if is_link(now):
            self.added.append(AddTable(self._named(now), self.scene.tables.link(self.now.name, now.name)))

    def _convert(self, now: Field, source: Held, present: Held, chosen: Conversion,
                 back: tuple[Archived, ...]) -> None:
        if now.type.computed and not back:
            return
        if now.type.computed:
            chosen = replace(chosen, otherwise=choices.EMPTIED)
        table, target = self.after.name, self._target(now)
        former = back[:-1] + tuple(replace(e, held=replace(held_by(e), columns=target.columns, links=target.links))
                                   for e in back[-1:])
        after = Fill(source=source.at(table), target=target, chosen=chosen, back=former)
        before = Fill(source=present, target=target.at(present.table), chosen=chosen, back=back)
        self.filled.append(Convert(self._named(now), before, after, self.scene.places, self.scene.later))

    def _gather(self, now: Field, chosen: Conversion) -> None:
        """Filled from other fields, which may go or stay."""
        wanted = [id for id in (chosen.sourced.fields if chosen.sourced else ()) if self._now_at(id) is not None]
        present = tuple(held for id in wanted if (held := self._now_at(id)) is not None)
        later = tuple(held_by(self.put[id]).at(self.after.name) if id in self.put else self._target(self.latter[id])
                      for id in wanted)
        if not present:
            return
        target = self._target(now)
        after = Fill(source=later[0], target=target, chosen=chosen, others=later)
        before = Fill(source=present[0], target=target.at(self.before.name), chosen=chosen, others=present)
        self.filled.append(Convert(self._named(now), before, after, self.scene.places, self.scene.later))

    def _now_at(self, id: str) -> Held | None:
        """Where its values are before the plan; of a field that comes back, in the archive."""
        if id in self.former:
            return self._live(self.former[id])
        removed = self.scene.register.removed(self.now.id, id) if id in self.latter else None
        return held_by(removed) if removed else None

    def _index(self, kept: list[tuple[Field, Field]]) -> None:
        """An index whose columns all stay goes on under its new name."""
        new = by_name(self.after)
        if self.restored:
            self.indexed += map(self._added_index, new.values())
            return
        names = {was.name + c.suffix: now.name + c.suffix for now, was in kept for c in columns_of(was)}
        for old in by_name(self.before).values():
            self._keep_index(old, new, names)
        self.indexed += map(self._added_index, new.values())

    def _added_index(self, index: sa.Index) -> AddIndex:
        own = self.now.fields.get(index.columns[0].name) if len(index.columns) == 1 else None
        return AddIndex(index, self.now.name, f"{own.id}:unique" if own and index.unique else "")

    def _keep_index(self, old: sa.Index, new: dict[str, sa.Index], names: Mapping[str, str]) -> None:
        name, system = str(old.name), set(self.after.c.keys())
        columns = tuple(names.get(c.name, c.name if c.name in system and c.name not in self._moved else "")
                        for c in old.columns)
        same = next((i for i in new.values()
                     if tuple(c.name for c in i.columns) == columns and i.unique == old.unique), None)
        if same is None or (str(same.name) != name and str(same.name) in by_name(self.before)):
            self.aside.insert(0, DropIndex(name, self.was.name))
            return
        del new[str(same.name)]
        if str(same.name) != name:
            self.renames.append(RenameIndex(name, same, self.now.name))

    @cached_property
    def _moved(self) -> frozenset[str]:
        """Columns of fields as they were: only what the system has keeps its name by itself."""
        return frozenset(f.name + c.suffix for f in self.former.values() for c in columns_of(f))

    def _named(self, field: Field) -> str:
        return f"{self.now.name}.{field.name}"


def stored_fields(entity: Entity) -> Iterator[Field]:
    """Fields that have values of their own; `parent` is a reference like any other."""
    for one in entity.fields.values():
        if not one.system and (columns_of(one) or is_link(one)):
            yield one
        elif one.name == "parent" and entity.parent:
            yield replace(one, system=False)


def _differs(was: Field, now: Field) -> bool:
    return (was.type.name, was.options, [c.value for c in was.choices]) != (
        now.type.name, now.options, [c.value for c in now.choices])


def renames_in_order(wanted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """So that no name is taken when it is given: names that change places go through another one."""
    waiting = dict(wanted)
    while waiting:
        free = [old for old, new in waiting.items() if new not in waiting]
        if free:
            yield free[0], waiting.pop(free[0])
            continue
        old, new = next(iter(waiting.items()))
        del waiting[old]
        aside = tables.name_of("t", old)
        yield old, aside
        waiting[aside] = new
