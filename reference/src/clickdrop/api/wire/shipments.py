"""Requests and responses about manifests, returns, carriers and the API's version."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import Field

from clickdrop.api.wire.base import RequestModel, ResponseModel, text
from clickdrop.domain.returns import ReturnAddress, ReturnContent
from clickdrop.domain.tariff import RETURN_SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clickdrop.domain.accounts import Carrier
    from clickdrop.domain.tariff import ReturnService
    from clickdrop.service.manifests import PrintedManifest
    from clickdrop.service.returns import PrintedReturn


class GetVersionResource(ResponseModel):
    """Which release of the API answers."""

    commit: str | None = None
    build: str | None = None
    release: str | None = None
    release_date: datetime


class GetCarrierResource(ResponseModel):
    """A carrier as the account has it configured."""

    carrier_guid: UUID
    carrier_name: str
    carrier_status: str | None = None
    carrier_type: str | None = None


class ManifestEligibleOrdersRequest(RequestModel):
    """Which carrier the orders are for."""

    carrier_name: str | None = None


class ManifestOrdersResponse(ResponseModel):
    """A manifest; `document_pdf` is a PDF file in base64."""

    manifest_number: int
    document_pdf: str | None = None


class ManifestDetailsResponse(ResponseModel):
    """A manifest and how far it is; `document_pdf` is a PDF file in base64."""

    manifest_number: int
    status: Literal["In Progress", "Completed", "Failed"] | None = None
    document_pdf: str | None = None


class ServiceCode(RequestModel):
    """The service that a return travels by."""

    service_code: str = Field(json_schema_extra={"enum": list(RETURN_SERVICES)})
    service_register_code: str | None = None


class Address(RequestModel):
    """One end of a return."""

    title: str | None = text(25)
    first_name: str = Field(max_length=150)
    last_name: str = Field(max_length=150)
    company_name: str | None = text(250)
    address_line1: str = Field(max_length=250)
    address_line2: str | None = text(250)
    address_line3: str | None = text(250)
    city: str = Field(max_length=100)
    county: str | None = text(250)
    postcode: str = Field(max_length=25)
    country: str = Field(max_length=50)
    country_iso_code: str = Field(max_length=3)


class CustomerReference(RequestModel):
    """The tenant's own name for a return."""

    reference: str = Field(max_length=50)


class Shipment(RequestModel):
    """What travels back: from the shipping address to the return address."""

    shipping_address: Address
    return_address: Address
    customer_reference: CustomerReference | None = None


class CreateReturnRequest(RequestModel):
    """A return to be made."""

    service: ServiceCode
    shipment: Shipment


class CreateReturnResponseShipment(ResponseModel):
    """The numbers of a return."""

    tracking_number: str | None = None
    unique_item_id: str | None = None


class CreateReturnResponse(ResponseModel):
    """A return; `qr_code` is a PNG image and `label` a PDF file, both in base64."""

    shipment: CreateReturnResponseShipment | None = None
    qr_code: str | None = None
    label: str | None = None


class ServiceItem(ResponseModel):
    """A service for returns."""

    carrier_guid: UUID | None = None
    carrier_service_guid: UUID | None = None
    service_name: str | None = None
    service_code: str | None = None


class GetServicesResponse(ResponseModel):
    """The services for returns."""

    services: list[ServiceItem]


def carriers(found: Iterable[Carrier]) -> list[GetCarrierResource]:
    """Show carriers."""
    return [
        GetCarrierResource(carrier_guid=c.guid, carrier_name=c.name, carrier_status=c.status, carrier_type=c.type)
        for c in found
    ]


def manifest_orders(printed: PrintedManifest) -> ManifestOrdersResponse:
    """Show a manifest that was made."""
    return ManifestOrdersResponse(manifest_number=printed.manifest.number, document_pdf=_base64(printed.document))


def manifest_details(printed: PrintedManifest) -> ManifestDetailsResponse:
    """Show a manifest."""
    return ManifestDetailsResponse(
        manifest_number=printed.manifest.number, status="Completed", document_pdf=_base64(printed.document)
    )


def return_content(request: CreateReturnRequest) -> ReturnContent:
    """Answer the return to be made."""
    shipment = request.shipment
    return ReturnContent(
        service_code=request.service.service_code,
        customer=ReturnAddress(**shipment.shipping_address.model_dump()),
        shop=ReturnAddress(**shipment.return_address.model_dump()),
        reference=shipment.customer_reference.reference if shipment.customer_reference else None,
    )


def created_return(printed: PrintedReturn) -> CreateReturnResponse:
    """Show a return that was made."""
    item = printed.item
    return CreateReturnResponse(
        shipment=CreateReturnResponseShipment(tracking_number=item.tracking_number, unique_item_id=item.unique_item_id),
        qr_code=_base64(printed.qr_code),
        label=_base64(printed.label),
    )


def return_services(services: Iterable[ReturnService]) -> GetServicesResponse:
    """Show the services for returns."""
    return GetServicesResponse(
        services=[
            ServiceItem(
                carrier_guid=service.carrier_guid,
                carrier_service_guid=service.carrier_service_guid,
                service_name=service.name,
                service_code=service.code,
            )
            for service in services
        ]
    )


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
