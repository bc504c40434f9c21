"""Pages of an account's users, keys and webhooks, and of a user's devices and password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.domain.errors import InvalidRequest, WrongPassword
from clickdrop.domain.notices import Event
from clickdrop.domain.users import Role
from clickdrop.web.admission import Form, admit, client_of, dismiss, member_page, platform_of
from clickdrop.web.pages import go, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from clickdrop.domain.users import Member


async def show_users(request: Request, member: Member) -> Response:
    """Show the account's users."""
    return await _users(request, member, {}, None)


async def invite(request: Request, member: Member, form: Form) -> Response:
    """Invite a user."""
    try:
        name, email = form.get("name", ""), form.get("email", "")
        await platform_of(request).team.invite(member, name, email, _role(form))
    except InvalidRequest as error:
        return await _users(request, member, form, str(error))
    return go("/settings/users?done=invited")


async def set_role(request: Request, member: Member, form: Form) -> Response:
    """Change a user's role."""
    try:
        await platform_of(request).team.set_role(member, form.get("user", ""), _role(form))
    except InvalidRequest as error:
        return await _users(request, member, {}, str(error))
    return go("/settings/users?done=saved")


async def remove_user(request: Request, member: Member, form: Form) -> Response:
    """Remove a user."""
    try:
        await platform_of(request).team.remove(member, form.get("user", ""))
    except InvalidRequest as error:
        return await _users(request, member, {}, str(error))
    return go("/settings/users?done=deleted")


async def show_keys(request: Request, member: Member) -> Response:
    """Show the account's keys."""
    return await _keys(request, member, issued=None, fault=None)


async def issue_key(request: Request, member: Member, _form: Form) -> Response:
    """Make a key, and show it this once."""
    try:
        issued = await platform_of(request).team.issue_key(member)
    except InvalidRequest as error:
        return await _keys(request, member, issued=None, fault=str(error))
    return await _keys(request, member, issued=issued.key, fault=None)


async def revoke_key(request: Request, member: Member, form: Form) -> Response:
    """Revoke a key."""
    await platform_of(request).team.revoke_key(member, form.get("key", ""))
    return go("/settings/keys?done=revoked")


async def show_webhooks(request: Request, member: Member) -> Response:
    """Show the account's webhooks."""
    return await _webhooks(request, member, {})


async def add_webhook(request: Request, member: Member, form: Form) -> Response:
    """Add a webhook, and show its secret this once."""
    try:
        added = await platform_of(request).team.add_webhook(member, form.get("url", ""))
    except InvalidRequest as error:
        return await _webhooks(request, member, form, fault=str(error))
    return await _webhooks(request, member, {}, secret=added.secret)


async def remove_webhook(request: Request, member: Member, form: Form) -> Response:
    """Remove a webhook."""
    await platform_of(request).team.remove_webhook(member, form.get("webhook", ""))
    return go("/settings/webhooks?done=deleted")


async def show_devices(request: Request, member: Member) -> Response:
    """Show where the user is logged in."""
    devices = await platform_of(request).sign_in.devices(member)
    return page(request, "devices.html", member, devices=devices)


async def log_out_device(request: Request, member: Member, form: Form) -> Response:
    """End a session of the user's."""
    await platform_of(request).sign_in.log_out_device(member, form.get("device", ""))
    return go("/settings/devices?done=revoked")


async def log_out_everywhere(request: Request, member: Member, _form: Form) -> Response:
    """End all sessions of the user's."""
    await platform_of(request).sign_in.log_out_everywhere(member)
    return dismiss(go("/log-in?done=out"))


async def show_password(request: Request, member: Member) -> Response:
    """Ask for another password."""
    return page(request, "password.html", member, fault=None)


async def change_password(request: Request, member: Member, form: Form) -> Response:
    """Change the password; the session goes on under a new secret, and no other does."""
    platform = platform_of(request)
    try:
        async with platform.lock_out.trying(member.user.email, client_of(request)):
            begun = await platform.sign_in.change_password(member, form.get("old", ""), form.get("new", ""))
    except (InvalidRequest, WrongPassword) as error:
        return page(request, "password.html", member, status=400, fault=str(error))
    return admit(request, go("/settings/devices?done=password"), begun)


async def _users(request: Request, member: Member, given: Mapping[str, str], fault: str | None) -> Response:
    users = await platform_of(request).team.users(member)
    status = 400 if fault else 200
    return page(request, "users.html", member, status=status, users=users, roles=list(Role), given=given, fault=fault)


async def _keys(request: Request, member: Member, *, issued: str | None, fault: str | None) -> Response:
    keys = await platform_of(request).team.keys(member)
    return page(request, "keys.html", member, status=400 if fault else 200, keys=keys, issued=issued, fault=fault)


async def _webhooks(
    request: Request, member: Member, given: Mapping[str, str], *, secret: str | None = None, fault: str | None = None
) -> Response:
    webhooks = await platform_of(request).team.webhooks(member)
    shown = {"webhooks": webhooks, "events": list(Event), "secret": secret, "given": given, "fault": fault}
    return page(request, "webhooks.html", member, status=400 if fault else 200, **shown)


def _role(form: Form) -> Role:
    text = form.get("role", "")
    return Role(text) if text in set(Role) else Role.VIEWER


ROUTES = (
    member_page("/settings/users", show_users, invite),
    member_page("/settings/users/role", submit=set_role),
    member_page("/settings/users/remove", submit=remove_user),
    member_page("/settings/keys", show_keys, issue_key),
    member_page("/settings/keys/revoke", submit=revoke_key),
    member_page("/settings/webhooks", show_webhooks, add_webhook),
    member_page("/settings/webhooks/remove", submit=remove_webhook),
    member_page("/settings/devices", show_devices),
    member_page("/settings/devices/log-out", submit=log_out_device),
    member_page("/settings/devices/log-out-everywhere", submit=log_out_everywhere),
    member_page("/settings/password", show_password, change_password),
)
