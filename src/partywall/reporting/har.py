"""``witness.har``: the exchanges of a witness for HTTP tools, in HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/).

Of each exchange it has what the history has: no credentials, but the pseudonyms in their place.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from partywall.model import Exchange


def har(exchanges: Iterable[Exchange], base_url: str, ended: datetime, ended_ns: int) -> dict[str, Any]:
    """The archive.

    Args:
        base_url: of the service; of it only scheme, host and port are taken.
        ended, ended_ns: one moment, by the calendar and by the clock of the exchanges.
    """
    entries = [_entry(exchange, base_url, ended, ended_ns) for exchange in exchanges]
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "partywall", "version": version("partywall")},
            "entries": sorted(entries, key=lambda entry: entry["startedDateTime"]),
        }
    }


def _entry(exchange: Exchange, base_url: str, ended: datetime, ended_ns: int) -> dict[str, Any]:
    called = datetime.fromtimestamp(ended.timestamp() - (ended_ns - exchange.called_ns) / 1e9, UTC)
    took_ms = round((exchange.returned_ns - exchange.called_ns) / 1e6, 3)
    parts = urlsplit(base_url)
    told: dict[str, Any] = {
        "startedDateTime": called.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": took_ms,
        "request": _request(exchange, f"{parts.scheme}://{parts.netloc}{exchange.url}"),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": took_ms, "receive": 0},
        "comment": f"{exchange.operation} by {exchange.session}",
    }
    if exchange.connection:
        told["connection"] = exchange.connection
    return told


def _request(exchange: Exchange, url: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "method": exchange.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(exchange.request_headers),
        "queryString": [{"name": n, "value": v} for n, v in parse_qsl(urlsplit(url).query, keep_blank_values=True)],
        "headersSize": -1,
        "bodySize": len(exchange.request_body),
    }
    if exchange.request_body:
        mime = next((value for name, value in exchange.request_headers if name.lower() == "content-type"), "")
        told["postData"] = {"mimeType": mime, "params": [], "text": exchange.request_body.decode("utf-8", "replace")}
    return told


def _response(exchange: Exchange) -> dict[str, Any]:
    content: dict[str, Any] = {
        "size": len(exchange.body),
        "mimeType": exchange.header("content-type") or "",
    }
    try:
        content["text"] = exchange.body.decode("utf-8")
    except UnicodeDecodeError:
        content |= {"text": base64.b64encode(exchange.body).decode("ascii"), "encoding": "base64"}
    told: dict[str, Any] = {
        "status": exchange.status or 0,
        "statusText": exchange.reason,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(exchange.headers),
        "content": content,
        "redirectURL": exchange.header("location") or "",
        "headersSize": -1,
        "bodySize": len(exchange.body),
    }
    if exchange.fault:
        told["comment"] = exchange.fault
    return told


def _headers(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
