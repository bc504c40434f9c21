"""The same examples in every run: a test that fails once fails always."""

import os

from hypothesis import settings

settings.register_profile("tests", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("tests")

# To import these costs most of the time in which `partywall run` starts, and no test has a use for them there.
STRANGERS = ("anyio", "faker", "platformdirs", "schemathesis", "valkey")
os.environ["PYTEST_ADDOPTS"] = " ".join(f"-p no:{plugin}" for plugin in STRANGERS)
