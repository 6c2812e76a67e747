"""Column types that give back exactly what was stored, on SQLite as on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import simplejson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


class Instant(sa.types.TypeDecorator[datetime]):
    """A moment: aware on both ways, UTC inside. Naive times are refused, for nobody knows what they mean."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Span(sa.types.TypeDecorator[timedelta]):
    """A duration as whole microseconds: it compares, sorts and sums."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=int(value))


class Exact(sa.types.TypeDecorator[Decimal]):
    """A decimal of fixed scale: NUMERIC on PostgreSQL, a whole number of its last digit on SQLite.

    SQLite's own NUMERIC turns to a float after 15 digits; integers of 64 bits compare, sort and sum exactly. That is
    18 digits in all, the limit on both databases.
    """

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, precision: int = 18, scale: int = 2) -> None:
        super().__init__(precision=precision, scale=scale)
        self.scale = scale
        self.precision = precision

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.BigInteger())
        return dialect.type_descriptor(sa.Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Decimal | int | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        number = Decimal(value)
        shifted = number.scaleb(self.scale)
        if shifted != shifted.to_integral_value():
            raise ValueError(f"{value} has more than {self.scale} decimal places")
        return int(shifted) if dialect.name == "sqlite" else number

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(int(value)).scaleb(-self.scale) if dialect.name == "sqlite" else Decimal(value)


class Json(sa.types.TypeDecorator[Any]):
    """JSON whose numbers stay exact: text on SQLite, jsonb on PostgreSQL; None is NULL, never the JSON null."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))
        return dialect.type_descriptor(sa.JSON(none_as_null=True))


def dumps(value: Any) -> str:
    return str(simplejson.dumps(value, ensure_ascii=False, use_decimal=True))


def loads(text: str | bytes) -> Any:
    return simplejson.loads(text, use_decimal=True)
