"""Service tasks that tell somebody something. What leaves the machine is a job of the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol

from formloom.exchange import mail as mails
from formloom.exchange import notifications, webhooks
from formloom.exchange.task_links import Signer
from formloom.settings import Settings
from formloom.sla import ledger
from formloom.workflow import actions, triggers
from formloom.workflow.performing import External, Step, transactional


class Extensions(Protocol):
    """What is registered here; `formloom.extensions` has it."""

    @property
    def external_tasks(self) -> Any: ...
    def add_service_task(self, name: str, task: Any) -> None: ...
    def add_job_handler(self, kind: str, handler: Any) -> None: ...
    def add_listener(self, listener: Any) -> None: ...


@transactional
def notify(step: Step, *, text: Any, user: Any = None, users: Any = None, role: str | None = None,
           link: str | None = None, mail: bool | None = None) -> Mapping[str, Any]:
    """`link` is the bound record's page unless given; `mail` sends a mail as well, whatever people prefer."""
    told = notifications.recipients(step.context.unit, _ids(user, users), role)
    for user_id in told:
        notifications.notify(step.context.unit, user_id, _words(text), link or record_page(step), now=step.context.now,
                             mail=mail is True)
    return {"users": told}


@transactional
def send_mail(step: Step, *, to: Any, subject: str, body: str, html: str | None = None) -> Mapping[str, Any]:
    """`to` is an address or a list of addresses."""
    addresses = to if isinstance(to, list) else [to]
    sent = [mails.enqueue(step.context.unit, str(address), str(subject), str(body), html=html or "",
                          now=step.context.now, key=f"step:{step.key}:{index}")
            for index, address in enumerate(addresses) if address]
    return {"mails": sent}


@transactional
def webhook(step: Step, *, url: str, body: Any = None, wait: Any = False) -> Mapping[str, Any] | External:
    """Posts `body` as JSON; without it, which record it is about. With `wait` the process goes on with the answer."""
    payload = body if isinstance(body, Mapping) else {"value": body}
    if body is None and step.record is not None:
        payload = {"entity": step.record[0], "id": step.record[1]}
    if wait is True:
        webhooks.check(str(url))
        return External(webhooks.JOB, {"url": str(url), "body": to_json(payload)})
    job = webhooks.enqueue(step.context.unit, str(url), to_json(payload), key=f"step:{step.key}",
                           run_at=step.context.now)
    return {"job": job}


webhook.leaves = "wait"  # type: ignore[attr-defined]  # read by the reader of diagrams


def _ids(*values: Any) -> list[int]:
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [int(item) for item in flat if item is not None]


def _words(text: Any) -> str | dict[str, str]:
    return {str(k): str(v) for k, v in text.items()} if isinstance(text, Mapping) else "" if text is None else str(text)


def record_page(step: Step) -> str:
    return f"/records/{step.record[0]}/{step.record[1]}" if step.record else ""


def to_json(value: Any) -> Any:
    """FEEL values as JSON: whole numbers as numbers, other decimals as text with every digit, times as ISO 8601."""
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def setup(extensions: Extensions, settings: Settings, clock: Callable[[], datetime]) -> None:
    """Registers everything of workflow and exchange: service tasks, job handlers, listeners."""
    actions.setup(extensions)
    for name, task in (("notify", notify), ("send_mail", send_mail), ("webhook", webhook)):
        extensions.add_service_task(name, task)
    extensions.add_job_handler(mails.JOB, mails.sender(settings.smtp_url, clock, settings.smtp_ca))
    key = webhooks.signing_key(settings.secret_key)
    extensions.add_job_handler(webhooks.JOB, webhooks.poster(key, settings.webhook_allow))
    extensions.external_tasks.add(webhooks.JOB, webhooks.asker(key, settings.webhook_allow))
    # Before processes start, which may read what it writes.
    extensions.add_listener(transactional(ledger.listener))
    extensions.add_listener(triggers.listener)
    extensions.add_listener(notifications.Teller(settings.public_url, Signer(settings.secret_key)))
