"""Who sees which rows: the service what is of the account that its transaction claims, the operator the accounts.

Policies are forced, so that they bind the owner of the tables too; there is none that lets the owner see a row.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

SCHEMA = "clickdrop"
SERVICE, OPERATOR = "clickdrop_service", "clickdrop_operator"
CLAIMED = "current_setting('clickdrop.account_id', true)"
TABLES = ("users", "api_keys", "carriers", "orders", "contacts", "products", "manifests", "returns", "items")
PROGRESS = "status, printed_on, manifested_on, shipped_on, tracking_numbers, other_courier"
GRANTS = {
    "accounts": {SERVICE: "SELECT, UPDATE (revision)", OPERATOR: "SELECT, INSERT"},
    "users": {OPERATOR: "SELECT, INSERT"},
    "api_keys": {SERVICE: "SELECT", OPERATOR: "SELECT, INSERT, DELETE"},
    "carriers": {SERVICE: "SELECT", OPERATOR: "SELECT, INSERT"},
    "orders": {SERVICE: f"SELECT, INSERT, DELETE, UPDATE ({PROGRESS})"},
    "contacts": {SERVICE: "SELECT, INSERT, UPDATE (content)"},
    "products": {SERVICE: "SELECT, INSERT, UPDATE (content)"},
    "manifests": {SERVICE: "SELECT, INSERT"},
    "returns": {SERVICE: "SELECT, INSERT"},
    "items": {SERVICE: "SELECT, INSERT"},
}


def upgrade() -> None:
    """Force a policy on every table, and grant each role what its work needs."""
    op.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {SERVICE}, {OPERATOR}")
    for table, owner in {"accounts": "id", **dict.fromkeys(TABLES, "account_id")}.items():
        op.execute(f"ALTER TABLE {SCHEMA}.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        own = f"{owner} = (SELECT {CLAIMED})"
        op.execute(f"CREATE POLICY own ON {SCHEMA}.{table} TO {SERVICE} USING ({own}) WITH CHECK ({own})")
    for table, grants in GRANTS.items():
        if OPERATOR in grants:
            op.execute(f"CREATE POLICY all_accounts ON {SCHEMA}.{table} TO {OPERATOR} USING (true) WITH CHECK (true)")
        for role, granted in grants.items():
            op.execute(f"GRANT {granted} ON {SCHEMA}.{table} TO {role}")
    # Whose key it is must be known before the account is: who can name a key's digest sees that one key.
    knows = "digest = (SELECT current_setting('clickdrop.key_digest', true))"
    op.execute(f"CREATE POLICY known ON {SCHEMA}.api_keys FOR SELECT TO {SERVICE} USING ({knows})")
