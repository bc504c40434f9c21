"""Services to test against: the command in a process of its own, on a free port."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
from pypdfium2 import PdfDocument

from fixtures.providers import unmeasured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STACKS = ("embedded", "production")
STOP_SECONDS = 10
PATIENCE_SECONDS = 60
LEFT_BYTES_MAX = 1024 * 1024
"""What is on its way to a client that does not read at most, its own socket's share among it (decision 0035)."""
_numbers = count(1)
TLS = httpx.create_ssl_context()
"""How certificates are checked by every client of the tests: loading the trust store costs more than most tests do."""


@dataclass(frozen=True)
class Tenant:
    """A tenant with a key, and a client that uses it."""

    account_id: str
    name: str
    key: str = field(repr=False)
    http: httpx.Client

    def create(self, *orders: dict[str, Any]) -> list[dict[str, Any]]:
        """Make orders, all of which the service must take."""
        response = self.http.post("/orders", json={"items": list(orders)})
        assert response.status_code == 200, response.text
        assert response.json()["failedOrders"] == [], response.text
        created: list[dict[str, Any]] = response.json()["createdOrders"]
        return created

    def hang_up(self, method: str, path: str, seconds: float, body: bytes = b"") -> None:
        """Send a request, and close the connection unless the answer comes within so many seconds."""
        url = self.http.base_url
        head = f"{method} {url.path.rstrip('/')}{path} HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: {self.key}\r\n"
        with socket.create_connection((url.host, url.port or 80)) as connection:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            select.select([connection], [], [], seconds)

    def identifiers(self) -> list[int]:
        """List the identifiers of all orders, page by page."""
        found: list[int] = []
        query: dict[str, str] = {"pageSize": "100"}
        while True:
            page = self.http.get("/orders", params=query).json()
            found += [order["orderIdentifier"] for order in page["orders"]]
            if "continuationToken" not in page:
                return found
            query["continuationToken"] = page["continuationToken"]


@dataclass(frozen=True)
class Service:
    """A service that runs; `ready` is what it said of itself, the operator's key among it."""

    process: subprocess.Popen[str]
    ready: dict[str, Any] = field(repr=False)
    clients: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def url(self) -> str:
        """Where the tenants' API is."""
        url: str = self.ready["url"]
        return url

    def client(self, base_url: str, authorization: str | None = None) -> httpx.Client:
        """Answer a client, closed when the service stops."""
        headers = {} if authorization is None else {"Authorization": authorization}
        client = httpx.Client(base_url=base_url, headers=headers, verify=TLS, trust_env=False)
        return self.clients.enter_context(client)

    def operator(self) -> httpx.Client:
        """Answer the operator's client."""
        return self.client(self.ready["operator_url"], f"Bearer {self.ready['operator_key']}")

    def shop(self, tenant: Tenant) -> httpx.Client:
        """Answer a client of the shop with a tenant's key."""
        return self.client(self.ready["shop_url"], f"Bearer {tenant.key}")

    def tenant(self, *, kind: str = "OBA", channel_shipper: bool = True) -> Tenant:
        """Make a tenant."""
        operator = self.operator()
        name = f"Shop {next(_numbers)}"
        body = {"name": name, "kind": kind, "channel_shipper": channel_shipper}
        account_id = operator.post("/tenants", json=body).json()["id"]
        key = operator.post(f"/tenants/{account_id}/keys", json={}).json()["key"]
        return Tenant(account_id, name, key, self.client(self.url, f"Bearer {key}"))


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds; raises `AssertionError` if it takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"expected within {PATIENCE_SECONDS} seconds: {what}"
        select.select([], [], [], 0.05)


@contextmanager
def slow_reader(request: httpx.Request) -> Iterator[socket.socket]:
    """Send a request on a connection whose client's end holds little, and leave it to the caller to read."""
    url = request.url
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)  # which the system doubles
        connection.connect((url.host, url.port or 80))
        connection.sendall(f"{request.method} {url.raw_path.decode()} HTTP/1.1\r\n{head}\r\n".encode())
        yield connection


def rest(connection: socket.socket) -> int:
    """Read a connection to its end, and answer how many bytes that were."""
    return sum(map(len, iter(partial(connection.recv, 65536), b"")))


def launch(*options: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start `clickdrop serve` on a free port, unless the options say otherwise."""
    command = [sys.executable, "-m", "clickdrop", "serve", "--port", "0", "--json", *options]
    inherited = {name: value for name, value in unmeasured().items() if name != "CLICKDROP_OPERATOR_KEY"}
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**inherited, **(environment or {})},
    )


def stop(process: subprocess.Popen[str]) -> None:
    """Stop a service, by force if need be."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)


@contextmanager
def running(*options: str, environment: dict[str, str] | None = None) -> Iterator[Service]:
    """Run a service with an operator and, unless the options say otherwise, without a rate limit."""
    process = launch("--operator", "--rate-limit", "0", *options, environment=environment)
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            service = Service(process, json.loads(line))
            with service.clients:
                yield service
        finally:
            stop(process)


def order(reference: str | None = None, *, recipient: str = "Ada Fenwick", **fields: Any) -> dict[str, Any]:
    """Answer the body of an order within the country."""
    address = {
        "fullName": recipient,
        "addressLine1": "14 Tide Street",
        "city": "Whitby",
        "postcode": "YO21 3PU",
        "countryCode": "GB",
    }
    body: dict[str, Any] = {
        "recipient": {"address": address},
        "orderDate": "2026-11-24T10:00:00Z",
        "subtotal": 10.35,
        "shippingCostCharged": 1.5,
        "total": 11.85,
        "packages": [{"weightInGrams": 400, "packageFormatIdentifier": "smallParcel"}],
        "postageDetails": {"serviceCode": "TPN24"},
    }
    return body | ({} if reference is None else {"orderReference": reference}) | fields


def text_of(pdf: bytes) -> str:
    """Read the text of a PDF file."""
    with PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
