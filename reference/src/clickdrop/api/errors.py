"""Refusals as HTTP responses, in the published shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from clickdrop.api.admission import shown
from clickdrop.api.responses import WireResponse, empty
from clickdrop.api.wire.errors import FAULT_SHAPES, ErrorResponse, error_object
from clickdrop.domain.errors import (
    Conflict,
    Fault,
    FeatureUnavailable,
    InvalidRequest,
    NotFound,
    PaymentDeclined,
    TooManyRequests,
    Unauthenticated,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.routing import BaseRoute


def error_response(status: int, code: str, message: str, details: str | None = None) -> Response:
    """Answer a response whose body is the published error object."""
    return WireResponse(ErrorResponse(code=code, message=message, details=details), status)


def add_error_handlers(app: Starlette) -> None:
    """Have refusals answered; anything else that is raised becomes a 500 that says nothing."""
    app.add_exception_handler(Unauthenticated, _unauthenticated)
    app.add_exception_handler(FeatureUnavailable, _forbidden)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(InvalidRequest, _invalid)
    app.add_exception_handler(Conflict, _conflict)
    app.add_exception_handler(PaymentDeclined, _declined)
    app.add_exception_handler(TooManyRequests, _too_many)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _internal)


def _unauthenticated(_request: Request, _error: Exception) -> Response:
    return empty(401, {"WWW-Authenticate": "Bearer"})


def _forbidden(_request: Request, error: Exception) -> Response:
    return error_response(403, "FeatureNotAvailable", str(error))


def _not_found(_request: Request, error: Exception) -> Response:
    return error_response(404, "NotFound", str(error))


def _conflict(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Conflict)
    return error_response(409, error.code, str(error))


def _declined(_request: Request, error: Exception) -> Response:
    return error_response(402, "PaymentDeclined", str(error))


def _too_many(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyRequests)
    response = error_response(429, "TooManyRequests", str(error))
    response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, InvalidRequest)
    if error.orders:
        await shown(request, error.orders)
    return _bad_request(request, error.faults)


def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        Fault("InvalidParameter", f"{'.'.join(str(part) for part in problem['loc'][1:])}: {problem['msg']}")
        for problem in error.errors()
    ]
    return _bad_request(request, faults)


def _bad_request(request: Request, faults: Iterable[Fault]) -> Response:
    operation = getattr(request.scope.get("route"), "operation_id", None)
    shape = FAULT_SHAPES.get(operation or "", error_object)
    return WireResponse(shape(list(faults)), 400)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return error_response(404, "NotFound", "There is no such resource.")
    if error.status_code == 405:
        response = error_response(405, "MethodNotAllowed", f"The resource has no method {request.method}.")
        response.headers["Allow"] = ", ".join(sorted(_methods(request)))
        return response
    return error_response(error.status_code, "BadRequest", str(error.detail))


def _methods(request: Request) -> set[str]:
    routes: Iterable[BaseRoute] = request.app.router.routes
    matching = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return {method for route in matching for method in getattr(route, "methods", None) or ()}


def _internal(_request: Request, _error: Exception) -> Response:
    return error_response(500, "InternalError", "The request could not be carried out.")
