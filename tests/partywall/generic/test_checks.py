"""What can't be used is said in one sentence before anything runs."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest

from partywall.errors import UsageError
from partywall.schema.description import read
from partywall.suite.generic import hooks
from partywall.suite.generic.api import described, tenants
from partywall.suite.generic.credentials import known
from partywall.suite.generic.guard import Hosts
from partywall.suite.generic.logins import Entrance
from partywall.suite.generic.settings import load
from tests.partywall.generic.test_generic_run import ROOT, run
from tests.partywall.histories import A

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "swordfish-7"


@pytest.mark.parametrize("text", ["[tenant]\nname = 'x'", 'tenant = ["a"]', "tenant = 5"])
def test_tenants_are_tables(text: str, tmp_path: Path) -> None:
    """A file whose tenants are no list of tables is refused."""
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(UsageError, match="tenant: expected a list of tables"):
        tenants(load(tmp_path, {"openapi": "a", "tenants": "t.toml"}))


@pytest.mark.parametrize(
    ("credential", "said"),
    [
        ({"kind": ["x"]}, "expected a kind out of"),
        ({"kind": "headers", "headers": SECRET}, "headers: expected a table of texts; came text"),
        ({"kind": "headers", "headers": {"X": [SECRET]}}, "headers: expected a table of texts"),
        ({"kind": "log-in", "url": "/in", "headers": SECRET}, "headers: expected a table of texts; came text"),
        ({"kind": "log-in", "url": 5}, "url: expected text; came a int"),
        ({"kind": "oauth2", "token-url": ["x"], "grant": "password"}, "token-url: expected text; came a list"),
        ({"kind": "form", "url": "/in", "fields": SECRET}, "fields: expected a table of texts; came text"),
        ({"kind": "bearer", "token": f"{SECRET}\nb"}, "header Authorization one line of ASCII"),
        ({"kind": "bearer", "token": f"ä{SECRET}"}, "header Authorization one line of ASCII"),
        ({"kind": "api-key", "name": "X Y", "value": SECRET}, "name of a header, without spaces; came 'X Y'"),
        ({"kind": "api-key", "name": "k", "in": "body", "value": SECRET}, "in: expected one of header, query, cookie"),
        ({"kind": "api-key", "name": "k", "in": "cookie", "value": f"{SECRET};"}, "that a cookie can have"),
    ],
)
def test_credentials_that_cannot_be(credential: dict[str, Any], said: str, tmp_path: Path) -> None:
    """A credential's words have their types, and what no request can carry is told; its value is not."""
    with pytest.raises(UsageError) as refused:
        known([{"name": "ada", "credentials": [credential]}], tmp_path, "t.toml")
    assert said in str(refused.value)
    assert "tenant ada" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("allow-hosts = [1]", "allow-hosts: expected texts; came a int"),
        ('allow-hosts = ["http://x"]', "without scheme, port or path; came 'http://x'"),
        ('exclude-paths = ["("]', "exclude-paths: expected regular expressions; '('"),
        ("rate = -1.0", "rate: expected requests in a second, 0 for no limit; came -1.0"),
        ("rate = nan", "rate: expected requests in a second"),
        ('[operations]\ngetOrder = "x"', "operations.getOrder: expected a table; came text"),
    ],
)
def test_settings_within_lists(text: str, said: str, tmp_path: Path) -> None:
    """What stands in lists and tables is looked at as well."""
    (tmp_path / "partywall.toml").write_text(f'openapi = "a"\n{text}\n')
    with pytest.raises(UsageError) as refused:
        load(tmp_path, {})
    assert said in str(refused.value)


@pytest.mark.parametrize("url", ["http://[bad", "http://127.0.0.1:99999"])
def test_urls_that_are_none(url: str, tmp_path: Path) -> None:
    """What is no URL is told as such, wherever it stands."""
    with pytest.raises(UsageError, match="--base-url: expected a URL; came"):
        Hosts().check(url, "--base-url")
    (tmp_path / "api.json").write_text((ROOT / "docs" / "openapi.json").read_text())
    for arguments in (
        ("plan", "--openapi", f"{url}/api.json"),
        ("run", "--openapi", "api.json", "--base-url", url, "--tenants", "tenants.toml"),
    ):
        done = run(tmp_path, *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "expected a URL; came" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        '[[shared]]\noperation = "nope"\nreason = "r"',
        '[[volatile]]\noperation = "nope"\nreason = "r"',
        '[[once]]\noperation = "nope"\nof = "x"\nkey = "/a"\nat = "/b"',
    ],
)
def test_operations_that_are_not_there(text: str, tmp_path: Path) -> None:
    """Lists of the settings name operations of the description."""
    (tmp_path / "api.json").write_text((ROOT / "docs" / "openapi.json").read_text())
    (tmp_path / "partywall.toml").write_text(f'openapi = "api.json"\n{text}\n')
    with pytest.raises(UsageError, match="no operation 'nope'"):
        described(load(tmp_path, {}), Hosts())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('hook = "json:nothing"', "hook: 'json:nothing' can't be imported"),
        ('hook = "json:__name__"', "hook: json:__name__: expected a function"),
        ('[sign-up]\noperation = "GetVersionAsync"', "sign-up: expected body, credentials"),
        ("[sign-up]\noperation = 5\nbody = {}\ncredentials = []", "sign-up: operation: expected text; came a int"),
        ('[sign-up]\noperation = "nope"\nbody = {}\ncredentials = []', "no operation 'nope'"),
        ('[sign-up]\noperation = "GetVersionAsync"\nbody = {}\ncredentials = [{kind = "x"}]', "expected a kind out of"),
    ],
)
def test_who_makes_tenants(text: str, said: str, tmp_path: Path) -> None:
    """A function that is missing, and a sign-up that can't be sent, are found before the run."""
    (tmp_path / "partywall.toml").write_text(f'openapi = "api.json"\n{text}\n')
    description = read((ROOT / "docs" / "openapi.json").read_text(), "api.json")
    with pytest.raises(UsageError) as refused:
        hooks.check(load(tmp_path, {}), description)
    assert said in str(refused.value)


def test_log_ins_at_what_is_no_url(tmp_path: Path) -> None:
    """A log-in's URL is looked at like any other."""
    told = {"kind": "oauth2", "token-url": "http://[bad", "grant": "password"}
    (tenant,) = known([{"name": "ada", "credentials": [told]}], tmp_path, "t.toml")
    entrance = Entrance("http://127.0.0.1:1", Hosts(), ssl.create_default_context())
    with pytest.raises(UsageError, match="log-in: expected a URL; came"):
        entrance.prove(tenant)


def test_functions_that_fail(tmp_path: Path) -> None:
    """A function that fails is told by its name; what it says may be secret."""
    (tmp_path / "failing_people.py").write_text(f"def headers(label): raise OSError({SECRET!r})\n")
    settings = load(tmp_path, {"openapi": "a", "hook": "failing_people:headers"})
    with pytest.raises(UsageError, match=r"hook: failing_people:headers: it failed: OSError$"):
        hooks.known(settings, A)
