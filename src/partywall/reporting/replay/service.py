"""The service, as the replay's callers see it."""

from __future__ import annotations

import base64
import contextlib
import html
import re
import socket
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from partywall.reporting.replay.answers import Answer, found_at

BUSY_TRIES, BUSY_S_MAX = 5, 5.0
OPERATOR = "operator"
BEARER = {"place": "header", "name": "Authorization", "prefix": "Bearer "}


class NotRunError(Exception):
    """The steps could not be run, so that nothing was shown either way."""


class EndedError(Exception):
    """A value that a later step needs did not come: this attempt shows nothing more."""


@dataclass
class Caller:
    """Who plays a role."""

    role: str
    key: str = field(repr=False)
    account: str = ""
    name: str = ""
    url: str = ""
    shown: list[dict[str, str]] = field(default_factory=lambda: [BEARER])
    further: list[str] = field(default_factory=list, repr=False)

    def proof(self, place: str) -> dict[str, str]:
        """What proves who it is in a place of its requests: by name."""
        found = {}
        for shown, value in zip(self.shown, [self.key, *self.further], strict=False):
            if shown["place"] == place:
                basic = shown["prefix"] == "Basic "
                found[shown["name"]] = shown["prefix"] + (base64.b64encode(value.encode()).decode() if basic else value)
        return found


def credential(caller: Caller) -> dict[str, str]:
    """The headers that prove who a caller is."""
    cookies = "; ".join(f"{name}={value}" for name, value in caller.proof("cookie").items())
    return caller.proof("header") | ({"Cookie": cookies} if cookies else {})


class Service:
    """The service, and the callers' connections to it: one client for each session of each role."""

    def __init__(self, url: str, callers: dict[str, Caller], timeout_s: float) -> None:
        self.callers = callers
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._tls = httpx.create_ssl_context()
        self._clients: dict[tuple[str, int | None], httpx.Client] = {}
        self._form_tokens: dict[tuple[str, int | None], str] = {}
        self._streams: list[Stream] = []

    def send(self, requests: list[tuple[dict[str, Any], httpx.Request]]) -> list[Answer]:
        """Send one request, or several at the same moment; all of them again if the service was too busy."""
        for _ in range(BUSY_TRIES):
            answers = self._together(requests)
            waits = [dict(answer.headers).get("retry-after", "") for answer in answers if answer.status == 429]
            if not waits:
                break
            time.sleep(max(min(float(wait), BUSY_S_MAX) if wait.isdigit() else 1.0 for wait in waits))
        return answers

    def _together(self, requests: list[tuple[dict[str, Any], httpx.Request]]) -> list[Answer]:
        """A session's own requests go one after another."""
        queues: dict[tuple[str, int | None], list[int]] = {}
        for place, (step, _) in enumerate(requests):
            queues.setdefault((step["role"], step["session"]), []).append(place)
        barrier = threading.Barrier(len(queues))

        def run(queue: list[int]) -> list[tuple[int, Answer]]:
            barrier.wait()
            return [(place, self._one(*requests[place])) for place in queue]

        with ThreadPoolExecutor(len(queues)) as pool:
            done = [pair for pairs in list(pool.map(run, queues.values())) for pair in pairs]
        return [answer for _, answer in sorted(done, key=lambda pair: pair[0])]

    def request(self, step: dict[str, Any], url: str, headers: list[tuple[str, str]], body: bytes) -> httpx.Request:
        """A step's request, with its caller's credential."""
        client = self._client(step["role"], step["session"])
        base = self._url if step["session"] is not None else self.callers[OPERATOR].url.rstrip("/")
        token = self._form_tokens.get((step["role"], step["session"]))
        form = any(name.lower() == "content-type" and "form-urlencoded" in value for name, value in headers)
        if step["page"] and token and form:
            body += b"&" + urllib.parse.urlencode({step["page"]["form_field"]: token}).encode()
        caller = self.callers[step["role"] if step["session"] is not None else OPERATOR]
        proof = credential(caller)
        if asked := urllib.parse.urlencode(caller.proof("query")):
            url += f"{'&' if '?' in url else '?'}{asked}"
        if "Cookie" in proof:  # beside those of the step, which would replace it
            headers = [(k, f"{proof['Cookie']}; {v}" if k.lower() == "cookie" else v) for k, v in headers]
        request = client.build_request(step["method"], base + url, headers=headers, content=body or None)
        for name in proof if step["page"] else ():
            request.headers.pop(name, None)
        return request

    def listen(self, step: dict[str, Any], request: httpx.Request) -> None:
        """Send a request whose answer goes on, and read it in a thread until it is `heard`."""
        self._streams.append(Stream(self._client(step["role"], step["session"]), step, request))

    def heard(self, seconds: float) -> list[Answer]:
        """What came in all streams, after so many seconds more."""
        streams, self._streams = self._streams, []
        until = time.monotonic() + seconds
        for stream in streams:
            stream.reader.join(max(0.0, until - time.monotonic()))
        return [stream.close() for stream in streams]

    def hang_up(self, step: dict[str, Any], request: httpx.Request, after_ms: float) -> Answer:
        """Send a request whole and close the socket after so long, answered or not."""
        address = (request.url.host, request.url.port or (443 if request.url.scheme == "https" else 80))
        received = bytearray()
        with socket.create_connection(address, self._timeout_s) as plain:
            link = self._tls.wrap_socket(plain, server_hostname=address[0]) if request.url.scheme == "https" else plain
            head = b"%s %s HTTP/1.1\r\n" % (request.method.encode(), request.url.raw_path)
            head += b"".join(b"%s: %s\r\n" % pair for pair in request.headers.raw) + b"\r\n"
            link.sendall(head + request.read())
            until = time.monotonic() + after_ms / 1e3
            with contextlib.suppress(OSError):
                while (left := until - time.monotonic()) > 0:
                    link.settimeout(left)
                    received += (data := link.recv(65536))
                    if not data:
                        break
        return Answer(step, _sent(request), _cookies(request), None, "", [], bytes(received))

    def _one(self, step: dict[str, Any], request: httpx.Request) -> Answer:
        client = self._client(step["role"], step["session"])
        kept = [cookie for cookie in client.cookies.jar if step["page"] and cookie.name in step["page"]["cookies"]]
        got = client.send(request)
        for cookie in kept:  # who wants to go on after a log-out has kept it
            if cookie.name not in {each.name for each in client.cookies.jar}:
                client.cookies.jar.set_cookie(cookie)
        if step["page"] and (token := hidden(got.text, step["page"]["form_field"])):
            self._form_tokens[step["role"], step["session"]] = token
        headers = [(name.lower(), value) for name, value in got.headers.multi_items()]
        for token in found_at(got.content, [step["opens"]["token"]]) if step["opens"] and got.is_success else []:
            client = self._client(step["role"], step["opens"]["session"])
            client.headers[step["opens"]["header"]] = step["opens"]["prefix"] + token
        return Answer(step, _sent(request), _cookies(request), got.status_code, got.reason_phrase, headers, got.content)

    def close(self) -> None:
        """Close its connections."""
        for client in self._clients.values():
            client.close()

    def _client(self, role: str, session: int | None) -> httpx.Client:
        if (role, session) not in self._clients:
            caller = self.callers.get(role if session is not None else OPERATOR)
            if caller is None:
                raise NotRunError("expected operator_url and operator_key, since the operator takes part; came none")
            self._clients[role, session] = httpx.Client(
                headers=credential(caller), timeout=self._timeout_s, verify=self._tls, trust_env=False
            )
        return self._clients[role, session]


class Stream:
    """An answer that goes on, and is read in a thread of its own."""

    def __init__(self, client: httpx.Client, step: dict[str, Any], request: httpx.Request) -> None:
        self._step = step
        self._request = request
        self._received = bytearray()
        self._response = client.send(request, stream=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def close(self) -> Answer:
        """Hang up: what had come is the answer."""
        with contextlib.suppress(OSError, AttributeError):
            self._response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self.reader.join(5.0)
        got = self._response
        headers = [(name.lower(), value) for name, value in got.headers.multi_items()]
        request, body = self._request, bytes(self._received)
        return Answer(self._step, _sent(request), _cookies(request), got.status_code, got.reason_phrase, headers, body)

    def _read(self) -> None:
        with contextlib.suppress(httpx.HTTPError, httpx.StreamError, OSError):
            for part in self._response.iter_bytes():
                self._received += part


def hidden(page: str, name: str) -> str:
    """What a page has in its hidden field of this name, "" if it has none."""
    for tag in re.findall(r"(?i)<input\b[^>]*>", page) if name else ():
        found = re.findall(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", tag)
        said = {key.lower(): html.unescape("".join(values)) for key, *values in found}
        if (said.get("type"), said.get("name")) == ("hidden", name):
            return said.get("value", "")
    return ""


def _sent(request: httpx.Request) -> str:
    """What a request says, with its percent-escapes resolved as often as they nest."""
    url, before = request.url.raw_path.decode("ascii"), ""
    while url != before:
        before, url = url, urllib.parse.unquote(url)
    return f"{url} {request.read().decode('utf-8', 'replace')}".lower()


def _cookies(request: httpx.Request) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}
