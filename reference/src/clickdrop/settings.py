"""What a service is told when it starts; nothing reads the environment later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """How one service runs. Secrets do not show in its `repr`."""

    database: Path
    durable: bool = False
    calls_per_second: int | None = None
    list_cache_seconds: float = 30
    label_cache_seconds: float = 300
    continuation_seconds: int = 3600
    token_secret: bytes = field(repr=False, kw_only=True)
    operator_key: str | None = field(default=None, repr=False)
