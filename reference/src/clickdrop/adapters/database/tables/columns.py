"""What columns are made of."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

metadata = MetaData()


class Instant(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write the moment as UTC."""
        del dialect
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read the moment as UTC."""
        del dialect
        return value.replace(tzinfo=UTC) if value is not None else None


class FreeText(TypeDecorator[str]):
    """Text as a tenant sent it. PostgreSQL takes no NUL in a text, so NUL is written as an escape."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape."""
        del dialect
        return value.replace("\\", "\\\\").replace("\0", "\\0") if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Read the escapes."""
        del dialect
        return _ESCAPE.sub(_unescaped, value) if value is not None else None


_ESCAPE = re.compile(r"\\[\\0]")
IDENTIFIER = BigInteger().with_variant(Integer, "sqlite")

EARLIER = "earlier"
"""Where a column says what it holds in rows that were there before it was; one that may be null need not."""

FIRST_NUMBERS = {"orders": 10_000_001, "manifests": 500_001, "items": 47_312_401, "checkouts": 700_001}
"""Where the platform's identifiers start: long enough that one is not met by chance."""


def _unescaped(escape: re.Match[str]) -> str:
    return "\0" if escape[0] == "\\0" else "\\"


def numbered(name: str, first: int = 1) -> Column[int]:
    """Answer a key that counts."""
    return Column(name, IDENTIFIER, Identity(start=first), primary_key=True)


def account() -> Column[str]:
    """Answer the column that says whose a row is."""
    return Column("account_id", String(36), ForeignKey("accounts.id"), nullable=False)
