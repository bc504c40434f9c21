"""What settings may hold, looked at before anything runs. No message has a value in it that may be secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from partywall.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from partywall.schema.description import Description
    from partywall.suite.generic.settings import Settings

PLACES = ("header", "query", "cookie")
_TABLES = frozenset({"headers", "fields", "form"})
_ANY = frozenset({"json", "cookies"})
_VALUES = frozenset({"value", "token", "username", "password", "client-id", "client-secret", "scope", "raw"})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t -~]*")
_COOKIE = re.compile(r"[!-:<-~]*")


def credential(told: Mapping[str, Any], where: str) -> None:
    """The types of a credential's words, its values resolved, and what requests can carry of them.

    Raises:
        UsageError: one of them can't be used.
    """
    for word, value in told.items():
        what = f"{where}: {told['kind']}: {word}"
        if word in _TABLES and not (isinstance(value, dict) and all(map(_plain, value.values()))):
            raise UsageError(f"{what}: expected a table of texts; came {_kind(value)}")
        if word not in _TABLES | _ANY and not (_plain(value) if word in _VALUES else isinstance(value, str)):
            raise UsageError(f"{what}: expected text; came {_kind(value)}")
    where = f"{where}: {told['kind']}"
    match told["kind"]:
        case "api-key":
            place = told.get("in", "header")
            if place not in PLACES:
                raise UsageError(f"{where}: in: expected one of {', '.join(PLACES)}; came {place!r}")
            if place == "header":
                header(told["name"], str(told["value"]), where)
            elif place == "cookie" and not (_NAME.fullmatch(told["name"]) and _COOKIE.fullmatch(str(told["value"]))):
                raise UsageError(f"{where}: expected a name and a value that a cookie can have: no spaces, no ';'")
        case "bearer":
            header("Authorization", str(told["token"]), where)
        case "headers" | "log-in":
            for name, value in told.get("headers", {}).items():
                header(name, str(value), where)


def header(name: str, value: str, where: str) -> None:
    """Raises `UsageError` for what no header can have."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{where}: expected the name of a header, without spaces; came {name!r}")
    if not _VALUE.fullmatch(value):
        raise UsageError(
            f"{where}: expected for the header {name} one line of ASCII; came a value with other characters"
        )


def settings(found: Mapping[str, Any]) -> None:
    """What is within the lists and tables of the settings. Raises `UsageError`."""
    for word in ("allow-hosts", "exclude-paths"):
        for each in found.get(word, ()):
            if not isinstance(each, str):
                raise UsageError(f"settings: {word}: expected texts; came {_kind(each)}")
    for host in found.get("allow-hosts", ()):
        if not re.fullmatch(r"[\w.-]+|[0-9a-fA-F:.]+", host):
            raise UsageError(
                f"settings: allow-hosts: expected a host's name, without scheme, port or path; came {host!r}"
            )
    for pattern in found.get("exclude-paths", ()):
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(f"settings: exclude-paths: expected regular expressions; {pattern!r}: {error}") from error
    for name, told in found.get("operations", {}).items():
        if not isinstance(told, dict):
            raise UsageError(f"settings: operations.{name}: expected a table; came {_kind(told)}")
    if not found.get("rate", 0) >= 0:
        raise UsageError(f"settings: rate: expected requests in a second, 0 for no limit; came {found['rate']}")


def operations(found: Settings, description: Description) -> None:
    """The operations that lists name. Raises `UsageError` for one that the description has not."""
    for word in ("shared", "volatile", "once"):
        for each in getattr(found, word):
            name = str(each["operation"])
            if name not in {operation.name for operation in description.operations}:
                raise UsageError(f"settings: {word}: no operation {name!r}; expected one as `partywall plan` prints it")


def sign_up(told: Mapping[str, Any], description: Description) -> None:
    """Raises `UsageError` for a sign-up that can't be sent."""
    wanted: dict[str, Any] = {"operation": str, "body": dict, "credentials": (list, dict)}
    if missing := sorted(wanted.keys() - told.keys()):
        raise UsageError(f"sign-up: expected {', '.join(missing)}")
    for word, type_ in (wanted | {"owns": dict, "account": str}).items():
        if word in told and not isinstance(told[word], type_):
            raise UsageError(
                f"sign-up: {word}: expected {'text' if type_ is str else 'a table'}; came {_kind(told[word])}"
            )
    description.named(told["operation"])


def _plain(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    words = {dict: "a table", list: "a list", tuple: "a list", str: "text", bool: "true or false"}
    return words.get(type(value), f"a {type(value).__name__}")
