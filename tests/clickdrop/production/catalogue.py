"""A lint over PostgreSQL's catalogue: what would let the service's roles see more than their policies say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncpg

ROLES = "('clickdrop_owner', 'clickdrop_service', 'clickdrop_operator')"
OURS = "nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
NOBODYS = "('gate', 'incidents', 'incident_updates')"  # said to the public, and no tenant's
BEYOND = "nspname = 'migrations'"  # where none of the service's roles may look, which is one of the rules

KNOWN = {
    "api_keys": ("digest", "key_digest"),
    "sessions": ("digest", "session_digest"),
    "one_time_links": ("digest", "link_digest"),
    "logins": ("email", "login_email"),
    "parcels": ("tracking_number", "tracking_number"),
}
"""Where a row is seen by who can name what is in a column of it, and under which claim."""


def _claims(column: str, claim: str) -> str:
    """Write as PostgreSQL does, in quotes, that a column has what was claimed, and nothing beside it."""
    setting = f"current_setting(''clickdrop.{claim}''::text, true)"
    return f"'(({column})::text = ( SELECT {setting} AS current_setting))'"


_OWN = f"CASE relname WHEN 'accounts' THEN {_claims('id', 'account_id')} ELSE {_claims('account_id', 'account_id')} END"
_KNOWN = ", ".join(f"('{table}', 'r', {_claims(*known)})" for table, known in KNOWN.items())

RULES = {
    "a table without a forced policy": f"""
        SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind IN ('r', 'p') AND {OURS} AND NOT {BEYOND} AND NOT (relrowsecurity AND relforcerowsecurity
            AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))
    """,
    "a policy for the service that asks for more or less than its claim": f"""
        SELECT polrelid::regclass || '.' || polname FROM pg_policy JOIN pg_class c ON c.oid = polrelid
        WHERE 'clickdrop_service'::regrole = ANY (polroles) AND relname NOT IN {NOBODYS} AND (
            coalesce(pg_get_expr(polqual, polrelid), {_OWN}) <> {_OWN}
                AND (relname, polcmd, pg_get_expr(polqual, polrelid)) NOT IN ({_KNOWN})
            OR coalesce(pg_get_expr(polwithcheck, polrelid), {_OWN}) <> {_OWN})
    """,
    "a tenant's in a table of nobody's, or something that the service can change there": f"""
        SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = 'clickdrop' AND relname IN {NOBODYS} AND (
            EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'account_id' AND NOT attisdropped)
            OR has_any_column_privilege('clickdrop_service', c.oid, 'INSERT, UPDATE')
            OR has_table_privilege('clickdrop_service', c.oid, 'DELETE'))
    """,
    "a policy for everybody": """
        SELECT polrelid::regclass || '.' || polname FROM pg_policy WHERE 0 = ANY (polroles)
    """,
    "a table of the operator's beyond the accounts": f"""
        SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind IN ('r', 'p') AND nspname = 'clickdrop'
            AND has_any_column_privilege('clickdrop_operator', c.oid, 'SELECT')
            AND relname NOT IN ('accounts', 'users', 'api_keys', 'carriers') AND relname NOT IN {NOBODYS}
    """,
    "a table in a schema that is not for the service": f"""
        SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace,
            unnest(ARRAY['clickdrop_service', 'clickdrop_operator']) role
        WHERE {BEYOND} AND has_schema_privilege(role, n.oid, 'USAGE')
    """,
    "a view, which would see as its owner does": f"""
        SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE {OURS} AND (relkind = 'm' OR relkind = 'v'
            AND NOT coalesce('security_invoker=true' = ANY (reloptions), false))
    """,
    "a function that runs as its owner": f"""
        SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE prosecdef AND {OURS}
    """,
    "a role with more than a log-in": f"""
        SELECT rolname FROM pg_roles WHERE rolname IN {ROLES}
            AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
    """,
    "a role within another": f"""
        SELECT member::regrole FROM pg_auth_members WHERE member::regrole::text IN {ROLES}
    """,
    "something that a role of the service's owns": """
        SELECT classid::regclass || ' ' || objid FROM pg_shdepend
        WHERE deptype = 'o' AND refobjid IN ('clickdrop_service'::regrole, 'clickdrop_operator'::regrole)
    """,
    "a schema in which a role of the service's can make something": """
        SELECT nspname FROM pg_namespace n, unnest(ARRAY['clickdrop_service', 'clickdrop_operator']) role
        WHERE has_schema_privilege(role, n.oid, 'CREATE')
    """,
    "a database in which a role of the service's can make something": """
        SELECT datname FROM pg_database d, unnest(ARRAY['clickdrop_service', 'clickdrop_operator']) role
        WHERE has_database_privilege(role, d.oid, 'CREATE') OR has_database_privilege(role, d.oid, 'TEMP')
    """,
    "a table that everybody or the service can empty, or watch": """
        SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace,
            unnest(ARRAY['clickdrop_service', 'clickdrop_operator']) role
        WHERE relkind IN ('r', 'p') AND nspname = 'clickdrop'
            AND has_table_privilege(role, c.oid, 'TRUNCATE, TRIGGER, REFERENCES, MAINTAIN')
    """,
}


async def faults(connection: asyncpg.Connection) -> list[str]:
    """Answer what breaks a rule, as "rule: name"."""
    return [f"{rule}: {row[0]}" for rule, query in RULES.items() for row in await connection.fetch(query)]
