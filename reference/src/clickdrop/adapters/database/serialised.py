"""Frozen values to JSON text and back, for columns that hold what a tenant sent as a whole."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import TypeAdapter

Value = TypeVar("Value")


class Serialised(Generic[Value]):
    """Reads and writes values of one type."""

    def __init__(self, value_type: type[Value]) -> None:
        self._adapter: TypeAdapter[Value] = TypeAdapter(value_type)

    def dump(self, value: Value) -> str:
        """Write a value."""
        return self._adapter.dump_json(value, exclude_defaults=True).decode()

    def load(self, text: str) -> Value:
        """Read a value that `dump` wrote."""
        return self._adapter.validate_json(text)
