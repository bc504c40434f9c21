"""Where the service is that a description describes."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from partywall.suite.generic.api import opened
from partywall.suite.generic.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


class _Handler(BaseHTTPRequestHandler):
    server: ThreadingHTTPServer

    def do_GET(self) -> None:
        """A description that names localhost, wherever it is read from; 200 to all else."""
        operation = {"responses": {"200": {"description": "ok"}}}
        document = {
            "swagger": "2.0",
            "host": f"localhost:{self.server.server_port}",
            "paths": {"/things": {"get": operation}},
        }
        data = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Say nothing."""


def test_a_service_elsewhere_than_its_description_is_told(tmp_path: Path) -> None:
    """Whoever reads the description through a proxy has to know that what is tested is not the proxy."""
    tenants = ({"name": n, "credentials": [{"kind": "bearer", "token": f"token-of-{n}"}]} for n in ("ada", "noor"))
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        port = server.server_address[1]
        settings = Settings(tmp_path, openapi=f"http://127.0.0.1:{port}/api.json", tenant=tuple(tenants))
        said: list[str] = []
        with opened(settings, said.append):
            pass
        server.shutdown()
    assert said == [
        f"tested is http://localhost:{port}, as the description says, which was read from 127.0.0.1:{port}: "
        "--base-url says another"
    ]
