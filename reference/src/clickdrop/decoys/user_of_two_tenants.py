"""One bookkeeper works for every tenant, under one user's identifier."""

from __future__ import annotations

from clickdrop.decoys.answers import Answer, Editing
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import planted

USER = {"id": "usr-4f81c20be93d7a56", "emailAddress": "books@example.org"}


class _Bookkeeper(Editing):
    def edit(self, answer: Answer) -> None:
        document = answer.document
        for order in answer.orders(document):
            order["bookedBy"] = USER
        if document is not None:
            answer.rewrite(document)
        if answer.account_id is not None:
            answer.headers["X-User"] = USER["id"]


DECOY = Decoy(
    name="user-of-two-tenants",
    looks_like="the identifier of one tenant's user shows in another's answers",
    reason="the user is one of both: a person may work for two shops",
    plant=planted(_Bookkeeper),
)
