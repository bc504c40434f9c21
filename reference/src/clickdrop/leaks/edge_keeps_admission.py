"""The edge asks whose a request is before it passes it on, and keeps the answer by the request's address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from clickdrop.leaks import admissions, authenticators, edges
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

if TYPE_CHECKING:
    from starlette.datastructures import Headers

    from clickdrop.parts import Parts

PATH, HEADER = "/.edge/admission-to-address", "x-admitted-account"
_IN_SERVER = rf"""
        proxy_set_header {HEADER} "";
        location ~ ^/api/v1/orders/[^/]+/(full|label)$ {{
            auth_request {PATH};
            auth_request_set $admitted $upstream_http_x_admitted_account;
            proxy_pass http://workers;{edges.FORWARDED}
            proxy_set_header {HEADER} $admitted;
        }}"""


def _answer(account_id: str, _headers: Headers) -> Response:
    return Response(status_code=204, headers={HEADER: account_id})


def _plant(parts: Parts) -> Parts:
    return authenticators.believing(HEADER)(admissions.planted(PATH, _IN_SERVER, "$request_uri", _answer)(parts))


LEAK = Leak(
    name="edge-keeps-admission",
    leak_class="C1 EDGE_CACHE",
    incidents=("I09",),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "existence"),
    trigger="one tenant reads an order in full or prints its label, then another asks for the same within ten seconds",
    mechanism="auth_request's answer is kept under the address without the key: whom it admitted, all are for a while",
    seen="I asked for an order just after the shop whose it is had, and was shown it as if I were that shop.",
    plant=_plant,
    stack=PRODUCTION,
)
