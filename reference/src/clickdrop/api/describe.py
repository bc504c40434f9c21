"""`python -m clickdrop.api.describe [v1|shop]` writes the OpenAPI description of an API, as it is in `docs/`."""

from __future__ import annotations

import json
import sys

from clickdrop.api.shop import shop_api
from clickdrop.api.v1 import tenants_api
from clickdrop.api.v1.description import openapi

APIS = {"v1": tenants_api, "shop": shop_api}


def written(name: str = "v1") -> str:
    """Answer the description of an API as text."""
    return json.dumps(openapi(APIS[name](None)), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(written(*sys.argv[1:2]))
