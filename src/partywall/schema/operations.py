"""Operations of a described API, as data: what Schemathesis resolved, without its machinery."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_PARAMETER = re.compile(r"\{([^{}]+)\}")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: ``location`` is "path", "query", "header" or "cookie", ``schema`` a resolved JSON Schema."""

    name: str
    location: str
    required: bool
    schema: dict[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Body:
    """A request body: ``schema`` holds what it refers to beside it."""

    media_type: str
    required: bool
    schema: Any = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a request can take a value from: the answer, or the request, of another operation.

    Attributes:
        producer, consumer: names of operations.
        parameters: (location, name, value) of the consumer; a value that begins with "$" is a runtime expression.
        body: of the consumer's request, with runtime expressions in it; None if the link says nothing of it.
    """

    producer: str
    consumer: str
    parameters: tuple[tuple[str, str, Any], ...]
    body: Any = None


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        name: its operationId, or "METHOD /path" where that is missing or not unique.
        answers: status ("200", "2XX", "default") -> schema of the JSON answer, None if it has none.
        guarded: the description asks for a credential.
        words: summary and description, for people.
    """

    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    bodies: tuple[Body, ...] = ()
    answers: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    guarded: bool = True
    words: str = ""

    @property
    def reads(self) -> bool:
        """Its method is safe (RFC 9110, 9.2.1)."""
        return self.method in SAFE_METHODS

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the path's parameters, in order."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def shape(self) -> str:
        """The path with its parameters unnamed: /orders/{}."""
        return _PARAMETER.sub("{}", self.path.rstrip("/")) or "/"

    @property
    def body(self) -> Body | None:
        """The body that we can write: in JSON, or else a form; None if it takes neither."""
        forms = (body for body in self.bodies if "urlencoded" in body.media_type)
        return next((body for body in self.bodies if is_json(body.media_type)), next(forms, None))

    @property
    def json_answer(self) -> Any:
        """Schema of the first answer with success, None if it has none in JSON."""
        return next((schema for status, schema in self.answers.items() if status.startswith("2") and schema), None)


def is_json(media_type: str) -> bool:
    """Does a body of that type hold JSON?"""
    essence = media_type.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json") or essence == "*/*"
