"""``partywall init``: the files of a project that tests an API from its description. Nothing is written over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from partywall.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_TENANTS = """
[[tenant]]
name = "first"
credentials = [{kind = "bearer", token = {env = "FIRST_TOKEN"}}]

[[tenant]]
name = "second"
credentials = [{kind = "bearer", token = {env = "SECOND_TOKEN"}}]
"""
_FILES = {
    "conftest.py": '''"""Root of the suite: the API that partywall.toml names."""

pytest_plugins = ["partywall.suite.generic.plugin"]
''',
    "isolation_tests/test_any_api.py": '''"""What holds of any API whose tenants are apart."""

from partywall.suite.generic.properties import *  # noqa: F403
''',
    "pyproject.toml": """[tool.pytest.ini_options]
testpaths = ["isolation_tests"]
partywall_runs = "reports/runs"
""",
    "reports/.gitignore": "runs/\n",
    ".github/workflows/isolation.yml": """name: isolation
on: [push, pull_request]
permissions:
  contents: read
jobs:
  isolation:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install partywall
      # Start the service here, with nobody's real data in it.
      - run: partywall run isolation_tests
        env:  # what the tenants prove themselves with
          FIRST_TOKEN: ${{ secrets.FIRST_TOKEN }}
          SECOND_TOKEN: ${{ secrets.SECOND_TOKEN }}
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: isolation
          path: reports/runs/
""",
}


def write(folder: Path, *, openapi: str, base_url: str, app: str, tenants: str) -> list[str]:
    """Write the files that are not there yet, and answer a line for each.

    Args:
        openapi: URL or file of the description.
        base_url: of the service, "" for what the description says.
        app: "module:attribute" of an ASGI application, "" for a service that runs by itself.
        tenants: a file that lists tenants; "" to have two written, whose tokens come from the environment.

    Raises:
        UsageError: something can't be written.
    """
    said = {"openapi": openapi, "base-url": base_url, "app": app, "tenants": tenants}
    settings = [f"{word} = {json.dumps(value)}\n" for word, value in said.items() if value]
    files = {"partywall.toml": "".join(settings) + ("" if tenants else _TENANTS), **_FILES}
    lines = []
    for name, text in files.items():
        path = folder / name
        if path.exists():
            lines.append(f"kept     {name}")
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            raise UsageError(f"{name} can't be written: {error}") from error
        lines.append(f"written  {name}")
    where = tenants or "partywall.toml"
    return [
        *lines,
        f"next: the tenants' credentials in {where} and in the workflow, then: partywall run isolation_tests",
    ]
