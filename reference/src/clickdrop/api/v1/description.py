"""The OpenAPI descriptions of the APIs for tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.responses import JSONResponse

from clickdrop.api.bodies import REQUEST_MODELS
from clickdrop.api.responses import PUBLIC
from clickdrop.api.wire.errors import ErrorResponse

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic import BaseModel
    from starlette.requests import Request

_REFERENCE = "#/components/schemas/{model}"


def openapi(app: FastAPI) -> dict[str, Any]:
    """Describe the application: FastAPI's own description, with the bodies that it does not read itself."""
    if app.openapi_schema is None:
        description = get_openapi(
            title=app.title,
            version="1.0.0",
            description=app.description,
            routes=app.routes,
            servers=app.servers,
        )
        models = [(model, "validation") for model in _bodies(description)]
        _, bodies = models_json_schema(models, ref_template=_REFERENCE)  # type: ignore[arg-type]
        schemas = description["components"]["schemas"] | bodies["$defs"]
        # FastAPI would answer 422 to parameters that it cannot read; here it is a 400 in each operation's own shape.
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for path in description["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        description["components"]["schemas"] = dict(sorted(schemas.items()))
        app.openapi_schema = description
    return app.openapi_schema


def _bodies(description: dict[str, Any]) -> list[type[BaseModel]]:
    """Answer the models of the bodies that the described operations take."""
    operations = (operation for path in description["paths"].values() for operation in path.values())
    bodies = (operation["requestBody"]["content"] for operation in operations if "requestBody" in operation)
    names = {body["application/json"]["schema"]["$ref"].rpartition("/")[2] for body in bodies}
    return [model for name, model in REQUEST_MODELS.items() if name in names]


async def describe(request: Request) -> JSONResponse:
    """Answer the description; it is the same for everybody."""
    return JSONResponse(openapi(request.app), headers=PUBLIC)


Responses: TypeAlias = dict[int | str, dict[str, Any]]
"""What a route declares of its responses."""


def refusals(*statuses: int) -> Responses:
    """Declare the refusals that an operation answers with an error object, and 401 without a body."""
    words = {
        400: "The request cannot be carried out as it stands.",
        402: "The payment was declined: no money was taken.",
        403: "The account does not have the feature.",
        404: "The account has no such object.",
        409: "The key was used for another request.",
        413: "The body is too large.",
        429: "Too many calls with this key in the last second.",
    }
    declared: Responses = {status: {"model": ErrorResponse, "description": words[status]} for status in statuses}
    declared[401] = {"description": "No valid API key."}
    if 429 in declared:
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        declared[429]["headers"] = {"Retry-After": seconds}
    return declared
