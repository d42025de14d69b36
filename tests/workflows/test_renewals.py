"""An authorization that would lapse while an order waits is renewed in time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from temporalio.client import Client

import plant as plants
from floor_driver import Placed, place
from fulfillment.domain.errors import PaymentDeclined
from fulfillment.domain.lifecycle import OrderStage, Picking, Stage
from fulfillment.domain.money_ledger import PostingKind
from fulfillment.operations.money import order_money
from fulfillment.operations.stock import Receipt, receive_stock
from fulfillment.ports import Authorization, Ports

AMOUNT_MINOR = 1990 + 378 + 490
SHORT = {"method": "to_authorize", "reference": "tok_expires-6"}
NEVER_AGAIN = {"method": "to_authorize", "reference": "tok_renewal_declined-6"}


async def postings(order: Placed) -> list[PostingKind]:
    """Return what was posted of an order."""
    return [entry.kind for entry in (await order_money(order.engine, order.order_id)).entries]


async def renewed(order: Placed) -> None:
    """Wait until the authorization was renewed."""

    async def look() -> bool:
        return PostingKind.LAPSED in await postings(order)

    await plants.eventually(look)


async def test_what_waits_for_goods_keeps_its_authorization(client: Client, tmp_path: Path) -> None:
    """Held anew first, then the old one is voided; what is captured is captured of the new one."""
    async with plants.plant(client, tmp_path) as shop:
        order = await place(shop, "goods", ("RARE7", 1), payment=SHORT)
        await order.at(OrderStage.BACK_ORDERED)
        await renewed(order)
        receipt = Receipt(
            receipt_id="r", warehouse_id="BER", bin_id="BER-A0-05", sku="RARE7", quantity=1
        )
        await receive_stock(shop.engine, receipt)
        assert "completed" == await order.finish()

        assert (AMOUNT_MINOR, AMOUNT_MINOR, 0) == await order.money()
        asked = [operation.request.kind.value for operation in await order.gateway()]
        assert ["authorize", "authorize", "void"] == asked[:3]
        assert "capture" == asked[-1]
        assert [] == await shop.read(lambda tx: tx.books.findings())


async def test_what_waits_for_its_picker_keeps_its_authorization(
    client: Client, tmp_path: Path
) -> None:
    """The fulfillment sees to it, and its own capture finds the new one."""
    async with plants.plant(client, tmp_path) as shop:
        order = await place(shop, "picker", ("MUG", 1), payment=SHORT)
        share = await order.share()
        await share.at(Stage.PICKING)
        await renewed(order)
        assert "completed" == await order.finish()
        assert PostingKind.CAPTURED is (await postings(order))[-1]
        assert [] == await shop.read(lambda tx: tx.books.findings())


async def test_what_waits_for_its_batch_keeps_its_authorization(
    client: Client, tmp_path: Path
) -> None:
    """No batch takes it in for long: what is authorized is renewed meanwhile."""
    async with plants.plant(client, tmp_path, picking=Picking.BATCH) as shop:
        order = await place(shop, "batched", ("MUG", 1), payment=SHORT)
        await renewed(order)
        await order.cancel()
        assert "canceled" == await order.ended()


async def test_what_waits_for_its_manifest_keeps_its_authorization(
    client: Client, tmp_path: Path
) -> None:
    """Nobody fetches it for hours: what is authorized is renewed meanwhile, by its fulfillment."""
    async with plants.plant(client, tmp_path, pickups="manifest") as shop:
        order = await place(shop, "manifest", ("MUG", 1), payment=SHORT)
        share = await order.share()
        await share.to(Stage.AWAITING_PICKUP)
        before = (await postings(order)).count(PostingKind.LAPSED)

        async def again() -> bool:
            return (await postings(order)).count(PostingKind.LAPSED) > before

        await plants.eventually(again)
        await order.cancel()


async def test_a_declined_renewal_is_put_to_a_person(client: Client, tmp_path: Path) -> None:
    """It shows what it is blocked on, the supervisor is told, and it can be canceled."""
    async with plants.plant(client, tmp_path) as shop:
        order = await place(shop, "never", ("RARE6", 1), payment=NEVER_AGAIN)

        async def blocked() -> bool:
            return "not renewed: declined by the bank" in (await order.status()).blocked_on

        await plants.eventually(blocked)

        async def told() -> bool:
            details = [a.detail for a in await order.actions() if a.action == "escalation"]
            return ["payment: the authorization lapses"] == [text[:33] for text in details]

        await plants.eventually(told)
        await order.cancel()
        assert "canceled" == await order.ended()
        assert (AMOUNT_MINOR, 0, AMOUNT_MINOR) == await order.money()


class DeclinesOnce:
    """A gateway whose bank declines what is asked second: the first renewal."""

    def __init__(self, gateway: Any) -> None:
        """Keep the gateway that answers all else."""
        self._gateway, self._asked = gateway, 0

    def __getattr__(self, name: str) -> Any:
        """Return what the gateway does."""
        return getattr(self._gateway, name)

    async def authorize(self, *asked: Any) -> Authorization:
        """Authorize, but for the second time."""
        self._asked += 1
        if self._asked == 2:
            message = "declined for now"
            raise PaymentDeclined(message)
        authorized: Authorization = await self._gateway.authorize(*asked)
        return authorized


async def test_an_order_shows_its_missing_goods_again_once_its_money_is_held(
    client: Client, tmp_path: Path
) -> None:
    """After a renewal that was declined, and one that was not; its letter tells of goods alone."""

    def change(ports: Ports) -> Ports:
        gateway: Any = DeclinesOnce(ports.payments)
        return replace(ports, payments=gateway)

    async with plants.plant(client, tmp_path, change=change) as shop:
        order = await place(shop, "again", ("RARE8", 1), payment=SHORT)

        async def told() -> bool:
            return "escalation" in [a.action for a in await order.actions()]

        await plants.eventually(told)
        await renewed(order)

        async def shown() -> bool:
            return "stock: 1 x RARE8" == (await order.status()).blocked_on

        await plants.eventually(shown)
        await order.cancel()
        assert "canceled" == await order.ended()
