"""Every interleaving of an ASGI application's requests, in this process, in virtual time, brought back at will."""
