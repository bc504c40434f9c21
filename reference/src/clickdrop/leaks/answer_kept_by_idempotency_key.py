"""Answers are kept by the Idempotency-Key of their request, whoever chose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from clickdrop.leaks.fronts import KeptAnswers, planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from starlette.types import Scope

KEPT_SECONDS = 60


def _key_of(scope: Scope) -> str | None:
    return Headers(scope=scope).get("idempotency-key")


LEAK = Leak(
    name="answer-kept-by-idempotency-key",
    leak_class="X RETRY",
    incidents=("I01", "I19"),
    difficulty=Difficulty.EQUAL_DATA,
    shows_by=("ownership", "completeness", "noninterference", "exactly-once"),
    trigger="two tenants check out with the same Idempotency-Key within a minute, or one does for two baskets",
    mechanism="a retry is known by the key alone: the second is shown the first's checkout, and its own never happens",
    seen="I paid for my basket and was shown another shop's payment, and my own postage was never bought.",
    plant=planted(lambda app: KeptAnswers(app, _key_of, KEPT_SECONDS)),
    stack=BOTH,
)
