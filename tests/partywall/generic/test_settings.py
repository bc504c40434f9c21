"""What a generic run is told: settings, hosts, tenants from a function, a dry run, and its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Self

import pytest
import uvicorn

from partywall.errors import UsageError
from partywall.suite.generic.settings import load
from tests.partywall.generic.test_generic_run import BOXES, ROOT, run
from tests.partywall.generic_service import TENANTS, USERS, application

if TYPE_CHECKING:
    from pathlib import Path

SETTLED = 6
"""So many boxes are made before the first property is tried."""
HOOK = """
import base64

def headers(label):
    name, password = {
        "A": ("ada", "ada-password-1"), "B": ("noor", "noor-password-2"), "control": ("eve", "eve-password-3")
    }[label]
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}
"""


def test_pyproject(tmp_path: Path) -> None:
    """Settings stand in pyproject.toml as well; partywall.toml comes before it, and the command line before both."""
    (tmp_path / "pyproject.toml").write_text('[tool.partywall]\nopenapi = "a.json"\nrequests = 7\n')
    assert (load(tmp_path, {}).openapi, load(tmp_path, {}).requests) == ("a.json", 7)
    assert load(tmp_path, {"requests": 9}).requests == 9
    (tmp_path / "partywall.toml").write_text('openapi = "b.json"\n')
    assert (load(tmp_path, {}).openapi, load(tmp_path, {}).requests) == ("b.json", 20_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no description"),
        ("openapi = 1", "openapi: expected str; came 1"),
        ('openapi = "a"\nrequests = 0', "requests: expected 1 or more; came 0"),
        ('openapi = "a"\nkeep = "no"', "keep: expected bool; came 'no'"),
        ('openapi = "a"\nspeed = 1', "came 'speed'"),
        ('openapi = "a"\n[[shared]]\noperation = "x"', "shared: expected tables with 'operation' and 'reason'"),
        ('openapi = "a"\n[[granted]]\nowner = "x"\nviewer = "y"', "with 'owner', 'viewer' and 'reason'; came {'owner"),
        ('openapi = "a"\n[[once]]\noperation = "x"\nof = "y"', "with 'operation', 'of', 'key' and 'at'; came {'oper"),
        ("openapi = ", "expected TOML"),
        (
            'openapi = "a"\n[tenant]\nname = "x"\ntoken = "SECRET"',
            "tenant: expected list (write [[tenant]]); came dict",
        ),
        ('openapi = "a"\nsign-up = "SECRET"', "sign-up: expected dict; came str"),
        ('openapi = ["SECRET"]', "openapi: expected str; came list"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, text: str, said: str) -> None:
    """What is wrong is said, with what was expected, and nothing that may be a credential."""
    (tmp_path / "partywall.toml").write_text(text)
    with pytest.raises(UsageError, match=re.escape(said)) as error:
        load(tmp_path, {})
    assert "SECRET" not in str(error.value)


def test_hosts_that_were_not_allowed(tmp_path: Path) -> None:
    """A service that is not on this machine is not called unless it is named."""
    (tmp_path / "api.json").write_text((ROOT / "docs" / "openapi.json").read_text())
    done = run(tmp_path, "run", "--openapi", "api.json", "--base-url", "http://192.0.2.1/")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "say --allow-host 192.0.2.1" in done.stderr


def test_tenants_from_a_function(tmp_path: Path) -> None:
    """A function of the user's answers the headers of each tenant, and of the control."""
    (tmp_path / "people.py").write_text(HOOK)
    (tmp_path / "partywall.toml").write_text('openapi = "/openapi.json"\napp = "boxes:app"\nhook = "people:headers"\n')
    done = run(tmp_path, "run", "--replays", "0", "-k", "own_world", leak="list")
    assert done.returncode == 1, done.stdout + done.stderr
    (tmp_path / "people.py").write_text("def headers(label): return None\n")
    done = run(tmp_path, "run")
    assert done.returncode == 3
    assert "hook: people:headers: expected a dict of headers; came NoneType" in done.stdout


class Served:
    """The boxes in this process, so that a test sees what is in them."""

    def __init__(self, settled: int = SETTLED) -> None:
        self.app = application()
        self.server = uvicorn.Server(uvicorn.Config(self.app, port=0, log_level="error", access_log=False))
        self.made = threading.Event()  # so many boxes
        self.calls: list[tuple[str, str]] = []

        @self.app.middleware("http")
        async def watch(request: Any, go_on: Any) -> Any:
            answer = await go_on(request)
            self.calls.append((request.method, request.url.path))
            if sum(call == ("POST", "/boxes") for call in self.calls) >= settled:
                self.made.set()
            return answer

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.server.run)
        started = threading.Event()
        serve = self.server.startup

        async def startup(*arguments: Any, **named: Any) -> None:
            await serve(*arguments, **named)
            started.set()

        self.server.startup = startup  # type: ignore[method-assign]
        self.thread.start()
        assert started.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join()

    @property
    def url(self) -> str:
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/openapi.json"


def test_dry_run(tmp_path: Path) -> None:
    """A dry run proves who the tenants are, prints the plan, and changes nothing."""
    with Served() as served:
        done = run(tmp_path, "run", "--dry-run", "--openapi", served.url, "--tenants", "tenants.toml")
        assert done.returncode == 0, done.stderr
        assert "Nothing was changed." in done.stdout
        assert {method for method, path in served.calls if path.startswith("/boxes")} <= {"GET"}
        assert not served.made.is_set()


@pytest.mark.parametrize("made", [1, SETTLED])
def test_interrupted(tmp_path: Path, made: int) -> None:
    """After Ctrl-C, what the run had made is gone, and nothing is held; also while it looks around first."""
    (tmp_path / "tenants.toml").write_text(TENANTS)
    with Served(made) as served:
        command = [sys.executable, "-m", "partywall", "run", "--openapi", served.url, "--tenants", "tenants.toml"]
        environment = {**os.environ, "ADA": USERS["ada"]}
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as started:
            assert served.made.wait(60)
            started.send_signal(signal.SIGINT)
            assert started.wait(60) == 3
        assert served.app.state.boxes == {}


def test_what_a_run_made_is_gone(tmp_path: Path) -> None:
    """A run removes what it made, and leaves it if it is told to."""
    with Served() as served:
        for keep, left in (((), False), (("--keep",), True)):
            run(tmp_path, "run", "--openapi", served.url, *BOXES[2:], "-k", "own_world", *keep)
            assert bool(served.app.state.boxes) is left
