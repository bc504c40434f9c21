"""Accounts: the tenants of the platform, with their users, API keys and carriers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from clickdrop.domain.errors import FeatureUnavailable


class AccountKind(StrEnum):
    """How an account pays for postage: by invoice (OBA), or online and in advance (OLP)."""

    OBA = "OBA"
    OLP = "OLP"


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant, as of one moment.

    `revision` grows with each change of anything that the account owns, in the same transaction. Whatever was
    read at a revision may be kept under it, and is out of date exactly when the account has a newer one.
    """

    id: str
    name: str
    kind: AccountKind
    channel_shipper: bool
    revision: int

    def require_oba(self) -> None:
        """Raise `FeatureUnavailable` unless postage goes on the account's invoice."""
        if self.kind is not AccountKind.OBA:
            raise FeatureUnavailable("Feature available for OBA accounts only.")

    def require_channel_shipper(self) -> None:
        """Raise `FeatureUnavailable` unless the account has the ChannelShipper features."""
        if not self.channel_shipper:
            raise FeatureUnavailable("Feature available for ChannelShipper accounts only.")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a credential speaks for."""

    account_id: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier as one account has it configured: the `guid` is the account's own."""

    guid: UUID
    name: str
    status: str
    type: str


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new API key. The only time that the key itself is seen: the platform keeps its digest."""

    id: str
    key: str = field(repr=False)


def default_carrier_name(kind: AccountKind) -> str:
    """Name the carrier that every account of this kind starts with."""
    return f"Royal Mail {kind}"
