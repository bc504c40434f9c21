"""The service over HTTP: the tenants' API v1, and the operator's."""
