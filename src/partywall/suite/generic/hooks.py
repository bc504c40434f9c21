"""Tenants that are made on the fly: by the service's own sign-up, or by a function of the user's."""

from __future__ import annotations

import importlib
import secrets
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx

from partywall import places
from partywall.errors import Inconclusive, UsageError
from partywall.suite.generic import checks
from partywall.suite.generic.credentials import Known
from partywall.suite.generic.credentials import known as read_known
from partywall.suite.generic.deadline import Deadline
from partywall.suite.generic.fetch import SECONDS, read_bounded

if TYPE_CHECKING:
    from pathlib import Path

    from partywall.model import Tenant
    from partywall.schema.description import Description
    from partywall.suite.generic.gateway import Gateway
    from partywall.suite.generic.settings import Settings


def named(what: str, folder: Path, word: str) -> Any:
    """The attribute that "module:attribute" names. Raises `UsageError` if it is not there."""
    module, _, attribute = what.partition(":")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        found: Any = importlib.import_module(module)
        for part in (attribute or "app").split("."):
            found = getattr(found, part)
    except Exception as error:
        raise UsageError(f"{word}: {what!r} can't be imported: {type(error).__name__}: {error}") from error
    return found


def known(settings: Settings, tenant: Tenant) -> Known:
    """The tenant that the user's function makes: it takes a label, and returns headers."""
    function = named(settings.hook, settings.folder, "hook")
    try:
        headers = function("control" if tenant.control else tenant.label)
    except Exception as error:
        raise UsageError(f"hook: {settings.hook}: it failed: {type(error).__name__}") from error
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise UsageError(f"hook: {settings.hook}: expected a dict of headers; came {type(headers).__name__}")
    return Known(f"{tenant.label} {secrets.token_hex(3)}", ({"kind": "headers", "headers": headers},))


def check(settings: Settings, description: Description) -> None:
    """Raises `UsageError` for a function that is not there, or a sign-up that can't be sent."""
    if settings.hook and not callable(named(settings.hook, settings.folder, "hook")):
        raise UsageError(f"hook: {settings.hook}: expected a function")
    if told := settings.sign_up:
        checks.sign_up(told, description)
        read_known([{"credentials": told["credentials"]}], settings.folder, "sign-up")


def signed_up(settings: Settings, description: Description, gateway: Gateway, tenant: Tenant) -> Known:
    """A tenant that signs up. In its request and its credentials "{name}", "{user}", "{password}" are new values, and
    in credentials, account and what it owns "{answer:/place}" is what the sign-up answered.

    Raises `Inconclusive` if the service refuses.
    """
    told = settings.sign_up
    operation = description.named(str(told["operation"]))
    values = {"name": tenant.name, "user": f"pw{secrets.token_hex(6)}", "password": f"Pw-{secrets.token_hex(8)}-9z"}
    body = _filled(told["body"], values, None)
    url = gateway.upstream + operation.path
    gateway.budget.take()
    deadline = Deadline(gateway.verify, time.monotonic() + min(SECONDS, gateway.budget.left_s + 1))
    with httpx.Client(timeout=10.0, transport=deadline) as client:
        form = bool(operation.body and "urlencoded" in operation.body.media_type)
        try:
            with client.stream(operation.method, url, **({"data": body} if form else {"json": body})) as response:
                content = read_bounded(response, 1_000_000)
        except httpx.HTTPError as error:
            raise Inconclusive(f"{operation.name}: tenant {tenant.label} could not sign up: {error!r}") from error
    if not response.is_success:
        raise Inconclusive(f"{operation.name}: tenant {tenant.label} could not sign up: came {response.status_code}")
    credentials = _filled(told["credentials"], values, places.parse(content))
    name = f"{tenant.label} {values['user']}"
    owns = _filled(told.get("owns", {}), values, places.parse(content))
    account = _filled(told.get("account", ""), values, places.parse(content))
    made = {"name": name, "credentials": credentials, "owns": owns, "account": account}
    tenant_made = read_known([made], settings.folder, "sign-up")[0]
    return replace(tenant_made, secrets=(*tenant_made.secrets, (values["password"], True)))


def _filled(value: Any, values: dict[str, str], answer: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(child, values, answer) for key, child in value.items()}
    if isinstance(value, list):
        return [_filled(child, values, answer) for child in value]
    if not isinstance(value, str):
        return value
    for name, text in values.items():
        value = value.replace(f"{{{name}}}", text)
    while answer is not None and "{answer:" in value:
        before, _, rest = value.partition("{answer:")
        place, _, after = rest.partition("}")
        found = places.find(answer, place)
        if not found:
            raise Inconclusive(f"sign-up: its answer has nothing at {place}")
        value = f"{before}{found[0][1]}{after}"
    return value
