"""Outward webhooks: what their workflow is asked, what keeps them, who carries them."""
