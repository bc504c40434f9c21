"""Hypothesis strategies of shipping. They describe what is valid; values that only one tenant may have are
left open (`drafts.OWN`) until the tenant is known."""
