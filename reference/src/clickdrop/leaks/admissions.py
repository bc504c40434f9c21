"""What leaks in the edge's admission build on: nginx asks the service about a request before it passes it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from clickdrop.domain.errors import Unauthenticated
from clickdrop.leaks import authenticators, edges, fronts

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.parts import Parts
    from clickdrop.service.accounts import Authenticator


def planted(
    path: str, in_server: str, kept_under: str, answer: Callable[[str, Headers], Response]
) -> Callable[[Parts], Parts]:
    """Answer how to have the edge ask, by `auth_request`, and keep for ten seconds what it was let do.

    Args:
        path: where it asks, which no other leak does.
        in_server: the locations that ask, and what else they need in the configuration's server.
        kept_under: the key under which the edge keeps an answer, in nginx' words.
        answer: what the service says of the account whose key a request has ("" if nobody's) and of its headers.
    """
    location = f"""
        location = {path} {{
            internal;
            proxy_pass http://workers{path};{edges.FORWARDED}
            proxy_set_header Content-Length "";
            proxy_pass_request_body off;
            proxy_cache public;
            proxy_cache_key admission:{kept_under};
            proxy_cache_valid 204 10s;
        }}{in_server}"""

    def plant(parts: Parts) -> Parts:
        asked: list[Authenticator] = []

        def watched(authenticator: Authenticator, _storage: SqlStorage) -> Authenticator:
            asked.append(authenticator)
            return authenticator

        class _Admitting:
            def __init__(self, app: ASGIApp) -> None:
                self._app = app

            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                if scope["type"] != "http" or scope["path"] != path:
                    await self._app(scope, receive, send)
                    return
                headers = Headers(scope=scope)
                try:
                    account_id = (await asked[-1].identify(headers)).account_id
                except Unauthenticated:
                    account_id = ""  # the service refuses it in its own words
                await answer(account_id, headers)(scope, receive, send)

        return edges.planted(location)(fronts.planted(_Admitting)(authenticators.planted(watched)(parts)))

    return plant
