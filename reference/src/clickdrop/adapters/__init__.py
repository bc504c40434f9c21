"""The world outside, behind the ports of the domain: database, cache, printer, tokens, rate limits."""
