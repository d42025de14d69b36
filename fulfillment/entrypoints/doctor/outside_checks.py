"""Checks of what reaches outside: whether money moves, and whether anybody gets the mails."""

from fulfillment.entrypoints.doctor.findings import Answer, Site, ok, warning
from fulfillment.settings import Settings

_TEST_MODE = ("sk_test_", "rk_test_")
"""How API keys begin with which Stripe moves nothing."""


async def payments(site: Site) -> Answer:
    """Look whether a capture is paid by anybody."""
    api_key = site.settings.stripe_api_key.get_secret_value()
    if not api_key:
        remedy = "set FULFILLMENT_STRIPE_API_KEY for workers and commands (docs/payments.md)"
        return warning("the sandbox: it says yes, and no money moves", remedy)
    if api_key.startswith(_TEST_MODE):
        remedy = "set FULFILLMENT_STRIPE_API_KEY to a live one once all has been tried"
        return warning("Stripe in test mode: no money moves", remedy)
    return ok("Stripe")


async def mail(site: Site) -> Answer:
    """Look whether customers and supervisors get their mails."""
    settings = site.settings
    if not settings.smtp_url.get_secret_value():
        remedy = "set FULFILLMENT_SMTP_URL=smtp://user:password@host:587"
        return warning(f"a folder ({settings.mail_dir}): nobody gets any mail", remedy)
    unset = [
        f"FULFILLMENT_{name.upper()}"
        for name in ("sender_mail", "supervisor_mail")
        if getattr(settings, name) == Settings.model_fields[name].default
    ]
    if unset:
        return warning("by SMTP, with an example's address", f"set {' and '.join(unset)}")
    return ok(f"by SMTP, from {settings.sender_mail}")
