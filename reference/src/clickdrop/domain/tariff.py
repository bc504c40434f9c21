"""The services that the platform sells, the same for all accounts of a kind; prices are the reference's own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from clickdrop.domain.accounts import AccountKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAMESPACE = UUID("6f0b6f4e-5a0f-4f0c-9f53-5f2f7c8d1e90")
_DOMESTIC_COUNTRIES = frozenset({"GB", "GBR", "GG", "GGY", "IM", "IMN", "JE", "JEY"})

MAX_WEIGHT_IN_GRAMS: Mapping[str, int] = MappingProxyType(
    {
        "undefined": 30_000,
        "letter": 100,
        "largeLetter": 1_000,
        "smallParcel": 2_000,
        "mediumParcel": 20_000,
        "largeParcel": 30_000,
        "parcel": 30_000,
        "documents": 30_000,
    }
)
"""The package formats, and what an item of each may weigh."""


@dataclass(frozen=True, slots=True)
class Service:
    """A way for an item to travel: within the country or abroad, on accounts of one kind."""

    code: str
    name: str
    kind: AccountKind
    domestic: bool
    price: Decimal
    tracking_prefix: str = "TT"


@dataclass(frozen=True, slots=True)
class ReturnService:
    """A way for an item to come back; offered to every account alike."""

    code: str
    name: str
    carrier_guid: UUID
    carrier_service_guid: UUID


def is_domestic(country_code: str) -> bool:
    """Tell whether a country code means the United Kingdom or the islands that it delivers to as its own."""
    return country_code.upper() in _DOMESTIC_COUNTRIES


def _services(kind: AccountKind, *, domestic: bool, rows: str) -> Iterable[Service]:
    for row in rows.strip().splitlines():
        code, price, prefix, name = row.split(maxsplit=3)
        yield Service(code, name, kind, domestic, Decimal(price), prefix)


_ALL = (
    *_services(
        AccountKind.OBA,
        domestic=True,
        rows="""
        BPL1   1.65 FB Royal Mail 1st Class
        BPL2   0.85 FC Royal Mail 2nd Class
        BPR1   3.25 BR Royal Mail 1st Class Signed For
        BPR2   2.45 BR Royal Mail 2nd Class Signed For
        FE0    6.10 PF express48
        NDA    7.40 PF express24
        SD1    7.95 SD Special Delivery Guaranteed by 1pm
        SD4   25.50 SD Special Delivery Guaranteed by 9am
        STL1   1.60 FB 1st Class Account Mail
        STL2   0.80 FC 2nd Class Account Mail
        TPN24  3.60 TN Tracked 24
        TPS48  2.90 TS Tracked 48
        TRN24  3.40 TN Royal Mail Tracked 24 LBT
        TRS48  2.70 TS Royal Mail Tracked 48 LBT
        """,
    ),
    *_services(
        AccountKind.OBA,
        domestic=False,
        rows="""
        DE6    9.20 LX International Business Parcels Untracked DDP
        ECA   18.40 EC globalpriority Europe
        MPR   10.60 LV International Business Parcels Tracked DDP
        OLA    4.80 LX International Standard on Account
        OLS    4.20 LX International Economy on Account
        OTA    8.90 LV International Tracked on Account
        OTB   11.30 LV International Tracked on Account Extra Compensation
        OTC    9.90 RX International Tracked and Signed on Account
        OTD   12.40 RX International Tracked and Signed on Account Extra Compensation
        """,
    ),
    *_services(
        AccountKind.OLP,
        domestic=True,
        rows="""
        OLP1   1.70 FB Royal Mail 1st Class
        OLP1SF 3.40 BR Royal Mail 1st Class Signed For
        OLP2   0.87 FC Royal Mail 2nd Class
        OLP2SF 2.57 BR Royal Mail 2nd Class Signed For
        TOLP24 4.25 TN Tracked 24
        TOLP48 3.35 TS Tracked 48
        """,
    ),
    *_services(
        AccountKind.OLP,
        domestic=False,
        rows="""
        IEOLP  4.50 LX International Economy
        ISOLP  5.10 LX International Standard
        ITROLP 9.30 LV International Tracked
        ITSOLP 9.80 RX International Tracked and Signed
        """,
    ),
)

SERVICES: Mapping[str, Service] = MappingProxyType({service.code: service for service in _ALL})
"""All services by code."""

RETURN_SERVICES: Mapping[str, ReturnService] = MappingProxyType(
    {
        code: ReturnService(code, name, uuid5(_NAMESPACE, "Royal Mail"), uuid5(_NAMESPACE, code))
        for code, name in (("TSN", "Tracked Returns 24"), ("TSS", "Tracked Returns 48"))
    }
)
"""The services for returns by code: one shared catalogue."""

DEFAULT_RETURN_SERVICE = RETURN_SERVICES["TSS"]
"""What the return label travels by that is printed along with a postage label."""
