"""Who was shown which contacts, beside which orders."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column, which the grants of the table take in."""
    op.add_column("reads", Column("contacts", Text), schema="clickdrop")
