"""Reading JSON bodies by their wire models, and saying so in the description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from clickdrop.domain.errors import Fault, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

REQUEST_MODELS: dict[str, type[BaseModel]] = {}
"""The wire models of all bodies, by the name under which the description refers to them."""

_MAX_FAULTS = 20

Model = TypeVar("Model", bound=BaseModel)


def json_body(model: type[Model], *, required: bool = True) -> Callable[[Request], Awaitable[Model]]:
    """Answer a dependency that reads the body; without one, an optional body is an empty object."""

    async def read(request: Request) -> Model:
        content = await request.body()
        if not content and not required:
            content = b"{}"
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            raise InvalidRequest(*_faults(error)) from None

    return read


def describe_body(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """Answer what a route says about its body, for its `openapi_extra`."""
    REQUEST_MODELS[model.__name__] = model
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def _faults(error: ValidationError) -> list[Fault]:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        Fault("InvalidBody", f"{'.'.join(str(part) for part in problem['loc']) or 'body'}: {problem['msg']}")
        for problem in problems[:_MAX_FAULTS]
    ]
