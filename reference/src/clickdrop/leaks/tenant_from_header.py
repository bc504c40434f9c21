"""The tenant is whoever a header names."""

from __future__ import annotations

from clickdrop.leaks.authenticators import believing
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

LEAK = Leak(
    name="tenant-from-header",
    leak_class="C12 TENANT_SOURCE",
    incidents=("I68",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "echo", "completeness", "integrity"),
    trigger="a valid key, and another tenant's account identifier in the header X-Account-Id",
    mechanism="the key is checked, then the header's account is believed without comparing it with the key's",
    seen="My own key showed another shop's orders once a header of my request said that I am that shop.",
    plant=believing("x-account-id"),
    stack=BOTH,
)
