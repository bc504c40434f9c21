"""Credentials and continuation tokens."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from uuid import uuid4

from itsdangerous import BadData, URLSafeTimedSerializer

from clickdrop.domain.errors import Fault, InvalidRequest


def new_key() -> str:
    """Make an API key: 36 characters, 122 random bits."""
    return str(uuid4())


def digest(key: str) -> str:
    """Answer what the platform keeps of a key. A key is random, so a plain hash cannot be searched."""
    return sha256(key.encode()).hexdigest()


def new_secret() -> str:
    """Make the secret of a session or a link: 256 random bits."""
    return secrets.token_urlsafe(32)


class FormTokens:
    """What a form has to send back, so that it is known to be one of ours: for one session's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, session_secret: str) -> str:
        """Write the token of a session's forms."""
        return hmac.new(self._secret, f"form:{session_secret}".encode(), sha256).hexdigest()

    def is_of(self, session_secret: str, token: str) -> bool:
        """Tell whether it is the token of the session's forms."""
        return hmac.compare_digest(self.token(session_secret).encode(), token.encode())


class SealedRegistrations:
    """Who wants to register, sealed into a link that is sent to the address which is to be shown to be theirs."""

    def __init__(self, secret: bytes, max_age_seconds: int) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="registration")
        self._max_age_seconds = max_age_seconds

    def seal(self, shop: str, name: str, email: str) -> str:
        """Write a token."""
        return str(self._serializer.dumps([shop, name, email]))

    def open(self, token: str) -> tuple[str, str, str] | None:
        """Read a token: shop, name, e-mail; `None` if it is broken or too old."""
        try:
            shop, name, email = self._serializer.loads(token, max_age=self._max_age_seconds)
        except BadData:
            return None
        return shop, name, email


class ContinuationTokens:
    """Where the next page of a list starts, sealed for the one account whose list it is."""

    def __init__(self, secret: bytes, max_age_seconds: int) -> None:
        self._secret = secret
        self._max_age_seconds = max_age_seconds

    def seal(self, account_id: str, before: int) -> str:
        """Write a token: the next page starts below this identifier."""
        return self._serializer(account_id).dumps(before)

    def open(self, account_id: str, token: str) -> int:
        """Read a token, or raise `InvalidRequest` if it is broken, too old, or another account's."""
        try:
            before = self._serializer(account_id).loads(token, max_age=self._max_age_seconds)
        except BadData:
            before = None
        if not isinstance(before, int):
            message = "continuationToken is not one that this list gave out, or too old: start from the first page."
            raise InvalidRequest(Fault("InvalidContinuationToken", message))
        return before

    def _serializer(self, account_id: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret, salt=f"continuation:{account_id}")
