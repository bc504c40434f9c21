"""A reference multi-tenant shipping service, with planted isolation leaks."""
