"""Log-ins: the requests that turn a tenant's credentials into what its requests carry."""

from __future__ import annotations

import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import httpx

from partywall import places
from partywall.errors import Inconclusive, UsageError
from partywall.forms import Forms
from partywall.suite.generic.credentials import Proof, context, expires, static
from partywall.suite.generic.deadline import Deadline
from partywall.suite.generic.fetch import read_bounded

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from partywall.suite.generic.credentials import Known
    from partywall.suite.generic.guard import Hosts

BODY_BYTES_MAX = 4 * 1024 * 1024
REDIRECTS_MAX = 5
SECONDS = 20.0
"""For one log-in, all its requests together."""
_CSRF = (
    "csrfmiddlewaretoken",
    "csrf_token",
    "_csrf",
    "_token",
    "authenticity_token",
    "csrf",
    "__RequestVerificationToken",
)


class Entrance:
    """Proves tenants to one service.

    Args:
        base_url: what relative URLs count from; a leading "/" counts from its host.
        verify: what TLS is verified by.
        transport: what requests go through instead of the network.
    """

    def __init__(
        self, base_url: str, hosts: Hosts, verify: ssl.SSLContext, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._base_url = base_url
        self._hosts = hosts
        self._verify = verify
        self._transport = transport

    def prove(self, tenant: Known) -> Proof:
        """What the tenant's requests carry from now on. Raises `UsageError` if a credential is refused."""
        proof = Proof()
        for credential in tenant.credentials:
            try:
                proof.add(static(credential) or self._log_in(credential, tenant))
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise Inconclusive(
                    f"tenant {tenant.name}: its {credential['kind']} credential was not answered: {error!r}"
                ) from error
        return proof

    def logs_in(self, tenant: Known, url: str) -> bool:
        """Is the log-in of one of the tenant's credentials at that URL's path?"""
        told = [each["url"] for each in tenant.credentials if each["kind"] in ("form", "log-in")]
        return any(_path(urllib.parse.urljoin(self._base_url + "/", each)) == _path(url) for each in told)

    def _log_in(self, credential: Mapping[str, Any], tenant: Known) -> Proof:
        logins = {"form": self._form, "log-in": self._request, "oauth2": self._oauth2}
        deadline = Deadline(context(self._verify, tenant), time.monotonic() + SECONDS)
        with httpx.Client(
            timeout=10.0, transport=self._transport or deadline, headers={"Accept-Encoding": "identity"}
        ) as client:
            return logins[credential["kind"]](client, credential, tenant.name)

    def _url(self, told: str) -> str:
        try:
            url = urllib.parse.urljoin(self._base_url + "/", told)
        except ValueError:
            url = told  # which is no URL, as is said
        return self._hosts.check(url, "log-in")

    def _call(
        self, client: httpx.Client, method: str, url: str, name: str, **said: Any
    ) -> tuple[httpx.Response, bytes]:
        """Follows redirects as browsers do, to hosts that are allowed."""
        for _ in range(REDIRECTS_MAX + 1):
            with client.stream(method, url, **said) as response:
                body = read_bounded(response, BODY_BYTES_MAX)
            if not response.is_redirect:
                return response, body
            url = self._hosts.check(str(response.url.join(response.headers["location"])), f"tenant {name}: log-in")
            method, said = ("GET", {}) if response.status_code in (301, 302, 303) else (method, said)
        raise UsageError(f"tenant {name}: its log-in redirects more than {REDIRECTS_MAX} times")

    def _refuse(self, name: str, url: str, response: httpx.Response, why: str = "") -> UsageError:
        path = urllib.parse.urlsplit(url).path
        return UsageError(f"tenant {name}: its credentials are refused: {path} came {response.status_code}{why}")

    def _form(self, client: httpx.Client, told: Mapping[str, Any], name: str) -> Proof:
        url = self._url(told["url"])
        response, body = self._call(client, "GET", url, name)
        if response.is_error:
            raise self._refuse(name, url, response, " for its form")
        page = Forms(body.decode("utf-8", "replace"))
        fields = page.hidden | {str(key): str(value) for key, value in told["fields"].items()}
        wanted = str(told.get("csrf", ""))
        token = page.hidden.get(wanted) or next((page.hidden[each] for each in _CSRF if each in page.hidden), "")
        cookie = next((value for key, value in client.cookies.items() if "csrf" in key.lower()), "")
        if wanted and not (token or cookie):
            raise UsageError(f"tenant {name}: {told['url']} has no field or cookie {wanted!r} with a CSRF token")
        if wanted:
            fields[wanted] = token or cookie
        header = {str(told["csrf-header"]): token or cookie} if told.get("csrf-header") else {}
        before = dict(client.cookies)
        action = self._url(urllib.parse.urljoin(str(response.url), str(told.get("submit") or page.action or "")))
        answer, _ = self._call(client, "POST", action, name, data=fields, headers={"Referer": url, **header})
        cookies = dict(client.cookies)
        if answer.is_error or not {key for key, value in cookies.items() if before.get(key) != value}:
            raise self._refuse(name, action, answer, "" if answer.is_error else ", and set no new cookie")
        fresh = next((value for key, value in cookies.items() if "csrf" in key.lower()), token)
        headers = {str(told["csrf-header"]): fresh, "Referer": url} if told.get("csrf-header") else {}
        return Proof(headers=headers, cookies=cookies)

    def _request(self, client: httpx.Client, told: Mapping[str, Any], name: str) -> Proof:
        url = self._url(told["url"])
        headers = {str(key): str(value) for key, value in told.get("headers", {}).items()}
        if "content-type" in told:
            headers["Content-Type"] = told["content-type"]
        said = {
            word: told[key] for key, word in (("json", "json"), ("form", "data"), ("raw", "content")) if key in told
        }
        response, body = self._call(client, told.get("method", "POST"), url, name, headers=headers, **said)
        if response.is_error:
            raise self._refuse(name, url, response)
        proof = Proof()
        token = ""
        if "token" in told:
            found = [value for _, value in places.find(places.parse(body), told["token"]) if isinstance(value, str)]
            token = found[0] if found else ""
        elif "token-header" in told:
            token = response.headers.get(told["token-header"], "")
        if token:
            value = str(told.get("template", "Bearer {token}")).replace("{token}", token)
            if "query" in told:
                proof.query[told["query"]] = value
            else:
                proof.headers[told.get("header", "Authorization")] = value
        if told.get("cookies") or not {"token", "token-header"} & told.keys():
            proof.cookies.update(client.cookies)
        if not proof.secrets:
            wanted = told.get("token") or told.get("token-header") or "a cookie"
            raise self._refuse(name, url, response, f", without {wanted}")
        document = places.parse(body)
        if isinstance(document, dict):
            proof.until = expires(document.get("expires_in"))
        return proof

    def _oauth2(self, client: httpx.Client, told: Mapping[str, Any], name: str) -> Proof:
        url = self._url(told["token-url"])
        grant = str(told["grant"]).replace("-", "_")
        if grant not in ("client_credentials", "password"):
            raise UsageError(f"tenant {name}: grant: expected client-credentials or password; came {told['grant']!r}")
        form = {"grant_type": grant}
        names = ("username", "password", "scope")
        form |= {key: str(told[key]) for key in names if key in told}
        id_, key = str(told.get("client-id", "")), str(told.get("client-secret", ""))
        said: dict[str, Any] = {"data": form}
        if id_ and told.get("client-auth", "basic") == "basic":
            said["auth"] = (urllib.parse.quote(id_, safe=""), urllib.parse.quote(key, safe=""))  # RFC 6749, 2.3.1
        elif id_:
            form |= {"client_id": id_} | ({"client_secret": key} if key else {})
        response, body = self._call(client, "POST", url, name, **said)
        document = places.parse(body)
        token = document.get("access_token") if isinstance(document, dict) else None
        if response.is_error or not isinstance(token, str):
            error = document.get("error") if isinstance(document, dict) else None
            raise self._refuse(name, url, response, f" ({error})" if isinstance(error, str) else "")
        proof = Proof(headers={"Authorization": f"Bearer {token}"})
        proof.until = expires(document.get("expires_in"))
        return proof


def _path(url: str) -> str:
    return urllib.parse.urlsplit(url).path.rstrip("/")
