"""The incidents whose mechanisms are planted: what each is called, and where one can read of it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident, or a fault of a library that many met."""

    name: str
    source: str


INCIDENTS: Mapping[str, Incident] = MappingProxyType(
    {
        "I01": Incident(
            "Royal Mail Click & Drop",
            "https://computing.co.uk/news/4059557/royal-mail-customers-order-info-recent-breach",
        ),
        "I02": Incident(
            "Lloyds / Halifax / Bank of Scotland app", "https://arc-codex.com/article/9afba3aa5c9754e570b325a054788e7c"
        ),
        "I03": Incident(
            "Steam store Christmas", "https://www.pcgamer.com/valve-apologizes-for-steams-troubled-christmas/"
        ),
        "I05": Incident(
            "Railway accidental CDN caching",
            "https://blog.railway.com/p/incident-report-march-30-2026-accidental-cdn-caching",
        ),
        "I08": Incident(
            "Django cache middleware and Authorization",
            "https://github.com/CVEProject/cvelistV5/blob/main/cves/2026/35xxx/CVE-2026-35193.json",
        ),
        "I09": Incident("nginx proxy_cache and Authorization", "https://github.com/nginx/nginx/issues/824"),
        "I10": Incident(
            "Squid collapsed forwarding and 304 mix",
            "https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2016/10xxx/CVE-2016-10003.json",
        ),
        "I11": Incident("Web cache deception", "https://blog.crawlex.net/blog/web-cache-deception"),
        "I15": Incident(
            "Grafana API-key permission cache",
            "https://github.com/CVEProject/cvelistV5/blob/main/cves/2022/24xxx/CVE-2022-24812.json",
        ),
        "I16": Incident(
            "Superset chart cache vs row-level security", "https://github.com/apache/superset/issues/10804"
        ),
        "I17": Incident(
            "Okta delegated-auth cache key", "https://josephscott.org/blog/2024/okta-bcrypt-and-52-character-usernames"
        ),
        "I18": Incident(
            "fast-jwt verified-claims cache",
            "https://github.com/CVEProject/cvelistV5/blob/main/cves/2026/35xxx/CVE-2026-35039.json",
        ),
        "I19": Incident("Idempotency key shared by tenants", "https://github.com/paveg/hono-idempotency/issues/126"),
        "I20": Incident("Cache decorators that drop the caller", "https://github.com/nensii21/devlink/issues/1170"),
        "I21": Incident("Rails fragment cached with user content", "https://github.com/minnestar/sessionizer/pull/143"),
        "I22": Incident(
            "GraphQL DataLoader shared across requests", "https://github.com/Consensys-Incorporated/ethql/issues/55"
        ),
        "I23": Incident("Multiplexed GraphQL subscriptions", "https://github.com/hasura/graphql-engine/pull/2029"),
        "I24": Incident("ChatGPT titles and billing data", "https://openai.com/index/march-20-chatgpt-outage/"),
        "I25": Incident("redis-py / aredis off-by-one", "https://github.com/redis/redis-py/issues/2624"),
        "I31": Incident(
            "HTTP keep-alive clients after timeout", "https://github.com/ledgetech/lua-resty-http/issues/138"
        ),
        "I33": Incident("search_path behind PgBouncer", "https://github.com/rails-on-services/apartment/pull/470"),
        "I34": Incident(
            "PostgreSQL RLS and reused plans",
            "https://github.com/CVEProject/cvelistV5/blob/main/cves/2016/2xxx/CVE-2016-2193.json",
        ),
        "I36": Incident("Rack env reuse, known in 2012-13", "https://github.com/iain/http_accept_language/pull/23"),
        "I39": Incident("Laravel Octane residents", "https://github.com/laravel/octane/issues/300"),
        "I40": Incident(
            "Quarkus shared resource instance / duplicated context",
            "https://github.com/CVEProject/cvelistV5/blob/main/cves/2025/1xxx/CVE-2025-1247.json",
        ),
        "I41": Incident("Grafana middleware race", "https://github.com/advisories/GHSA-vqc4-mpj8-jxch"),
        "I44": Incident("Shared auth client singleton", "https://github.com/rphlmr/supa-fly-stack/pull/43"),
        "I45": Incident("os.environ as request state", "https://github.com/ALwrity/ALwrity/issues/639"),
        "I47": Incident(
            "Jetty double buffer release",
            "https://github.com/CVEProject/cvelistV5/blob/main/cves/2019/17xxx/CVE-2019-17638.json",
        ),
        "I48": Incident(
            "Tomcat processor / h2 recycling",
            "https://github.com/CVEProject/cvelistV5/blob/main/cves/2016/8xxx/CVE-2016-8745.json",
        ),
        "I49": Incident("Cloudbleed", "https://byu-se.github.io/idb/incidents/4.html"),
        "I50": Incident(
            "Twisted.web pipelining order", "https://github.com/twisted/twisted/security/advisories/GHSA-xc8x-vp79-p3wm"
        ),
        "I51": Incident("Jira response-queue poisoning", "https://blog.crawlex.net/blog/http2-downgrade-smuggling"),
        "I52": Incident("MCP TypeScript SDK", "https://osv.dev/GHSA-345p-7cg4-v4c7"),
        "I53": Incident(
            "Wyze cameras",
            "https://petapixel.com/2024/02/28/wyze-cameras-let-13000-customers-look-into-other-peoples-homes/",
        ),
        "I55": Incident("Temp-file names that collide", "https://github.com/fireform-core/FireForm/issues/198"),
        "I56": Incident(
            "Invoice e-mailed to the wrong customer", "https://github.com/baselbers/woocommerce-pdf-invoices/issues/52"
        ),
        "I57": Incident(
            "Google Takeout videos", "https://www.androidpolice.com/2020/02/04/google-photos-export-videos-exposed/"
        ),
        "I59": Incident("Home Depot Canada pick-up mails", "https://www.tomsguide.com/news/home-depot-email-snafu"),
        "I60": Incident("Tenant left over in a worker", "https://github.com/ErwinM/acts_as_tenant/issues/126"),
        "I61": Incident("WebSocket fan-out without tenant", "https://github.com/LinuxForHealth/FHIR/issues/1214"),
        "I62": Incident(
            "USPS Informed Visibility", "https://www.pymnts.com/news/security-and-risk/2018/usps-api-security-flaw/"
        ),
        "I63": Incident(
            "Optus customer API",
            "https://www.cpomagazine.com/cyber-security/australian-authorities-trace-optus-data-breach-to-access-control-"
            "coding-error-may-seek-hundreds-of-millions-in-penalties/",
        ),
        "I65": Incident("Vacuous ownership check", "https://github.com/CMSgov/dpc-app/pull/1147"),
        "I66": Incident("Bulk and ids= endpoints", "https://github.com/vavallee/bindery/pull/990"),
        "I67": Incident("GraphQL node vs edge", "https://github.com/OWASP/CheatSheetSeries/pull/434"),
        "I68": Incident("organization-id header", "https://github.com/bigcapitalhq/bigcapital/pull/1094"),
        "I70": Incident("Views with owner rights over RLS", "https://github.com/PostgREST/postgrest-docs/pull/181"),
        "I71": Incident("Sliding authorization cache", "https://github.com/camunda/camunda/issues/44844"),
        "I72": Incident("Revocation that flickers or lags", "https://github.com/milo-os/milo/issues/768"),
        "I74": Incident(
            "Meilisearch tenant token on empty query", "https://github.com/meilisearch/meilisearch/issues/4602"
        ),
        "I79": Incident(
            "Oskari indicators kept before the check", "https://github.com/oskariorg/oskari-server/pull/258"
        ),
        "I80": Incident(
            "heimdall identities kept without forwarded headers", "https://github.com/dadrus/heimdall/issues/3454"
        ),
        "I81": Incident(
            "PostgreSQL cascades under row-level security", "https://github.com/mbannert/timeseriesdb/issues/126"
        ),
        "I82": Incident(
            "Row-level security that does not bind the owner",
            "https://github.com/agenticsorg/volunteer-training-08-07-26/issues/52",
        ),
        "I83": Incident(
            "Paperclip tells others' identifiers by 403", "https://github.com/paperclipai/paperclip/pull/3967"
        ),
        "I84": Incident(
            "ObjectStack unique indexes without tenant", "https://github.com/objectstack-ai/objectstack/issues/8323"
        ),
        "I85": Incident(
            "Cloudify counts what a tenant does not see", "https://github.com/cloudify-cosmo/cloudify-manager/pull/3528"
        ),
        "I86": Incident(
            "Permissive policies of which one is enough",
            "https://github.com/Perufitlife/supabase-security-skill/issues/1",
        ),
        "I87": Incident(
            "agent-bom connects as a role that reads everything", "https://github.com/msaad00/agent-bom/issues/3665"
        ),
    }
)
"""Incidents by the numbers that leaks cite."""
