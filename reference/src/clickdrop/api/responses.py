"""Responses of this service: JSON by the wire models, private to whoever asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PRIVATE = {"Cache-Control": "private, no-store"}
PUBLIC = {"Cache-Control": "public, max-age=60"}


class WireResponse(Response):
    """A wire model, or a list of them, as JSON; fields without a value are left out."""

    media_type = "application/json"

    def __init__(
        self, content: BaseModel | Sequence[BaseModel], status: int = 200, headers: Mapping[str, str] = PRIVATE
    ) -> None:
        super().__init__(content, status, headers)

    def render(self, content: BaseModel | Sequence[BaseModel]) -> bytes:
        """Write the JSON."""
        if isinstance(content, BaseModel):
            return content.model_dump_json(by_alias=True, exclude_none=True).encode()
        return b"[" + b",".join(self.render(item) for item in content) + b"]"


def download(content: bytes, file_name: str, media_type: str) -> Response:
    """Answer a file."""
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response(content, 200, headers, media_type)


def pdf(content: bytes, file_name: str) -> Response:
    """Answer a PDF file."""
    return download(content, file_name, "application/pdf")


def empty(status: int, headers: Mapping[str, str]) -> Response:
    """Answer a status alone."""
    return Response(None, status, {**PRIVATE, **headers})
