"""Decoys: named switches that each make the service look as if it leaked, where it does not.

As with planted leaks, the service's own code knows nothing of them, and each is off unless it is named.
"""

from clickdrop.decoys.catalogue import DECOYS, as_json, as_table, named

__all__ = ["DECOYS", "as_json", "as_table", "named"]
