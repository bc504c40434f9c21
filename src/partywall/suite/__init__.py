"""Partywall bound to pytest: trials for tests, and the gate over a whole run."""
