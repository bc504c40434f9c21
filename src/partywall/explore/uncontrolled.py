"""What keeps a run from being explored, and where in the application it was asked for."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_STDLIB = sysconfig.get_path("stdlib")
_PACKAGES = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
_OURS = str(Path(__file__).parents[1])


class Unexplored(Exception):
    """A run says nothing of isolation: it could not be controlled, or did not come to its end."""


class Uncontrolled(Unexplored):
    """The application did what the scheduler can't order. Says what, and where."""


class Stuck(Unexplored):
    """Nothing can go on, or nothing comes to an end."""


def uncontrolled(what: str, mend: str, frame: FrameType | None = None) -> Uncontrolled:
    """The error for something that was asked for in ``frame`` (the caller's, by default)."""
    return Uncontrolled(f"not controlled: {what}, at {call_site(frame or sys._getframe(1))}; {mend}")


def call_site(frame: FrameType | None) -> str:
    """Where the application is in a stack: its innermost frame outside the standard library and installed
    packages, and the package that it called; without such a frame, the package's."""
    through = ""
    while frame is not None:
        file = frame.f_code.co_filename
        place = f"{Path(file).name}:{frame.f_lineno} in {frame.f_code.co_name}"
        if file.startswith(_PACKAGES) and not file.startswith(_OURS):
            through = through or f"{Path(file).parent.name}/{place}"
        elif not file.startswith((_STDLIB, _OURS, "<")):
            return f"{place} (through {through})" if through else place
        frame = frame.f_back
    return through or "an unknown place"
