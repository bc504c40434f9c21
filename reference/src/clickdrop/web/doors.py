"""Pages of whoever is not logged in: log in, register, choose a password. And logging out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.domain.errors import InvalidRequest, TooManyRequests, Unauthenticated
from clickdrop.web.admission import (
    COOKIE,
    Form,
    admit,
    client_of,
    device_of,
    dismiss,
    member_page,
    platform_of,
    visitor_page,
)
from clickdrop.web.pages import go, page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from clickdrop.domain.users import Member

HOME = "/orders"


async def home(request: Request) -> Response:
    """Lead to where the work is."""
    return go(HOME if COOKIE in request.cookies else "/log-in")


async def show_log_in(request: Request) -> Response:
    """Ask who it is."""
    return page(request, "log_in.html", email="", fault=None)


async def log_in(request: Request, form: Form) -> Response:
    """Begin a session under a new secret, whatever the device had before."""
    platform = platform_of(request)
    email = form.get("email", "")
    await platform.rate_limit.spend(f"log-in:{email.strip().lower()}")
    try:
        async with platform.lock_out.trying(email, client_of(request)):
            begun = await platform.sign_in.log_in(email, form.get("password", ""), device_of(request))
    except Unauthenticated as error:
        return page(request, "log_in.html", status=401, email=email, fault=str(error))
    except TooManyRequests as error:
        response = page(request, "log_in.html", status=429, email=email, fault=str(error))
        response.headers["Retry-After"] = str(error.retry_after_seconds)
        return response
    await _end_what_was(request)
    return admit(request, go(HOME), begun)


async def _end_what_was(request: Request) -> None:
    """End the session that the device had, if it had one: a device has one at a time."""
    platform = platform_of(request)
    try:
        session = await platform.sign_in.find(request.cookies.get(COOKIE, ""))
        await platform.sign_in.log_out(await platform.sign_in.member(session, session.account_id))
    except Unauthenticated:
        return


async def log_out(request: Request, member: Member, _form: Form) -> Response:
    """End the session."""
    await platform_of(request).sign_in.log_out(member)
    return dismiss(go("/log-in?done=out"))


async def show_register(request: Request) -> Response:
    """Ask for the names of a new account."""
    return page(request, "register.html", given={}, fault=None)


async def register(request: Request, form: Form) -> Response:
    """Send a letter to who wants an account; the answer is the same whether the address has one."""
    try:
        await platform_of(request).rate_limit.spend(f"letter:{form.get('email', '').strip().lower()}")
        await platform_of(request).doors.register(form.get("shop", ""), form.get("name", ""), form.get("email", ""))
    except InvalidRequest as error:
        return page(request, "register.html", status=400, given=form, fault=str(error))
    return page(request, "letter_sent.html", email=form.get("email", ""))


async def show_confirm(request: Request) -> Response:
    """Ask who wants to register for a password."""
    shop, _, email = platform_of(request).doors.registration(_token(request))
    return page(request, "choose_password.html", title=f"Open an account for {shop}", email=email, fault=None)


async def confirm(request: Request, form: Form) -> Response:
    """Make the account, and begin a session of its owner."""
    doors = platform_of(request).doors
    shop, _, email = doors.registration(_token(request))
    try:
        begun = await doors.confirm(_token(request), form.get("password", ""), device_of(request))
    except InvalidRequest as error:
        title = f"Open an account for {shop}"
        return page(request, "choose_password.html", status=400, title=title, email=email, fault=str(error))
    await _end_what_was(request)
    return admit(request, go(HOME), begun)


async def show_forgotten(request: Request) -> Response:
    """Ask whose password is forgotten."""
    return page(request, "forgotten.html", fault=None)


async def forgotten(request: Request, form: Form) -> Response:
    """Send a letter; the answer is the same whether the address has an account."""
    try:
        await platform_of(request).rate_limit.spend(f"letter:{form.get('email', '').strip().lower()}")
        await platform_of(request).doors.forgot(form.get("email", ""))
    except InvalidRequest as error:
        return page(request, "forgotten.html", status=400, fault=str(error))
    return page(request, "letter_sent.html", email=form.get("email", ""))


async def show_choose_password(request: Request) -> Response:
    """Ask whoever follows a link for a password."""
    await platform_of(request).doors.link(_token(request))
    return page(request, "choose_password.html", title="Choose a password", email=None, fault=None)


async def choose_password(request: Request, form: Form) -> Response:
    """Use up the link, and begin a session."""
    try:
        begun = await platform_of(request).doors.choose_password(
            _token(request), form.get("password", ""), device_of(request)
        )
    except InvalidRequest as error:
        title = "Choose a password"
        return page(request, "choose_password.html", status=400, title=title, email=None, fault=str(error))
    await _end_what_was(request)
    return admit(request, go(HOME), begun)


def _token(request: Request) -> str:
    return request.query_params.get("token", "")


ROUTES = (
    visitor_page("/", home),
    visitor_page("/log-in", show_log_in, log_in),
    member_page("/log-out", submit=log_out),
    visitor_page("/register", show_register, register),
    visitor_page("/register/confirm", show_confirm, confirm),
    visitor_page("/forgotten", show_forgotten, forgotten),
    visitor_page("/choose-password", show_choose_password, choose_password),
)
