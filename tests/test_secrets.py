"""What holds a secret does not show it: a failing test prints the objects that it had in hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers.counting import Counter
from benchmarks.peers.ground import Ground
from clickdrop.demo import DemoTenant
from clickdrop.domain.accounts import IssuedKey
from clickdrop.domain.users import Login, Session
from clickdrop.domain.webhooks import Webhook
from clickdrop.service.sign_in import NewSession
from clickdrop.settings import Embedded, Production
from clickdrop.settings import Provider as ProviderSettings
from clickdrop.settings import Settings as ServiceSettings
from fixtures.providers import Provider
from partywall.drive import recorder
from partywall.drive.client import Prepared
from partywall.drive.redaction import Redaction
from partywall.explore.programme import Client
from partywall.model import Request
from partywall.model import Tenant as PartywallTenant
from partywall.policy import Policy
from partywall.reporting.replay import answers
from partywall.reporting.replay.service import Caller
from partywall.suite.generic.credentials import Known, Proof
from partywall.suite.generic.settings import Settings
from partywall.target import Credential, Operator, Target
from tests.clickdrop.services import Service, Tenant

SECRET = "nobody-is-to-read-this"
NOTHING: Any = None
HEADERS = (("Authorization", f"Bearer {SECRET}"),)
TOLD = {"kind": "bearer", "token": SECRET}
NOW = datetime(2026, 11, 24, tzinfo=UTC)
READ = Request("read", "GET", "/")
LOG_IN = Request("log in", "POST", "/log-in", body=SECRET.encode())
SESSION = Session("1", "2", "3", "a browser", NOW, NOW)
HOLDERS = (
    Credential(HEADERS, "account"),
    Operator("http://127.0.0.1:1", HEADERS),
    Target("", Policy(()), lambda _: Credential(HEADERS), operator=Operator("", HEADERS)),
    Client("A", PartywallTenant(1, "A", "Shop"), HEADERS, (READ,), opening=(LOG_IN,)),
    Prepared(READ, "/", HEADERS, SECRET.encode()),
    recorder.Answer("", 200, "OK", HEADERS, SECRET.encode()),
    Redaction({SECRET.encode(): b"name"})._known,
    Known("ada", (TOLD,)),
    Proof({"Authorization": SECRET}, {"key": SECRET}, {"sid": SECRET}),
    Settings(Path(), tenant=({"name": "ada", "credentials": [TOLD]},), sign_up={"body": SECRET}),
    answers.Answer({}, SECRET, {"sid": SECRET}, 200, "OK", [*HEADERS], SECRET.encode()),
    Caller("A", SECRET),
    IssuedKey("1", SECRET),
    NewSession(SESSION, SECRET),
    Login("1", "2", SECRET),
    Webhook("1", "https://example.org", SECRET, NOW),
    DemoTenant("1", "Shop", SECRET, "ada@example.org", SECRET),
    ProviderSettings("http://127.0.0.1:1", SECRET),
    Production(Path(), Path(), SECRET, SECRET),
    ServiceSettings(Embedded(Path()), token_secret=SECRET.encode(), operator_key=SECRET),
    Provider(NOTHING, SECRET),
    Ground("", {"ALICE_TOKEN": SECRET}, {}, Counter("http://127.0.0.1:1")),
    Tenant("1", "Shop", SECRET, NOTHING),
    Service(NOTHING, {"operator_key": SECRET}),
)


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: f"{type(holder).__module__}.{type(holder).__name__}")
def test_not_shown(holder: object) -> None:
    assert SECRET not in repr(holder)
