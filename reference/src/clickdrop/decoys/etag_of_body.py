"""Answers have a validator that is made of their bodies alone, and 304 confirms whoever has it."""

from __future__ import annotations

import hashlib

from clickdrop.decoys.answers import Answer, Editing
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import planted

_OK, _NOT_MODIFIED = 200, 304


class _Validating(Editing):
    def edit(self, answer: Answer) -> None:
        if answer.method != "GET" or answer.status != _OK:
            return
        tag = f'"{hashlib.blake2s(answer.body, digest_size=8).hexdigest()}"'
        answer.headers["ETag"] = tag
        if answer.sent.get("if-none-match") == tag:
            answer.status, answer.body = _NOT_MODIFIED, b""


DECOY = Decoy(
    name="etag-of-body",
    looks_like="two tenants are given one validator, and one is confirmed the other's",
    reason="their bodies are equal, such as lists of nothing: who has the one body has the other",
    plant=planted(_Validating),
)
