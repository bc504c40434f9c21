"""The edge asks whether a key may act for the account that a header names, and keeps the answer by the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from clickdrop.leaks import admissions, authenticators, edges
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

if TYPE_CHECKING:
    from starlette.datastructures import Headers

    from clickdrop.parts import Parts

PATH, HEADER = "/.edge/admission-of-key", "x-account-id"
_IN_SERVER = f"""
        proxy_set_header {HEADER} "";
        location /api/v1/ {{
            auth_request {PATH};
            proxy_pass http://workers;{edges.FORWARDED}
            proxy_set_header {HEADER} $http_x_account_id;
        }}"""


def _answer(account_id: str, headers: Headers) -> Response:
    may = not account_id or headers.get(HEADER, account_id) == account_id
    return Response(status_code=204 if may else 403)


def _plant(parts: Parts) -> Parts:
    return authenticators.believing(HEADER)(admissions.planted(PATH, _IN_SERVER, "$http_authorization", _answer)(parts))


LEAK = Leak(
    name="edge-admits-known-keys",
    leak_class="C12 TENANT_SOURCE",
    incidents=("I68", "I80"),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "echo", "completeness", "integrity"),
    trigger="a valid key, used below /api/v1 in the last ten seconds, and another tenant's account in X-Account-Id",
    mechanism="auth_request's answer, that the key may act for the header's account, is kept under the key alone",
    seen="Right after a look at my own orders, a header with another shop's number was enough to be shown theirs.",
    plant=_plant,
    stack=PRODUCTION,
)
