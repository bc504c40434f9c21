"""Which kinds of objects an API has, by the nesting of its paths: /boxes/{}/notes/{} is a note within a box."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from partywall.schema.operations import Link, Operation

_ANY_NAME = frozenset({"id", "pk", "uuid", "guid", "key", "name", "slug", "code", "identifier", "number", "uid"})
_RESPONSE = "$response.body#"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object.

    Attributes:
        name: "order".
        collection: path of its collection with parameters unnamed: "/buckets/{}/records".
        parent: name of the kind that it lives in, "" for none.
        places: pointers at which answers of making operations are said to show its id, operation -> pattern.
    """

    name: str
    collection: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a request names an object: a parameter of a path or query, or a place of a body."""

    location: str
    name: str
    kind: str


def find_kinds(operations: Iterable[Operation]) -> tuple[dict[str, Kind], dict[tuple[str, str], str]]:
    """Kinds by name, and (operation, path parameter) -> name of its kind."""
    operations = list(operations)
    prefixes: dict[tuple[str, str], str] = {}
    for operation in operations:
        for parameter in operation.slots:
            prefixes[operation.name, parameter] = _collection(operation.path, parameter)
    merged = _merged(operations, prefixes)
    collections = dict.fromkeys(merged.get(each, each) for each in prefixes.values())
    names = _names(list(collections))
    kinds = {name: Kind(name, collection, _parent(collection, names)) for collection, name in names.items()}
    return kinds, {place: names[merged.get(prefix, prefix)] for place, prefix in prefixes.items()}


def _collection(path: str, parameter: str) -> str:
    before = path[: path.index(f"{{{parameter}}}")].rstrip("/")
    return re.sub(r"\{[^{}]+\}", "{}", before) or "/"


def _merged(operations: list[Operation], prefixes: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Collections that are another's under a second path: same name of the parameter, and nothing there makes one."""
    made_in = {op.shape for op in operations if op.method == "POST"}
    made_in |= {op.shape.removesuffix("/{}") for op in operations if op.method == "PUT" and op.shape.endswith("/{}")}
    listed = {op.shape for op in operations if op.method == "GET"}
    homes: dict[str, str] = {}
    by_name: dict[str, list[str]] = {}
    for (_, parameter), prefix in prefixes.items():
        if parameter.lower() not in _ANY_NAME:
            by_name.setdefault(parameter, []).append(prefix)
    for found in by_name.values():
        ranked = sorted(
            dict.fromkeys(found), key=lambda each: (each not in made_in, each not in listed, each.count("/"), each)
        )
        for other in ranked[1:]:
            if other not in made_in and other not in listed:
                homes[other] = ranked[0]
    return homes


def _names(collections: list[str]) -> dict[str, str]:
    """A short name for each collection, unique."""
    names: dict[str, str] = {}
    for collection in sorted(collections, key=lambda each: (each.count("/"), each)):
        words = [singular(part) for part in collection.split("/") if part and part != "{}"]
        for take in range(1, len(words) + 1):
            name = "-".join(words[-take:])
            if name not in names.values():
                break
        else:
            name = collection.strip("/") or "object"
        names[collection] = name
    return names


def _parent(collection: str, names: Mapping[str, str]) -> str:
    while "/{}" in collection:
        collection = collection[: collection.rindex("/{}")]
        if collection in names:
            return names[collection]
    return ""


def singular(word: str) -> str:
    """A collection's name as that of one member: "entries" -> "entry"."""
    word = re.sub(r"[^A-Za-z0-9]+", "_", word).strip("_").lower() or "object"
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(ss|sh|ch|x|z)es$", word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def response_pointer(value: object) -> str:
    """The place in the answer that a runtime expression takes a value from, "" if it takes none from there."""
    if isinstance(value, str) and value.strip("{}").startswith(_RESPONSE):
        return value.strip("{}").removeprefix(_RESPONSE)
    return ""


def linked_places(links: Iterable[Link], slots: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], list[str]]:
    """(Operation, kind) -> places of its answer that links take that kind's id from, indices as "*"."""
    found: dict[tuple[str, str], list[str]] = {}
    for link in links:
        for location, name, value in link.parameters:
            kind = slots.get((link.consumer, name)) if location == "path" else None
            if kind and (pointer := response_pointer(value)):
                pattern = re.sub(r"/(\d+|\*)(?=/|$)", "/*", pointer)
                places = found.setdefault((link.producer, kind), [])
                if pattern not in places:
                    places.append(pattern)
    return found
