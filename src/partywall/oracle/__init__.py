"""Oracles: a history and a policy in, findings out. No HTTP, no clock, no pytest."""
