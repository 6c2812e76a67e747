"""What was answered to a request with a key, so that the same one, sent again, changes nothing and is told alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from formloom.errors import Conflict, Text
from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_receipt as receipt

KEPT = timedelta(days=7)


def once(unit: Unit, actor_id: int, key: str, asked: Any, now: datetime,
         act: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Acts and keeps the answer in the same transaction, unless that was done; then the answer that was kept. A request
    that comes while the first one is under way waits for it at the row.
    """
    unit.connection.execute(sa.delete(receipt).where(receipt.c.at < now - KEPT))
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    row = {"actor_id": actor_id, "key": key, "digest": digest, "at": now}
    mine = (receipt.c.actor_id == actor_id) & (receipt.c.key == key)
    if unit.insert_once(receipt, row, "actor_id", "key"):
        answer = act()
        unit.connection.execute(sa.update(receipt).where(mine).values(answer=dict(answer)))
        return answer
    known = unit.connection.execute(sa.select(receipt).where(mine)).one()
    if known.digest != digest:
        raise Conflict(Text("The key {key} was used for another request.", key=key),
                       Text("Send a new Idempotency-Key with each new request."))
    return dict(known.answer)
