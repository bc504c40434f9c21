"""Letters about orders, as whoever they are for gets them, and as the operator reads them."""

from __future__ import annotations

from functools import partial

from tests.clickdrop.services import order, running, until

WANTED = {"serviceCode": "TPN24", "receiveEmailNotification": True}


def test_operator_reads_what_an_address_was_written() -> None:
    """Each address has the letters about its own order, and one that nobody wrote to has none."""
    with running() as service:
        operator = service.operator()
        tenant = service.tenant()
        orders = [order(f"INV-{name}", recipient=name, postageDetails=WANTED) for name in ("ada", "grace")]
        for each, name in zip(orders, ("ada", "grace"), strict=True):
            each["recipient"]["emailAddress"] = f"{name}@reader.example"
        for made in tenant.create(*orders):
            change = {"orderIdentifier": made["orderIdentifier"], "status": "despatched"}
            assert tenant.http.put("/orders/status", json={"items": [change]}).status_code == 200

        def letters(name: str) -> list[dict[str, str]]:
            found: list[dict[str, str]] = operator.get("/letters", params={"to": f"{name}@reader.example"}).json()
            return found

        def written(name: str) -> bool:
            return bool(letters(name))

        for name, other in (("ada", "grace"), ("grace", "ada")):
            until(partial(written, name), "the letter is written")
            [letter] = letters(name)
            assert letter["subject"] == "Your order is on its way"
            assert f"INV-{name}" in letter["text"]
            assert f"INV-{other}" not in letter["text"]
        assert letters("nobody") == []
        assert tenant.http.get("/letters").status_code == 404


def test_a_server_has_what_it_was_handed() -> None:
    """Where e-mail goes to a server, there is nothing to read here."""
    with running("--smtp", "127.0.0.1:9") as service:
        answer = service.operator().get("/letters", params={"to": "ada@reader.example"})
        assert answer.status_code == 404
