"""`python -m clickdrop`."""

import sys

from clickdrop.cli import main

sys.exit(main())
