"""Where the service is that a description describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from partywall.errors import UsageError
from partywall.policy import Grant
from partywall.suite.generic.api import opened
from partywall.suite.generic.settings import Settings
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TENANTS = tuple({"name": n, "credentials": [{"kind": "bearer", "token": f"token-of-{n}"}]} for n in ("ada", "B", "eve"))


class _Handler(Handler):
    server: Toy

    def respond(self) -> None:
        """A description that names localhost, wherever it is read from; 200 to all else."""
        operation = {"responses": {"200": {"description": "ok"}}}
        document = {
            "swagger": "2.0",
            "host": f"localhost:{self.server.server_port}",
            "paths": {"/things": {"get": operation}},
        }
        self.say(200, json.dumps(document), ("Content-Type", "application/json"))


@pytest.fixture
def port() -> Iterator[int]:
    """Where the service is."""
    with up(Toy(_Handler)) as service:
        yield service.server_port


def test_grants(tmp_path: Path, port: int) -> None:
    """Tenants are named as their list names them, or by the labels that they have in trials."""
    told = ({"owner": "B", "viewer": "ada", "reason": "one firm"}, {"owner": "A", "viewer": "B", "reason": "one firm"})
    settings = Settings(tmp_path, openapi=f"http://127.0.0.1:{port}/api.json", tenant=TENANTS, granted=told)
    with opened(settings, lambda _line: None) as api:
        assert api.granted == (Grant("B", "A", "one firm"), Grant("A", "B", "one firm"))


@pytest.mark.parametrize(
    ("owner", "viewer", "said"),
    [
        ("ada", "noor", "expected as viewer one of the tenants that own something: A, B, ada; came 'noor'"),
        ("ada", "eve", "expected as viewer one of the tenants that own something: A, B, ada; came 'eve'"),
        ("ada", "A", "expected two tenants; came 'ada' and 'A'"),
    ],
)
def test_grants_that_cannot_be(tmp_path: Path, port: int, owner: str, viewer: str, said: str) -> None:
    """Of nobody, to the third tenant, who stands for strangers, and to oneself."""
    told = ({"owner": owner, "viewer": viewer, "reason": "some"},)
    settings = Settings(tmp_path, openapi=f"http://127.0.0.1:{port}/api.json", tenant=TENANTS, granted=told)
    with pytest.raises(UsageError, match=said), opened(settings, lambda _line: None):
        pass


def test_a_service_elsewhere_than_its_description_is_told(tmp_path: Path, port: int) -> None:
    """Whoever reads the description through a proxy has to know that what is tested is not the proxy."""
    settings = Settings(tmp_path, openapi=f"http://127.0.0.1:{port}/api.json", tenant=TENANTS)
    said: list[str] = []
    with opened(settings, said.append):
        pass
    assert said == [
        f"tested is http://localhost:{port}, as the description says, which was read from 127.0.0.1:{port}: "
        "--base-url says another"
    ]
