"""The provider over HTTP.

Standard library, because it has to do what no web framework does: do the work, then drop the connection.

    POST /charges                   {"amountPence", "token"}, Idempotency-Key -> 201 and the charge, taken or declined
    POST /charges/ID/refunds        Idempotency-Key -> 201 and the charge
    GET  /charges?after=SERIAL      up to 1000 charges, oldest first
    GET  /charges?of=KEY            the charges whose key begins so
    GET, PUT /control/faults        how to misbehave (`faults.Faults`); for the credential of control
    GET  /health
"""

from __future__ import annotations

import hmac
import json
import re
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from clickdrop.provider.charges import AlreadyRefunded, KeyReused, NoSuchCharge
from clickdrop.provider.faults import InvalidFaults, parse_faults

if TYPE_CHECKING:
    import socket

    from clickdrop.provider.charges import Charge, Charges
    from clickdrop.provider.faults import Misfortune

PAGE_SIZE = 1000
TOKEN_OF_DECLINED_CARD = "tok_declined"  # noqa: S105  # a card for tests, as real providers have
_MAX_BODY_BYTES = 64 * 1024
_KEY = re.compile(r"[\x21-\x7e]{1,100}")
_TOKEN = re.compile(r"tok_[A-Za-z0-9_]{1,60}")
_REFUNDS = re.compile(r"/charges/([A-Za-z0-9_]{1,60})/refunds")
_SERIAL = re.compile(r"[0-9]{1,18}", re.ASCII)
_PENCE_LIMIT = 100_000_000
_IDLE_SECONDS = 120
# Real providers ask a bank, for tenths of a second. Without any time in it, nothing would ever be lost in between.
_BANK_SECONDS = 0.02


class Refusal(Exception):
    """The call is refused."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class ProviderServer(ThreadingHTTPServer):
    """Serves from a socket that listens already, a thread for each connection."""

    daemon_threads = True

    def __init__(
        self, listener: socket.socket, charges: Charges, misfortune: Misfortune, key: str, control: str
    ) -> None:
        super().__init__(("", 0), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.charges, self.misfortune = charges, misfortune
        self.key, self.control = key, control

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; one of a Unix socket has no address."""
        connection, address = self.socket.accept()
        return connection, address or ("-", 0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that have gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    wbufsize = -1  # an answer is one write
    server: ProviderServer

    def log_message(self, *_: Any) -> None:
        """Log nothing: what is called here is in the store."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def _serve(self) -> None:
        try:
            body = self._body()
            answer = self._answer(body)
        except Refusal as refusal:
            self._send(refusal.status, {"message": str(refusal)})
            return
        if answer is None:
            self.close_connection = True
        else:
            self._send(*answer)

    def _answer(self, body: bytes) -> tuple[HTTPStatus, Any] | None:
        """Carry out a call; `None` to drop the connection."""
        url = urlsplit(self.path)
        match self.command, url.path:
            case "GET", "/health":
                return HTTPStatus.OK, {}
            case "GET" | "PUT", "/control/faults":
                self._require(self.server.control)
                if self.command == "PUT":
                    self.server.misfortune.tell(self._faults(body))
                return HTTPStatus.OK, self.server.misfortune.told()
            case "GET", "/charges":
                self._require(self.server.key)
                query = parse_qs(url.query)
                if "of" in query:
                    return HTTPStatus.OK, [_written(each) for each in self.server.charges.of(query["of"][0])]
                after = query.get("after", ["0"])[0]
                if not _SERIAL.fullmatch(after):
                    raise Refusal(HTTPStatus.BAD_REQUEST, "after: expected a serial number")
                return HTTPStatus.OK, [_written(each) for each in self.server.charges.after(int(after), PAGE_SIZE)]
            case "POST", path if path == "/charges" or _REFUNDS.fullmatch(path):
                self._require(self.server.key)
                return self._move_money(path, body)
        raise Refusal(HTTPStatus.NOT_FOUND, "there is no such resource")

    def _move_money(self, path: str, body: bytes) -> tuple[HTTPStatus, Any] | None:
        fate = self.server.misfortune.draw()
        time.sleep(_BANK_SECONDS + fate.delay_seconds)
        if fate.request_lost:
            return None
        for _ in range(1 + fate.duplicated):
            charge = self._refund(path) if path != "/charges" else self._charge(body, declined=fate.declined)
        return None if fate.reply_lost else (HTTPStatus.CREATED, _written(charge))

    def _charge(self, body: bytes, *, declined: bool) -> Charge:
        told = _json(body)
        amount, token = (told.get("amountPence"), told.get("token")) if isinstance(told, dict) else (None, None)
        if isinstance(amount, bool) or not isinstance(amount, int) or not 0 < amount <= _PENCE_LIMIT:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"amountPence: expected a whole number from 1 to {_PENCE_LIMIT}")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise Refusal(HTTPStatus.BAD_REQUEST, "token: expected tok_ and up to 60 letters, digits and underscores")
        declined = declined or token == TOKEN_OF_DECLINED_CARD
        try:
            return self.server.charges.charge(self._key(), amount, token, declined=declined)
        except KeyReused:
            raise Refusal(HTTPStatus.CONFLICT, "the Idempotency-Key was used for another charge") from None

    def _refund(self, path: str) -> Charge:
        found = _REFUNDS.fullmatch(path)
        assert found is not None, "the route has matched it"
        try:
            return self.server.charges.refund(self._key(), found[1])
        except KeyReused:
            raise Refusal(HTTPStatus.CONFLICT, "the Idempotency-Key was used for another refund") from None
        except AlreadyRefunded:
            raise Refusal(HTTPStatus.CONFLICT, "the charge was refunded under another key") from None
        except NoSuchCharge:
            raise Refusal(HTTPStatus.NOT_FOUND, "there is no such charge") from None

    def _faults(self, body: bytes) -> Any:
        try:
            return parse_faults(_json(body))
        except InvalidFaults as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, str(error)) from None

    def _key(self) -> str:
        key = self.headers.get("Idempotency-Key", "")
        if not _KEY.fullmatch(key):
            raise Refusal(HTTPStatus.BAD_REQUEST, "Idempotency-Key: expected 1 to 100 printable characters")
        return key

    def _require(self, credential: str) -> None:
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {credential}".encode()):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "expected a valid credential")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not _SERIAL.fullmatch(length) or int(length) > _MAX_BODY_BYTES or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected at most {_MAX_BODY_BYTES} bytes of body")
        return self.rfile.read(int(length))

    def _send(self, status: HTTPStatus, answer: Any) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(HTTPStatus.BAD_REQUEST, "expected a body of JSON") from None


def _written(charge: Charge) -> dict[str, Any]:
    return {
        "serial": charge.serial,
        "id": charge.id,
        "key": charge.key,
        "amountPence": charge.amount_pence,
        "status": charge.status,
        "refunded": charge.refunded,
    }
