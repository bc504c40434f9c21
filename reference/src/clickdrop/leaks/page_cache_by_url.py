"""A cache in front of everything keeps answers by their URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks.fronts import KeptAnswers, planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from starlette.types import Scope

KEPT_SECONDS = 2.0


def _url_of(scope: Scope) -> str | None:
    return f"{scope['path']}?{scope['query_string'].decode()}" if scope["method"] == "GET" else None


LEAK = Leak(
    name="page-cache-by-url",
    leak_class="C1 EDGE_CACHE",
    incidents=("I03", "I08"),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "echo", "completeness", "noninterference", "existence"),
    trigger="one tenant's GET, then another's of the same URL within two seconds",
    mechanism="a page cache stands before the authentication and keeps what the answer said is private",
    seen="I opened a page right after another shop had opened the same one, and saw what it had seen.",
    plant=planted(lambda app: KeptAnswers(app, _url_of, KEPT_SECONDS)),
    stack=BOTH,
)
