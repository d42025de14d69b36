"""What every payment gateway does: the sandbox, and Stripe as one with a memory plays it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fulfillment.domain.errors import NotFound, PaymentDeclined
from fulfillment.payments.sandbox import SandboxGateway
from fulfillment.payments.stripe_gateway import StripeGateway
from fulfillment.ports import Authorization, PaymentGateway
from stripe_servers import FakeStripe, serving

KEY = "order/4711/{}/-/{}"


def key(step: str, occurrence: int = 1) -> str:
    """Return the key of an effect."""
    return KEY.format(step, occurrence)


@pytest_asyncio.fixture(params=["sandbox", "stripe"])
async def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PaymentGateway]:
    """Give each gateway, with empty books."""
    if request.param == "sandbox":
        yield SandboxGateway(tmp_path / "gateway.sqlite")
        return
    with serving(FakeStripe()) as url:
        async with StripeGateway("sk_test_123", base_url=url) as stripe:
            yield stripe


async def held(gateway: PaymentGateway, amount_minor: int = 5_000) -> Authorization:
    """Have an amount held."""
    return await gateway.authorize(key("authorize"), amount_minor, "EUR", "tok_visa")


async def test_a_payment_s_whole_life(gateway: PaymentGateway) -> None:
    """Held, captured in parts, the rest voided, given back in parts; each key once."""
    first = await held(gateway)
    assert first == await held(gateway)
    expected = Authorization(reference=first.reference, amount_minor=5_000, currency="EUR")
    assert expected == first
    for _ in range(2):
        part = await gateway.capture(key("capture"), first.reference, 2_000)
    assert 2_000 == part.captured_minor
    assert (
        3_500 == (await gateway.capture(key("capture", 2), first.reference, 1_500)).captured_minor
    )
    voided = await gateway.void(key("void"), first.reference)
    assert (voided.captured_minor, voided.voided) == (3_500, True)
    for _ in range(2):
        refunded = await gateway.refund(key("refund"), first.reference, 500)
    assert 500 == refunded.refunded_minor
    await gateway.refund(key("refund", 2), first.reference, 3_000)
    expected = expected.model_copy(
        update={"captured_minor": 3_500, "refunded_minor": 3_500, "voided": True}
    )
    assert expected == await gateway.get(first.reference)


@pytest.mark.parametrize("source", ["tok_declined", "tok_insufficient"])
async def test_a_bank_says_no(gateway: PaymentGateway, source: str) -> None:
    """A declined card is said to be declined, without its number; another key may try again."""
    with pytest.raises(PaymentDeclined, match="declined") as caught:
        await gateway.authorize(key("authorize"), 5_000, "EUR", source)
    assert "4242" not in str(caught.value)
    assert (
        5_000
        == (await gateway.authorize(key("authorize", 2), 5_000, "EUR", "tok_visa")).amount_minor
    )


async def test_never_more_than_there_is(gateway: PaymentGateway) -> None:
    """Neither captured beyond what is held, nor given back beyond what was captured."""
    reference = (await held(gateway)).reference
    with pytest.raises(PaymentDeclined):
        await gateway.capture(key("capture"), reference, 5_001)
    await gateway.capture(key("capture", 2), reference, 2_000)
    with pytest.raises(PaymentDeclined):
        await gateway.refund(key("refund"), reference, 2_001)
    now = await gateway.get(reference)
    assert (now.captured_minor, now.refunded_minor) == (2_000, 0)


async def test_nothing_is_captured_of_what_was_voided(gateway: PaymentGateway) -> None:
    """And to void it again changes nothing."""
    reference = (await held(gateway)).reference
    voided = await gateway.void(key("void"), reference)
    assert voided == await gateway.void(key("void", 2), reference)
    with pytest.raises(PaymentDeclined):
        await gateway.capture(key("capture"), reference, 100)


async def test_a_reference_that_was_never_given_out(gateway: PaymentGateway) -> None:
    """It is not found, whatever is asked of it."""
    for unknown in ("sandbox_or_stripe_never_saw_it", "shopify_payments/450789469"):
        for ask in (
            gateway.get(unknown),
            gateway.capture(key("capture"), unknown, 100),
            gateway.void(key("void"), unknown),
            gateway.refund(key("refund"), unknown, 100),
        ):
            with pytest.raises(NotFound, match="expected"):
                await ask


async def test_all_that_was_held_is_captured(gateway: PaymentGateway) -> None:
    """Nothing of it was given back."""
    reference = (await held(gateway)).reference
    taken = await gateway.capture(key("capture"), reference, 5_000)
    assert (5_000, False) == (taken.captured_minor, taken.voided)
