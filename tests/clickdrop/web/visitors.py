"""Visitors of the website: a browser without scripts, and the users who sit before it."""

from __future__ import annotations

import email
import html
import re
from dataclasses import dataclass, field
from email.policy import default
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.clickdrop.services import TLS, until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.clickdrop.services import Service

PASSWORD = "a password of some length"
COOKIE = "clickdrop_session"
_numbers = count(1)


@dataclass(frozen=True)
class Visitor:
    """A browser with cookies of its own, and the address of whoever uses it."""

    http: httpx.Client
    address: str = ""
    shop: str = ""
    account_id: str = ""

    def token(self, path: str = "/log-in") -> str:
        """Answer the token of a page's form."""
        page = self.http.get(path)
        assert page.status_code == 200, page.text
        return token_of(page)

    def send(
        self, path: str, form: Mapping[str, str] | None = None, *, page: str = "", **options: Any
    ) -> httpx.Response:
        """Send a form to a path, with the token that a page of the site has."""
        token = self.token(page or "/settings/devices")
        return self.http.post(path, data={"form_token": token, **(form or {})}, **options)

    def log_in(self, password: str = PASSWORD) -> httpx.Response:
        """Log in."""
        return self.send("/log-in", {"email": self.address, "password": password}, page="/log-in")

    def orders(self) -> list[str]:
        """Answer the references on the first page of the list."""
        return re.findall(r"<td>(INV[^<]*|REF[^<]*)</td>", self.http.get("/orders").text)

    def import_orders(self, content: str | bytes) -> httpx.Response:
        """Import a file."""
        data = content.encode() if isinstance(content, str) else content
        return self.send("/orders/import", files={"file": ("orders.csv", data, "text/csv")})


def token_of(page: httpx.Response) -> str:
    """Answer the token of a page's form."""
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page.text)
    assert found, page.text
    return found[1]


@dataclass(frozen=True)
class Site:
    """The website of a service."""

    service: Service
    letters_read: set[Path] = field(default_factory=set)

    def visitor(self, **who: str) -> Visitor:
        """Open a browser."""
        http = httpx.Client(
            base_url=self.service.ready["origin"],
            headers={"Accept": "text/html"},
            verify=TLS,
            trust_env=False,
            timeout=60,
        )
        return Visitor(self.service.clients.enter_context(http), **who)

    def user(self, account_id: str, shop: str, role: str = "owner") -> Visitor:
        """Make a user of an account, who is logged in."""
        address = f"{role}{next(_numbers)}@shop.example"
        user = {"email": address, "name": f"User of {shop}", "password": PASSWORD, "role": role}
        made = self.service.operator().post(f"/tenants/{account_id}/users", json=user)
        assert made.status_code == 201, made.text
        visitor = self.visitor(address=address, shop=shop, account_id=account_id)
        assert visitor.log_in().status_code == 303
        return visitor

    def owner(self) -> Visitor:
        """Make an account, whose owner is logged in."""
        tenant = self.service.tenant()
        return self.user(tenant.account_id, tenant.name)

    def letter(self, to: str) -> str:
        """Answer the text of the one letter to an address that has not been read before."""
        for path in Path(self.service.ready["mail"]).glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes(), policy=default)
            if message["To"] == to and path not in self.letters_read:
                self.letters_read.add(path)
                return str(message.get_content())
        raise AssertionError(f"expected a letter to {to}")

    def link(self, to: str) -> str:
        """Answer the path of the link in a letter."""
        origin = self.service.ready["origin"]
        (link,) = re.findall(rf"^{re.escape(origin)}(/\S+)$", self.letter(to), re.MULTILINE)
        return str(link)


def long_answers(site: Site) -> list[httpx.Request]:
    """Make a tenant with orders of all that they can hold; answers how to ask for a megabyte and more of them.

    One answer is written page by page, one is a file.
    """
    tenant = site.service.tenant()
    member = site.user(tenant.account_id, tenant.name)
    columns = ("reference", "full_name", "address_line1", "address_line2", "city", "company_name", "instructions")
    wide = ",".join("x" * length for length in (210, 100, 100, 100, 100, 500))
    for number in range(2):
        rows = "\n".join(f"REF-{number}-{n},{wide}" for n in range(880))
        assert member.import_orders(f"{','.join(columns)}\n{rows}").status_code == 303
    shop = site.service.shop(tenant)
    job = f"/jobs/{shop.post('/jobs/exports', json={'format': 'csv'}).json()['jobId']}"
    until(lambda: shop.get(job).json()["status"] == "done", "the file is written")
    return [member.http.build_request("GET", "/orders/export.csv"), shop.build_request("GET", f"{job}/file")]


def shown(page: httpx.Response) -> str:
    """Answer the text of a page as its reader sees it."""
    return html.unescape(re.sub(r"<[^>]*>", " ", page.text))
