"""A payment provider to test against: a process of its own, with an HTTP API and a store of its own.

It can be told to misbehave. It knows nothing of shipping, and shares no code with the service."""
