"""Turns what was sent and what came into exchanges, without credentials.

A credential is written as a pseudonym, a mark of the tenant that it was issued to first: equal credentials have equal
pseudonyms, a response that shows somebody's credential is found like any other leak, and the credential itself goes
nowhere. Those that a service issues while a trial runs are learned from the response that issues them, before that is
recorded.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from partywall import places
from partywall.drive.redaction import Redaction, together
from partywall.forms import hidden
from partywall.marks import derive
from partywall.model import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from partywall.marks import Marks
    from partywall.model import Request
    from partywall.policy import LogIn

SECRET_CHARS_MIN = 8
"""Shorter ones are no credentials, and replacing them would hide what is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request; the fields are those of `Exchange`. Without a whole answer there is no status, and
    ``body`` is what had come. Credentials are in both as they came."""

    connection: str = ""
    status: int | None = None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    fault: str = ""


class Recorder:
    """Numbers exchanges in order of calling and hands each on once it is over. Safe in threads.

    Args:
        secrets: credential -> its pseudonym, for those that are known from the start.
        heard: called with each exchange, from the thread that made it, one at a time.
        log_ins: which operations issue further ones, and where.
        pseudonym: a new one for a tenant's credential.
        marks: recognise evidence in cookies that are hidden without being declared.
        form_field: the hidden field of pages that has a credential, "" if none has.
    """

    def __init__(
        self,
        secrets: Mapping[str, str],
        heard: Callable[[Exchange], None],
        log_ins: Sequence[LogIn],
        pseudonym: Callable[[int], str],
        marks: Marks,
        form_field: str = "",
    ) -> None:
        self._redaction = Redaction({secret.encode(): name.encode() for secret, name in secrets.items() if secret})
        self._log_ins = log_ins
        self._issuing = {log_in.operation for log_in in log_ins if log_in.token}
        self._cookies = {log_in.cookie for log_in in log_ins if log_in.cookie}
        self._form_field = form_field
        self._pseudonym = pseudonym
        self._marks = marks
        self._heard = heard
        self._lock = threading.Lock()
        self._called = 0
        self._exchanges: dict[int, Exchange] = {}

    def call(self) -> tuple[int, int]:
        """The number of a request that is about to be sent, and the time in nanoseconds."""
        with self._lock:
            number = self._called
            self._called += 1
            return number, time.monotonic_ns()

    def record(
        self,
        called: tuple[int, int],
        request: Request,
        answer: Answer,
        *,
        tenant: int,
        session: str,
        url: str,
        sent: Sequence[tuple[str, str]],
        provocations: tuple[str, ...],
        keep: Callable[[Exchange], bool] | None = None,
    ) -> Exchange:
        """The exchange of a request that is over.

        Args:
            sent: all headers as they went out.
            keep: shall it be kept in `exchanges`? It is handed on in any case.
        """
        number, called_ns = called
        returned_ns = time.monotonic_ns()
        self._learn(tenant, request, answer, sent)
        headers = tuple(self._hidden(name, value) for name, value in answer.headers)
        exchange = Exchange(
            number=number,
            operation=request.operation,
            tenant=tenant,
            session=session,
            connection=answer.connection,
            method=request.method,
            url=url,
            request_headers=request.headers,
            request_body=request.body,
            called_ns=called_ns,
            returned_ns=returned_ns,
            status=answer.status,
            reason=answer.reason,
            headers=headers,
            body=answer.body,
            fault=answer.fault,
            provocations=provocations,
            credentials=self._redaction.pseudonyms(tuple(sent)),
        )
        texts = [url, answer.fault, *(value for _, value in request.headers), *(value for _, value in headers)]
        if self._redaction.shown(b"\0".join((together(texts), request.body, answer.body))):
            exchange = self._cleaned(exchange)
        kept = keep is None or keep(exchange)
        with self._lock:
            if kept:
                self._exchanges[number] = exchange
            self._heard(exchange)
        return exchange

    def _cleaned(self, exchange: Exchange) -> Exchange:
        text, data = self._redaction.clean_text, self._redaction.clean
        return replace(
            exchange,
            url=text(exchange.url),
            request_headers=tuple((name, text(value)) for name, value in exchange.request_headers),
            request_body=data(exchange.request_body),
            headers=tuple((name, text(value)) for name, value in exchange.headers),
            body=data(exchange.body),
            fault=text(exchange.fault),
        )

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that were kept, in order of calling."""
        with self._lock:
            return tuple(self._exchanges[number] for number in sorted(self._exchanges))

    def _learn(self, tenant: int, request: Request, answer: Answer, sent: Sequence[tuple[str, str]]) -> None:
        """Give each credential that is new a pseudonym: it is its receiver's, or its sender's."""
        issued = []
        if request.operation in self._issuing:
            issued += [token for _, token in tokens_in(self._log_ins, request.operation, answer.body)]
        if self._cookies:
            headers = [value for name, value in answer.headers if name.lower() == "set-cookie"]
            headers += [value for name, value in sent if name.lower() == "cookie"]
            for value in headers:
                issued += [content for name, content in _cookies(value) if name in self._cookies]
        if self._form_field and (token := hidden(answer.body, self._form_field)):
            issued.append(token)
        for secret in issued:
            if len(secret) >= SECRET_CHARS_MIN and secret.encode() not in self._redaction:
                self.hide(secret, tenant)

    def hide(self, secret: str, tenant: int, before: str = "") -> None:
        """Write a secret of a tenant's as a pseudonym from now on, which begins with ``before``."""
        with self._lock:
            if secret.encode() not in self._redaction:
                self._redaction.learn(secret.encode(), f"{before}{self._pseudonym(tenant)}".encode())

    def _hidden(self, name: str, value: str) -> tuple[str, str]:
        """A Set-Cookie header without the content of a cookie that scripts may not read: undeclared, it is most likely
        a credential, but whose is not known. One that holds a mark is evidence, and stays. Others as they are."""
        if name.lower() == "set-cookie" and "httponly" in value.lower():
            for cookie, content in _cookies(value):
                if cookie not in self._cookies and content and not any(self._marks.find(content.encode())):
                    digest = derive(self._marks.key, "cookie", content).hex()[:12]
                    value = value.replace(content, f"hidden-{digest}")
        return name, value


def tokens_in(log_ins: Sequence[LogIn], operation: str, body: bytes) -> Iterator[tuple[LogIn, str]]:
    """The credentials that the document of a response to a log-in holds."""
    for log_in in log_ins:
        if log_in.operation == operation and log_in.token:
            for _, value in places.find(places.parse(body), log_in.token):
                if isinstance(value, str) and value:
                    yield log_in, value


def _cookies(header: str) -> list[tuple[str, str]]:
    """Names and contents of the cookies in a Cookie or Set-Cookie header."""
    try:
        return [(name, morsel.coded_value.strip('"')) for name, morsel in SimpleCookie(header).items()]
    except CookieError:
        name, _, content = header.partition("=")
        return [(name.strip(), content.partition(";")[0].strip())]
