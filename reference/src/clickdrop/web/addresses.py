"""Pages of the address book, and what it suggests while a user types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from clickdrop.api.responses import PRIVATE
from clickdrop.domain.content import Contact
from clickdrop.domain.users import Permission
from clickdrop.web.admission import Form, asked, member_page, platform_of
from clickdrop.web.fields import FieldsRefused, contact_fields, contact_of
from clickdrop.web.pages import go, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from clickdrop.domain.users import Member

_REFERENCE_LENGTH_MAX = 100
_TEXT_LENGTH_MAX = 100


async def show_contacts(request: Request, member: Member) -> Response:
    """Show the address book."""
    return page(request, "contacts.html", member, contacts=await platform_of(request).desk.contacts(member))


async def show_contact(request: Request, member: Member) -> Response:
    """Show an entry in a form, or an empty form."""
    member.require(Permission.WRITE)
    reference = asked(request, "reference")
    contact = (await platform_of(request).desk.contact(member, reference)).contact if reference else Contact()
    return _contact_form(request, member, {"reference": reference, **contact_fields(contact)}, {})


async def save_contact(request: Request, member: Member, form: Form) -> Response:
    """Add or replace an entry."""
    reference = form.get("reference", "").strip()
    if not 0 < len(reference) <= _REFERENCE_LENGTH_MAX:
        faults = {"reference": f"Expected 1 to {_REFERENCE_LENGTH_MAX} characters."}
        return _contact_form(request, member, form, faults)
    try:
        await platform_of(request).desk.save_contact(member, reference, contact_of(form))
    except FieldsRefused as refused:
        return _contact_form(request, member, form, refused.faults)
    return go("/address-book?done=saved")


async def delete_contact(request: Request, member: Member, form: Form) -> Response:
    """Remove an entry."""
    await platform_of(request).desk.delete_contact(member, form.get("reference", ""))
    return go("/address-book?done=deleted")


async def suggest(request: Request, member: Member) -> Response:
    """Answer entries that a user may mean, to the page's script."""
    text = asked(request, "q")[:_TEXT_LENGTH_MAX]
    found = await platform_of(request).desk.suggest(member, text)
    return JSONResponse(
        [{"reference": entry.reference, **contact_fields(entry.contact)} for entry in found],
        headers=PRIVATE,
    )


def _contact_form(request: Request, member: Member, given: Mapping[str, str], faults: Mapping[str, str]) -> Response:
    return page(request, "contact_form.html", member, status=400 if faults else 200, given=given, faults=faults)


ROUTES = (
    member_page("/address-book", show_contacts),
    member_page("/address-book/entry", show_contact, save_contact),
    member_page("/address-book/delete", submit=delete_contact),
    member_page("/suggestions/contacts", suggest),
)
