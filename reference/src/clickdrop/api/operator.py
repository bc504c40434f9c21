"""The operator's API: accounts, users, keys, incidents, containment. No tenant's credential opens it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from pydantic import Field
from starlette.responses import Response

from clickdrop.adapters.mail import letters_to
from clickdrop.api.admission import platform_of
from clickdrop.api.bodies import json_body
from clickdrop.api.errors import add_error_handlers
from clickdrop.api.responses import WireResponse, empty
from clickdrop.api.wire.base import Instant, RequestModel, ResponseModel
from clickdrop.api.wire.parcels import tracking_resource
from clickdrop.domain.accounts import AccountKind
from clickdrop.domain.errors import NotFound, Unauthenticated
from clickdrop.domain.identifiers import MAX_INTEGER
from clickdrop.domain.parcels import ParcelStatus
from clickdrop.domain.payments import PaymentUnknown
from clickdrop.domain.status import Component
from clickdrop.domain.users import Role
from clickdrop.service.accounts import bearer_token

if TYPE_CHECKING:
    from clickdrop.platform import Platform


class NewTenant(RequestModel):
    """An account to be made; `name` is its trading name."""

    name: str = Field(min_length=1, max_length=250)
    kind: AccountKind = AccountKind.OBA
    channel_shipper: bool = Field(default=True, alias="channel_shipper")


class NewUser(RequestModel):
    """A user to be added, who can log in to the website if there is a password."""

    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=210)
    password: str | None = None
    role: Role = Field(default=Role.OWNER, strict=False)


class NewKey(RequestModel):
    """An API key to be made, for one of the account's users or for the account alone."""

    user: str | None = None


class NewParcelEvent(RequestModel):
    """What the carrier says of a parcel."""

    status: Literal["collected", "inTransit", "outForDelivery", "delivered"]


class ContactResource(ResponseModel):
    """An entry of an account's address book."""

    owner: str
    reference: str


class ReadResource(ResponseModel):
    """What a credential was shown; `owners` are the accounts whose orders they were, `null` where nobody knows."""

    account_id: str
    operation: str
    at: datetime
    orders: list[int]
    owners: list[str | None]
    contacts: list[ContactResource]


class Containment(RequestModel):
    """Whether the platform is to be closed, and what the public is told about it."""

    closed: bool
    reason: str = Field(min_length=1, max_length=1000)


class NewIncident(RequestModel):
    """Something that has gone wrong, with what the public is told first."""

    title: str = Field(min_length=1, max_length=200)
    component: Component = Field(strict=False)
    text: str = Field(min_length=1, max_length=1000)


class NewUpdate(RequestModel):
    """What the public is told next about an incident."""

    text: str = Field(min_length=1, max_length=1000)
    resolved: bool = False


class ContainmentResource(ResponseModel):
    """Whether the platform is closed."""

    closed: bool


class IncidentResource(ResponseModel):
    """An incident."""

    id: int


class ChargeResource(ResponseModel):
    """Money that the payment provider took, as it says; in pence."""

    id: str
    amount_pence: int
    refunded: bool


class ChargesResource(ResponseModel):
    """What was taken for a checkout: one charge, or none."""

    checkout_id: str
    charges: list[ChargeResource]


class LetterResource(ResponseModel):
    """An e-mail that has gone out."""

    subject: str
    text: str


class TenantResource(ResponseModel):
    """An account."""

    id: str
    name: str
    kind: AccountKind
    channel_shipper: bool = Field(serialization_alias="channel_shipper")


class UserResource(ResponseModel):
    """A user."""

    id: str


class KeyResource(ResponseModel):
    """An API key, shown this once."""

    id: str
    key: str


async def operator(request: Request) -> None:
    """Admit the operator."""
    if not platform_of(request).admits_operator(bearer_token(request.headers.get("authorization", ""))):
        raise Unauthenticated


router = APIRouter(dependencies=[Depends(operator)])


@router.get("/tenants")
async def get_tenants(request: Request) -> Response:
    """Answer all accounts."""
    accounts = await platform_of(request).accounts.all()
    return WireResponse(
        [TenantResource(id=a.id, name=a.name, kind=a.kind, channel_shipper=a.channel_shipper) for a in accounts]
    )


@router.post("/tenants")
async def create_tenant(request: Request, body: Annotated[NewTenant, Depends(json_body(NewTenant))]) -> Response:
    """Make an account."""
    accounts = platform_of(request).accounts
    account = await accounts.create(body.name, body.kind, channel_shipper=body.channel_shipper)
    resource = TenantResource(
        id=account.id, name=account.name, kind=account.kind, channel_shipper=account.channel_shipper
    )
    return WireResponse(resource, 201)


@router.post("/tenants/{account_id}/users")
async def create_user(
    request: Request, account_id: str, body: Annotated[NewUser, Depends(json_body(NewUser))]
) -> Response:
    """Add a user to an account."""
    accounts = platform_of(request).accounts
    if body.password is None:
        user_id = await accounts.add_user(account_id, body.email, body.name)
    else:
        user_id = await accounts.add_login(account_id, body.email, body.name, body.password, body.role)
    return WireResponse(UserResource(id=user_id), 201)


@router.post("/tenants/{account_id}/keys")
async def create_key(
    request: Request, account_id: str, body: Annotated[NewKey, Depends(json_body(NewKey, required=False))]
) -> Response:
    """Make an API key, and show it this once."""
    issued = await platform_of(request).accounts.issue_key(account_id, body.user)
    return WireResponse(KeyResource(id=issued.id, key=issued.key), 201)


@router.delete("/tenants/{account_id}/keys/{key_id}")
async def delete_key(request: Request, account_id: str, key_id: str) -> Response:
    """Revoke an API key; it opens nothing from this moment on."""
    await platform_of(request).accounts.revoke_key(account_id, key_id)
    return empty(204, {})


@router.post("/parcels/{tracking_number}/events")
async def create_parcel_event(
    request: Request, tracking_number: str, body: Annotated[NewParcelEvent, Depends(json_body(NewParcelEvent))]
) -> Response:
    """Say what happened to a parcel, as its carrier would."""
    parcel = await platform_of(request).parcels.happen(tracking_number, ParcelStatus(body.status))
    return WireResponse(tracking_resource(parcel), 201)


@router.get("/credentials/{credential_id}/reads")
async def get_reads(
    request: Request,
    credential_id: UUID,
    start: Annotated[Instant, Query(alias="from")],
    end: Annotated[Instant, Query(alias="to")],
) -> Response:
    """Answer whose orders and contacts a credential was shown from one moment until before another."""
    found = await platform_of(request).audit.reads(str(credential_id), start, end)
    return WireResponse(
        [
            ReadResource(
                account_id=each.read.account_id,
                operation=each.read.operation,
                at=each.read.at,
                orders=list(each.read.orders),
                owners=list(each.owners),
                contacts=[ContactResource(owner=owner, reference=name) for owner, name in each.read.contacts],
            )
            for each in found
        ]
    )


@router.get("/checkouts/{checkout_id}/charges")
async def get_charges(request: Request, checkout_id: UUID) -> Response:
    """Ask the payment provider what it took for a checkout, to hold it against what the platform knows."""
    try:
        charges = await platform_of(request).checkouts.charges(str(checkout_id))
    except PaymentUnknown:
        return empty(503, {"Retry-After": "1"})
    taken = [ChargeResource(id=each.id, amount_pence=each.amount_pence, refunded=each.refunded) for each in charges]
    return WireResponse(ChargesResource(checkout_id=str(checkout_id), charges=taken))


@router.get("/letters")
async def get_letters(request: Request, to: Annotated[str, Query(max_length=254)]) -> Response:
    """Show what was written to an address, where e-mail goes into a folder; a server that is handed it has it."""
    folder = platform_of(request).settings.mail
    if not isinstance(folder, Path):
        raise NotFound("E-mail goes to a server.")
    found = await asyncio.to_thread(letters_to, folder, to)
    return WireResponse([LetterResource(subject=subject, text=text) for subject, text in found])


@router.get("/containment")
async def get_containment(request: Request) -> Response:
    """Tell whether the platform is closed."""
    return WireResponse(ContainmentResource(closed=await platform_of(request).gate.is_closed()))


@router.put("/containment")
async def set_containment(request: Request, body: Annotated[Containment, Depends(json_body(Containment))]) -> Response:
    """Close the platform, or open it again. Once this answers, nothing of a tenant's is served, or all is again."""
    operations = platform_of(request).operations
    await (operations.close(body.reason) if body.closed else operations.open(body.reason))
    return WireResponse(ContainmentResource(closed=body.closed))


@router.post("/incidents")
async def create_incident(request: Request, body: Annotated[NewIncident, Depends(json_body(NewIncident))]) -> Response:
    """Tell the public of an incident."""
    incident = await platform_of(request).operations.report(body.title, body.component, body.text)
    return WireResponse(IncidentResource(id=incident), 201)


@router.post("/incidents/{incident}/updates")
async def update_incident(
    request: Request,
    incident: Annotated[int, Field(ge=1, le=MAX_INTEGER)],
    body: Annotated[NewUpdate, Depends(json_body(NewUpdate))],
) -> Response:
    """Tell the public more of an incident, and perhaps that it is over."""
    await platform_of(request).operations.update(incident, body.text, resolved=body.resolved)
    return empty(204, {})


def operator_api(platform: Platform) -> FastAPI:
    """Answer the operator's API on a platform."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.platform = platform
    app.router.routes.extend(router.routes)
    add_error_handlers(app)
    return app
