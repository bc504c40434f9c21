"""Names, addresses and ways to reach people, as merchants type them."""

from __future__ import annotations

from typing import Any

from faker import Faker
from hypothesis import strategies as st

from strategies import drawn
from strategies.drafts import OWN, Drawn

_FAKE = Faker("en_GB")
COUNTRIES = ("GB", "GB", "GB", "IE", "FR", "DE", "US")


@st.composite
def addresses(draw: st.DrawFn) -> dict[str, Any]:
    """An address of an order. Name and street carry a value of the tenant's own."""
    _FAKE.seed_instance(draw(st.integers(0, 2**32 - 1)))
    address: dict[str, Any] = {
        "fullName": f"{_FAKE.first_name()} {OWN}",
        "addressLine1": f"{_FAKE.building_number()} {OWN} Street",
        "city": _FAKE.city(),
        "postcode": Drawn(drawn.postcode),
        "countryCode": draw(st.sampled_from(COUNTRIES)),
    }
    if draw(st.booleans()):
        address["companyName"] = f"{_FAKE.last_name()} {OWN} Ltd"
    if draw(st.booleans()):
        address["addressLine2"] = _FAKE.street_name()
        address["county"] = _FAKE.county() if hasattr(_FAKE, "county") else "Kent"
    return address


@st.composite
def parties(draw: st.DrawFn) -> dict[str, Any]:
    """A recipient: an address, and perhaps how to reach it."""
    party: dict[str, Any] = {"address": draw(addresses())}
    if draw(st.booleans()):
        party["emailAddress"] = f"{OWN}@example.org"
    if draw(st.booleans()):
        party["phoneNumber"] = Drawn(drawn.phone)
    return party


@st.composite
def return_addresses(draw: st.DrawFn) -> dict[str, Any]:
    """An address of a return, which has other fields than an order's."""
    _FAKE.seed_instance(draw(st.integers(0, 2**32 - 1)))
    return {
        "firstName": _FAKE.first_name(),
        "lastName": OWN,
        "companyName": f"{OWN} Ltd",
        "addressLine1": f"{_FAKE.building_number()} {OWN} Street",
        "city": _FAKE.city(),
        "postcode": Drawn(drawn.postcode),
        "country": "United Kingdom",
        "countryIsoCode": "GBR",
    }
