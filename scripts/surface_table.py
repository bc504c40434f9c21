"""Where each property sees: a foreign value on every surface, in every wrapping, and the same value as the viewer's own.

    python -m scripts.surface_table > docs/surfaces.md

A row is a place to hide something in a response. "found": a foreign value there is a finding of the property, and the
same value as the viewer's own is not. "-": the property does not look there. Anything else is a fault, exit status 1.
"""

from __future__ import annotations

import sys

from tests.partywall.surfaces import FAULTS

HEAD = """# Where each property sees

Made by `python -m scripts.surface_table > docs/surfaces.md`; a test holds it against what that prints.

A value that is another tenant's is put in each place, and every property judges the response; then the same place holds
the viewer's own. **found**: a finding for the foreign value, and silence for the viewer's own. **-**: the property does
not look there. How a value is wrong differs by property: a foreign mark (ownership), another's name where the response
names its caller (echo), an own object that is not there (completeness), a value that only company explains
(noninterference).
"""


def main() -> int:
    """Print the table."""
    sys.stdout.write(table())
    return 1 if any(fault in table() for fault in FAULTS) else 0
