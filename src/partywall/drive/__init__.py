"""The only I/O: sessions that send requests to a target and record what came, into one history."""
