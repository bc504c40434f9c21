"""Services that nobody here wrote, for ``third_party.py``: how each is started, and what a person has to say of it."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NOWHERE = "http://127.0.0.1:9"


def nothing_to_do(_url: str, _user: str, _password: str) -> dict[str, str]:
    """Whoever comes with a name and a password is a user with that password."""
    return {}


@dataclass(frozen=True)
class Service:
    """A service. In its texts {port}, {secret}, {folder} and {packages}, where its packages are, are filled in; in
    ``tenant`` {user} and {upper}.

    Attributes:
        requirements: what pip is told. files: name -> text, written before it is started.
        command: program of its environment, and arguments. started_in: folder. environment: beside ours.
        ready, description, base: paths: what answers when it is up, its description, what its operations count from.
        tenant: a user's entry in tenants.toml. settings: what a person says in partywall.toml.
        sign_up: makes a user; answers with what proves it beside its password, by its name in the environment.
        tolerated: of the options. through_cache: which tests show what a cache mixes up.
    """

    name: str
    requirements: tuple[str, ...]
    command: tuple[str, ...]
    ready: str
    description: str
    tenant: str
    settings: str
    base: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    started_in: str = "{folder}"
    sign_up: Callable[[str, str, str], dict[str, str]] = nothing_to_do
    tolerated: tuple[str, ...] = ()
    through_cache: str = "own_world or warm_cache"


KINTO = Service(
    name="kinto",
    requirements=("kinto==26.5.0",),
    command=("kinto", "start", "--ini", "{folder}/kinto.ini"),
    ready="/v1/",
    description="/v1/__api__",
    base="/v1",
    files={
        "kinto.ini": """
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}

[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.userid_hmac_secret = {secret}
kinto.includes = kinto.plugins.default_bucket
multiauth.policies = basicauth
"""
    },
    tenant="""
[[tenant]]
name = "{user}"
credentials = [{{kind = "basic", username = "{user}", password = {{env = "PASSWORD_OF_{upper}"}}}}]
""",
    settings="""
[operations.__version__]
exclude = "shows a file that a deployment provides, and this one does not"
[operations.delete_user-data]
exclude = "for the administrator"
""",
    tolerated=("--tolerate", "existence"),
)


def lnbits_user(url: str, user: str, password: str) -> dict[str, str]:
    """Register a user, whose wallet has a key."""

    def call(path: str, sent: Any = None, token: str = "") -> Any:
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        request = urllib.request.Request(url + path, json.dumps(sent).encode() if sent else None, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    known = {"username": user, "password": password, "password_repeat": password}
    token = call("/api/v1/auth/register", known)["access_token"]
    return {f"KEY_OF_{user.upper()}": call("/api/v1/wallets", token=token)[0]["adminkey"]}


LNBITS = Service(
    name="lnbits",
    requirements=("lnbits==1.6.2", "bitstring==4.3.1"),  # with bitstring 5 it does not start
    command=("uvicorn", "lnbits.__main__:app", "--host", "127.0.0.1", "--port", "{port}"),
    ready="/api/v1/health",
    description="/openapi.json",
    sign_up=lnbits_user,
    started_in="{packages}",  # it looks for its static files from there
    environment={
        "LNBITS_DATA_FOLDER": "{folder}/data",
        "LNBITS_EXTENSIONS_PATH": "{folder}/data",
        "LNBITS_ADMIN_UI": "false",
        "LNBITS_BACKEND_WALLET_CLASS": "FakeWallet",
        "LNBITS_RATE_LIMIT_NO": "1000000",
        "LNBITS_EXTENSIONS_DEACTIVATE_ALL": "true",
        "LNBITS_EXTENSIONS_MANIFESTS": "[]",
        "LNBITS_WASM_EXTENSIONS_MANIFESTS": "[]",
        "LNBITS_EXCHANGE_RATE_PROVIDERS": "[]",
        "LNBITS_PRICE_AGGREGATOR_ENABLED": "false",
        "FAKE_WALLET_SECRET": "{secret}",
        "AUTH_SECRET_KEY": "{secret}",
        # What it would still ask of others goes nowhere.
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
        "ALL_PROXY": _NOWHERE,
    },
    tenant="""
[[tenant]]
name = "{user}"
[[tenant.credentials]]
kind = "log-in"
url = "/api/v1/auth"
json = {{username = "{user}", password = {{env = "PASSWORD_OF_{upper}"}}}}
token = "/access_token"
[[tenant.credentials]]
kind = "api-key"
name = "X-API-KEY"
value = {{env = "KEY_OF_{upper}"}}
""",
    settings="""
exclude-paths = [
    "^/(admin|audit|blockexplorer|node|users)/",       # for the administrator
    "^/api/v1/(account|auth)(/|$)",                    # log-ins, and the user's own account
    "^/api/v1/(assets|callback|extension|fiat|webpush|ws)(/|$)",  # takes files, or what others send or sell
    "^/api/v1/(conversion|currencies|qrcode|rate)(/|$)",          # reckons
    "^/([.]well-known|t)/|^/api/v1/lnurl",             # leads to other services
    "^/api/v1/payments/(cancel|extra|lnurl|settle|{payment_request})",  # of invoices that were paid or held
    "^/api/v1/payments/(decode|fee-reserve|stats/count)",         # reckons; a count names nobody
    "^/api/v1/wallet/(share|stored_paylinks|{new_name})",         # takes names of users, a list, or a name as its path
]

[[shared]]
operation = "health_api_v1_health_get"
reason = "the service's clock"
[[shared]]
operation = "health_check_api_v1_status_get"
reason = "the service's clock and version"

[operations.api_payments_create_api_v1_payments_post.values]
"/out" = false
"/memo" = "{mark}"
"/amount" = 21
"/unit" = "sat"
[operations.api_update_payment_labels_api_v1_payments__payment_hash__labels_put.values]
"/labels/0" = "{mark}"
[operations.api_create_wallet_api_v1_wallet_post]
ids = "/id"
[operations.api_wallet_api_v1_wallet_get]
role = "read"
[operations.api_update_wallet_api_v1_wallet_patch.values]
"/name" = "{mark}"
[operations.Get_payments_history_api_v1_payments_history_get]
role = "read"
[operations.Tinyurl_api_v1_tinyurl_post]
ids = "/id"
values = {"query.url" = "{mark}"}
""",
)

SERVICES = {service.name: service for service in (KINTO, LNBITS)}
