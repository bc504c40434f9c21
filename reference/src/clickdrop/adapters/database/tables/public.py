"""The tables of what is said to the public and is no tenant's."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text

from clickdrop.adapters.database.tables.columns import IDENTIFIER, Instant, metadata, numbered

gate = Table(
    "gate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("closed", Boolean, nullable=False),
    Column("since", Instant, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    numbered("id"),
    Column("title", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("resolved", Boolean, nullable=False),
)

incident_updates = Table(
    "incident_updates",
    metadata,
    numbered("id"),
    Column("incident_id", IDENTIFIER, ForeignKey("incidents.id"), nullable=False),
    Column("time", Instant, nullable=False),
    Column("text", Text, nullable=False),
)
