"""Bodies to be sent: what the description gives as examples and what Schemathesis generates, with places for marks.

Generated are two: the smallest valid body, and one with every property that a request may have, which has more places
for marks. The latter is generated from a copy of the description in which all of them are required.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from partywall.marks import LENGTH
from partywall.schema.description import resolved
from partywall.schema.template import Equal, Marked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.schema.description import Description
    from partywall.schema.operations import Operation

DEPTH_MAX = 6
EXAMPLES_MAX = 4
_REFERENCE = re.compile(r"(reference|ref|slug|sku|external_?id|client_?id|order_?no)$", re.IGNORECASE)
_SECRET = re.compile(r"password|passwd|secret|token|pin$", re.IGNORECASE)
_FORMATS = {"email": "{mark}@example.org", "uri": "https://example.org/{mark}", "url": "https://example.org/{mark}"}
_OPEN_FORMATS = frozenset({"", "textarea", "text", "string", "password", "idn-email", "hostname"})
_SAMPLE = "5077" + "0" * (LENGTH - 4)


def candidates(description: Description, operation: Operation) -> Iterator[Any]:
    """Bodies in JSON, the likeliest first: examples, all properties, the least. Without marks as yet."""
    if operation.body is None:
        return
    said: list[Any] = []
    for body in (*_examples(description, operation), *_generated(description, operation)):
        if body not in said:
            said.append(body)
            yield body


def marked(operation: Operation, body: Any, *, spare: frozenset[str] = frozenset()) -> Any:
    """A body with marks where free text fits, and with text that is equal for all tenants where a field is a reference.

    Args:
        spare: names of fields that are left as they are.
    """
    declared = operation.body
    schema = declared.schema if declared else {}
    return _marked(body, schema, schema, "", spare)


def _marked(value: Any, schema: Any, root: Any, name: str, spare: frozenset[str]) -> Any:
    options = [each for each in _options(schema, root) if _fits_type(value, each)]
    if isinstance(value, dict):
        known: dict[str, Any] = {}
        for option in options:
            known |= option.get("properties") or {}
        return {key: _marked(child, known.get(key, {}), root, key, spare) for key, child in value.items()}
    if isinstance(value, list):
        items: Any = next((option["items"] for option in options if "items" in option), {})
        return [_marked(child, items, root, name, spare) for child in value]
    if isinstance(value, str) and name not in spare and not _SECRET.search(name):
        return next((slot for option in options or [{}] if (slot := slot_for(name, option))), value)
    return value


def slot_for(name: str, schema: dict[str, Any]) -> Marked | Equal | None:
    """What to plant in a string field: a mark, or an equal reference; None if neither fits."""
    if "enum" in schema or "const" in schema or schema.get("type", "string") not in ("string", ["string", "null"]):
        return None
    form = str(schema.get("format") or "")
    text = _FORMATS.get(form, "{mark}")
    if form not in _OPEN_FORMATS and form not in _FORMATS:
        return None
    longest = schema.get("maxLength", 10_000)
    if form == "" and _REFERENCE.search(name) and longest >= 8 and not schema.get("pattern"):
        return Equal("PW{serial}")
    sample = text.replace("{mark}", _SAMPLE)
    if len(sample) > longest:
        return None
    if pattern := schema.get("pattern"):
        try:
            if not re.search(pattern, sample):
                return None
        except re.error:
            return None
    if len(sample) < schema.get("minLength", 0):
        text += " " + "x" * (schema["minLength"] - len(sample))
    return Marked(text)


def _options(schema: Any, root: Any) -> list[dict[str, Any]]:
    """The schemas that a value may fit: alternatives apart, conjunctions joined."""
    schema = resolved(schema, root)
    if not isinstance(schema, dict):
        return []
    found: list[dict[str, Any]] = []
    for key in ("anyOf", "oneOf"):
        for each in schema.get(key) or ():
            found += _options(each, root)
    joined = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf", "allOf")}
    for each in schema.get("allOf") or ():
        for option in _options(each, root):
            properties = {**(joined.get("properties") or {}), **(option.get("properties") or {})}
            joined = {**joined, **option}
            if properties:
                joined["properties"] = properties
    return found + ([joined] if not found or "properties" in joined else [])


def _fits_type(value: Any, schema: dict[str, Any]) -> bool:
    names = schema.get("type")
    if names is None:
        return True
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
    }
    wanted = [names] if isinstance(names, str) else names
    return any(isinstance(value, kinds[each]) for each in wanted if each in kinds)


def _examples(description: Description, operation: Operation) -> Iterator[Any]:
    """What the description itself gives as examples, filled up by Schemathesis."""
    native = description.native(operation)
    try:
        strategies = native.schema.get_strategies_from_examples(native)
    except Exception:  # a lying example is no reason to stop
        return
    for strategy in strategies[:EXAMPLES_MAX]:
        yield from _bodies(strategy)


def _generated(description: Description, operation: Operation) -> Iterator[Any]:
    from schemathesis import GenerationMode

    for native in (_full(description, operation), description.native(operation)):
        if native is not None:
            yield from _bodies(native.as_strategy(generation_mode=GenerationMode.POSITIVE))


def _bodies(strategy: Any) -> Iterator[Any]:
    """The simplest body that a strategy of Schemathesis has: Hypothesis begins with that."""
    drawn = draw(strategy)
    if drawn is not None and isinstance(drawn.body, dict | list):
        yield drawn.body


def draw(strategy: Any) -> Any:
    """The simplest case of a strategy, None if it has none."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    found: list[Any] = []

    @seed(0)
    @settings(
        max_examples=1,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def hold(case: Any) -> None:
        found.append(case)

    try:
        hold()
    except Exception:  # what can't be generated is tried in the next way
        return found[0] if found else None
    return found[0] if found else None


def _full(description: Description, operation: Operation) -> Any:
    """The operation, with every property required that is not read-only and leads into no circle."""
    from schemathesis import openapi
    from schemathesis.config import SchemathesisConfig

    document = {key: value for key, value in description.document.items() if key != "paths"}
    path = description.native(operation).path
    document["paths"] = {path: {operation.method.lower(): description.native(operation).definition.raw}}
    shared = description.document["paths"].get(path, {})
    if isinstance(shared, dict) and "parameters" in shared:
        document["paths"][path]["parameters"] = shared["parameters"]
    document = copy.deepcopy(document)
    for schema in _object_schemas(document):
        below = schema["properties"]
        wanted = [key for key, each in below.items() if not _left_out(each, document)]
        schema["required"] = sorted({*(schema.get("required") or ()), *wanted})
        schema.setdefault("additionalProperties", False)
        for key in wanted:
            below[key] = _present(below[key])
    try:
        return openapi.from_dict(document, config=SchemathesisConfig()).find_operation_by_label(
            description.native(operation).label
        )
    except Exception:  # then the least body has to do
        return None


def _object_schemas(document: Any) -> list[dict[str, Any]]:
    found, waiting = [], [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("properties"), dict) and value.get("type", "object") == "object":
                found.append(value)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found


def _present(schema: Any) -> Any:
    """Of what may be null, the alternative that is not; of a list, one member."""
    if isinstance(schema, dict) and isinstance(options := schema.get("anyOf"), list):
        real = [each for each in options if not (isinstance(each, dict) and each.get("type") == "null")]
        if len(real) == 1 and isinstance(real[0], dict):
            schema = {**{key: value for key, value in schema.items() if key not in ("anyOf", "default")}, **real[0]}
    return schema


def _left_out(schema: Any, document: Any) -> bool:
    if isinstance(schema, dict) and (schema.get("readOnly") or schema.get("deprecated")):
        return True
    return not _ends(schema, document, ())


def _ends(schema: Any, document: Any, above: tuple[str, ...]) -> bool:
    """Does what must be in it come to an end, and soon?"""
    if len(above) > DEPTH_MAX:
        return False
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(reference := value.get("$ref"), str):
                if reference in above or not _ends(resolved(value, document), document, (*above, reference)):
                    return False
                continue
            waiting += [child for key, child in value.items() if key not in ("example", "examples", "default", "enum")]
        elif isinstance(value, list):
            waiting += value
    return True


def required_names(operation: Operation) -> frozenset[str]:
    """Names of the fields that a body must have, at whatever place."""
    found: set[str] = set()
    waiting = [operation.body.schema if operation.body else None]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(needed := value.get("required"), list):
                found |= {each for each in needed if isinstance(each, str)}
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return frozenset(found)
