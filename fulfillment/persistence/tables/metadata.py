"""What all tables have in common: names of constraints, and column types that are portable."""

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DontWrapMixin

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""A key that counts up: SQLite numbers rows by itself only if the type is INTEGER."""

Json = JSON().with_variant(JSONB(), "postgresql")
JsonOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class NaiveTime(ValueError, DontWrapMixin):
    """A time without an offset was to be stored; nobody could tell when that was."""


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware time, stored and returned as UTC also where the database has no offsets."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time as UTC; raises NaiveTime."""
        del dialect
        if value is None:
            return None
        if value.utcoffset() is None:
            message = (
                f"expected a time with its offset, came {value.isoformat()}; add the time zone"
            )
            raise NaiveTime(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored time as aware UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
