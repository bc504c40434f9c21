"""Where each property sees: a foreign value on every surface, in every form, and the same as the viewer's own.

    python -m scripts.surface_table > docs/surfaces.md

Exits 1 if a value was missed, or the viewer's own was objected to, or a surface or property has no example.
"""

from __future__ import annotations

import sys

from partywall.oracle.judge import PROPERTIES
from tests.partywall.surfaces import FAULTS, FOUND, rows

HEAD = """# Where each property sees

Made by `python -m scripts.surface_table > docs/surfaces.md`; a test holds it against what that prints.

A value is planted in each place of a response, and the properties judge it twice: it is wrong there, and it is right
there. **found** means a finding for the one and silence for the other; **-** that the property does not look there.
What is wrong differs: another's mark (ownership), another's name where a response names its caller (echo), an own
object that is not there (completeness), a value that shows in company and not alone (noninterference).
"""


def table() -> str:
    """The document."""
    made = rows()
    untried = [name for index, name in enumerate(PROPERTIES) if all(row.cells[index] != FOUND for row in made)]
    lines = ["| surface | form | " + " | ".join(PROPERTIES) + " |", "|---|---|" + "---|" * len(PROPERTIES)]
    lines += [f"| {row.surface} | {row.form} | " + " | ".join(row.cells) + " |" for row in made]
    notes = [f"\n{', '.join(untried)}: relations between exchanges, not values in one; their examples are histories."]
    return "\n".join([HEAD, *lines, *(notes if untried else [])]) + "\n"


def main() -> int:
    """Print it."""
    made = table()
    sys.stdout.write(made)
    return 1 if any(fault in made for fault in FAULTS) else 0


if __name__ == "__main__":
    sys.exit(main())
