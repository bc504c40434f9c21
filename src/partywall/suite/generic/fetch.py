"""Reads from foreign services within bounds: hosts, redirects, bytes, seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx

from partywall.decode.formats.compressed import CODINGS, without_content_coding
from partywall.errors import Inconclusive, UsageError
from partywall.suite.generic.deadline import LATE, Deadline

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from partywall.suite.generic.guard import Hosts

DESCRIPTION_BYTES_MAX = 32 * 1024 * 1024
REDIRECTS_MAX = 5
SECONDS = 30.0


class TooMuchError(httpx.HTTPError):
    """A body went on beyond what is read, or for longer than is waited."""


def read_bounded(response: httpx.Response, bytes_max: int) -> bytes:
    """The whole body of a streamed response, its Content-Encoding undone and taken out of the headers; one that is not
    known stays. Raises `TooMuchError` if it goes on too long, `httpx.DecodingError` if it is not encoded as it says."""
    received = bytearray()
    try:
        for part in response.iter_raw():
            received += part
            if len(received) > bytes_max:
                raise TooMuchError(f"a body of more than {bytes_max} bytes")
    except httpx.ReadTimeout as error:
        if str(error) == LATE:
            raise TooMuchError("a body that does not end in time") from error
        raise
    body, encoding = bytes(received), response.headers.get("content-encoding", "")
    if not body or not CODINGS & {word.strip().lower() for word in encoding.split(",")}:
        return body
    plain = without_content_coding(body, encoding, bytes_max)
    if plain is body:
        raise httpx.DecodingError(f"a body that is not {encoding!r}, as it says, or of more than {bytes_max} bytes")
    del response.headers["content-encoding"]
    return plain


def description(source: str, folder: Path, hosts: Hosts, verify: ssl.SSLContext) -> str:
    """The text of a description. Raises `UsageError` or `Inconclusive` if it can't be had."""
    if not source.startswith(("http://", "https://")):
        try:
            path = folder / source
            if path.stat().st_size > DESCRIPTION_BYTES_MAX:
                raise UsageError(f"{source}: a description of more than {DESCRIPTION_BYTES_MAX} bytes is not read")
            return path.read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            raise UsageError(f"{source}: expected the file of an OpenAPI description; {error}") from error
    url, deadline = hosts.check(source, "--openapi"), Deadline(verify, time.monotonic() + SECONDS)
    with httpx.Client(timeout=10.0, transport=deadline, headers={"Accept-Encoding": "identity"}) as client:
        for _ in range(REDIRECTS_MAX + 1):
            try:
                with client.stream("GET", url) as response:
                    if response.is_redirect:
                        url = hosts.check(str(response.url.join(response.headers["location"])), f"{source} redirects")
                        continue
                    body = read_bounded(response, DESCRIPTION_BYTES_MAX)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise Inconclusive(f"{source}: no description came: {type(error).__name__}: {error}") from error
            if response.status_code != httpx.codes.OK:
                raise UsageError(f"{source}: expected a description with status 200; came {response.status_code}")
            return body.decode("utf-8-sig", "replace")
    raise Inconclusive(f"{source}: it redirects more than {REDIRECTS_MAX} times")
