"""Who may see a page and send its form: the session in a cookie, and the token in a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from python_multipart.multipart import parse_options_header
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.datastructures import UploadFile
from starlette.routing import Route

from clickdrop.adapters.tokens import new_secret
from clickdrop.domain.errors import Fault, InvalidRequest, NotFound, Unauthenticated
from clickdrop.domain.identifiers import MAX_INTEGER, integer_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from clickdrop.domain.users import Member
    from clickdrop.platform import Platform
    from clickdrop.service.sign_in import NewSession

COOKIE = "clickdrop_session"
FORM_TOKEN = "form_token"  # noqa: S105  # the name of a field
_BOX = "order-"
_FIELDS_MAX = 60
_PART_BYTES_MAX = 1024 * 1024 + 1


class _OrderConvertor(IntegerConvertor):
    """An order's identifier in a path, with so many digits that it is below `MAX_INTEGER` whatever they are."""

    regex = f"[0-9]{{1,{len(str(MAX_INTEGER)) - 1}}}"


register_url_convertor("order", _OrderConvertor())

Form: TypeAlias = "Mapping[str, str]"
"""The text fields of a form that was sent, files by their name as text in Latin-1: one character a byte."""


class ForgedForm(Exception):
    """A form that was not sent from a page of ours, for this session."""


def platform_of(request: Request) -> Platform:
    """Answer the platform that serves the request."""
    platform: Platform = request.app.state.platform
    return platform


def visitor_page(
    path: str,
    show: Callable[[Request], Awaitable[Response]] | None = None,
    submit: Callable[[Request, Form], Awaitable[Response]] | None = None,
) -> Route:
    """Answer the route of a page that anybody sees; its form is sent back from that page or not at all."""

    async def serve(request: Request) -> Response:
        if request.method == "POST" and submit is not None:
            return await submit(request, await _form(request))
        assert show is not None, "the route has no other method"
        return await show(request)

    return Route(path, serve, methods=_methods(show, submit))


def member_page(
    path: str,
    show: Callable[[Request, Member], Awaitable[Response]] | None = None,
    submit: Callable[[Request, Member, Form], Awaitable[Response]] | None = None,
) -> Route:
    """Answer the route of a page for users who are logged in."""

    async def serve(request: Request) -> Response:
        member = await _member(request)
        if request.method == "POST" and submit is not None:
            return await submit(request, member, await _form(request))
        assert show is not None, "the route has no other method"
        return await show(request, member)

    return Route(path, serve, methods=_methods(show, submit))


def asked(request: Request, name: str) -> str:
    """Answer what the query of the request's address says under a name."""
    return printable(request.query_params.get(name, ""))


def printable(text: str) -> str:
    """Answer a text without NUL, which no browser sends and no database wants."""
    return text.replace("\0", "")


def ticked(form: Form) -> tuple[int, ...]:
    """Answer the orders whose boxes are ticked in a form."""
    named = (name.removeprefix(_BOX) for name in form if name.startswith(_BOX))
    return tuple(number for each in named if (number := integer_of(each)) is not None)


def uuid_of(request: Request) -> str:
    """Answer the identifier in the request's path; raises `NotFound` for what is none."""
    try:
        return str(UUID(request.path_params["id"]))
    except ValueError:
        raise NotFound("There is no such resource.") from None


def device_of(request: Request) -> str:
    """Answer what a device says of itself."""
    return request.headers.get("user-agent") or "An unnamed device"


def client_of(request: Request) -> str:
    """Answer the address that a request comes from, as the edge says it where there is one."""
    return request.client.host if request.client is not None else ""


def visit(request: Request) -> str:
    """Answer the secret of the request's session or visit; a visitor without one is given one with the answer."""
    kept = getattr(request.state, "visit", None) or request.cookies.get(COOKIE)
    request.state.visit = kept or new_secret()
    return str(request.state.visit)


def admit(request: Request, response: Response, begun: NewSession) -> Response:
    """Let the device keep a session that has just begun."""
    request.state.visit = begun.secret
    keep_visit(request, response)
    return response


def keep_visit(request: Request, response: Response) -> None:
    """Let the device keep its secret. Without a life of its own the cookie ends with the browser at the latest."""
    response.set_cookie(
        COOKIE, visit(request), httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )


def dismiss(response: Response) -> Response:
    """Let the device forget its session."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response


async def _member(request: Request) -> Member:
    """Answer who is logged in; raises `Unauthenticated`."""
    secret = request.cookies.get(COOKIE)
    if not secret:
        raise Unauthenticated
    platform = platform_of(request)
    session = await platform.sign_in.find(secret)
    platform.tenant_scope.enter(request.scope, session.account_id)
    return await platform.sign_in.member(session, platform.tenant_scope.current(request.scope))


async def _form(request: Request) -> Form:
    """Read a form that a page of ours has sent; raises `ForgedForm`, and `InvalidRequest` for one not in UTF-8.

    In other encodings a text may have halves of characters in it, which nothing can store.
    """
    _, parameters = parse_options_header(request.headers.get("content-type"))
    if parameters.get(b"charset", b"utf-8").lower() != b"utf-8":
        raise InvalidRequest(Fault("InvalidCharset", "Expected a form in UTF-8, which is what our pages send."))
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForgedForm
    async with request.form(max_files=1, max_fields=_FIELDS_MAX, max_part_size=_PART_BYTES_MAX) as sent:
        form = {name: await _text(value) for name, value in sent.items()}
    secret = request.cookies.get(COOKIE)
    if not secret or not platform_of(request).form_tokens.is_of(secret, form.get(FORM_TOKEN, "")):
        raise ForgedForm
    return form


async def _text(value: UploadFile | str) -> str:
    return (await value.read()).decode("latin-1") if isinstance(value, UploadFile) else printable(value)


def _methods(show: object, submit: object) -> list[str]:
    return [*(["GET"] if show is not None else []), *(["POST"] if submit is not None else [])]
