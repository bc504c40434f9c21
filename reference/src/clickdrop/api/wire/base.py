"""What all wire models have in common."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Callable

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE | re.ASCII)
_CENT = Decimal("0.01")
_ROUNDING = Decimal("0.000001")


class RequestModel(BaseModel):
    """What a tenant sends. Types are not converted; what the API does not know is ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=False,
        strict=True,
        allow_inf_nan=False,
        frozen=True,
    )


class ResponseModel(BaseModel):
    """What the platform answers. Made by field names, written by published names."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=False, serialize_by_alias=True, frozen=True
    )


def _check_instant(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC3339.fullmatch(value)):
        return value
    raise ValueError("must be a date and time as in RFC 3339, such as 2026-11-24T18:00:00Z")


def _to_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:  # at the ends of the calendar, where an offset of hours does not matter
        return value.replace(tzinfo=UTC)


Instant = Annotated[datetime, Field(strict=False), BeforeValidator(_check_instant), AfterValidator(_to_utc)]
"""A date and time; without an offset it is UTC."""


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = BeforeValidator(_whole)
"""Takes 3.0 for 3, since to JSON both are the same integer. Stands behind the bounds, which would not show else."""


def _amount_up_to(limit: Decimal) -> Callable[[object], Decimal]:
    def validate(value: object) -> Decimal:
        if isinstance(value, Decimal):
            amount = value
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            amount = Decimal(str(value))
        else:
            raise ValueError("must be a number")
        if not 0 <= amount <= limit:
            raise ValueError(f"must be from 0 to {limit}")
        rounded = amount.quantize(_CENT)
        # A multiple of 0.01 as a binary fraction can be off by its last bits.
        if abs(rounded - amount) > _ROUNDING:
            raise ValueError("must have two decimals at most")
        return rounded

    return validate


def _amount_schema(limit: Decimal) -> WithJsonSchema:
    return WithJsonSchema({"type": "number", "minimum": 0, "maximum": float(limit), "multipleOf": 0.01})


_MONEY_LIMIT = Decimal(999_999)
_DUTY_LIMIT = Decimal("99999.99")

Money = Annotated[
    Decimal, PlainValidator(_amount_up_to(_MONEY_LIMIT)), PlainSerializer(float), _amount_schema(_MONEY_LIMIT)
]
"""An amount of money in a request."""

CustomsDuty = Annotated[
    Decimal, PlainValidator(_amount_up_to(_DUTY_LIMIT)), PlainSerializer(float), _amount_schema(_DUTY_LIMIT)
]
"""An amount of customs duty in a request."""

Amount = Annotated[Decimal, PlainSerializer(float), WithJsonSchema({"type": "number"})]
"""An amount of money in a response."""


def text(longest: int, alias: str | None = None) -> Any:
    """Declare an optional text of so many characters at most."""
    return Field(default=None, max_length=longest, alias=alias)
