"""A baseline: findings that are known, who answers for each, why, and until when. A gate with one fails on what is new.

::

    [[known]]
    id = "9b4503144189"                   # the finding's, from report.json
    owner = "the orders team"
    reason = "ORD-311: the list is rewritten in January"
    until = 2027-01-31                    # the last day on which it is let pass
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from partywall.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_FIELDS = ("id", "owner", "reason", "until")
_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Known:
    """One finding that is known. ``until``: the last day on which it is let pass."""

    id: str
    owner: str
    reason: str
    until: date

    def expired(self, day: date) -> bool:
        """Is it over, on a day?"""
        return day > self.until


def read(path: Path) -> tuple[Known, ...]:
    """The baseline of a file. Raises `UsageError` with the entry that can't be used, and what was expected."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"baseline {path}: expected a TOML file, came {error}") from error
    entries = document.pop("known", [])
    if document or not isinstance(entries, list):
        raise UsageError(
            f"baseline {path}: expected [[known]] entries alone, came {', '.join(document) or 'known = ...'}"
        )
    known = tuple(_known(path, number, entry) for number, entry in enumerate(entries, 1))
    ids = [each.id for each in known]
    if twice := next((each for each in ids if ids.count(each) > 1), None):
        raise UsageError(f"baseline {path}: expected each id once, came {twice} twice")
    return known


def _known(path: Path, number: int, entry: Any) -> Known:
    where = f"baseline {path}, entry {number}"
    if not isinstance(entry, dict) or set(entry) != set(_FIELDS):
        came = ", ".join(entry) if isinstance(entry, dict) else repr(entry)
        raise UsageError(f"{where}: expected {', '.join(_FIELDS)}; came {came or 'nothing'}")
    for name in ("owner", "reason"):
        if not isinstance(entry[name], str) or not entry[name].strip():
            raise UsageError(f"{where}: expected words for {name}, came {entry[name]!r}")
    if not isinstance(entry["id"], str) or not _ID.fullmatch(entry["id"]):
        raise UsageError(f"{where}: expected the 12 hexadecimal digits of a finding's id, came {entry['id']!r}")
    if type(entry["until"]) is not date:
        raise UsageError(f"{where}: expected a day for until (2027-01-31, without quotes), came {entry['until']!r}")
    return Known(entry["id"], entry["owner"], entry["reason"], entry["until"])
