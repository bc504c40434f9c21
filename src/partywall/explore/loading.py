"""An application by its place, "package.module:name", with fresh state every time."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from partywall.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


def loaded(place: str, *, factory: bool = False) -> Callable[[], Any]:
    """What makes instances of the application at a place.

    A factory is imported once and called for each. An application that is there ready-made has its state in its
    modules: the whole of its top-level package is imported anew for each, which is slow. State elsewhere (other
    packages, files, databases) is the same for all. Raises `UsageError` if nothing callable is there.
    """
    module, _, name = place.partition(":")
    if not module or not name:
        raise UsageError(f'expected "package.module:name", came {place!r}')
    if factory:
        made: Callable[[], Any] = _found(module, name)
        return made
    package = module.partition(".")[0]

    def fresh() -> Any:
        for known in [each for each in sys.modules if each == package or each.startswith(f"{package}.")]:
            del sys.modules[known]
        return _found(module, name)

    return fresh


def _found(module: str, name: str) -> Any:
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"expected an application at {module}:{name}; came {error!r}") from error
    if not callable(found):
        raise UsageError(f"expected an application at {module}:{name}; came {found!r}")
    return found
