"""Stripe: requests of the right shape, unclear outcomes, currencies, what it can't do."""

from collections.abc import AsyncIterator
from unittest.mock import AsyncMock

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from stripe import Charge, PaymentIntent

from fulfillment.domain.errors import (
    EffectConflict,
    FulfillmentError,
    PaymentDeclined,
    PaymentUnclear,
)
from fulfillment.payments.stripe_amounts import STEPS_OF_TEN, from_stripe, to_stripe
from fulfillment.payments.stripe_gateway import StripeGateway
from stripe_servers import FakeStripe, running_mock, serving, stripe_mock

API_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
KEY = "order/4711/authorize_payment/-/1"


@pytest_asyncio.fixture
async def stripe() -> AsyncIterator[tuple[FakeStripe, StripeGateway]]:
    """Give a Stripe with a memory, and the gateway to it."""
    fake = FakeStripe()
    with serving(fake) as url:
        async with StripeGateway(API_KEY, base_url=url) as gateway:
            yield fake, gateway


@pytest_asyncio.fixture(scope="module")
async def mock_url() -> AsyncIterator[str]:
    """Run Stripe's own mock, which checks every request against Stripe's description of its API."""
    program = await stripe_mock()
    if program is None:
        pytest.skip("no stripe-mock: it is built with Go, and there is none")
    with running_mock(program) as url:
        yield url


@pytest.mark.timeout(600)  # the first time it is built
async def test_stripe_takes_every_request(mock_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each parameter is one that Stripe knows, of the right type and in the right place.

    The mock answers with fixed objects: that an intent of its can be captured it does not say.
    """
    async with StripeGateway(API_KEY, base_url=mock_url) as gateway:
        seen = await gateway.get("pi_1")
        assert seen.reference.startswith("pi_")
        with pytest.raises(PaymentDeclined, match="Stripe says"):
            await gateway.authorize(KEY, 5_000, "EUR", "pm_card_visa")
        assert (await gateway.capture(f"{KEY}0", "pi_1", 100)).currency == seen.currency
        assert seen == await gateway.void(f"{KEY}1", "pi_1")
        assert (await gateway.refund(f"{KEY}2", "pi_1", 100)).currency == seen.currency
        known = await gateway._intent("pi_1")
        known.latest_charge = Charge.construct_from({"disputed": True}, None)
        monkeypatch.setattr(gateway, "_intent", AsyncMock(return_value=known))
        assert seen.currency == (await gateway.get("pi_1")).currency


@pytest.mark.parametrize("trouble", [0, 409, 429, 500, 503])
@pytest.mark.parametrize("acted", [False, True])
async def test_an_unclear_outcome_is_resolved_by_the_key(
    stripe: tuple[FakeStripe, StripeGateway], trouble: int, *, acted: bool
) -> None:
    """Whether Stripe acted before the answer was lost or not: the same key again, and once only."""
    fake, gateway = stripe
    fake.trouble, fake.acts_in_trouble = [trouble], acted
    with pytest.raises(PaymentUnclear, match="same key") as caught:
        await gateway.authorize(KEY, 5_000, "EUR", "pm_card_visa")
    assert API_KEY not in str(caught.value)
    await gateway.authorize(KEY, 5_000, "EUR", "pm_card_visa")
    assert (1, 1) == (len(fake.intents), fake.acted)


@pytest.mark.parametrize("part", [5_000, 2_500, 2_000])
@pytest.mark.parametrize("after_days", [False, True])
async def test_a_capture_whose_answer_was_lost(
    stripe: tuple[FakeStripe, StripeGateway], part: int, *, after_days: bool
) -> None:
    """It is found done, whatever is held by now: all, half or less; also beyond Stripe's keys."""
    fake, gateway = stripe
    held = await gateway.authorize(KEY, 5_000, "EUR", "pm_card_visa")
    fake.trouble, fake.acts_in_trouble = [500], True
    with pytest.raises(PaymentUnclear):
        await gateway.capture(f"{KEY}1", held.reference, part)
    if after_days:
        fake.answers.clear()
    for _ in range(2):
        again = await gateway.capture(f"{KEY}1", held.reference, part)
        assert (part, part) == (again.captured_minor, fake.intents["pi_1"]["amount_received"])


async def test_a_capture_that_another_one_overtook(
    stripe: tuple[FakeStripe, StripeGateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was done between the look and the question, which has other words now: it is found."""
    _, gateway = stripe
    held = await gateway.authorize(KEY, 5_000, "EUR", "pm_card_visa")
    before, look = await gateway._intent(held.reference), gateway._intent
    await gateway.capture(f"{KEY}1", held.reference, 2_500)
    before.amount_capturable = 2_500
    seen = [before]

    async def late(reference: str) -> PaymentIntent:
        return seen.pop() if seen else await look(reference)

    monkeypatch.setattr(gateway, "_intent", late)
    assert 2_500 == (await gateway.capture(f"{KEY}1", held.reference, 2_500)).captured_minor
    assert [] == seen


async def test_a_key_that_comes_with_another_request(
    stripe: tuple[FakeStripe, StripeGateway],
) -> None:
    """It is refused for good."""
    _, gateway = stripe
    await gateway.authorize(KEY, 5_000, "EUR", "pm_card_visa")
    with pytest.raises(EffectConflict):
        await gateway.authorize(KEY, 4_000, "EUR", "pm_card_visa")


async def test_a_card_that_can_be_captured_once_only(
    stripe: tuple[FakeStripe, StripeGateway],
) -> None:
    """The first part is taken; the second is declined, for a person to settle."""
    fake, gateway = stripe
    fake.multicapture = False
    held = await gateway.authorize(KEY, 5_000, "EUR", "pm_card_visa")
    assert 2_000 == (await gateway.capture(f"{KEY}1", held.reference, 2_000)).captured_minor
    with pytest.raises(PaymentDeclined, match="payment_intent_unexpected_state"):
        await gateway.capture(f"{KEY}2", held.reference, 1_000)


async def test_a_bank_that_wants_the_customer(stripe: tuple[FakeStripe, StripeGateway]) -> None:
    """Nobody is there to confirm: it is declined, and Stripe's own words stay out."""
    _, gateway = stripe
    with pytest.raises(PaymentDeclined, match="authentication_required") as caught:
        await gateway.authorize(KEY, 5_000, "EUR", "tok_asks")
    assert "4242" not in str(caught.value)


async def test_a_payment_method_that_stripe_does_not_know(
    stripe: tuple[FakeStripe, StripeGateway],
) -> None:
    """It is declined, as any that can't be used: another one helps."""
    _, gateway = stripe
    with pytest.raises(PaymentDeclined, match="no such payment method"):
        await gateway.authorize(KEY, 5_000, "EUR", "pm_missing")


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_action", "canceled"])
async def test_an_intent_by_which_nothing_is_held(
    stripe: tuple[FakeStripe, StripeGateway], status: str
) -> None:
    """It counts as voided, whatever Stripe still awaits, so that nothing is shipped for it."""
    fake, gateway = stripe
    held = await gateway.authorize(KEY, 5_000, "EUR", "pm_card_visa")
    assert not held.voided
    fake.intents[held.reference]["status"] = status
    assert (await gateway.get(held.reference)).voided


@pytest.mark.parametrize(
    ("status", "taken"),
    [
        ("needs_response", 1_500),
        ("under_review", 1_500),
        ("warning_needs_response", 0),
        ("won", 0),
        ("lost", 0),
    ],
)
async def test_a_disputed_payment(
    stripe: tuple[FakeStripe, StripeGateway], status: str, taken: int
) -> None:
    """What the payer's bank has taken back is under dispute until it is decided."""
    fake, gateway = stripe
    held = await gateway.authorize(KEY, 5_000, "EUR", "pm_card_visa")
    await gateway.capture(f"{KEY}1", held.reference, 5_000)
    fake.dispute(held.reference, 1_500, status)
    assert taken == (await gateway.get(held.reference)).disputed_minor


async def test_a_wrong_api_key(stripe: tuple[FakeStripe, StripeGateway]) -> None:
    """The payment is left as it is, until somebody has mended the key."""
    fake, gateway = stripe
    fake.trouble = [401]
    with pytest.raises(PaymentUnclear, match="another API key"):
        await gateway.authorize(KEY, 5_000, "EUR", "pm_card_visa")


@pytest.mark.parametrize(
    ("currency", "minor", "at_stripe"),
    [("EUR", 1_290, 1_290), ("JPY", 1_290, 1_290), ("ISK", 5, 500), ("KWD", 5_120, 5_120)],
)
def test_amounts_as_stripe_counts_them(currency: str, minor: int, at_stripe: int) -> None:
    """Minor units of ISO 4217, but for those that Stripe counts otherwise."""
    assert at_stripe == to_stripe(minor, currency)


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "JPY", "ISK", "UGX", "KWD", "TND"]))
def test_no_amount_is_changed(minor: int, currency: str) -> None:
    """There and back it is the same, or it is refused where Stripe has no such amount."""
    try:
        assert minor == from_stripe(to_stripe(minor, currency), currency)
    except FulfillmentError as refusal:
        assert (currency in STEPS_OF_TEN, minor % 10 > 0) == (True, True)
        assert "multiple of 10" in str(refusal)  # noqa: PT017
