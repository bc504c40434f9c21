"""The generic suite: an OpenAPI description and credentials of two tenants in, the same properties as ever out."""
