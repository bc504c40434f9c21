"""Tables in Markdown."""

from __future__ import annotations

from typing import Any


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as a table in Markdown; a column for each key that any of them has."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    lines = [keys, ["---"] * len(keys)]
    lines += [
        [f"{value:,}" if isinstance(value := row.get(key, ""), int | float) else str(value) for key in keys]
        for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
