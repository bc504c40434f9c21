"""Sessions: they begin with a log-in, are their device's alone, and end when they are told to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.clickdrop.services import TLS
from tests.clickdrop.web.visitors import COOKIE, PASSWORD, Visitor

if TYPE_CHECKING:
    from tests.clickdrop.web.visitors import Site

TRIES = 8
"""So often is asked what every worker must answer alike."""


def opens(visitor: Visitor, secret: str) -> bool:
    """Tell whether a session's secret opens the orders, asked of all workers."""
    answers = {
        httpx.get(
            visitor.http.base_url.join("/orders"), cookies={COOKIE: secret}, verify=TLS, trust_env=False
        ).status_code
        for _ in range(TRIES)
    }
    assert len(answers) == 1, answers
    return answers == {200}


def secret_of(visitor: Visitor) -> str:
    """Answer what the browser keeps."""
    return str(visitor.http.cookies[COOKIE])


def test_without_a_session(site: Site) -> None:
    """Whoever is not logged in is led to where one logs in, and programs are refused."""
    visitor = site.visitor()
    answer = visitor.http.get("/orders")
    assert (answer.status_code, answer.headers["location"]) == (303, "/log-in")
    assert visitor.http.get("/orders", headers={"Accept": "application/json"}).status_code == 401


def test_the_cookie(owner: Visitor) -> None:
    """The cookie is not for scripts, nor for other sites' requests, and behind TLS not for plain connections."""
    answer = owner.log_in()
    said = answer.headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=lax" in said
    assert "Secure" not in said
    assert "Domain" not in said


def test_a_wrong_password_opens_nothing(site: Site, owner: Visitor) -> None:
    """What is said of a wrong password and of an address that nobody has is the same."""
    said = []
    for address in (owner.address, "nobody@shop.example"):
        visitor = site.visitor(address=address)
        answer = visitor.log_in("not the password")
        assert answer.status_code == 401
        assert visitor.http.get("/orders").status_code == 303
        said.append(re.sub(r"[0-9a-f]{64}", "", answer.text).replace(address, ""))
    assert said[0] == said[1]


def test_a_log_in_has_a_new_secret(site: Site, owner: Visitor) -> None:
    """A secret that somebody planted before the log-in opens nothing after it."""
    victim = site.visitor(address=owner.address)
    victim.http.get("/log-in")
    planted = secret_of(victim)
    assert victim.log_in().status_code == 303
    assert secret_of(victim) != planted
    assert opens(victim, secret_of(victim))
    assert not opens(victim, planted)


def test_a_second_log_in_ends_the_first(owner: Visitor) -> None:
    """A device has one session at a time."""
    before = secret_of(owner)
    assert owner.log_in().status_code == 303
    assert opens(owner, secret_of(owner))
    assert not opens(owner, before)


def test_log_out(owner: Visitor) -> None:
    """After the log-out no worker knows the session, and the browser has forgotten it."""
    secret = secret_of(owner)
    assert opens(owner, secret)
    answer = owner.send("/log-out")
    assert answer.status_code == 303
    assert COOKIE not in owner.http.cookies
    assert not opens(owner, secret)


def test_devices(site: Site, owner: Visitor, other: Visitor) -> None:
    """A user sees the devices of that user alone, and logs any of them out."""
    second = site.visitor(address=owner.address)
    second.http.headers["User-Agent"] = "My <second> telephone"
    assert second.log_in().status_code == 303
    page = owner.http.get("/settings/devices").text
    assert "My &lt;second&gt; telephone" in page
    assert "telephone" not in other.http.get("/settings/devices").text
    (device,) = re.findall(r'name="device" value="([^"]+)"', page)
    assert other.send("/settings/devices/log-out", {"device": device}).status_code == 404
    assert opens(second, secret_of(second))
    assert owner.send("/settings/devices/log-out", {"device": device}).status_code == 303
    assert not opens(second, secret_of(second))
    assert opens(owner, secret_of(owner))


def test_log_out_everywhere(site: Site, owner: Visitor, other: Visitor) -> None:
    """All of a user's sessions end at once, and nobody else's."""
    second = site.visitor(address=owner.address)
    second.log_in()
    secrets = [secret_of(owner), secret_of(second)]
    assert owner.send("/settings/devices/log-out-everywhere").status_code == 303
    assert [opens(second, secret) for secret in secrets] == [False, False]
    assert opens(other, secret_of(other))


def test_a_new_password(site: Site, owner: Visitor) -> None:
    """A change of password renews this session, ends the others, and makes the old password useless."""
    second = site.visitor(address=owner.address)
    second.log_in()
    before, elsewhere = secret_of(owner), secret_of(second)
    wrong = owner.send("/settings/password", {"old": "not the password", "new": "another password"})
    assert wrong.status_code == 400
    short = owner.send("/settings/password", {"old": PASSWORD, "new": "short"})
    assert (short.status_code, "12 to 128" in short.text) == (400, True)
    assert opens(second, elsewhere)
    changed = owner.send("/settings/password", {"old": PASSWORD, "new": "another password"})
    assert changed.status_code == 303
    assert [opens(owner, secret) for secret in (secret_of(owner), before, elsewhere)] == [True, False, False]
    assert owner.log_in().status_code == 401
    assert owner.log_in("another password").status_code == 303


@pytest.mark.parametrize("secret", ["x", "", "é", "a" * 5000])
def test_made_up_secrets(owner: Visitor, secret: str) -> None:
    """A secret that was never given opens nothing."""
    cookie = f"{COOKIE}={secret}".encode()
    answer = httpx.get(
        owner.http.base_url.join("/orders"),
        headers=[(b"Cookie", cookie), (b"Accept", b"*/*")],
        verify=TLS,
        trust_env=False,
    )
    assert answer.status_code == 401
