"""How several people decide one task, as drawn: `<formloom:approval .../>`, which runs as a multi-instance.

Its completion condition is FEEL over the weights of the votes: `votesFor`, `votesAgainst`, `votesOpen`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from formloom import feel
from formloom.errors import Text
from formloom.feel.static import NUMBER
from formloom.workflow import vocabulary
from formloom.workflow.definition import Approval, Loop, Outcome, Withdrawal
from formloom.workflow.markup import BPMN
from formloom.workflow.reading import Reading, naming

ITEM = "approver"
VERBS = ("transfer", "delegate", "add_signer", "return", "copy", "urge")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "mode": ("all", "any", "quorum"), "order": ("parallel", "sequential"), "self": ("skip", "fallback", "allow"),
    "return": ("none", "initiator", "any"), "resume": ("steps", "back", "choose")}
_NEEDED = re.compile(r"[1-9]\d{0,2}(?:\.\d{1,2})?%?")
_SUMS = frozenset({"votesFor", "votesAgainst", "votesOpen"})
_UNTIL = {"all": "votesAgainst > 0", "any": "votesFor + votesAgainst > 0",
          "quorum": "votesFor >= {needed} or votesFor + votesOpen < {needed}"}
_PASSED = {"all": "votesAgainst = 0", "any": "votesFor > 0", "quorum": "votesFor >= {needed}"}


def read(element: etree._Element, reading: Reading) -> Approval | None:
    found = list(vocabulary.extensions(element, "approval"))
    if not found:
        return None
    given = found[0]
    _check(element, found, reading)
    chosen = {name: given.get(name, allowed[0]) for name, allowed in _CHOICES.items()}
    chosen["return"] = given.get("return", "any")
    needed, weight = given.get("needed", "").replace(" ", ""), given.get("weight")
    return Approval(
        mode=chosen["mode"], order=chosen["order"], needed=needed, self=chosen["self"], returns=chosen["return"],
        resume=chosen["resume"], forbid=frozenset(given.get("forbid", "").split()),
        weight=reading.expression(weight, given, {ITEM: NUMBER}) if weight else None,
        passed=_compiled(_PASSED, chosen["mode"], needed))


def _check(element: etree._Element, found: list[etree._Element], reading: Reading) -> None:
    given = found[0]
    if len(found) > 1:
        reading.problem("bpmn-approval", found[1], Text("{element} has two approvals.", element=naming(element)),
                        Text("Keep one."))
    if any(element.find(f"{{{BPMN}}}{name}LoopCharacteristics") is not None for name in ("multiInstance", "standard")):
        reading.problem("bpmn-approval", given, Text(
            "{element} has a loop marker and an approval; both say how often it is done.", element=naming(element)),
            Text("Remove the marker: an approval is done once by each of its approvers anyway."))
    for name, allowed in _CHOICES.items():
        if given.get(name, allowed[0]) not in allowed:
            reading.problem("bpmn-approval", given, Text(
                "{element}: {name} of its approval is {value}; it is one of {allowed}.", element=naming(element),
                name=name, value=given.get(name, ""), allowed=", ".join(allowed)))
    for verb in sorted(set(given.get("forbid", "").split()) - set(VERBS)):
        reading.unknown("verb", verb, VERBS, given)
    _check_quorum(element, given, reading)


def _check_quorum(element: etree._Element, given: etree._Element, reading: Reading) -> None:
    needed, quorum = given.get("needed", "").replace(" ", ""), given.get("mode") == "quorum"
    share = needed.endswith("%") and _NEEDED.fullmatch(needed) is not None and float(needed[:-1]) > 100
    if quorum and (not _NEEDED.fullmatch(needed) or share):
        reading.problem("bpmn-approval", given, Text(
            "{element} is decided by a quorum and does not say how much is needed.", element=naming(element)),
            Text('Write needed="2" for two votes, or needed="60%" for a share of all.'))
    elif not quorum and (needed or given.get("weight")):
        reading.problem("bpmn-approval", given, Text(
            "{element}: only a quorum counts votes; needed and weight would have no effect.", element=naming(element)),
            Text('Write mode="quorum", or remove them.'))


def _compiled(texts: Mapping[str, str], mode: str, needed: str) -> feel.Expression | None:
    text = texts.get(mode, "")
    if mode == "quorum":
        if not _NEEDED.fullmatch(needed):
            return None
        share = f"(votesFor + votesAgainst + votesOpen) * {needed[:-1]} / 100"
        text = text.format(needed=share if needed.endswith("%") else needed)
    return feel.compile(text, _SUMS) if text else None


def loop(element: etree._Element, approval: Approval, reading: Reading) -> Loop:
    """The multi-instance that the approval stands for."""
    until = _compiled(_UNTIL, approval.mode, approval.needed)
    if until is not None:
        reading.note("bpmn-rewritten", element, Text(
            "{element} is done by each of its approvers, {order}, until {condition}.",
            element=naming(element), order=_ORDERS.get(approval.order, approval.order), condition=until.text))
    return Loop("sequential" if approval.order == "sequential" else "parallel", item=ITEM, until=until)


_ORDERS = {"parallel": Text("all at once"), "sequential": Text("one after the other")}


def check_outcomes(element: etree._Element, outcomes: tuple[Outcome, ...], reading: Reading) -> None:
    """Votes agree unless their outcome has the tone `stop`; without both there is nothing to vote on."""
    if not any(o.tone == "stop" for o in outcomes) or all(o.tone == "stop" for o in outcomes):
        reading.problem("bpmn-approval", element, Text(
            "{element} is an approval and needs an outcome that agrees and one that does not.",
            element=naming(element)),
            Text('Give the outcome that does not agree tone="stop".'))


def withdrawal(process: etree._Element, reading: Reading) -> Withdrawal | None:
    """`<formloom:withdraw while="undecided"/>` with the fields that are written then."""
    given = vocabulary.extension(process, "withdraw")
    if given is None:
        return None
    allowed = given.get("while", "undecided")
    if allowed not in ("undecided", "always"):
        reading.problem("bpmn-approval", given, Text(
            "A process is taken back while it is undecided, or always; this one says {value}.", value=allowed))
    fields = vocabulary.field_values(given, reading)
    for name in sorted(fields):
        if reading.entity is None or name not in reading.entity.fields:
            reading.unknown("field", name, reading.entity.fields if reading.entity else (), given)
    return Withdrawal(allowed, fields)
