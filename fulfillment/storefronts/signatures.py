"""Whether a webhook's delivery is from the storefront that knows the secret.

Source: Shopify, "Verify webhook deliveries" (X-Shopify-Hmac-SHA256); WooCommerce,
WC_Webhook::generate_signature (X-WC-Webhook-Signature): base64 of HMAC-SHA256 of the raw body.
"""

import base64
import hashlib
import hmac


def signature_of(body: bytes, secret: str) -> str:
    """Return the signature of a body, as it stands in the header."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Return whether the signature is the raw body's; takes as long whatever came.

    An empty secret signs nothing.
    """
    made = hmac.compare_digest(signature_of(body, secret).encode(), signature.encode())
    return made and bool(secret)
