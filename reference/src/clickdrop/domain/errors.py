"""Why the platform refuses a request. Each class is one kind of answer; the API layer gives it its status.

RefusedRequest
├── Unauthenticated      nobody knows who is asking
│   └── WrongPassword    somebody is logged in, who may be somebody else
├── FeatureUnavailable   known, but the account does not have the feature
├── NotPermitted         known, but the user's role does not allow it
├── NotFound             the account has nothing of the kind
├── InvalidRequest       the request cannot be carried out as it stands
├── Conflict             it contradicts an earlier request
├── PaymentDeclined      the payment provider takes no money
└── TooManyRequests      later, perhaps
"""

from __future__ import annotations

from dataclasses import dataclass


class RefusedRequest(Exception):
    """A request that is refused as a whole."""


class Unauthenticated(RefusedRequest):
    """No credential, or one that nobody holds (any more)."""


class WrongPassword(Unauthenticated):
    """The password is not that of the user who is logged in."""


class FeatureUnavailable(RefusedRequest):
    """The account lacks the feature that the operation belongs to."""


class NotPermitted(RefusedRequest):
    """The user's role does not allow the use case."""


class NotFound(RefusedRequest):
    """The account has no such object, which says nothing about other accounts."""


class Conflict(RefusedRequest):
    """The request contradicts an earlier one of the account's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PaymentDeclined(RefusedRequest):
    """The payment was declined: no money was taken."""


class TooManyRequests(RefusedRequest):
    """The credential's rate limit is exceeded, or too many tries to log in have failed."""

    def __init__(
        self,
        retry_after_seconds: int,
        message: str = "Too many requests: wait for the seconds given in Retry-After.",
    ) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and with which order if it is about one of the caller's own."""

    code: str
    message: str
    order_identifier: int | None = None
    order_reference: str | None = None
    status: str | None = None


class InvalidRequest(RefusedRequest):
    """The request is malformed, or asks for what cannot be done to any of its objects."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults

    @property
    def orders(self) -> list[int]:
        """The caller's orders of which it tells something."""
        return [fault.order_identifier for fault in self.faults if fault.order_identifier is not None]
