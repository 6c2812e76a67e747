"""A list as a board: columns by choices, cards that are moved, each column with pages and totals of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadRequest, Text
from formloom.forms import clocks
from formloom.forms.display import Display, Shown
from formloom.metadata.catalog import BoardLayout, Entity, Field
from formloom.records import actions, moves
from formloom.records.actions.list import condition, readable
from formloom.records.context import Context
from formloom.records.moves import Move
from formloom.records.query import Record
from formloom.web.i18n import label, t
from formloom.web.pages import layouts, listing, views
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.pages.listing import Listing
from formloom.web.pages.refusals import answering
from formloom.web.pages.rows import query
from formloom.web.requests import catalog, reading, writing

LANE = 30
EMPTY = "-"             # in addresses: the column of records without a value; no choice is called so


@dataclass(frozen=True, slots=True)
class Fact:
    field: Field
    shown: Shown


@dataclass(frozen=True, slots=True)
class Card:
    """Key figures in bold, people as avatars, the rest as lines."""

    id: int
    version: int
    label: str
    number: str
    state: Shown | None
    lines: tuple[Fact, ...]
    figures: tuple[Fact, ...]
    people: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    value: str          # a choice, or EMPTY
    label: str
    tone: str
    fill: float
    cards: tuple[Card, ...]
    more: str           # address of the cards that follow; '' for none
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    field: Field
    layout: BoardLayout
    lanes: tuple[Lane, ...]
    summed: Field | None
    totals: str         # address of the numbers at the heads of the columns

    @property
    def blank(self) -> bool:
        return not any(lane.cards or lane.folded for lane in self.lanes)


def of(context: Context, shown: Listing, asked: Listing) -> Board:
    """Raises BadExpression and UnknownField for a filter that does not hold."""
    entity = shown.entity
    condition(context, entity, query(shown))     # with the filter as typed: mistakes are told at their place
    field, layout = entity.fields[shown.by], layouts.board(entity, shown)
    making = _Making(context, shown, asked, layout, display(compact=True))
    lanes = [making.lane(c.value, label(c.label), c.tone, c.fill) for c in field.choices]
    nameless = making.lane(EMPTY, t(Text("No value")), "idle", 0)
    kept = [lane for lane in lanes if lane.cards or lane.folded or not layout.hide_empty]
    summed = entity.fields.get(layout.sum) if layout.sum in readable(context, entity) else None
    totals = f"{asked.path}/board/totals{making.here}"
    return Board(field, layout, (*([nameless] if nameless.cards else []), *kept), summed, totals)


@dataclass(slots=True)
class _Making:
    context: Context
    shown: Listing
    asked: Listing
    layout: BoardLayout
    show: Display

    def lane(self, value: str, words: str, tone: str, fill: float) -> Lane:
        if value in self.layout.collapsed:
            return Lane(value, words, tone, fill, (), self.address(value, "", 1), folded=True)
        cards, more = self.cards(value, "", 1)
        return Lane(value, words, tone, fill, cards, more)

    def cards(self, value: str, after: str, page: int) -> tuple[tuple[Card, ...], str]:
        asked = query(self.shown, LANE, names=self.layout.card)
        found = actions.list(self.context, self.shown.entity.name, replace(
            asked, filter=_narrowed(asked.filter, self.shown.by, value), after=after or None, page=page))
        return self.drawn(found.records), self.address(value, found.next or "", page + 1) if found.more else ""

    def one(self, record_id: int) -> tuple[Card, ...]:
        asked = query(self.shown, 1, names=self.layout.card)
        found = actions.list(self.context, self.shown.entity.name, replace(
            asked, filter=f"id = {record_id}", search=None, page=1))
        return self.drawn(found.records)

    def drawn(self, records: Sequence[Record]) -> tuple[Card, ...]:
        ticking = clocks.cells(self.context, self.shown.entity, records, self.layout.card, self.show)
        return tuple(self.card(record, ticking) for record in records)

    def card(self, record: Record, ticking: Mapping[tuple[int, str], Shown]) -> Card:
        entity = self.shown.entity
        facts = [Fact(f, ticking.get((record.id, n)) or self.show.show(f, record.values, record.titles))
                 for n in self.layout.card if n in record.values and (f := entity.fields[n])]
        facts = [fact for fact in facts if fact.shown.kind != "empty"]
        people = tuple(f for f in facts if f.shown.kind == "person")
        figures = tuple(f for f in facts if f.shown.kind == "number")
        state = entity.fields.get(entity.state or "")
        return Card(
            record.id, record.version, record.label, str(record.values.get(entity.number or "") or ""),
            self.show.show(state, record.values) if state and state.name in record.values else None,
            tuple(f for f in facts if f not in people and f not in figures), figures, people)

    def address(self, value: str, after: str, page: int) -> str:
        """A cursor where there is one, else the number of the page."""
        place = f"&after={after}" if after else f"&page={page}"
        return f"{self.asked.path}/board{self.here}&lane={value}{place}"

    @property
    def here(self) -> str:
        """What of this list an address has to say."""
        return self.asked.url(layout="kanban", by=self.shown.by)[len(self.asked.path):]


def _narrowed(filter: str | None, by: str, value: str) -> str:
    own = f"{by} = {'null' if value == EMPTY else json.dumps(value)}"
    return f"({filter}) and {own}" if filter else own


@blueprint.get("/records/<name>/board")
def lane_cards(name: str) -> ResponseReturnValue:
    """More cards of one column."""
    entity = catalog().entity(name)
    with reading() as context:
        asked, shown = _listing(context, entity)
        value = request.args.get("lane", "")
        if value != EMPTY and entity.fields[shown.by].choice(value) is None:
            raise BadRequest(Text("There is no column {name} on this board.", name=value))
        making = _Making(context, shown, asked, layouts.board(entity, shown), display(compact=True))
        page = request.args.get("page", 1, type=int)
        cards, more = making.cards(value, request.args.get("after", ""), page)
    return render_template("lists/_cards.html", entity=entity, cards=cards, more=more)


@blueprint.get("/records/<name>/board/totals")
@answering
def lane_totals(name: str) -> ResponseReturnValue:
    """Asked for once the board is shown, and after a move: how many are in each column, and their sums."""
    with reading() as context:
        _, shown = _listing(context, catalog().entity(name))
        return jsonify(totals(context, shown))


def totals(context: Context, shown: Listing) -> dict[str, Any]:
    entity, show = shown.entity, display(compact=True)
    layout = layouts.board(entity, shown)
    summed = layout.sum if layout.sum in readable(context, entity) else ""
    found = actions.totals(context, entity.name, query(shown), shown.by, summed)
    return {value or EMPTY: {"count": f"{total.count:,}",
                             "sums": [_sum(show, entity.fields[summed], c, s) for c, s in total.sums.items()]}
            for value, total in found.items()}


def _sum(show: Display, field: Field, currency: str, total: Any) -> str:
    return show.show(field, {field.name: total} | ({f"{field.name}_currency": currency} if currency else {})).text


def _listing(context: Context, entity: Entity) -> tuple[Listing, Listing]:
    asked = listing.from_query(entity, request.args)
    shown = layouts.of(context, entity).chosen(views.apply(asked, views.all_of(context, entity)))
    if shown.layout != "kanban":
        raise BadRequest(Text("{entity} has no field to make columns of.", entity=entity.plural))
    return asked, shown


@blueprint.get("/records/<name>/<int:record_id>/moves")
@answering
def record_moves(name: str, record_id: int) -> ResponseReturnValue:
    """What each column would do with a card, or why it does not take it: told while it is dragged."""
    with reading() as context:
        record = actions.read(context, name, record_id)
        found = moves.offered(context, record, _grouping(context, record))
    return jsonify([{"to": move.value or EMPTY, "allowed": bool(move.decision),
                     "action": label(move.action.label) if move.action else "", "asks": move.asks,
                     "reason": "" if move.decision else t(move.decision.reason)} for move in found])


@blueprint.post("/records/<name>/<int:record_id>/move")
@answering
def move_record(name: str, record_id: int) -> ResponseReturnValue:
    """A drop. What asks for more than a drop is answered with the address where it is asked."""
    to, version = request.form.get("to", ""), request.form.get("version", type=int)
    with writing() as context:
        before = actions.read(context, name, record_id)
        field = _grouping(context, before)
        if to != EMPTY and field.choice(to) is None:
            raise BadRequest(Text("There is no column {name} on this board.", name=to))
        chosen = moves.way(context, before, field, None if to == EMPTY else to)
        if chosen.decision and chosen.asks and chosen.action:
            return jsonify({"ask": f"/records/{name}/{record_id}?do={chosen.action.name}"})
        after = moves.move(context, before, field, chosen, version)
        back = moves.undoing(context, before, after)
        card = _card(context, name, record_id)
    return jsonify({"version": after.version, "said": _said(after, field, chosen), "undo": back, "card": card})


@blueprint.post("/records/<name>/<int:record_id>/change")
@answering
def change_record(name: str, record_id: int) -> ResponseReturnValue:
    """Takes a move back: an ordinary change, with the values that the move answered with."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("values"), dict):
        raise BadRequest(Text("The request cannot be read."))
    with writing() as context:
        record = actions.update(context, name, record_id, sent["values"], sent.get("version"))
        card = {"card": _card(context, name, record_id)} if sent.get("by") else {}
    return jsonify({"version": record.version} | card)


def _card(context: Context, name: str, record_id: int) -> str:
    """The card as it is now; empty if this person sees the record no longer."""
    entity = context.catalog.entity(name)
    asked, shown = _listing(context, entity)
    making = _Making(context, shown, asked, layouts.board(entity, shown), display(compact=True))
    return render_template("lists/_cards.html", entity=entity, cards=making.one(record_id), more="")


def _grouping(context: Context, record: Record) -> Field:
    entity = context.catalog.entity(record.entity)
    field = entity.field(request.values.get("by", ""))
    if field.type.name != "choice" or field.name not in record.access.readable - record.access.masks.keys():
        raise BadRequest(Text("{entity} has no field to make columns of.", entity=entity.plural))
    return field


def _said(record: Record, field: Field, chosen: Move) -> str:
    choice = field.choice(chosen.value)
    words = label(choice.label) if choice else t(Text("No value"))
    return t(Text("{name} is now: {state}", name=record.label, state=words))
