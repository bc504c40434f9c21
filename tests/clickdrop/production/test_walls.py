"""The benchmark of what isolation costs, in its smallest size."""

from __future__ import annotations

from benchmarks.walls import SMALL, measured


def test_each_wall_is_compared() -> None:
    """Every wall has a row, alone or with others, and everything that is compared was done on both sides."""
    rows = measured(SMALL)["rows"]
    walls = {wall for row in rows for wall in row["wall"].split(" and ")}
    assert walls == {"row-level security", "audit", "tenant-scoped keys", "all three"}
    assert all(row["ratio"] > 0 for row in rows)
