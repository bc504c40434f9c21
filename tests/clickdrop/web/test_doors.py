"""Registering, invitations, forgotten passwords: ways in that go through a mailbox."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP

from tests.clickdrop.services import running
from tests.clickdrop.web.visitors import PASSWORD, Site, Visitor, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message as Letter


def choose(visitor: Visitor, link: str, password: str = PASSWORD) -> int:
    """Follow a link and choose a password; answers the status of the last answer."""
    page = visitor.http.get(link)
    if page.status_code != 200:
        return page.status_code
    return visitor.send(link, {"password": password}, page=link).status_code


def test_registering(site: Site, owner: Visitor) -> None:
    """Who registers chooses a password by a link, owns a new account, is logged in, and can log in again."""
    visitor = site.visitor(address="new.shop@shop.example")
    names = {"shop": "New <Shop>", "name": "Nell", "email": " New.Shop@Shop.Example "}
    assert "Look into your mail" in visitor.send("/register", names, page="/register").text
    link = site.link(visitor.address)
    assert choose(visitor, link, "short") == 400
    assert choose(visitor, link) == 303
    assert "New &lt;Shop&gt;" in visitor.http.get("/orders").text
    assert visitor.http.get("/settings/users").status_code == 200
    again = site.visitor(address=visitor.address)
    assert again.log_in().status_code == 303
    assert owner.shop not in again.http.get("/settings/users").text


def test_registration_links_work_once(site: Site) -> None:
    """The second use of a link makes no second account, and logs nobody in."""
    visitor, thief = site.visitor(address="once@shop.example"), site.visitor()
    names = {"shop": "Once", "name": "Olive", "email": visitor.address}
    visitor.send("/register", names, page="/register")
    link = site.link(visitor.address)
    assert choose(visitor, link) == 303
    assert choose(thief, link, "a password of a thief") == 400
    assert thief.http.get("/orders").status_code == 303
    assert choose(site.visitor(), link + "x") == 404
    accounts = site.service.operator().get("/tenants").json()
    assert [account["name"] for account in accounts].count("Once") == 1


def test_nobody_learns_who_has_an_account(site: Site, owner: Visitor) -> None:
    """Registering and forgetting say the same of an address that logs in and of one that nobody has."""
    for path, names in (("/register", {"shop": "Shop", "name": "Ada"}), ("/forgotten", {})):
        said = []
        for address in (owner.address, f"nobody{len(names)}@shop.example"):
            visitor = site.visitor()
            answer = visitor.send(path, {**names, "email": address}, page=path)
            said.append((answer.status_code, re.sub(r"[0-9a-f]{64}", "", answer.text).replace(address, "")))
            site.letter(address)
        assert said[0] == said[1]


def test_a_forgotten_password(site: Site, owner: Visitor) -> None:
    """A link sets another password once, and ends the sessions that there were."""
    visitor = site.visitor(address=owner.address)
    visitor.send("/forgotten", {"email": owner.address}, page="/forgotten")
    link = site.link(owner.address)
    assert owner.http.get("/orders").status_code == 200
    assert choose(visitor, link, "another password") == 303
    assert visitor.http.get("/orders").status_code == 200
    assert owner.http.get("/orders").status_code == 303
    assert choose(site.visitor(), link, "a third password") == 404
    assert site.visitor(address=owner.address).log_in().status_code == 401
    assert site.visitor(address=owner.address).log_in("another password").status_code == 303


def test_a_newer_link_replaces_an_older_one(site: Site, owner: Visitor) -> None:
    """Of two links to another password only the last one works."""
    links = []
    for _ in range(2):
        site.visitor().send("/forgotten", {"email": owner.address}, page="/forgotten")
        links.append(site.link(owner.address))
    assert choose(site.visitor(), links[0], "another password") == 404
    assert choose(site.visitor(), links[1], "another password") == 303


def test_links_do_not_believe_the_host_header(site: Site, owner: Visitor) -> None:
    """A letter's link leads to this site, whatever host the request named."""
    visitor = site.visitor()
    visitor.http.headers["Host"] = "evil.example"
    visitor.send("/forgotten", {"email": owner.address}, page="/forgotten")
    assert site.link(owner.address).startswith("/choose-password?token=")


def test_an_invitation(site: Site, owner: Visitor, other: Visitor) -> None:
    """An invited user logs in to the account that invited, in the role that was given, and is seen by it alone."""
    invited = site.visitor(address=f"invited-by-{owner.account_id[:8]}@shop.example")
    form = {"name": "Ida <b>", "email": invited.address, "role": "clerk"}
    assert owner.send("/settings/users", form).status_code == 303
    assert invited.log_in().status_code == 401
    link = site.link(invited.address)
    assert choose(invited, link) == 303
    assert choose(site.visitor(), link) == 404
    page = shown(invited.http.get("/orders"))
    assert owner.shop in page
    assert "clerk" in page
    assert "Ida &lt;b&gt;" in owner.http.get("/settings/users").text
    assert invited.address not in other.http.get("/settings/users").text
    assert owner.send("/settings/users", form).status_code == 400


def test_an_invitation_of_somebody_elses_user(site: Site, owner: Visitor, other: Visitor) -> None:
    """An account is not told that an address logs in to another account; who has the mailbox is."""
    form = {"name": "Somebody", "email": other.address, "role": "owner"}
    assert owner.send("/settings/users", form).status_code == 303
    assert choose(site.visitor(), site.link(other.address)) == 400
    assert other.shop in other.http.get("/orders").text


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@", "a b@c.example", "a@b.example\nBcc: x@y.example", "a@" + "b" * 300]
)
def test_addresses_that_are_none(site: Site, address: str) -> None:
    """What is no e-mail address is refused before anything is written to it."""
    answer = site.visitor().send("/forgotten", {"email": address}, page="/forgotten")
    assert answer.status_code == 400


class _Box(Message):
    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Letter] = []

    def handle_message(self, message: Letter) -> None:
        self.letters.append(message)


@contextmanager
def _mail_server(box: _Box) -> Iterator[int]:
    """Run a mail server in a thread, on a free port."""

    async def start() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(box), "127.0.0.1", 0)

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        yield server.sockets[0].getsockname()[1]
        loop.call_soon_threadsafe(server.close)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_letters_by_smtp() -> None:
    """Letters are handed over to a mail server, if the service is told of one."""
    box = _Box()
    with _mail_server(box) as port, running("--smtp", f"127.0.0.1:{port}") as service:
        site = Site(service)
        assert "mail" not in service.ready
        address = site.owner().address
        site.visitor().send("/forgotten", {"email": address}, page="/forgotten")
    (letter,) = box.letters
    assert (letter["To"], "/choose-password?token=" in str(letter.get_payload())) == (address, True)


def test_a_mail_server_that_is_away() -> None:
    """The page is the same while no letter can be sent."""
    with running("--smtp", "127.0.0.1:1") as service:
        answer = Site(service).visitor().send("/forgotten", {"email": "a@shop.example"}, page="/forgotten")
        assert (answer.status_code, "Look into your mail" in answer.text) == (200, True)
