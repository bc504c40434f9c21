"""``python -m partywall``."""

import sys

from partywall.cli import main

sys.exit(main())
