"""What left and can't be captured is insisted on: shown, tried again, and at last written off."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client

import plant as plants
from floor_driver import ANN, Share, place
from fulfillment.domain.confirmations import PutBackConfirmation
from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import EffectConflict, FulfillmentError, PaymentDeclined
from fulfillment.domain.lifecycle import Patience, Policy, Stage
from fulfillment.domain.money_ledger import PostingKind
from fulfillment.domain.tracking import TrackingException, TrackingStatus
from fulfillment.messages.holds import PayOtherwise
from fulfillment.operations import floor, holds
from fulfillment.operations.delivery_exceptions import resolve_exception
from fulfillment.operations.money import gateway_findings, order_money
from fulfillment.operations.order_views import timeline
from fulfillment.ports import Authorization, PaymentGateway, Ports

AMOUNT_MINOR = 3 * 1990 + 3 * 378 + 490
SOON = timedelta(seconds=0.5)
UNTIL_WRITTEN_OFF = Patience(
    remind_after=SOON, escalate_after=SOON, then_after=SOON, policy=Policy.CANCEL
)


class Unwilling:
    """A bank that declines captures until it is willing."""

    def __init__(
        self, gateway: PaymentGateway, refusal: type[FulfillmentError] = PaymentDeclined
    ) -> None:
        """Keep the gateway that does the rest, and how it refuses."""
        self._gateway, self._refusal = gateway, refusal
        self.willing = False
        self.keys: list[str] = []

    def __getattr__(self, name: str) -> Any:
        """Let the gateway do the rest."""
        return getattr(self._gateway, name)

    async def capture(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Capture, if willing; keep under which key it was asked."""
        self.keys.append(key)
        if not self.willing:
            message = "the account is blocked"
            raise self._refusal(message)
        return await self._gateway.capture(key, reference, amount_minor)


class Taciturn(Unwilling):
    """A bank that captures, and says until it is willing that it failed."""

    async def capture(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Capture, and fail for good all the same."""
        await self._gateway.capture(key, reference, amount_minor)
        return await super().capture(key, reference, amount_minor)


async def blocked(share: Share) -> str:
    """Wait until a fulfillment shows that its capture was declined."""

    async def look() -> str | None:
        status = await share.status()
        unpaid = status.blocked_on.startswith(("payment", "effect_conflict"))
        return status.blocked_on if unpaid else None

    return str(await plants.eventually(look))


async def test_a_declined_capture_is_shown_and_tried_again(client: Client, tmp_path: Path) -> None:
    """The parcels go on; when told, the amount is held anew and captured, and the books hold."""
    banks: list[Unwilling] = []

    def change(ports: Ports) -> Ports:
        banks.append(Unwilling(ports.payments))
        return replace(ports, payments=banks[0])

    async with plants.plant(client, tmp_path, change=change) as shop:
        order = await place(shop, "again")
        share = await order.share()
        await share.to(Stage.IN_TRANSIT)
        assert "payment_declined: the account is blocked" == await blocked(share)
        await share.deliver()
        await share.at(Stage.DELIVERED)
        assert "payment_declined: the account is blocked" == await blocked(share)
        assert ["acknowledged", "shipped", "delivered"] == await order.told()

        banks[0].willing = True
        await floor.retry_step(shop.engine, share.fulfillment_id)
        assert "completed" == await order.ended()
        assert (AMOUNT_MINOR, AMOUNT_MINOR, 0) == await order.money()
        assert [] == await shop.read(lambda tx: tx.books.findings())
        reached = replace(shop.engine, payments=shop.ports.payments)
        assert [] == await gateway_findings(reached)
        kinds = [e.kind for e in (await order_money(shop.engine, order.order_id)).entries]
        anew = [PostingKind.LAPSED, PostingKind.AUTHORIZED, PostingKind.CAPTURED]
        assert [PostingKind.AUTHORIZED, *anew] == kinds
        told = [entry.event for entry in await timeline(shop.engine, order.order_id)]
        taken = [event for event in told if "captured" in event]
        assert ["not captured: the account is blocked", "captured 75.94 EUR"] == taken


async def test_another_card_pays_for_what_was_declined(shop: plants.Plant) -> None:
    """The goods are on their way; named for the order, it is held and captured at once."""
    card = {"method": "to_authorize", "reference": "tok_expired"}
    order = await place(shop, "another", payment=card)
    share = await order.share()
    await share.to(Stage.IN_TRANSIT)
    await blocked(share)
    other = PayOtherwise(reference="tok_visa", by="eve")
    await holds.pay_otherwise(shop.engine, order.order_id, other)
    await share.noted("captured 75.94 EUR")
    await share.deliver()
    assert "completed" == await order.ended()
    assert (AMOUNT_MINOR, AMOUNT_MINOR, 0) == await order.money()


async def test_what_is_never_captured_is_written_off(client: Client, tmp_path: Path) -> None:
    """When its time is over, the books say so, and they hold."""
    card = {"method": "to_authorize", "reference": "tok_expired"}
    async with plants.plant(client, tmp_path, hold=UNTIL_WRITTEN_OFF) as shop:
        order = await place(shop, "lost", payment=card)
        assert "completed" == await order.finish()

        money = await order_money(shop.engine, order.order_id)
        assert (AMOUNT_MINOR, 0, AMOUNT_MINOR) == await order.money()
        assert (AMOUNT_MINOR, 0) == (money.written_off_minor, money.held_minor)
        assert [] == await shop.read(lambda tx: tx.books.findings())
        details = [a.detail for a in await order.actions()]
        assert 1 == len([text for text in details if text.startswith("written off")])


async def test_what_is_given_up_uncaptured_is_never_captured(
    client: Client, tmp_path: Path
) -> None:
    """Whatever blocks is shown as long as it does, and whom to ask for money nobody is left.

    Also a gateway that fails for good blocks, and the parcels go on. What it did is unknown, so
    that it is asked again under the same key, in the next run, too.
    """
    banks: list[Unwilling] = []

    def change(ports: Ports) -> Ports:
        banks.append(Unwilling(ports.payments, EffectConflict))
        return replace(ports, payments=banks[0])

    async with plants.plant(client, tmp_path, change=change, continue_after_events=100) as shop:
        order = await place(shop, "forgiven")
        share = await order.share()
        await share.to(Stage.IN_TRANSIT)
        await blocked(share)
        before = (await share.handle.describe()).run_id
        [number] = (await share.status()).tracking_numbers
        await _troubled(share, number, TrackingException.ADDRESS_PROBLEM)
        await share.carrier_says(TrackingStatus.OUT_FOR_DELIVERY, number)
        await share.noted("moves on by itself")
        assert "effect_conflict: the account is blocked" == await blocked(share)
        await floor.retry_step(shop.engine, share.fulfillment_id)
        await plants.eventually(lambda: _length(banks[0].keys, 2))
        assert before != (await share.handle.describe()).run_id
        assert 1 == len(set(banks[0].keys))

        await _troubled(share, number, TrackingException.LOST)
        banks[0].willing = True
        decided = Resolution(choice=Choice.REFUND, by=ANN)
        await resolve_exception(shop.engine, share.fulfillment_id, decided)
        assert "completed, 3 lost and refunded" == await order.ended()
        money = await order_money(shop.engine, order.order_id)
        assert (AMOUNT_MINOR, 0, AMOUNT_MINOR) == await order.money()
        assert AMOUNT_MINOR == money.written_off_minor
        assert [] == await shop.read(lambda tx: tx.books.findings())


async def test_what_a_failed_capture_took_is_given_back_when_the_parcels_are_called_back(
    client: Client, tmp_path: Path
) -> None:
    """Canceled meanwhile, the fulfillment asks again under the same key until it is known."""
    banks: list[Unwilling] = []

    def change(ports: Ports) -> Ports:
        banks.append(Taciturn(ports.payments, EffectConflict))
        return replace(ports, payments=banks[0])

    async with plants.plant(client, tmp_path, change=change) as shop:
        order = await place(shop, "taken")
        share = await order.share()
        await share.to(Stage.IN_TRANSIT)
        await blocked(share)
        banks[0].willing = True
        await order.cancel()
        assert 1 == len(set(banks[0].keys))
        payment = await order.payment()
        assert (AMOUNT_MINOR, AMOUNT_MINOR) == (payment.captured_minor, payment.refunded_minor)
        await floor.confirm_put_back(shop.engine, share.fulfillment_id, PutBackConfirmation(by=ANN))
        assert "canceled" == await order.ended()
        assert [] == await shop.read(lambda tx: tx.books.findings())
        reached = replace(shop.engine, payments=shop.ports.payments)
        assert [] == await gateway_findings(reached)


async def _length(found: list[str], count: int) -> bool:
    return len(found) == count


async def _troubled(share: Share, number: str, exception: TrackingException) -> None:
    await share.carrier_says(TrackingStatus.EXCEPTION, number, exception)

    async def look() -> bool:
        return (await share.status()).blocked_on.startswith("delivery: ")

    await plants.eventually(look)
