"""Every tenant is told to which number texts go, but for all of its digits that tell it from others'."""

from __future__ import annotations

from clickdrop.decoys.answers import TENANTS, Answer, Editing
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import planted

MASKED = "+999**********37"


class _Masking(Editing):
    def edit(self, answer: Answer) -> None:
        if answer.succeeded("GET", f"{TENANTS}/carriers"):
            answer.rewrite([carrier | {"phoneNumber": MASKED} for carrier in answer.document])


DECOY = Decoy(
    name="masked-alike",
    looks_like="the digits that are shown of a masked number are those of another tenant's, and fit no other number",
    reason="one number in a hundred ends so: two digits that coincide are no number",
    plant=planted(_Masking),
)
