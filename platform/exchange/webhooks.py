"""Outgoing HTTP: JSON, signed, with an idempotency key; never to addresses inside our own network, never redirected."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from formloom.errors import Text
from formloom.jobs import queue
from formloom.jobs.runner import JobError
from formloom.storage.database import Database, Unit
from formloom.workflow.performing import Errand

JOB = "webhook"
TIMEOUT = 15
_LARGEST = 1_000_000
_SAID = 200                 # characters of a refusal that are told
_LARGEST_KEPT = 65_536      # of an answer that a process remembers
_LATER = frozenset((408, 409, 425, 429))        # refusals that another attempt may not meet
_SECONDS = re.compile(r"\d{1,6}")


class BadWebhook(JobError):
    """An address that must not be called, or a receiver that refused."""

    code, status = "bad-webhook", 422


def enqueue(unit: Unit, url: str, payload: Mapping[str, Any], *, key: str | None = None, run_at: Any = None) -> int:
    _parts(url)
    return queue.enqueue(unit, JOB, {"url": url, "body": payload}, key=key, run_at=run_at)


def signing_key(secret: str) -> bytes:
    """What a receiver needs to check signatures; derived, so that it gives nothing else away."""
    return hmac.new(secret.encode(), b"formloom webhooks", hashlib.sha256).hexdigest().encode()


def signature(key: bytes, body: bytes) -> str:
    return "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()


def poster(key: bytes, allowed: Iterable[str] = ()) -> Callable[[Database, Mapping[str, Any], int], None]:
    """The handler of webhook jobs. `allowed`: hosts and networks inside our own that may be called all the same."""
    permitted = tuple(allowed)

    def post(database: Database, payload: Mapping[str, Any], job_id: int) -> None:
        body = json.dumps(payload["body"], ensure_ascii=False, sort_keys=True).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "Formloom", "Idempotency-Key": f"job-{job_id}",
                   "X-Formloom-Signature": signature(key, body)}
        answer = _post(payload["url"], body, headers, permitted)
        if not answer.taken:
            raise answer.refusal(final=False)

    return post


def asker(key: bytes, allowed: Iterable[str] = ()) -> Callable[..., Mapping[str, Any]]:
    """The external task that posts and waits for the answer. What the receiver refuses for good is not asked again."""
    permitted = tuple(allowed)

    def ask(errand: Errand, *, url: str, body: Any = None) -> Mapping[str, Any]:
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, default=str).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "Formloom", "Idempotency-Key": errand.key,
                   "X-Formloom-Signature": signature(key, text)}
        answer = _post(url, text, headers, permitted)
        if not answer.taken:
            raise answer.refusal(final=400 <= answer.status < 500 and answer.status not in _LATER)
        return {"status": answer.status, "body": answer.value}

    return ask


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    kind: str
    retry_after: str
    content: bytes

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def value(self) -> Any:
        """JSON as what it says, everything else as text."""
        if len(self.content) > _LARGEST_KEPT:
            raise BadWebhook(Text("The answer is larger than {limit} bytes.", limit=_LARGEST_KEPT), final=True)
        text = self.content.decode("utf-8", "replace")
        if "json" not in self.kind or not text:
            return text
        try:
            return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise BadWebhook(Text("The answer is not JSON, though it says so."), final=True) from error

    def refusal(self, final: bool) -> BadWebhook:
        wait = timedelta(seconds=int(self.retry_after)) if _SECONDS.fullmatch(self.retry_after) else None
        said = " ".join(self.content[:_SAID * 4].decode("utf-8", "replace").split())[:_SAID]
        words = Text("The receiver answered {status}: {words}", status=self.status, words=said) if said else Text(
            "The receiver answered {status}.", status=self.status)
        return BadWebhook(words, final=final, after=wait)


def _no_number(text: str) -> Any:
    raise ValueError(text)


def check(url: str) -> None:
    """Raises `BadWebhook` for what is no address."""
    _parts(url)


def _parts(url: str) -> tuple[str, str, int, str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise BadWebhook(Text("{url} is not an http or https address.", url=url))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if any(ord(c) <= 32 or ord(c) == 127 for c in path):
        raise BadWebhook(Text("{url} is not an http or https address.", url=url))
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), path


def _post(url: str, body: bytes, headers: Mapping[str, str], allowed: tuple[str, ...]) -> Answer:
    """Connects to the very address that was checked, so that a name cannot point elsewhere a moment later."""
    scheme, host, port, path = _parts(url)
    address = checked_address(host, port, allowed)
    sock: socket.socket = socket.create_connection((address, port), timeout=TIMEOUT)
    try:
        if scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        connection.sock = sock
        connection.request("POST", path, body, dict(headers))
        response = connection.getresponse()
        content = response.read(_LARGEST)
        return Answer(response.status, response.headers.get("Content-Type", ""),
                      response.headers.get("Retry-After", ""), content)
    finally:
        sock.close()


def checked_address(host: str, port: int, allowed: tuple[str, ...]) -> str:
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise BadWebhook(Text("{host} cannot be found.", host=host)) from error
    for address in sorted(found):
        if not _permitted(host, ip_address(address.partition("%")[0]), allowed):
            raise BadWebhook(Text("{host} is an address inside our own network ({address}).", host=host,
                                  address=address),
                             Text("An administrator can allow it with FORMLOOM_WEBHOOK_ALLOW."))
    return min(found)


def _permitted(host: str, address: IPv4Address | IPv6Address, allowed: tuple[str, ...]) -> bool:
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_global and not plain.is_multicast:
        return True
    return host in allowed or any(plain in ip_network(net, strict=False) for net in allowed if _is_network(net))


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
