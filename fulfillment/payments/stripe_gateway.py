"""Stripe, by its official library: one payment intent for each authorization, captured by us.

Every call bears the effect's key as Stripe's idempotency key, so that the same call again gets the
first answer for at least a day; beyond that what there is to do is seen from the intent itself,
which keeps by which keys it was captured.
"""

import hashlib
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

import stripe

from fulfillment.domain.errors import (
    EffectConflict,
    FulfillmentError,
    NotFound,
    PaymentDeclined,
    PaymentUnclear,
)
from fulfillment.payments.stripe_amounts import from_stripe, to_stripe
from fulfillment.ports import Authorization

TIMEOUT_SECONDS = 8.0
"""Less than the activity has, so that it ends by itself."""
CAPTURABLE = "requires_capture"
CANCELED = "canceled"
TAKEN_BACK = frozenset(
    {"needs_response", "under_review", "appeal_needs_response", "appeal_under_review"}
)
"""States of a dispute in which the payer's bank has the amount and has not decided; an inquiry
(`warning_…`) takes nothing."""
MOST_DISPUTES = 100
LATER = frozenset({408, 409, 425, 429})
"""They say nothing of the payment: time-out, the same key under way, too early, too many."""
SERVER_ERROR = 500

AnswerT = TypeVar("AnswerT")


class StripeGateway:
    """Card payments at Stripe.

    A payment may be captured in several parts where Stripe allows it for the card (multicapture);
    where it does not, the first capture is the last one, and a later one is declined and put to a
    person.
    """

    def __init__(self, api_key: str, *, base_url: str = "") -> None:
        """Keep whose account it is.

        Args:
            api_key: of the account; a restricted key that writes payment intents and refunds, and
                reads disputes, will do.
            base_url: where the API is, for tests; Stripe's own by default.

        """
        self._http = stripe.HTTPXClient(timeout=TIMEOUT_SECONDS)
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": base_url} if base_url else None,
            # How often something is tried again is the activity's to say.
            max_network_retries=0,
            http_client=self._http,
        )

    async def __aenter__(self) -> Self:
        """Return the gateway, to be closed at the end."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections to Stripe."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def authorize(
        self, key: str, amount_minor: int, currency: str, source: str
    ) -> Authorization:
        """Have an amount held; `source` is a payment method, such as `pm_...`.

        Raises:
            PaymentDeclined: the bank said no, or wants the customer to confirm.
            PaymentUnclear: no answer; ask again with the same key.
            EffectConflict: the key came with another request before.

        """
        params: Any = {
            "amount": to_stripe(amount_minor, currency),
            "currency": currency.lower(),
            "payment_method": source,
            "payment_method_types": ["card"],
            "capture_method": "manual",
            "confirm": True,
            "error_on_requires_action": True,
            "payment_method_options": {"card": {"request_multicapture": "if_available"}},
            "metadata": {"key": key},
            "expand": ["latest_charge"],
        }
        intents = self._client.v1.payment_intents
        intent = await _answer(intents.create_async(params, _once(key)))
        if intent.status != CAPTURABLE:
            message = f"the bank holds nothing: Stripe says {intent.status}"
            raise PaymentDeclined(message)
        return _authorization(intent)

    async def capture(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Take an amount of what is held; the rest stays held where the card allows that.

        Raises:
            NotFound: no such payment intent.
            PaymentDeclined: more than is held, or it is not held any longer.
            PaymentUnclear: no answer; ask again with the same key.

        """
        held = await self._intent(reference)
        if _was_captured(held, key):
            return _authorization(held)
        amount = to_stripe(amount_minor, held.currency.upper())
        last = not _splits(held) or amount == held.amount_capturable
        params: Any = {"amount_to_capture": amount, "metadata": {_mark(key): str(amount)}}
        if not last:
            params["final_capture"] = False
        intents = self._client.v1.payment_intents
        try:
            captured = await _answer(intents.capture_async(reference, params, _once(key)))
        except EffectConflict:
            # Another capture came between, so that this one became the last, or asked too late.
            captured = await self._intent(reference)
            if not _was_captured(captured, key):
                raise
        return _authorization(captured)

    async def void(self, key: str, reference: str) -> Authorization:
        """Give back what is held and not captured; where nothing is held, nothing is done.

        Raises:
            NotFound: no such payment intent.
            PaymentUnclear: no answer; ask again with the same key.

        """
        held = await self._intent(reference)
        if held.status != CAPTURABLE:
            return _authorization(held)
        intents = self._client.v1.payment_intents
        return _authorization(await _answer(intents.cancel_async(reference, {}, _once(key))))

    async def refund(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Give back an amount of what was captured.

        Raises:
            NotFound: no such payment intent.
            PaymentDeclined: more than was captured and not given back yet, or the bank said no.
            PaymentUnclear: no answer; ask again with the same key.

        """
        held = await self._intent(reference)
        params: Any = {
            "payment_intent": reference,
            "amount": to_stripe(amount_minor, held.currency.upper()),
            "metadata": {"key": key},
        }
        made = await _answer(self._client.v1.refunds.create_async(params, _once(key)))
        if made.status in ("failed", CANCELED):
            message = f"the refund {made.id} was not made: {made.failure_reason or made.status}"
            raise PaymentDeclined(message)
        return await self.get(reference)

    async def get(self, reference: str) -> Authorization:
        """Return what Stripe has on its books for a payment intent.

        Raises:
            NotFound: no such payment intent.
            PaymentUnclear: no answer.

        """
        intent = await self._intent(reference)
        known = _authorization(intent)
        if not getattr(intent.latest_charge, "disputed", False):
            return known
        params: Any = {"payment_intent": reference, "limit": MOST_DISPUTES}
        disputes = (await _answer(self._client.v1.disputes.list_async(params))).data
        taken = sum(one.amount for one in disputes if one.status in TAKEN_BACK)
        return known.model_copy(update={"disputed_minor": from_stripe(taken, known.currency)})

    async def _intent(self, reference: str) -> stripe.PaymentIntent:
        expand: Any = {"expand": ["latest_charge"]}
        return await _answer(self._client.v1.payment_intents.retrieve_async(reference, expand))


def _once(key: str) -> Any:  # noqa: ANN401 - the library's own options
    return {"idempotency_key": key}


def _mark(key: str) -> str:
    """Return what an intent keeps of a capture in its metadata, whose names have 40 characters."""
    return f"captured_{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def _was_captured(intent: stripe.PaymentIntent, key: str) -> bool:
    """Return whether a capture by this key is on the intent, whatever was answered to it then.

    What is asked depends on what is still held; so it can't be asked again in the same words.
    """
    return getattr(intent.metadata, _mark(key), None) is not None


async def _answer(asked: Awaitable[AnswerT]) -> AnswerT:
    try:
        return await asked
    except stripe.StripeError as error:
        raise _translated(error) from None


def _translated(error: stripe.StripeError) -> FulfillmentError:
    """Return the error as this product's; of Stripe's words only its own codes are kept."""
    status, code = error.http_status, error.code or type(error).__name__
    if status is None or status in LATER or status >= SERVER_ERROR:
        return PaymentUnclear(f"Stripe did not answer ({code}); ask again with the same key")
    if isinstance(error, stripe.IdempotencyError):
        return EffectConflict(f"Stripe had another request under this key ({code})")
    if isinstance(error, stripe.CardError):
        reason = getattr(error.error, "decline_code", None)
        return PaymentDeclined(f"declined by the bank: {reason or code}")
    if code == "resource_missing":
        return _missing(error)
    if isinstance(error, stripe.InvalidRequestError):
        return PaymentDeclined(f"Stripe refuses it: {code}")
    # A wrong or blocked API key: nothing of the payment is known, and a person can mend it.
    return PaymentUnclear(f"Stripe does not let us in ({code}); set another API key")


def _missing(error: stripe.StripeError) -> FulfillmentError:
    if getattr(error, "param", None) == "payment_method":
        return PaymentDeclined("Stripe knows no such payment method of this account")
    return NotFound("expected a payment intent of this account, came another one")


def _splits(intent: stripe.PaymentIntent) -> bool:
    """Return whether the held amount can be captured in parts."""
    multicapture = getattr(_card(intent), "multicapture", None)
    return getattr(multicapture, "status", None) == "available"


def _card(intent: stripe.PaymentIntent) -> object:
    """Return what the intent's charge says of the card, where it is expanded."""
    details = getattr(intent.latest_charge, "payment_method_details", None)
    return getattr(details, "card", None)


def _expires_at(intent: stripe.PaymentIntent) -> datetime | None:
    """Return until when the amount is held: the charge's `capture_before`, in Unix seconds."""
    before = getattr(_card(intent), "capture_before", None)
    return datetime.fromtimestamp(before, UTC) if before else None


def _authorization(intent: stripe.PaymentIntent) -> Authorization:
    currency = intent.currency.upper()
    charge = intent.latest_charge
    refunded = getattr(charge, "amount_refunded", 0) or 0
    received = intent.amount_received or 0
    return Authorization(
        reference=intent.id,
        amount_minor=from_stripe(intent.amount, currency),
        currency=currency,
        captured_minor=from_stripe(received, currency),
        refunded_minor=from_stripe(refunded, currency),
        # Beside canceled ones: never confirmed, or captured for the last time in part.
        voided=intent.status != CAPTURABLE and received < intent.amount,
        expires_at=_expires_at(intent),
    )
