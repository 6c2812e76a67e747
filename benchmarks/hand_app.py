"""The baseline: what a careful developer writes by hand for one table, with Flask and SQLAlchemy Core.

Same table, same row rule (owner), same filter, sort and page as the requests of `http_ratio`; a JWT is checked; no
audit, no field permissions, no validation beyond types.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import jwt
import simplejson
from flask import Flask, Response, abort, request
from sqlalchemy import MetaData, Table, bindparam, select

from formloom.storage.database import Database

database = Database(os.environ["BENCH_DATABASE_URL"])
deal = Table("e_deal", MetaData(), autoload_with=database.engine, resolve_fks=False)
SECRET = os.environ["BENCH_SECRET"]
SCALE = 100 if database.dialect == "sqlite" else 1  # SQLite keeps money as whole cents
app = Flask(__name__)

mine = deal.c.owner == bindparam("user")
LIST = (
    select(deal)
    .where(mine, deal.c.amount > bindparam("amount"), deal.c.status == "open")
    .order_by(deal.c.amount.desc(), deal.c.id)
    .limit(25)
)
GET = select(deal).where(deal.c.id == bindparam("key"), mine)


def user() -> int:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        return int(jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_sub": False})["sub"])
    except jwt.PyJWTError:
        abort(401)


def plain(row: Any) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, (date, datetime)) else v for k, v in row._mapping.items()}


def answer(value: Any, status: int = 200) -> Response:
    return Response(simplejson.dumps(value, use_decimal=True), status, mimetype="application/json")


@app.get("/deals")
def list_deals() -> Response:
    with database.read() as unit:
        values = {"user": user(), "amount": int(Decimal(request.args["amount"]) * SCALE)}
        rows = unit.connection.execute(LIST, values).fetchall()
    return answer({"items": [plain(row) for row in rows]})


@app.get("/deals/<int:key>")
def get_deal(key: int) -> Response:
    with database.read() as unit:
        row = unit.connection.execute(GET, {"key": key, "user": user()}).first()
    return answer(plain(row)) if row else abort(404)


@app.post("/deals")
def create_deal() -> Response:
    who, body, now = user(), request.get_json(), datetime.now(UTC)
    values = {
        "name": body["name"],
        "amount": int(Decimal(str(body["amount"])) * SCALE),
        "status": "open",
        "city": body["city"],
        "owner": who,
        "version": 1,
        "created_at": now,
        "created_by": who,
        "updated_at": now,
        "updated_by": who,
    }
    with database.write() as unit:
        key = unit.connection.execute(deal.insert().values(values)).inserted_primary_key
    return answer({"id": key[0] if key else None}, 201)


@app.patch("/deals/<int:key>")
def update_deal(key: int) -> Response:
    who, body = user(), request.get_json()
    with database.write() as unit:
        result = unit.connection.execute(
            deal.update()
            .where(deal.c.id == key, deal.c.owner == who)
            .values(city=body["city"], version=deal.c.version + 1, updated_at=datetime.now(UTC), updated_by=who)
        )
    return answer({"id": key}) if result.rowcount else abort(404)
