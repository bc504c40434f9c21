"""What a generic run is told: the command line over ``partywall.toml`` over ``[tool.partywall]`` of pyproject.toml."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from partywall.errors import UsageError
from partywall.suite.generic import checks

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("partywall.toml", "pyproject.toml")
_TABLES = ("tenant", "sign-up", "operations", "shared", "granted", "volatile", "once")
_LISTED = {
    "shared": ("operation", "reason"),
    "granted": ("owner", "viewer", "reason"),
    "volatile": ("operation", "reason"),
    "once": ("operation", "of", "key", "at"),
}
"""Lists of tables, and what each of these has to have."""
_WORDS: dict[str, Any] = {
    "openapi": str,
    "base-url": str,
    "app": str,
    "tenants": str,
    "hook": str,
    "allow-hosts": list,
    "ca-file": str,
    "read-only": bool,
    "no-delete": bool,
    "keep": bool,
    "exclude-paths": list,
    "requests": int,
    "seconds": int,
    "rate": float,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told.

    Attributes:
        folder: relative file names count from here.
        openapi: URL or file of the description. base_url: where the service is, "" for what the description says.
        app: "module:attribute" of an ASGI application that is served in this process.
        tenants: file with tenants, ours or of Web Fuzzing Commons. tenant: what such a file has, written here.
        sign_up: how a tenant is made by the service itself.
        hook: "module:function", which takes a tenant's label and returns its headers.
        allow_hosts: hosts beside loopback that may be called.
        ca_file: who vouches for the service's certificate, in PEM, beside those whom the system trusts.
        read_only: send nothing that may change something. no_delete: send nothing that removes.
        keep: leave what the run has made.
        exclude_paths: regular expressions; a path in which one is found is not called.
        requests: how many may be sent. seconds: how long it may take. rate: requests a second, 0 for no limit (beyond
            loopback 20).
        operations: corrections of the plan, by operation. shared, volatile, once: as in `policy.Policy`.
        granted: whose everything somebody else may see, by the tenants' names or labels.
    """

    folder: Path
    openapi: str = ""
    base_url: str = ""
    app: str = ""
    tenants: str = ""
    hook: str = ""
    allow_hosts: tuple[str, ...] = ()
    ca_file: str = ""
    read_only: bool = False
    no_delete: bool = False
    keep: bool = False
    exclude_paths: tuple[str, ...] = ()
    requests: int = 20_000
    seconds: int = 600
    rate: float = 0.0
    tenant: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    sign_up: dict[str, Any] = field(default_factory=dict, repr=False)
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    shared: tuple[dict[str, Any], ...] = ()
    granted: tuple[dict[str, Any], ...] = ()
    volatile: tuple[dict[str, Any], ...] = ()
    once: tuple[dict[str, Any], ...] = ()

    def excludes(self, path: str) -> bool:
        """Is a path of the description among exclude-paths?"""
        return any(re.search(pattern, path) for pattern in self.exclude_paths)


def load(folder: Path, told: dict[str, Any]) -> Settings:
    """The settings of a folder, with those of the command line over them.

    Args:
        told: word -> value; None and () for what was not told.

    Raises:
        UsageError: something is there that can't be understood.
    """
    found = _from_file(folder)
    found |= {word: value for word, value in told.items() if value not in (None, (), [], False)}
    for word, value in found.items():
        _check(word, value)
    checks.settings(found)
    words: dict[str, Any] = {
        word.replace("-", "_"): tuple(value) if isinstance(value, list) else value for word, value in found.items()
    }
    settings = Settings(folder=folder, **words)
    if not settings.openapi:
        raise UsageError(
            "no description: expected --openapi URL-or-file, or 'openapi' in partywall.toml or [tool.partywall] of "
            "pyproject.toml"
        )
    for name in ("requests", "seconds"):
        if getattr(settings, name) < 1:
            raise UsageError(f"{name}: expected 1 or more; came {getattr(settings, name)}")
    return settings


def _from_file(folder: Path) -> dict[str, Any]:
    for name in FILES:
        path = folder / name
        if not path.is_file():
            continue
        document = read_toml(path)
        if name == "pyproject.toml":
            document = document.get("tool", {}).get("partywall", {})
        if document:
            return document
    return {}


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file. Raises `UsageError` if it can't be read."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: expected TOML; {error}") from error


def _check(word: str, value: Any) -> None:
    if word in _TABLES:
        wanted: Any = list if word == "tenant" or word in _LISTED else dict
    elif word in _WORDS:
        wanted = _WORDS[word]
    else:
        known = ", ".join(sorted([*_WORDS, *_TABLES]))
        raise UsageError(f"settings: expected some of {known}; came {word!r}")
    if not isinstance(value, (wanted, int) if wanted is float else wanted) or (wanted is int and value is True):
        mend = f" (write [[{word}]])" if wanted is list and isinstance(value, dict) else ""
        raise UsageError(f"settings: {word}: expected {wanted.__name__}{mend}; came {_shown(word, value)}")
    if word in _LISTED and isinstance(value, list):
        for each in value:
            if not isinstance(each, dict) or not all(each.get(key) for key in _LISTED[word]):
                *keys, last = (f"'{key}'" for key in _LISTED[word])
                raise UsageError(f"settings: {word}: expected tables with {', '.join(keys)} and {last}; came {each!r}")


def _shown(word: str, value: Any) -> str:
    """A value as messages show it: of tables, which may hold credentials, the type alone."""
    return type(value).__name__ if word in _TABLES or isinstance(value, (dict, list)) else repr(value)


def secret(value: Any, folder: Path, what: str) -> str:
    """A value that may be kept elsewhere: text, {env = "NAME"} or {file = "path"}. Never shown in messages.

    Raises:
        UsageError: it is not there.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        if name := value.get("env"):
            if found := os.environ.get(str(name)):
                return found
            raise UsageError(f"{what}: the environment variable {name} is not set, or empty")
        if name := value.get("file"):
            try:
                return (folder / str(name)).read_text("utf-8").strip()
            except (OSError, ValueError) as error:
                raise UsageError(f"{what}: {name} can't be read: {error}") from error
    raise UsageError(f'{what}: expected text, {{env = "NAME"}} or {{file = "path"}}')
