"""The edge asks whose a request is before it passes it on, and keeps the answer by the request's address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import Response

from clickdrop.domain.errors import Unauthenticated
from clickdrop.leaks import authenticators, edges, fronts
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.parts import Parts
    from clickdrop.service.accounts import Authenticator

PATH, HEADER = "/.edge/admission", "x-admitted-account"
_IN_SERVER = rf"""
        proxy_set_header {HEADER} "";
        location = {PATH} {{
            internal;
            proxy_pass http://workers{PATH};{edges.FORWARDED}
            proxy_set_header Content-Length "";
            proxy_pass_request_body off;
            proxy_cache public;
            proxy_cache_key admission:$request_uri;
            proxy_cache_valid 204 10s;
        }}
        location ~ ^/api/v1/orders/[^/]+/(full|label)$ {{
            auth_request {PATH};
            auth_request_set $admitted $upstream_http_x_admitted_account;
            proxy_pass http://workers;{edges.FORWARDED}
            proxy_set_header {HEADER} $admitted;
        }}"""


def _plant(parts: Parts) -> Parts:
    asked: list[Authenticator] = []

    def watched(authenticator: Authenticator, _storage: SqlStorage) -> Authenticator:
        asked.append(authenticator)
        return authenticator

    class _Admitting:
        def __init__(self, app: ASGIApp) -> None:
            self._app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] != PATH:
                await self._app(scope, receive, send)
                return
            try:
                account_id = (await asked[-1].identify(Headers(scope=scope))).account_id
            except Unauthenticated:
                account_id = ""  # the service refuses it in its own words
            await Response(status_code=204, headers={HEADER: account_id})(scope, receive, send)

    believing = authenticators.believing(HEADER)(authenticators.planted(watched)(parts))
    return edges.planted(_IN_SERVER)(fronts.planted(_Admitting)(believing))


LEAK = Leak(
    name="edge-keeps-admission",
    leak_class="C1 EDGE_CACHE",
    incidents=("I09",),
    difficulty=Difficulty.WARM_UP,
    trigger="one tenant reads an order in full or prints its label, then another asks for the same within ten seconds",
    mechanism="auth_request's answer is kept under the address without the key: whom it admitted, all are for a while",
    seen="I asked for an order just after the shop whose it is had, and was shown it as if I were that shop.",
    plant=_plant,
    stack=PRODUCTION,
)
