"""The table of surfaces in the documents."""

from pathlib import Path

from scripts.surface_table import table
from tests.partywall.surfaces import FAULTS


def test_table_is_true() -> None:
    """Every surface and format is seen, the viewer's own is not objected to, and the document says just that."""
    made = table()
    assert not [line for line in made.splitlines() if any(fault in line for fault in FAULTS)]
    assert (Path(__file__).parents[2] / "docs" / "surfaces.md").read_text("utf-8") == made
