"""HTTP clients, measured one a process: ``python -m benchmarks.clients.<name> URL REQUESTS CONNECTIONS``."""
