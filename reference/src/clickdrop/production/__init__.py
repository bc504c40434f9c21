"""The production stack: PostgreSQL, Valkey, workers and nginx, each a process, started and stopped together."""
