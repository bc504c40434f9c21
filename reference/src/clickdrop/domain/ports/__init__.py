"""What the service needs from the world around it, as protocols; `documents`, `webhooks` and `status` have more.

Every method that touches a tenant's data takes the tenant. Values that a store answers are new and frozen.
"""
