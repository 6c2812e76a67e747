"""Rules that become tighter while records are there which fail them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from formloom.errors import ValidationFailed
from formloom.metadata.sources import Source
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.records.strictness import RecordsFail
from formloom.runtime import Runtime
from formloom.storage.choices import Choices, RuleChoice
from formloom.storage.forecast import Failing

NAME = "mini.customer.name"


@pytest.fixture
def customers(runtime: Runtime) -> dict[str, int]:
    """Three customers: one with a long name, one without an address, one without either fault."""
    with runtime.writing(SYSTEM) as context:
        made = [actions.create(context, "customer", {"name": name, "email": email}).id for name, email in (
            ("A name that is rather long", "a@b.cn"), ("Short", None), ("Fine", "c@d.cn"))]
    return dict(zip(("long", "silent", "fine"), made, strict=True))


def edited(runtime: Runtime, old: str, new: str) -> list[Source]:
    held = runtime.model().catalog.sources
    assert any(old in s.text for s in held if s.path == "entities/customer.yaml")
    return [replace(s, text=s.text.replace(old, new)) if s.path == "entities/customer.yaml" else s for s in held]


def failing(runtime: Runtime, sources: list[Source], choices: Choices) -> list[Failing]:
    return list(runtime.forecast(sources, choices).rules)


def chosen(key: str, policy: str, value: object = None) -> Choices:
    return Choices(rules={key: RuleChoice(policy=policy, value=value)})


def update(runtime: Runtime, id: int, **values: object) -> None:
    with runtime.writing(SYSTEM) as context:
        actions.update(context, "customer", id, values)


def value(runtime: Runtime, id: int, field: str) -> object:
    with runtime.reading(SYSTEM) as context:
        return actions.read(context, "customer", id).values[field]


def test_refusal_names_failing_records(runtime: Runtime, customers: dict[str, int]) -> None:
    shorter = edited(runtime, "max_length: 100", "max_length: 10")
    found = failing(runtime, shorter, Choices())
    assert [(f.key, f.records, f.samples, f.chosen) for f in found] == [
        (f"{NAME}:length", 1, ((customers["long"], "A name that is rather long"),), "refuse")]
    with pytest.raises(RecordsFail):
        runtime.publish(shorter)
    assert runtime.model().catalog.entity("customer").fields["name"].options["max_length"] == 100


def test_new_records_only_lets_old_be(runtime: Runtime, customers: dict[str, int]) -> None:
    shorter = edited(runtime, "max_length: 100", "max_length: 10")
    runtime.publish(shorter, choices=chosen(f"{NAME}:length", "new"))
    update(runtime, customers["long"], email="new@b.cn", name="A name that is rather long")
    assert value(runtime, customers["long"], "email") == "new@b.cn"
    with pytest.raises(ValidationFailed):
        update(runtime, customers["long"], name="Another name that is too long")
    with pytest.raises(ValidationFailed), runtime.writing(SYSTEM) as context:
        actions.create(context, "customer", {"name": "A name that is rather long"})


def test_required_later_lets_old_be(runtime: Runtime, customers: dict[str, int]) -> None:
    needed = edited(runtime, "email: {type: email}", "email: {type: email, required: true}")
    runtime.publish(needed, choices=chosen("mini.customer.email:required", "new"))
    update(runtime, customers["silent"], name="Shorter")
    with pytest.raises(ValidationFailed):
        update(runtime, customers["fine"], email=None)
    with pytest.raises(ValidationFailed), runtime.writing(SYSTEM) as context:
        actions.create(context, "customer", {"name": "New"})


def test_tolerance_outlives_further_publications(runtime: Runtime, customers: dict[str, int]) -> None:
    needed = edited(runtime, "email: {type: email}", "email: {type: email, required: true}")
    runtime.publish(needed, choices=chosen("mini.customer.email:required", "new"))
    runtime.publish(edited(runtime, "en: Customer,", "en: Client,"))
    update(runtime, customers["silent"], name="Shorter")
    assert runtime.model().tolerated == {"mini.customer.email:required"}
    runtime.publish(edited(runtime, "email: {type: email, required: true}", "email: {type: email}"))
    assert runtime.model().tolerated == frozenset()


def test_fix_sets_value_with_history(runtime: Runtime, customers: dict[str, int]) -> None:
    needed = edited(runtime, "email: {type: email}", "email: {type: email, required: true}")
    runtime.publish(needed, choices=chosen("mini.customer.email:required", "fix", "none@example.com"))
    assert value(runtime, customers["silent"], "email") == "none@example.com"
    assert value(runtime, customers["fine"], "email") == "c@d.cn"
    assert failing(runtime, list(runtime.model().catalog.sources), Choices()) == []


def test_new_required_field_is_filled(runtime: Runtime, customers: dict[str, int]) -> None:
    more = edited(runtime, "fields:\n", "fields:\n  region: {type: text, required: true}\n")
    with pytest.raises(RecordsFail):
        runtime.publish(more)
    runtime.publish(more, choices=chosen("mini.customer.region:required", "fix", "East"))
    assert value(runtime, customers["fine"], "region") == "East"


def test_constraint_is_asked_of_old_records(runtime: Runtime, customers: dict[str, int]) -> None:
    rule = ("constraints:\n  - {name: mail, check: 'active = false or email != null', field: email,"
            " message: {en: Active ones have mail., zh: 启用的要有邮箱。}}\nrelated:")
    strict = edited(runtime, "related:", rule)
    found = failing(runtime, strict, Choices())
    assert [(f.key, [id for id, _ in f.samples]) for f in found] == [
        ("mini.customer:constraint:mail", [customers["silent"]])]
    runtime.publish(strict, choices=chosen("mini.customer:constraint:mail", "new"))
    update(runtime, customers["silent"], name="Shorter")
    with pytest.raises(ValidationFailed):
        update(runtime, customers["fine"], email=None)


def test_duplicates_are_emptied_by_choice(runtime: Runtime, customers: dict[str, int]) -> None:
    update(runtime, customers["fine"], email="a@b.cn")
    single = edited(runtime, "email: {type: email}", "email: {type: email, unique: true}")
    assert runtime.forecast(single).blocked
    fixed = chosen("mini.customer.email:unique", "fix")
    assert not runtime.forecast(single, fixed).blocked
    runtime.publish(single, choices=fixed)
    assert [value(runtime, customers[who], "email") for who in ("long", "fine")] == ["a@b.cn", None]


def test_choices_in_use_are_not_taken_away(runtime: Runtime) -> None:
    with runtime.writing(SYSTEM) as context:
        customer = actions.create(context, "customer", {"name": "Acme"}).id
        actions.create(context, "deal", {"name": "One", "customer": customer})
    held = runtime.model().catalog.sources
    fewer = [replace(s, text=s.text.replace("      - {value: draft, label: {en: Draft, zh: 起草}}\n",
                                            "      - {value: idea, label: {en: Idea, zh: 想法}}\n")
                     .replace('"draft"', '"idea"')) if s.path == "entities/deal.yaml" else s for s in held]
    found = failing(runtime, [s for s in fewer if not s.path.startswith("roles")], Choices())
    assert [(f.key, f.records) for f in found] == [("mini.deal.status:choices", 1)]
