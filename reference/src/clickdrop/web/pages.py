"""Pages as responses: templates, the headers that every page has, and refusals as pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from clickdrop.api.errors import error_response
from clickdrop.api.responses import PRIVATE
from clickdrop.domain.errors import (
    FeatureUnavailable,
    InvalidRequest,
    NotFound,
    NotPermitted,
    TooManyRequests,
    Unauthenticated,
)
from clickdrop.domain.orders import OrderStatus
from clickdrop.domain.users import Member, Permission
from clickdrop.web.admission import COOKIE, ForgedForm, keep_visit, platform_of, visit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from starlette.applications import Starlette
    from starlette.requests import Request

HERE = Path(__file__).parent
HEADERS: Mapping[str, str] = {
    **PRIVATE,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

STATUS_WORDS: Mapping[OrderStatus, str] = {
    OrderStatus.NEW: "New",
    OrderStatus.LABEL_GENERATED: "Label printed",
    OrderStatus.MANIFESTED: "Manifested",
    OrderStatus.DESPATCHED: "Despatched",
    OrderStatus.DESPATCHED_BY_OTHER_COURIER: "Despatched by other courier",
}

DONE: Mapping[str, str] = {
    "created": "The order has been made.",
    "saved": "Your changes have been saved.",
    "deleted": "It has been deleted.",
    "imported": "All orders of the file have been imported.",
    "invited": "An invitation has been sent.",
    "paid": "Your postage has been paid, and the labels are ready.",
    "refunded": "Your money has been given back, and the labels are void.",
    "revoked": "It no longer opens anything.",
    "password": "Your password has been changed, and your other devices have been logged out.",
    "out": "You have been logged out.",
}
"""What a page says has been done, by the word in its address: no text of an address is ever shown."""


def _moment(value: datetime | None) -> str:
    return value.strftime("%-d %b %Y, %H:%M") if value is not None else "–"


def _day(value: datetime | None) -> str:
    return value.strftime("%-d %b %Y") if value is not None else "–"


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"


_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters |= {"moment": _moment, "day": _day, "money": _money}
_templates.globals |= {"STATUS_WORDS": STATUS_WORDS, "Permission": Permission}


def render(template: str, **values: Any) -> str:
    """Write a page."""
    return _templates.get_template(template).render(values)


def page(
    request: Request, template: str, member: Member | None = None, *, status: int = 200, **values: Any
) -> Response:
    """Render a page. Its forms belong to the request's session, or to its visit, which begins here if need be."""
    values |= {
        "member": member,
        "path": request.url.path,
        "done": DONE.get(request.query_params.get("done", "")),
        "form_token": platform_of(request).form_tokens.token(visit(request)),
    }
    response = Response(render(template, **values), status, HEADERS, "text/html")
    if COOKIE not in request.cookies:
        keep_visit(request, response)
    return response


def go(path: str) -> Response:
    """Send the browser to another page."""
    return RedirectResponse(path, 303, HEADERS)


def wants_page(request: Request) -> bool:
    """Tell whether it is a browser that asks for a page, rather than a program."""
    return "text/html" in request.headers.get("accept", "")


def add_error_pages(app: Starlette) -> None:
    """Have refusals answered by pages, or by the published error object for programs."""
    app.add_exception_handler(Unauthenticated, _unauthenticated)
    for kind, status in ((NotPermitted, 403), (FeatureUnavailable, 403), (NotFound, 404), (InvalidRequest, 400)):
        app.add_exception_handler(kind, _refusal(status))
    app.add_exception_handler(TooManyRequests, _too_many)
    app.add_exception_handler(ForgedForm, _forged)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _internal)


def refused(request: Request, status: int, code: str, message: str) -> Response:
    """Answer a refusal."""
    if not wants_page(request):
        return error_response(status, code, message)
    # No member and no form: whoever may ask for what is refused is not asked who it is.
    return Response(render("refused.html", message=message, status=status), status, HEADERS, "text/html")


def _unauthenticated(request: Request, _error: Exception) -> Response:
    if request.method == "GET" and wants_page(request):
        return go("/log-in")
    return refused(request, 401, "Unauthenticated", "Log in first.")


def _refusal(status: int) -> Any:
    codes = {403: "NotPermitted", 404: "NotFound", 400: "BadRequest"}

    def handle(request: Request, error: Exception) -> Response:
        return refused(request, status, codes[status], str(error))

    return handle


def _too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyRequests)
    response = refused(request, 429, "TooManyRequests", str(error))
    response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _forged(request: Request, _error: Exception) -> Response:
    message = "This form is not from a page of ours, or its session has ended: go back, reload the page, try again."
    return refused(request, 403, "ForgedForm", message)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return refused(request, 404, "NotFound", "There is no such resource.")
    if error.status_code == 405:
        response = refused(request, 405, "MethodNotAllowed", f"The resource has no method {request.method}.")
        response.headers["Allow"] = (error.headers or {}).get("Allow", "GET")
        return response
    return refused(request, error.status_code, "BadRequest", "The request cannot be read.")


def _internal(request: Request, _error: Exception) -> Response:
    return refused(request, 500, "InternalError", "The request could not be carried out.")
