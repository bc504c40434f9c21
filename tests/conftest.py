"""The same examples in every run: a test that fails once fails always."""

from hypothesis import settings

settings.register_profile("tests", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("tests")
