"""`python -m clickdrop.api.describe` writes the OpenAPI description of the tenants' API, `docs/openapi.json`."""

from __future__ import annotations

import json
import sys

from clickdrop.api.v1 import tenants_api
from clickdrop.api.v1.description import openapi


def written() -> str:
    """Answer the description as text."""
    return json.dumps(openapi(tenants_api(None)), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(written())
