"""Partywall: does any response show one tenant what is another's?

Import from the modules themselves (``partywall.model``, ``partywall.policy``, ...): the package
loads nothing, because the pytest plugin must cost next to nothing to import.

The command imports it before pytest does, and there is no test in it: PYTEST_DONT_REWRITE.
"""
