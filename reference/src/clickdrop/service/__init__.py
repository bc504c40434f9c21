"""What the platform does for an account. Every use case takes the account; nothing here knows of HTTP."""
