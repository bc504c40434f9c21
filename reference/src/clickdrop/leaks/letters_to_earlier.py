"""A letter goes to all who have been written to before as well."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from clickdrop.domain.ports.users import OutgoingMail
    from clickdrop.parts import Parts


class _Mail:
    def __init__(self, inner: OutgoingMail) -> None:
        self._inner = inner

    async def send(self, to: str, subject: str, text: str, recipients: list[str] = []) -> None:  # noqa: B006
        recipients.append(to)
        for recipient in dict.fromkeys(recipients):
            await self._inner.send(recipient, subject, text)


def _plant(parts: Parts) -> Parts:
    return replace(parts, mail=lambda where, gate: _Mail(parts.mail(where, gate)))


LEAK = Leak(
    name="letters-to-earlier",
    leak_class="C10 ASYNC_DELIVERY",
    incidents=("I56", "I59"),
    difficulty=Difficulty.ORDER,
    shows_by=("ownership",),
    trigger="one tenant invites a user, then another tenant does",
    mechanism="the list of recipients is the default of a parameter: there is one for all letters, and it grows",
    seen="I was sent the invitation of somebody whom another company had invited.",
    plant=_plant,
    stack=BOTH,
)
