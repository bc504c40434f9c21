"""An OpenAPI description (2, 3.0, 3.1), read by Schemathesis.

Schemathesis loads, resolves, finds links (its inferred dependencies included) and generates data. Its caches, hooks and
configuration files are its own: what we pass on is the document that was read within our bounds.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from partywall.errors import UsageError
from partywall.schema.operations import Body, Link, Operation, Parameter, is_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import APIOperation

OPERATIONS_MAX = 500
METHODS = ("get", "put", "post", "delete", "patch", "head")
_MEND = "Check it with a validator of OpenAPI, or name another with --openapi."


@dataclass(frozen=True)
class Description:
    """A described API.

    Attributes:
        title: what it calls itself.
        base: its base URL or base path, as declared; "" if it declares none.
        links: declared ones first, then those that Schemathesis inferred.
        broken: (operation, why) of what could not be understood.
    """

    title: str
    base: str
    operations: tuple[Operation, ...]
    links: tuple[Link, ...]
    broken: tuple[tuple[str, str], ...] = ()
    document: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _native: dict[str, APIOperation[Any, Any, Any, Any]] = field(default_factory=dict, repr=False, compare=False)

    def named(self, name: str) -> Operation:
        """The operation of a name. Raises `UsageError` if there is none."""
        for operation in self.operations:
            if operation.name == name or f"{operation.method} {operation.path}" == name:
                return operation
        near = ", ".join(operation.name for operation in self.operations[:20])
        raise UsageError(f"no operation {name!r} in the description; expected one of: {near}")

    def native(self, operation: Operation) -> APIOperation[Any, Any, Any, Any]:
        """Schemathesis' own object, which generates data."""
        return self._native[operation.name]


def read(text: str, source: str) -> Description:
    """Read a description. Raises `UsageError` if it is none that can be used.

    Args:
        text: JSON or YAML.
        source: where it came from, for messages.
    """
    from schemathesis import errors, openapi
    from schemathesis.config import SchemathesisConfig

    try:
        document = _document(text)
        outside = sorted({ref for ref in _references(document) if not ref.startswith("#")})
        if outside:
            raise UsageError(
                f"{source}: expected a description in one document; came a reference to {outside[0]}. Bundle it first."
            )
        schema = openapi.from_dict(document, config=SchemathesisConfig())
        found = _operations(schema)
    except (errors.LoaderError, errors.InvalidSchema, errors.SchemathesisError) as error:
        raise UsageError(f"{source}: no description of an API: {_first_line(error)}. {_MEND}") from error
    except (RecursionError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(
            f"{source}: a description that can't be understood: {type(error).__name__}: {_first_line(error)}. {_MEND}"
        ) from error
    native, broken = found
    if not native:
        why = f": {broken[0][0]}: {broken[0][1]}" if broken else ""
        raise UsageError(f"{source}: expected operations under 'paths', came none{why}. {_MEND}")
    if len(native) > OPERATIONS_MAX:
        raise UsageError(
            f"{source}: {len(native)} operations; at most {OPERATIONS_MAX} are tested in one run. "
            "Exclude paths in the settings (exclude-paths) and run the parts one by one."
        )
    names = _names(native)
    by_place = {(each.method.lower(), each.path): names[each.label] for each in native}
    links = _links(schema, native, names, by_place)
    return Description(
        title=str((document.get("info") or {}).get("title", "")) or source,
        base=_base(document),
        operations=tuple(_operation(each, names[each.label], document) for each in native),
        links=tuple(links),
        broken=tuple(broken),
        document=document,
        _native={names[each.label]: each for each in native},
    )


def _document(text: str) -> dict[str, Any]:
    from schemathesis.openapi.loaders import ContentType, load_content

    document = load_content(text, ContentType.UNKNOWN)
    if not isinstance(document, dict):
        raise ValueError(f"expected an object, came {type(document).__name__}")  # noqa: TRY004  # read() tells it
    if not isinstance(document.get("paths"), dict):
        raise ValueError("expected an object under 'paths'")  # noqa: TRY004
    return document


def _references(document: Any) -> Iterator[str]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(reference := value.get("$ref"), str):
                yield reference
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _operations(schema: Any) -> tuple[list[Any], list[tuple[str, str]]]:
    found, broken = [], []
    for result in schema.get_all_operations():
        try:
            operation = result.ok()
        except Exception as error:  # whatever it is, it is this operation's alone
            broken.append((_place(result, error), _first_line(error)))
            continue
        if not operation.path.startswith("/"):  # behind a host and port it could name another host: @192.0.2.2/
            broken.append((f"{operation.method.upper()} {operation.path}", "expected a path that begins with '/'"))
        elif operation.method.lower() in METHODS:
            found.append(operation)
    return found, broken


def _place(result: Any, error: BaseException) -> str:
    wrapped = getattr(result, "err", lambda: error)()
    method, path = getattr(wrapped, "method", None), getattr(wrapped, "path", None)
    return f"{method.upper() + ' ' if method else ''}{path or 'an operation'}"


def _names(native: list[Any]) -> dict[str, str]:
    ids = {each.label: each.definition.raw.get("operationId") for each in native}
    count = Counter(ids.values())
    return {label: id_ if isinstance(id_, str) and count[id_] == 1 else label for label, id_ in ids.items()}


def _operation(native: Any, name: str, document: dict[str, Any]) -> Operation:
    raw = native.definition.raw
    parameters = [
        Parameter(each.name, each.location.value, each.is_required, _schema_of(each))
        for each in native.iter_parameters()
        if "x-original-security-type" not in each.definition
    ]
    secured = any("x-original-security-type" in each.definition for each in native.iter_parameters())
    answers = {}
    for status, response in native.responses.items():
        answers[str(status)] = _answer_schema(response, document)
    return Operation(
        name=name,
        method=native.method.upper(),
        path=native.path,
        parameters=tuple(parameters),
        bodies=tuple(Body(each.media_type, each.is_required, each.optimized_schema) for each in native.body),
        answers=answers,
        guarded=secured or bool(raw.get("security")),
        words=" ".join(str(raw.get(key, "")) for key in ("summary", "description")).strip(),
    )


def _schema_of(parameter: Any) -> dict[str, Any]:
    schema = parameter.optimized_schema
    return schema if isinstance(schema, dict) else {}


def _answer_schema(response: Any, document: dict[str, Any]) -> Any:
    """Schema of a JSON answer, what it refers to at its top included."""
    content = response.definition.get("content")
    if content is not None and not any(map(is_json, content)):
        return None
    return resolved(response.get_raw_schema(), document)


def resolved(schema: Any, root: Any) -> Any:
    """A schema with the references at its top followed; None where they lead nowhere or in a circle."""
    for _ in range(20):
        if not isinstance(schema, dict) or not isinstance(reference := schema.get("$ref"), str):
            return schema
        schema = root
        for key in reference.removeprefix("#").split("/")[1:]:
            key = key.replace("~1", "/").replace("~0", "~")
            schema = schema.get(key) if isinstance(schema, dict) else None
    return None


def _links(schema: Any, native: list[Any], names: dict[str, str], by_place: dict[tuple[str, str], str]) -> list[Link]:
    """All links, by Schemathesis' own reading of them. A link that leads nowhere is left out."""
    from schemathesis.specs.openapi.stateful.dependencies import inject_links
    from schemathesis.specs.openapi.stateful.links import find_link_target

    with contextlib.suppress(Exception):  # what is inferred is a help, never a need
        inject_links(schema)
    found = []
    for each in native:
        producer = schema.find_operation_by_label(each.label) or each
        for status, response in producer.responses.items():
            if not str(status).startswith(("2", "d")):
                continue
            for _, definition in response.iter_links():
                with contextlib.suppress(Exception):  # a lying link is no reason to stop
                    target = find_link_target(schema, definition, {})
                    consumer = by_place[target.method.lower(), target.path]
                    found.append(_link(names[each.label], consumer, target, definition))
    return found


def _link(producer: str, consumer: str, target: Any, definition: Any) -> Link:
    places = {each.name: each.location.value for each in target.iter_parameters()}
    parameters = []
    for key, value in (definition.get("parameters") or {}).items():
        location, _, name = key.partition(".")
        if location not in ("path", "query", "header", "cookie") or not name:
            location, name = places.get(key, "query"), key
        parameters.append((location, name, value))
    return Link(producer, consumer, tuple(parameters), definition.get("requestBody"))


def _base(document: dict[str, Any]) -> str:
    if "swagger" in document:
        host, path = str(document.get("host") or ""), str(document.get("basePath") or "")
        scheme = next(iter(document.get("schemes") or ["http"]))
        return (f"{scheme}://{host}{path}" if host else path).rstrip("/")
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], dict) else {}
    url = str(first.get("url") or "")
    for name, variable in (first.get("variables") or {}).items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    return url.rstrip("/")


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")[:300] or type(error).__name__
