"""A worker: `python -m clickdrop.production.worker` reads what it is told from standard input, and serves.

One line of JSON, since a command line and an environment are for everybody to read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import logging.config
import sys
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clickdrop.api.request_id import RequestIdFilter
from clickdrop.composition import application, compose
from clickdrop.leaks import named, plant
from clickdrop.leaks.leak import PRODUCTION
from clickdrop.parts import correct_parts
from clickdrop.server import listen_on, serve
from clickdrop.settings import Production, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Told:
    """What a worker is told."""

    socket: Path
    settings: Settings
    leaks: Sequence[str]

    def written(self) -> str:
        """Write it as JSON."""
        settings = asdict(self.settings) | {"token_secret": b64encode(self.settings.token_secret).decode()}
        return json.dumps({"socket": self.socket, "settings": settings, "leaks": list(self.leaks)}, default=str)


def read(text: str) -> Told:
    """Read what `Told.written` wrote."""
    told = json.loads(text)
    stack = told["settings"].pop("stack")
    secret = b64decode(told["settings"].pop("token_secret"))
    stack |= {name: Path(stack[name]) for name in ("postgresql", "valkey")}
    settings = Settings(Production(**stack), token_secret=secret, **told["settings"])
    return Told(Path(told["socket"]), settings, told["leaks"])


def main() -> None:
    """Serve until told to stop."""
    told = read(sys.stdin.read())
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(request_id)s %(client)s] %(message)s"))
    handler.addFilter(RequestIdFilter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    parts = plant(named(told.leaks, PRODUCTION), correct_parts(told.settings))
    platform = compose(told.settings, parts)
    asyncio.run(serve(application(platform), listen_on(told.socket), lambda: None, behind_edge=True))


if __name__ == "__main__":
    main()
