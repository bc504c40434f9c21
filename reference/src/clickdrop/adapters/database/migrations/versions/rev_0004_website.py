"""What the website needs: log-ins, sessions and links of users, words to search orders by, and the public's status.

Before it is known whose they are, a log-in is seen by who can name it, a session or a link by who can name its digest.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Identity, Integer, String, Text
from sqlalchemy.schema import ForeignKeyConstraint

revision = "0004"
down_revision = "0003"

SCHEMA = "clickdrop"
SERVICE, OPERATOR = "clickdrop_service", "clickdrop_operator"
CLAIMED = "account_id = (SELECT current_setting('clickdrop.account_id', true))"
KNOWN = {
    "logins": "email = (SELECT current_setting('clickdrop.login_email', true))",
    "sessions": "digest = (SELECT current_setting('clickdrop.session_digest', true))",
    "one_time_links": "digest = (SELECT current_setting('clickdrop.link_digest', true))",
}
GRANTS = {
    "users": "SELECT, INSERT, DELETE",
    "logins": "SELECT, INSERT, DELETE, UPDATE (password_hash, role)",
    "sessions": "SELECT, INSERT, DELETE, UPDATE (seen_on)",
    "one_time_links": "SELECT, INSERT, DELETE",
    "api_keys": "INSERT, DELETE",
    "contacts": "DELETE",
    "orders": "UPDATE (reference, content, search)",
}
NOBODYS = {
    "gate": "SELECT, INSERT, UPDATE",
    "incidents": "SELECT, INSERT, UPDATE (resolved)",
    "incident_updates": "SELECT, INSERT",
}


def _account() -> Column[str]:
    return Column("account_id", String(36), ForeignKey(f"{SCHEMA}.accounts.id"), nullable=False)


def _of_user() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["account_id", "user_id"], [f"{SCHEMA}.users.account_id", f"{SCHEMA}.users.id"])


def upgrade() -> None:
    """Make the tables, force policies on them, and grant each role what its work needs."""
    _make_tenants_tables()
    _make_nobodys_tables()
    # Orders from before are found by what is searched beside these words; the owner, who runs this, sees none.
    op.add_column("orders", Column("search", Text, nullable=False, server_default=""), schema=SCHEMA)
    op.alter_column("orders", "search", server_default=None, schema=SCHEMA)
    for table, knows in KNOWN.items():
        _force(table)
        op.execute(f"CREATE POLICY own ON {SCHEMA}.{table} TO {SERVICE} USING ({CLAIMED}) WITH CHECK ({CLAIMED})")
        op.execute(f"CREATE POLICY known ON {SCHEMA}.{table} FOR SELECT TO {SERVICE} USING ({knows})")
    for table, granted in GRANTS.items():
        op.execute(f"GRANT {granted} ON {SCHEMA}.{table} TO {SERVICE}")
    # The operator lets users log in, and sees no log-in.
    op.execute(f"CREATE POLICY all_accounts ON {SCHEMA}.logins FOR INSERT TO {OPERATOR} WITH CHECK (true)")
    op.execute(f"GRANT INSERT ON {SCHEMA}.logins TO {OPERATOR}")
    for table, granted in NOBODYS.items():
        _force(table)
        op.execute(f"CREATE POLICY public ON {SCHEMA}.{table} FOR SELECT TO {SERVICE} USING (true)")
        op.execute(f"CREATE POLICY operated ON {SCHEMA}.{table} TO {OPERATOR} USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT ON {SCHEMA}.{table} TO {SERVICE}")
        op.execute(f"GRANT {granted} ON {SCHEMA}.{table} TO {OPERATOR}")


def _force(table: str) -> None:
    op.execute(f"ALTER TABLE {SCHEMA}.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def _make_tenants_tables() -> None:
    op.create_table(
        "logins",
        Column("user_id", String(36), primary_key=True),
        _account(),
        Column("email", String(254), nullable=False, unique=True),
        Column("password_hash", Text, nullable=False),
        Column("role", String(6), nullable=False),
        _of_user(),
        schema=SCHEMA,
    )
    op.create_table(
        "sessions",
        Column("id", String(36), primary_key=True),
        _account(),
        Column("user_id", String(36), nullable=False),
        Column("digest", String(64), nullable=False, unique=True),
        Column("device", Text, nullable=False),
        Column("created_on", DateTime, nullable=False),
        Column("seen_on", DateTime, nullable=False),
        _of_user(),
        schema=SCHEMA,
    )
    op.create_index("sessions_of_account", "sessions", ["account_id", "user_id"], schema=SCHEMA)
    op.create_table(
        "one_time_links",
        Column("digest", String(64), primary_key=True),
        _account(),
        Column("user_id", String(36), nullable=False),
        Column("purpose", String(10), nullable=False),
        Column("role", String(6)),
        Column("expires_on", DateTime, nullable=False),
        _of_user(),
        schema=SCHEMA,
    )


def _make_nobodys_tables() -> None:
    op.create_table(
        "gate",
        Column("id", Integer, primary_key=True),
        Column("closed", Boolean, nullable=False),
        Column("since", DateTime, nullable=False),
        schema=SCHEMA,
    )
    op.create_table(
        "incidents",
        Column("id", BigInteger, Identity(start=1), primary_key=True),
        Column("title", Text, nullable=False),
        Column("component", Text, nullable=False),
        Column("resolved", Boolean, nullable=False),
        schema=SCHEMA,
    )
    op.create_table(
        "incident_updates",
        Column("id", BigInteger, Identity(start=1), primary_key=True),
        Column("incident_id", BigInteger, ForeignKey(f"{SCHEMA}.incidents.id"), nullable=False),
        Column("time", DateTime, nullable=False),
        Column("text", Text, nullable=False),
        schema=SCHEMA,
    )
