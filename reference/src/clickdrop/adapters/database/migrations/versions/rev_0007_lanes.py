"""Jobs say which others of their account's they are never done beside."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0007"
down_revision = "0006"

SCHEMA = "clickdrop"


def upgrade() -> None:
    """Add the lane; jobs from before share one, since the owner, who runs this, sees none of them."""
    op.add_column("jobs", Column("lane", Text, nullable=False, server_default=""), schema=SCHEMA)
    op.alter_column("jobs", "lane", server_default=None, schema=SCHEMA)
    op.create_index("jobs_by_status", "jobs", ["account_id", "status"], schema=SCHEMA)
