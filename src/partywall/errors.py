"""What can go wrong, for those who can mend it.

::

    PartywallError
    ├── UsageError      misuse: what was expected, what came, the mend        exit status 2
    ├── Violation       a leak: what of whose showed to whom                  exit status 1
    └── Inconclusive    nothing was proven, and why                           exit status 3

Any other error is our own bug: exit status 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywall.model import Finding


class PartywallError(Exception):
    """Root of everything that partywall raises on purpose."""


class UsageError(PartywallError):
    """The caller asked for something that can't be done."""


class Violation(PartywallError):
    """Isolation was broken.

    Attributes:
        findings: what was found, the first one first; never empty.
    """

    def __init__(self, findings: Sequence[Finding], story: str) -> None:
        super().__init__(story)
        self.findings = tuple(findings)


class Inconclusive(PartywallError):
    """Nothing was proven: neither that isolation holds nor that it doesn't."""
