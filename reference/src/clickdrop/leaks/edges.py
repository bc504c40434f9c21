"""What leaks at the edge build on: nginx' configuration with something more in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clickdrop.parts import Parts

_SERVER = "    server {\n"
FORWARDED = """
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Request-Id $request_id;"""
"""What a location has to say again, since it inherits none of it once it says one such thing itself."""


def planted(in_server: str) -> Callable[[Parts], Parts]:
    """Answer how to write something into the configuration's server."""

    def plant(parts: Parts) -> Parts:
        return replace(parts, edge=lambda edge: parts.edge(edge).replace(_SERVER, f"{_SERVER}{in_server}\n", 1))

    return plant
