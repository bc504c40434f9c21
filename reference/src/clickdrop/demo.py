"""A platform to look at: two tenants that use the same order references, as tenants do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from clickdrop.domain.accounts import AccountKind
from clickdrop.domain.content import Address, Line, OrderContent, Package, Postage, Recipient
from clickdrop.domain.users import Role
from clickdrop.service.orders import NewOrder

if TYPE_CHECKING:
    from clickdrop.platform import Platform

_SHOPS = (
    ("Harbour Lane Books", "ada@harbour-lane.example", ("Ada Fenwick", "14 Tide Street", "Whitby", "YO21 3PU")),
    ("Copperfield Ceramics", "noor@copperfield.example", ("Noor Rahimi", "2 Kiln Yard", "Stoke-on-Trent", "ST1 2AB")),
)
_REFERENCES = ("INV-1001", "INV-1002")


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """A tenant of the demonstration, with a key of its own, and a user who owns it."""

    account_id: str
    name: str
    api_key: str = field(repr=False)
    email: str
    password: str = field(repr=False)


async def seed(platform: Platform) -> list[DemoTenant]:
    """Make the tenants of the demonstration, each with two orders."""
    tenants = []
    for shop, email, (name, street, city, postcode) in _SHOPS:
        account = await platform.accounts.create(shop, AccountKind.OBA, channel_shipper=True)
        key = await platform.accounts.issue_key(account.id, None)
        password = secrets.token_urlsafe(12)
        await platform.accounts.add_login(account.id, email, name, password, Role.OWNER)
        address = Address(street, city, "GB", full_name=name, postcode=postcode)
        await platform.orders.create(account, [NewOrder(_order(address, r)) for r in _REFERENCES])
        tenants.append(DemoTenant(account.id, shop, key.key, email, password))
    return tenants


def _order(address: Address, reference: str) -> OrderContent:
    line = Line(sku="SKU-1", name="Sample", unit_value=Decimal("12.50"), unit_weight_in_grams=400, quantity=1)
    return OrderContent(
        recipient=Recipient(address=address),
        order_date=datetime.now(UTC),
        subtotal=Decimal("12.50"),
        shipping_cost_charged=Decimal("3.50"),
        total=Decimal("16.00"),
        order_reference=reference,
        packages=(Package(500, "smallParcel", (line,)),),
        postage=Postage(service_code="TPN24"),
    )
