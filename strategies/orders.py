"""Orders, returns and references."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st

from strategies import drawn
from strategies.drafts import OWN, Drawn, Seed
from strategies.people import parties, return_addresses

# Every tenant draws from the same few: caches and files keyed by a reference collide only if the
# references are equal (incidents I52, I55). One looks like a file's name, which caches may keep (incident I11).
EQUAL_REFERENCES = ("SO-2001.png", "SO-2002", "A/7;2", "Order 3%")
DOMESTIC_SERVICES, INTERNATIONAL_SERVICES = ("TPN24", "TPS48", "TRN24"), ("OTA", "OTC", "MPR")

_MONEY = st.integers(0, 99_999).map(lambda pence: pence / 100)


def references() -> st.SearchStrategy[str]:
    """A reference that other tenants use too, or one that nobody else can have."""
    return st.sampled_from(EQUAL_REFERENCES) | st.just(f"REF-{OWN}")


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    """One line of a package's contents."""
    return {
        "name": f"{draw(st.sampled_from(('Mug', 'Lamp', 'Book')))} {OWN}",
        "quantity": draw(st.integers(1, 9)),
        "unitValue": draw(_MONEY),
        "unitWeightInGrams": draw(st.integers(1, 900)),
    }


@st.composite
def packages(draw: st.DrawFn) -> dict[str, Any]:
    """A package, perhaps with its contents."""
    package_format, weight_max = draw(
        st.sampled_from((("letter", 100), ("smallParcel", 2_000), ("mediumParcel", 20_000)))
    )
    package: dict[str, Any] = {
        "weightInGrams": draw(st.integers(1, weight_max)),
        "packageFormatIdentifier": package_format,
    }
    if contents := draw(st.lists(lines(), max_size=2)):
        package["contents"] = contents
    return package


@st.composite
def orders(
    draw: st.DrawFn, *, reference: st.SearchStrategy[str] | None = None, labelled: bool | None = None
) -> dict[str, Any]:
    """An order to create. ``labelled``: with a label in the answer, or without one, or either."""
    subtotal_pence, costs = draw(st.integers(0, 99_999)), Seed()
    recipient = draw(parties())
    services = DOMESTIC_SERVICES if recipient["address"]["countryCode"] == "GB" else INTERNATIONAL_SERVICES
    order: dict[str, Any] = {
        "orderReference": draw(references() if reference is None else reference),
        "recipient": recipient,
        "orderDate": Drawn(drawn.instant),
        "subtotal": subtotal_pence / 100,
        "shippingCostCharged": Drawn(drawn.amount, costs),
        "total": Drawn(partial(drawn.amount, more=subtotal_pence), costs),
        "currencyCode": "GBP",
        "packages": [draw(packages())],
        "postageDetails": {"serviceCode": draw(st.sampled_from(services))},
    }
    if draw(st.booleans()):
        order["specialInstructions"] = f"Leave with {OWN}"
    if draw(st.booleans()):
        order["tags"] = [{"key": "shop", "value": OWN}]
    if draw(st.booleans()):
        order["billing"] = draw(parties())
    if labelled if labelled is not None else draw(st.booleans()):
        order["label"] = {
            "includeLabelInResponse": True,
            "includeCN": draw(st.booleans()),
            "includeReturnsLabel": draw(st.booleans()),
        }
    return order


@st.composite
def returns(draw: st.DrawFn) -> dict[str, Any]:
    """A return to create."""
    return {
        "service": {"serviceCode": "TSN"},
        "shipment": {
            "shippingAddress": draw(return_addresses()),
            "returnAddress": draw(return_addresses()),
            "customerReference": {"reference": draw(references())},
        },
    }
