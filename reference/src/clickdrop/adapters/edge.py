"""The edge: nginx before the workers, with a cache for what is public and for nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clickdrop.domain.status import OPEN_PATHS, OPEN_PREFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PUBLIC_PATHS = ("/api/v1/version", "/api/v1/openapi.json", "/shop/v1/openapi.json")
"""What is the same for everybody and needs no credential. No credential is passed on to what answers there."""

TRACKING_PATHS = ("/shop/v1/tracking/", "/tracking")
"""Below them anybody may ask where a parcel is. No credential is passed on, and no answer is kept: it would be old."""

SEND_BUFFER_BYTES = 64 * 1024
"""How much of an answer the system is asked to hold for a client that reads slowly: it leaves, whatever is closed."""

_OPEN_PLACES = (*(f"= {path}" for path in OPEN_PATHS), *OPEN_PREFIXES)
_METHODS = "GET, HEAD, POST, PUT, DELETE"
_TOO_LARGE_HEADERS = 494  # nginx's own number for it
_ERRORS = {
    400: ("BadRequest", "The request cannot be read."),
    404: ("NotFound", "There is no such resource."),
    405: ("MethodNotAllowed", "The method is not allowed here."),
    408: ("RequestTimeout", "The request took too long to arrive."),
    413: ("BodyTooLarge", "Expected at most {max_body_bytes} bytes of body."),
    414: ("AddressTooLong", "The address of the request is too long."),
    431: ("HeadersTooLarge", "The headers of the request are too large."),
    500: ("InternalError", "The request could not be carried out."),
    502: ("Unavailable", "The service does not answer."),
    503: ("Unavailable", "The service is not available: /status says more."),
    504: ("Unavailable", "The service did not answer in time."),
}


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the edge listens (as nginx writes an address), whom it asks, and where it keeps its files.

    While there is a file `switch`, it serves nothing but what is open at all times.
    """

    listen: str
    workers: Sequence[Path]
    folder: Path
    access_log: Path
    max_body_bytes: int
    switch: Path
    user: str | None = None


def configuration(edge: Edge) -> str:
    """Write nginx's configuration."""
    folder = edge.folder
    return f"""\
{f"user {edge.user};" if edge.user else ""}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/unused;
    uwsgi_temp_path {folder}/unused;
    scgi_temp_path {folder}/unused;
    log_format edge escape=json '{{"time": "$time_iso8601", "request": "$request_id", "client": "$remote_addr", '
        '"method": "$request_method", "path": "$uri", "status": $status, "bytes": $body_bytes_sent, '
        '"seconds": $request_time, "worker": "$upstream_addr", "cache": "$upstream_cache_status"}}';
    access_log {edge.access_log} edge;
    server_tokens off;
    default_type application/octet-stream;
    keepalive_requests 100000;
    large_client_header_buffers 8 64k;
    client_max_body_size {edge.max_body_bytes};
    proxy_http_version 1.1;
    proxy_max_temp_file_size 0;
    proxy_buffers 4 32k;
    proxy_buffer_size 32k;
    proxy_busy_buffers_size 64k;
    proxy_cache_path {folder}/public levels=1 keys_zone=public:1m max_size=16m inactive=10m use_temp_path=off;
    upstream workers {{
        {"".join(f"server unix:{worker} max_fails=0; " for worker in edge.workers)}
        keepalive 64;
        keepalive_timeout 60s;
    }}
    server {{
        listen {edge.listen} sndbuf={SEND_BUFFER_BYTES};
        proxy_set_header Host $http_host;
        proxy_set_header Connection "";
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Request-Id $request_id;
        proxy_hide_header X-Request-Id;
        add_header X-Request-Id $request_id always;
        location / {{
            {_refuse_if_closed(edge)}
            proxy_pass http://workers;
        }}
        {"".join(f"location {place} {{ proxy_pass http://workers; }} " for place in _OPEN_PLACES)}
        {"".join(_anonymous(path, edge) for path in TRACKING_PATHS)}
        {"".join(_public(path, edge) for path in PUBLIC_PATHS)}
        {"".join(_error(status, edge) for status in _ERRORS)}
    }}
}}
"""


def _anonymous(path: str, edge: Edge) -> str:
    """Write a location below which nobody is known by a credential."""
    return f"""
        location {path} {{
            {_refuse_if_closed(edge)}
            proxy_pass http://workers;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Request-Id $request_id;
            proxy_set_header Authorization "";
            proxy_set_header Cookie "";
        }}"""


def _refuse_if_closed(edge: Edge) -> str:
    return f"if (-f {edge.switch}) {{ return 503; }}"


def _public(path: str, edge: Edge) -> str:
    """Write a location whose answers are kept for as long as they themselves say, under their path alone."""
    return f"""
        location = {path} {{
            {_refuse_if_closed(edge)}
            set $args "";
            proxy_pass http://workers{path};
            proxy_set_header Host localhost;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Request-Id $request_id;
            proxy_set_header Authorization "";
            proxy_set_header Cookie "";
            proxy_set_header Range "";
            proxy_cache public;
            proxy_cache_key {path};
            proxy_cache_methods GET HEAD;
            proxy_cache_lock on;
        }}"""


def _error(status: int, edge: Edge) -> str:
    code, message = _ERRORS[status]
    body = json.dumps({"code": code, "message": message.format(max_body_bytes=edge.max_body_bytes)})
    seen_as = f"{_TOO_LARGE_HEADERS} =431" if status == 431 else status
    allow = f'\n            add_header Allow "{_METHODS}" always;' if status == 405 else ""
    # Not a named location: a request whose address cannot be read may not go to one.
    return f"""
        error_page {seen_as} /.edge/{status};
        location = /.edge/{status} {{
            internal;
            default_type application/json;
            add_header X-Request-Id $request_id always;
            add_header Cache-Control "private, no-store" always;{allow}
            return {status} '{body}';
        }}"""
