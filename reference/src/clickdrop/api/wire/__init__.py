"""Requests and responses as they look on the wire: the published names, limits and shapes."""
