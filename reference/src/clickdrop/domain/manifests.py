"""Manifests: what an account hands over to a carrier in one collection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clickdrop.domain.documents import ManifestRow


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it was made: its rows stay when an order is deleted later."""

    number: int
    carrier_name: str
    created_on: datetime
    rows: tuple[ManifestRow, ...]
