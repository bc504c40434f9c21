"""Credentials and continuation tokens."""

from __future__ import annotations

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
