"""A field type `ean13` whose check digit is verified, and a service task `post_to_chat`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formloom.errors import Text
from formloom.exchange import webhooks
from formloom.extensions import Extensions
from formloom.metadata.catalog import Field
from formloom.metadata.fieldtypes import Column, FieldType
from formloom.workflow.performing import Step

LONGEST_MESSAGE = 4000


def check_digit(first_twelve: str) -> int:
    """The thirteenth digit: every second digit counts three times, and the sum is filled up to a multiple of ten."""
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(first_twelve))
    return -total % 10


def parse(value: Any, field: Field) -> str:
    digits = value.replace(" ", "").replace("-", "") if isinstance(value, str) else ""
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        raise ValueError(Text("must be an article number of 13 digits, such as 4006381333931"))
    if int(digits[12]) != check_digit(digits[:12]):
        raise ValueError(Text("has a wrong check digit: after {digits} comes {check}",
                              digits=digits[:12], check=check_digit(digits[:12])))
    return digits


EAN13 = FieldType(
    name="ean13",
    columns=lambda field: (Column("text", length=13),),
    json_schema=lambda field: {"type": "string", "pattern": "^[0-9]{13}$"},
    parse=parse,
    dump=lambda value, field: value,
    widget="text",
    operators=("=", "!=", "starts with", "in", "is empty", "is not empty"),
    feel_type="string",
    options={},
)


def post_to_chat(step: Step, *, url: str, text: str) -> Mapping[str, Any]:
    """Posts a message to the incoming webhook of a chat, as a job: it leaves only if the step commits, and once."""
    body = {"msgtype": "text", "text": {"content": str(text)[:LONGEST_MESSAGE]}}
    job = webhooks.enqueue(step.context.unit, url, body, key=f"chat:{step.key}", run_at=step.context.now)
    return {"job": job}


def setup(extensions: Extensions) -> None:
    extensions.add_field_type(EAN13)
    extensions.add_service_task("post_to_chat", post_to_chat)
