"""``python -m partywall.distributed FOLDER``: merge and judge what the workers of a load have recorded.

Exits 0 held, 1 violated, 2 usage, 3 inconclusive, 4 internal error.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from partywall.distributed.judging import conclude
from partywall.errors import UsageError
from partywall.gate import INTERNAL, USAGE
from partywall.reporting.terminal import summary


def main() -> int:
    """Judge the folder that is named."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m partywall.distributed FOLDER\n")
        return USAGE
    folder = Path(sys.argv[1])
    try:
        concluded = conclude(folder)
    except UsageError as error:
        sys.stderr.write(f"partywall: {error}\n")
        return USAGE
    except Exception:  # Python's own exit status for a crash is 1, which would say "violated"
        traceback.print_exc()
        return INTERNAL
    lines = (*concluded.lines, *summary(concluded.assessment, folder))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return concluded.assessment.exit_status


if __name__ == "__main__":
    sys.exit(main())
