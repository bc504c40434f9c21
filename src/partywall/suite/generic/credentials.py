"""Credentials of tenants: what each kind is told, and what it adds to a request.

The kinds: ``api-key``, ``bearer``, ``basic``, ``headers``, ``form`` (a log-in form, with its CSRF token), ``log-in`` (a
request in JSON or form that answers with a token or cookies), ``oauth2`` (client credentials, password) and ``mtls``. A
tenant may have several at once.
"""

from __future__ import annotations

import base64
import html
import json
import re
import ssl
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from partywall import places
from partywall.errors import UsageError
from partywall.suite.generic import checks
from partywall.suite.generic.settings import secret
from partywall.target import Shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

KINDS: dict[str, tuple[set[str], set[str]]] = {
    "api-key": ({"name", "value"}, {"in"}),
    "bearer": ({"token"}, set()),
    "basic": ({"username", "password"}, set()),
    "headers": ({"headers"}, set()),
    "form": ({"url", "fields"}, {"csrf", "csrf-header", "submit"}),
    "log-in": (
        {"url"},
        {
            "method",
            "json",
            "form",
            "raw",
            "headers",
            "token",
            "header",
            "query",
            "template",
            "cookies",
            "token-header",
            "content-type",
        },
    ),
    "oauth2": ({"token-url", "grant"}, {"client-id", "client-secret", "username", "password", "scope", "client-auth"}),
    "mtls": ({"certificate"}, {"key"}),
}
"""Kind -> words that it needs, and words that it may have."""
RENEWED = frozenset({"form", "log-in", "oauth2"})
DISTINCT_CHARS_MIN = 8
_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|auth|session|cookie", re.IGNORECASE)
_PUBLIC = re.compile(
    r"user|login|mail|name|account|tenant|org|client.?id|scope|grant|audience|realm|type|locale|lang|redirect|ur[il]$|csrf|"
    r"^accept|agent|referer|origin|host|version",
    re.IGNORECASE,
)
"""Names of values that are secret, whatever else they say; and of those that are not."""
_NO_SECRETS = frozenset(
    {"kind", "in", "name", "url", "csrf", "csrf-header", "submit", "method", "token-url", "grant", "client-auth"}
    | {"header", "query", "template", "cookies", "token-header", "content-type", "certificate", "scope", "client-id"}
)
_NO_SECRETS_OF = frozenset({("log-in", "token"), ("mtls", "key")})
"""Words of credentials that only say how they are used."""
_PROTOCOL = frozenset({"accept", "accept-language", "content-type", "user-agent", "referer", "origin"})


@dataclass
class Proof:
    """What a tenant's credentials add to each request, at this moment."""

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    query: dict[str, str] = field(default_factory=dict, repr=False)
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    until: float = float("inf")

    def add(self, other: Proof) -> None:
        """And another's."""
        self.headers |= other.headers
        self.query |= other.query
        self.cookies |= other.cookies
        self.until = min(self.until, other.until)

    @property
    def shown(self) -> tuple[Shown, ...]:
        """Where it is shown, without what is."""
        headers = []
        for name, value in self.headers.items():
            schemes = ("Bearer ", "Basic ") if name.lower() == "authorization" else ()
            headers.append(Shown("header", name, next((each for each in schemes if value.startswith(each)), "")))
        query = (Shown("query", name) for name in self.query)
        return (*headers, *query, *(Shown("cookie", name) for name in self.cookies))

    @property
    def secrets(self) -> list[str]:
        """All values, and what of a header stands behind its scheme."""
        headers = [value for name, value in self.headers.items() if name.lower() not in _PROTOCOL]
        values = [*headers, *self.query.values(), *self.cookies.values()]
        return [*values, *(value.partition(" ")[2] for value in headers if " " in value)]

    @property
    def fingerprint(self) -> tuple[Any, ...]:
        """What tells it from another tenant's."""
        pairs = (self.headers, self.query, self.cookies)
        return tuple(tuple(sorted((name.lower(), value) for name, value in each.items())) for each in pairs)


@dataclass(frozen=True)
class Known:
    """A tenant as the settings have it: its name, its credentials with all values resolved, kind and id of what is
    its own from the start, and the service's own id of it, "" if that was not told.

    Attributes:
        secrets: what of its credentials may be shown nowhere, and whether that can be taken for nothing else.
    """

    name: str
    credentials: tuple[dict[str, Any], ...] = field(repr=False)
    owns: tuple[tuple[str, str | int], ...] = ()
    account: str = ""
    secrets: tuple[tuple[str, bool], ...] = field(default=(), repr=False)

    @property
    def renewable(self) -> bool:
        """Can a new proof be had?"""
        return any(each["kind"] in RENEWED for each in self.credentials)


def known(told: Sequence[Mapping[str, Any]], folder: Path, source: str) -> list[Known]:
    """The tenants of a settings file. Raises `UsageError` for what can't be used."""
    found: list[Known] = []
    for index, each in enumerate(told):
        if not isinstance(each, dict):
            raise UsageError(f"{source}: tenant: expected a list of tables (write [[tenant]])")
        name = str(each.get("name") or f"tenant {index + 1}")
        where = f"{source}: tenant {name}"
        listed = each.get("credentials", each.get("credential"))
        listed = [listed] if isinstance(listed, dict) else listed
        if not isinstance(listed, list) or not listed:
            raise UsageError(f"{where}: expected 'credentials', a list of tables with 'kind'")
        proofs = tuple(_credential(one, folder, where) for one in listed)
        account = each.get("account", "")
        account = str(account) if isinstance(account, int) else secret(account, folder, f"{where}: account")
        owns = tuple(_owned(each.get("owns", {}), folder, where))
        found.append(Known(name, proofs, owns, account, tuple(_secrets(listed, proofs, {name, account}))))
    names = [each.name for each in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"{source}: two tenants are called {twice!r}; expected different names")
    return found


def _owned(told: Any, folder: Path, where: str) -> Iterator[tuple[str, str | int]]:
    if not isinstance(told, dict):
        raise UsageError(f"{where}: owns: expected a table of kinds and ids; came {type(told).__name__}")
    for kind, ids in told.items():
        for id_ in ids if isinstance(ids, list) else [ids]:
            yield kind, id_ if isinstance(id_, int) else secret(id_, folder, f"{where}: owns: {kind}")


def _credential(told: Any, folder: Path, where: str) -> dict[str, Any]:
    kind = told.get("kind") if isinstance(told, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise UsageError(f"{where}: expected a kind out of {', '.join(KINDS)}; came {kind!r}")
    needed, optional = KINDS[kind]
    if missing := sorted(needed - told.keys()):
        raise UsageError(f"{where}: {kind} needs {', '.join(missing)}")
    if unknown := sorted(told.keys() - needed - optional - {"kind"}):
        raise UsageError(f"{where}: {kind} knows no {unknown[0]!r}; it takes {', '.join(sorted(needed | optional))}")
    if kind == "mtls":
        files = {key: str(folder / str(told[key])) for key in ("certificate", "key") if key in told}
        try:
            # An empty password: one that is asked for at the terminal would hang the run.
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(files["certificate"], files.get("key"), "")
        except OSError as error:
            raise UsageError(f"{where}: mtls: {' and '.join(files.values())} can't be used: {error}") from error
        return {"kind": kind, **files}
    found = {key: _resolved(value, folder, f"{where}: {key}") for key, value in told.items()}
    checks.credential(found, where)
    return found


def _resolved(value: Any, folder: Path, what: str) -> Any:
    if isinstance(value, dict) and value.keys() & {"env", "file"} and len(value) == 1:
        return secret(value, folder, what)
    if isinstance(value, dict):
        return {key: _resolved(child, folder, what) for key, child in value.items()}
    return value


def _secrets(told: Sequence[Any], resolved: Sequence[Any], public: set[str]) -> Iterator[tuple[str, bool]]:
    leaves = [leaf for pair in zip(told, resolved, strict=True) for leaf in _leaves("", *pair)]
    public = public | {value for name, value, _ in leaves if _PUBLIC.search(name) and not _SECRET.search(name)}
    for name, value, elsewhere in leaves:
        distinct = len(value) >= DISTINCT_CHARS_MIN and re.search(r"\d", value) and re.search(r"[^\W\d]", value)
        if _SECRET.search(name) or (not _PUBLIC.search(name) and (elsewhere or distinct)):
            sure = bool(_SECRET.search(name) or elsewhere)
            yield value, bool(sure and distinct and value not in public)


def _leaves(name: str, told: Any, value: Any) -> Iterator[tuple[str, str, bool]]:
    """Name and text of each value, and whether it was kept elsewhere."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key not in _NO_SECRETS and (value.get("kind"), key) not in _NO_SECRETS_OF:
                yield from _leaves(str(key), told[key], child)
    elif isinstance(value, list):
        for one, child in zip(told, value, strict=True):
            yield from _leaves(name, one, child)
    else:
        yield name, str(value), isinstance(told, dict)
        if name == "raw":  # the body of a log-in
            inner = places.parse(str(value).encode())
            inner = dict(urllib.parse.parse_qsl(str(value))) if inner is None else inner
            yield from _leaves("", inner, inner)


def disguises(secret: str) -> Iterator[bytes]:
    """A secret as texts show it: as it is, and as URLs, JSON, HTML and base64 write it, by itself or within more."""
    quoted = [
        urllib.parse.quote(secret, safe="/"),
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
    ]
    quoted += [re.sub(r"%..", lambda code: code[0].lower(), each) for each in quoted]
    in_json = [json.dumps(secret, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False)]
    in_json += [each.replace("/", r"\/") for each in in_json]
    written = [secret, *quoted, *in_json, html.escape(secret), html.escape(secret, quote=False)]
    yield from (each.encode("utf-8", "surrogateescape") for each in dict.fromkeys(written))
    for before, start in ((0, 0), (1, 2), (2, 3)):  # of what is encoded with it: three bytes make four characters
        data = bytes(before) + secret.encode("utf-8", "surrogateescape")
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(data)[start : len(data) * 8 // 6]


def static(credential: Mapping[str, Any]) -> Proof | None:
    """The proof of a credential that needs no request, None if it needs one."""
    match credential["kind"]:
        case "api-key":
            place, pair = credential.get("in", "header"), {str(credential["name"]): str(credential["value"])}
            if place == "query":
                return Proof(query=pair)
            return Proof(cookies=pair) if place == "cookie" else Proof(headers=pair)
        case "bearer":
            return Proof(headers={"Authorization": f"Bearer {credential['token']}"})
        case "basic":
            pair_text = f"{credential['username']}:{credential['password']}"
            return Proof(headers={"Authorization": f"Basic {base64.b64encode(pair_text.encode()).decode()}"})
        case "headers":
            return Proof(headers={str(key): str(value) for key, value in credential["headers"].items()})
        case "mtls":
            return Proof()
    return None


def note(tenant: Known) -> str:
    """What who replays a finding as a tenant has to know of its credentials."""
    kinds = {each["kind"] for each in tenant.credentials}
    notes = ["what a log-in answers has to be had by hand, and may expire"] if kinds & RENEWED else []
    notes += ["its client certificate can't be shown here"] if "mtls" in kinds else []
    return "; ".join(notes)


def context(verify: ssl.SSLContext, tenant: Known | None) -> ssl.SSLContext:
    """What a tenant's connections are made with: verified like any other, and with its certificate if it has one."""
    found = [each for each in tenant.credentials if each["kind"] == "mtls"] if tenant else []
    if not found:
        return verify
    own = ssl.create_default_context(cadata=b"".join(verify.get_ca_certs(binary_form=True)))
    own.load_cert_chain(found[0]["certificate"], found[0].get("key"))
    return own


def expires(seconds: Any) -> float:
    """When what lasts so many seconds has to be renewed, on the monotonic clock."""
    try:
        lasts = float(seconds)
    except (TypeError, ValueError):
        return float("inf")
    return time.monotonic() + max(1.0, lasts * 0.8)
