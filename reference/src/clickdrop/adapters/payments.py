"""The payment provider, over HTTP."""

from __future__ import annotations

import logging
import ssl
from typing import TYPE_CHECKING, Any

import httpx

from clickdrop.domain.payments import Charge, Charged, Declined, PaymentUnknown

if TYPE_CHECKING:
    from decimal import Decimal

    from clickdrop.settings import Provider

_WAIT_SECONDS = 10.0
_log = logging.getLogger(__name__)


class HttpPayments:
    """The port `PaymentProvider`, on a provider like `clickdrop.provider`."""

    def __init__(self, provider: Provider) -> None:
        transport = None
        if provider.socket is not None:  # where nothing is encrypted, so that no authorities need be read
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            transport = httpx.AsyncHTTPTransport(uds=str(provider.socket), verify=context)
        self._client = httpx.AsyncClient(
            base_url=provider.url,
            headers={"Authorization": f"Bearer {provider.key}"},
            transport=transport,
            timeout=_WAIT_SECONDS,
            trust_env=False,
        )

    async def charge(self, key: str, amount: Decimal, token: str) -> Charged | Declined:
        """Take money from whatever the token stands for; raises `PaymentUnknown`."""
        answer = await self._post("/charges", key, {"amountPence": int(amount * 100), "token": token})
        if answer.status_code == httpx.codes.BAD_REQUEST:
            return Declined("The payment provider does not take this payment.")
        charge = _read(answer)
        if charge.get("status") == "declined":
            return Declined("The card was declined.")
        return Charged(_charge_id(charge))

    async def refund(self, key: str, charge_id: str) -> None:
        """Give a charge back as a whole; raises `PaymentUnknown`."""
        _charge_id(_read(await self._post(f"/charges/{charge_id}/refunds", key, {})))

    async def charges(self, key: str) -> list[Charge]:
        """Answer what was taken under a key, or under keys that begin with it; raises `PaymentUnknown`."""
        try:
            answer = await self._client.get("/charges", params={"of": key})
            found = [each for each in answer.raise_for_status().json() if each["status"] == "succeeded"]
            return [Charge(each["id"], each["amountPence"], each["refunded"]) for each in found]
        except (httpx.HTTPError, ValueError, TypeError, KeyError) as error:
            raise PaymentUnknown(f"no statement: {error!r}") from error

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _post(self, path: str, key: str, content: dict[str, Any]) -> httpx.Response:
        try:
            return await self._client.post(path, json=content, headers={"Idempotency-Key": key})
        except httpx.HTTPError as error:
            raise PaymentUnknown(f"no answer: {error!r}") from error


class NoPayments:
    """The port `PaymentProvider` where there is none: nothing is ever known of any payment."""

    async def charge(self, key: str, amount: Decimal, token: str) -> Charged | Declined:
        """Raise `PaymentUnknown`."""
        del key, amount, token
        raise PaymentUnknown("there is no payment provider")

    async def refund(self, key: str, charge_id: str) -> None:
        """Raise `PaymentUnknown`."""
        del key, charge_id
        raise PaymentUnknown("there is no payment provider")

    async def charges(self, key: str) -> list[Charge]:
        """Raise `PaymentUnknown`."""
        del key
        raise PaymentUnknown("there is no payment provider")

    async def aclose(self) -> None:
        """Do nothing."""


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code != httpx.codes.CREATED:
        _log.error("the payment provider answered %d", answer.status_code)
        raise PaymentUnknown(f"expected status 201, came {answer.status_code}")
    try:
        charge = answer.json()
    except ValueError:
        charge = None
    if not isinstance(charge, dict):
        raise PaymentUnknown("expected an object of JSON")
    return charge


def _charge_id(charge: dict[str, Any]) -> str:
    charge_id = charge.get("id")
    if charge.get("status") != "succeeded" or not isinstance(charge_id, str):
        raise PaymentUnknown("expected a charge that succeeded")
    return charge_id
