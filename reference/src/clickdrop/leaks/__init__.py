"""Planted leaks: named switches that each exchange one part of the service for a faulty one.

The service's own code knows nothing of them; each is a module of this package, off unless it is named.
"""

from clickdrop.leaks.catalogue import LEAKS, as_json, as_table, named
from clickdrop.leaks.switches import plant

__all__ = ["LEAKS", "as_json", "as_table", "named", "plant"]
