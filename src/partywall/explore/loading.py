"""An application by its place, "package.module:name", with fresh state every time."""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any

from partywall.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


def loaded(place: str, *, factory: bool | None = None) -> Callable[[], Any]:
    """What makes instances of the application at a place.

    A factory is imported once and called for each. An application that is there ready-made has its state in its
    modules: the whole of its top-level package is imported anew for each, which is slow. State elsewhere (other
    packages, files, databases) is the same for all. Raises `UsageError` if nothing callable is there.

    Args:
        factory: is it one? None to see by what it can be called with.
    """
    module, _, name = place.partition(":")
    if not module or not name:
        raise UsageError(f'expected "package.module:name", came {place!r}')
    if factory or (factory is None and _makes_one(_found(module, name))):
        made: Callable[[], Any] = _found(module, name)
        return made

    def fresh() -> Any:
        package = module.partition(".")[0]
        for known in [each for each in sys.modules if each == package or each.startswith(f"{package}.")]:
            del sys.modules[known]
        return _found(module, name)

    return fresh


def _makes_one(found: Any) -> bool:
    """Is it called with nothing, where an application is called with scope, receive and send?"""
    try:
        signature = inspect.signature(found)
        signature.bind()
    except (TypeError, ValueError):
        return False
    try:
        signature.bind(None, None, None)
    except TypeError:
        return True
    return False


def _found(module: str, name: str) -> Any:
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except Exception as error:  # a module can raise anything when it is imported
        raise UsageError(f"expected an application at {module}:{name}; came {error!r}") from error
    if not callable(found):
        raise UsageError(f"expected an application at {module}:{name}; came {found!r}")
    return found
