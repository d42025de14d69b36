"""Each step fails for good: it shows, a person cancels, and all is back where it belongs."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

import plant as plants
from floor_driver import Placed, Share, place, refusal_of
from fulfillment.domain.confirmations import PutBackConfirmation
from fulfillment.domain.errors import FulfillmentError, Inconsistent, TooLate
from fulfillment.domain.lifecycle import Stage
from fulfillment.operations import floor
from fulfillment.operations.verify import verify
from fulfillment.temporal.errors import to_application_error
from histories import failed_tasks

WORD = "broken for good"
CONFIRMED: dict[str, tuple[Stage, Callable[[Share], Coroutine[Any, Any, Any]]]] = {
    "record_picking": (Stage.PICKING, Share.pick),
    "record_sorting": (Stage.SORTING, Share.sort),
    "record_packing": (Stage.PACKING, Share.pack),
    "buy_labels": (Stage.PACKING, Share.pack),
    "record_handover": (Stage.AWAITING_PICKUP, Share.hand_over),
}
"""Which activity fails once a person has confirmed which step."""

ON_ORDER = ("verify_order", "authorize_payment", "reserve_stock", "hold_order")
"""Which activity fails before there is a fulfillment; the order shows it."""

UNUSABLE = {
    "name": "Ada Lovelace",
    "street": ["Reeperbahn 1"],
    "city": "Hamburg",
    "postal_code": "999",
    "country": "DE",
}


class FailsForGood(Interceptor):
    """Fails the activity that an order is named after, until it is mended."""

    mended = False

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 - the SDK's name
    ) -> ActivityInboundInterceptor:
        """Stand before each activity."""
        return _Failing(next, self)


class _Failing(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, fault: FailsForGood) -> None:
        super().__init__(inner)
        self._fault = fault

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """Fail it, or do it."""
        info = activity.info()
        is_struck = f"/{info.activity_type}-" in (info.workflow_id or "")
        if is_struck and not self._fault.mended:
            raise to_application_error(Inconsistent(WORD))
        return await super().execute_activity(input)


@pytest.mark.timeout(240)
async def test_what_fails_for_good_is_canceled_by_a_person(client: Client, tmp_path: Path) -> None:
    """Before, on and after the floor; nothing stays claimed, taken, held or labeled."""
    fault = FailsForGood()
    async with plants.plant(client, tmp_path, interceptors=[fault]) as shop:
        before = await _available(shop)
        arriving, unpaid, untold, _ = await asyncio.gather(
            _fails_at_the_door(shop),
            _fails_to_be_paid(shop),
            _is_not_told(shop),
            asyncio.gather(
                _is_not_stopped(shop),
                *(_fails_before_the_floor(shop, name) for name in ON_ORDER),
                _fails_before_the_floor(shop, "plan_picking"),
                *(_fails_on_the_floor(shop, name) for name in CONFIRMED),
            ),
        )
        fault.mended = True
        for order in (arriving, unpaid):
            await floor.retry_step(shop.engine, f"{order.order_id}-1")
            assert "completed" == await order.ended()
            authorized, captured, voided = await order.money()
            assert (authorized, 0) == (captured, voided)
        assert before - 8 == await _available(shop)
        unwritten = [untold.order_id in str(found) for found in await verify(shop.engine)]
        assert [True, True] == unwritten
        assert [] == await failed_tasks(client, shop.settings.task_queue)


async def _fails_before_the_floor(shop: plants.Plant, name: str) -> None:
    changes = {"ship_to": UNUSABLE} if name == "hold_order" else {}
    order = await place(shop, name, ("LAMP", 2), **changes)
    shown = order if name in ON_ORDER else Share(shop, f"{order.order_id}-1")

    async def is_blocked() -> bool:
        with suppress(Exception):
            return WORD in (await shown.status()).blocked_on
        return False

    await plants.eventually(is_blocked)
    await order.cancel()
    await _is_all_given_back(order)


async def _fails_on_the_floor(shop: plants.Plant, name: str) -> None:
    order = await place(shop, name, ("LAMP", 2))
    share = await order.share()
    stage, confirm = CONFIRMED[name]
    await share.to(stage)
    said = asyncio.create_task(confirm(share))
    assert WORD in (await share.blocked()).blocked_on
    await order.cancel()
    with suppress(FulfillmentError):
        await said
    if await shop.read(lambda tx: tx.changes.put_backs(share.fulfillment_id)):
        await floor.confirm_put_back(
            shop.engine, share.fulfillment_id, PutBackConfirmation(by="bob")
        )
    await _is_all_given_back(order)


async def _fails_at_the_door(shop: plants.Plant) -> Placed:
    """Fail to record that it has arrived: too late to cancel, and the customer is not told so."""
    order = await place(shop, "record_delivery", ("LAMP", 2))
    share = await order.share()
    await share.to(Stage.IN_TRANSIT)
    await share.deliver()
    assert WORD in (await share.blocked()).blocked_on
    assert TooLate is type(await refusal_of(order.cancel()))
    assert "canceled" not in await order.told()
    return order


async def _fails_to_be_paid(shop: plants.Plant) -> Placed:
    """Fail to capture: the parcels go on and arrive, and the money is still to be taken."""
    order = await place(shop, "capture_payment", ("LAMP", 2))
    share = await order.share()
    await share.to(Stage.IN_TRANSIT)
    assert WORD in (await share.blocked()).blocked_on
    await share.deliver()
    await share.at(Stage.DELIVERED)
    assert WORD in (await share.status()).blocked_on
    return order


async def _is_not_told(shop: plants.Plant) -> Placed:
    """Fail to write to the customer: no goods wait for that, and a person is asked to tell.

    `verify` names the letters that are missing, until somebody has written them.
    """
    order = await place(shop, "notify_customer", ("LAMP", 2))
    assert "completed" == await order.finish()
    pressed = [action.detail for action in await order.actions()]
    for kind in ("acknowledged", "shipped"):
        assert any(f"not told the customer: {kind}: {WORD}" in detail for detail in pressed)
    return order


async def _is_not_stopped(shop: plants.Plant) -> None:
    """Fail to weigh a cancellation: it is refused and audited, and the order goes on."""
    order = await place(shop, "stop_work", ("LAMP", 2))
    await order.share()
    assert WORD in str(await refusal_of(order.cancel()))
    assert "ada" in [action.by for action in await order.actions() if action.refused]
    assert "completed" == await order.finish()


async def _is_all_given_back(order: Placed) -> None:
    assert "canceled" == await order.ended()
    assert ["acknowledged", "canceled"] == await order.told()
    authorized, captured, voided = await order.money()
    assert (authorized, 0) == (voided, captured)
    for share in await order.shop.read(lambda tx: tx.fulfillments.of_order(order.order_id)):
        name = share.fulfillment_id
        assert Stage.CANCELED is share.stage
        async with order.shop.database.reading() as tx:
            assert [] == await tx.stock.claims(name)
            assert [] == await tx.parcels.labels(name)
        assert [] == await floor.list_tasks(order.engine, fulfillment_id=name)


async def _available(shop: plants.Plant) -> int:
    levels = await shop.read(lambda tx: tx.stock.levels({"LAMP"}))
    return sum(level.available for level in levels)
