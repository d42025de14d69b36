"""What is missing is purchased or produced, on a real server."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from pathlib import Path

import pytest
from temporalio.client import Client

import plant as plants
from floor_driver import Placed, place, refusal_of
from fulfillment.domain.lifecycle import OrderStage, Patience, Policy
from fulfillment.domain.supply import ComponentsGo, SupplyEnd, SupplyReport, SupplyState
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.messages.supply import SupplyAnswer
from fulfillment.operations import stock, supply
from fulfillment.operations.catalog import load_catalog, parse_catalog
from fulfillment.operations.verify import verify
from histories import audited_plant
from workflows.supply import SupplyWorkflow

_numbers = count(1)
BIN = "BER-A2-07"


@pytest.fixture(scope="module")
async def shop(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop that has missing goods arranged for by itself; its books must hold at the end."""
    folder: Path = tmp_path_factory.mktemp("supply")
    async with audited_plant(client, folder, supply="automatic") as running:
        yield running


def article(sku: str) -> dict[str, object]:
    """Return an article's entry of a catalog."""
    data = plants.ARTICLES[1].model_dump(mode="json")
    return {**data, "sku": sku}


async def bought(shop: plants.Plant, *, lot_size: int = 1, lead_time_days: int = 3) -> str:
    """Give an article of one's own that a supplier sells."""
    sku = f"BUY{next(_numbers)}"
    data = {
        "articles": [article(sku)],
        "suppliers": [{"supplier_id": "ACME", "name": "Acme", "email": "sales@acme.example"}],
        "supply_sources": [
            {
                "sku": sku,
                "method": "purchase",
                "supplier_id": "ACME",
                "warehouse_id": plants.BERLIN,
                "bin_id": BIN,
                "lead_time_days": lead_time_days,
                "lot_size": lot_size,
            }
        ],
    }
    await load_catalog(shop.engine, parse_catalog(data))
    return sku


async def produced(shop: plants.Plant, component: str) -> str:
    """Give an article of one's own that is made of two others."""
    sku = f"MAKE{next(_numbers)}"
    data = {
        "articles": [article(sku)],
        "supply_sources": [
            {
                "sku": sku,
                "method": "production",
                "warehouse_id": plants.BERLIN,
                "bin_id": BIN,
                "lead_time_days": 2,
                "components": [{"sku": component, "quantity": 2}],
            }
        ],
    }
    await load_catalog(shop.engine, parse_catalog(data))
    return sku


async def under_way(shop: plants.Plant, sku: str, state: SupplyState, ordered: int) -> SupplyRecord:
    """Wait until an article's supply order stands there, on record and for its workflow."""

    async def look() -> SupplyRecord | None:
        found = await shop.read(lambda tx: tx.supply.page(limit=500))
        mine = [one for one in found if one.sku == sku]
        here = [one for one in mine if (one.state, one.ordered) == (state, ordered)]
        if not here:
            return None
        handle = supply.supply_handle(shop.engine, here[0].supply_id)
        known: SupplyRecord | None = await handle.query(SupplyWorkflow.status)
        return here[0] if known and (known.state, known.ordered) == (state, ordered) else None

    return await plants.eventually(look)


async def come(
    shop: plants.Plant, one: SupplyRecord, quantity: int, receipt: str | None = None
) -> SupplyAnswer:
    """Have units of a supply order come."""
    report = SupplyReport(receipt_id=receipt, quantity=quantity, by="ann")
    return await supply.receive_supply(shop.engine, one.supply_id, report)


async def waits(shop: plants.Plant, sku: str, quantity: int) -> Placed:
    """Have an order wait for an article."""
    order = await place(shop, "supplied", ("MUG", 1), (sku, quantity))
    await order.at(OrderStage.BACK_ORDERED)
    return order


async def test_one_purchase_serves_two_orders_in_parts(shop: plants.Plant) -> None:
    """The supplier gets one purchase order and its change; who is first in line gets first."""
    sku = await bought(shop)
    first = await waits(shop, sku, 2)
    await under_way(shop, sku, SupplyState.ORDERED, 2)
    second = await waits(shop, sku, 1)
    one = await under_way(shop, sku, SupplyState.ORDERED, 3)
    mails = await plants.eventually(lambda: _both(shop, sku))
    assert [True, True] == ["sales@acme.example" in mail for mail in mails]
    assert [1] == [sum("replaces" in m for m in mails)]

    answer = await come(shop, one, 2, "D-1")
    assert (2, SupplyState.ORDERED) == (answer.received, answer.state)
    assert answer == await come(shop, one, 2, "D-1")
    await first.share(2)
    assert OrderStage.BACK_ORDERED == (await second.status()).stage
    too_many = await refusal_of(come(shop, one, 2))
    assert "at most the 1 units outstanding" in str(too_many)
    receipt = stock.Receipt(
        receipt_id=f"D-{sku}",
        warehouse_id=plants.BERLIN,
        bin_id=BIN,
        sku=sku,
        quantity=1,
        supply_id=one.supply_id,
    )
    assert (second.order_id,) == (await stock.receive_stock(shop.engine, receipt)).woken
    await second.share(2)
    ended = await supply.supply_handle(shop.engine, one.supply_id).result()
    assert (SupplyState.RECEIVED, 3) == (ended.state, ended.received)
    late = await refusal_of(come(shop, one, 1))
    assert "received" in str(late)


async def test_one_delivery_note_brings_two_articles(shop: plants.Plant) -> None:
    """Each is booked under it, once, whether as its supply order's or as a receipt of stock."""
    note, skus = plants.new_id("note"), [await bought(shop), await bought(shop)]
    orders = [await waits(shop, sku, 2) for sku in skus]
    ones = [await under_way(shop, sku, SupplyState.ORDERED, 2) for sku in skus]
    for one in ones:
        assert 1 == (await come(shop, one, 1, note)).received
    receipt = stock.Receipt(
        receipt_id=note,
        warehouse_id=plants.BERLIN,
        bin_id=BIN,
        sku=skus[0],
        quantity=1,
        supply_id=ones[0].supply_id,
    )
    twice = await refusal_of(stock.receive_stock(shop.engine, receipt))
    assert "came other content" in str(twice)
    by_hand = receipt.model_copy(update={"receipt_id": f"{note}-2", "sku": skus[1]})
    by_hand = by_hand.model_copy(update={"supply_id": None})
    await stock.receive_stock(shop.engine, by_hand)
    again = await refusal_of(come(shop, ones[1], 1, f"{note}-2"))
    assert "which is" in str(again)
    for one in ones:
        assert SupplyState.RECEIVED is (await come(shop, one, 1)).state
    for order in orders:
        await order.cancel()


async def _both(shop: plants.Plant, sku: str) -> list[str] | None:
    mails = [mail for mail in mail_texts(shop) if f"x {sku} " in mail]
    return mails if len(mails) == 2 else None


def mail_texts(shop: plants.Plant) -> list[str]:
    """Return the mails that were put into the folder: to whom, about what, and their text."""
    files = sorted(shop.settings.mail_dir.rglob("*.eml"))
    mails = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    return [f"{mail['to']}\n{mail['subject']}\n{_text(mail)}" for mail in mails]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


async def test_a_production_whose_components_are_purchased(shop: plants.Plant) -> None:
    """The components come by signal, are consumed, and what is completed can be picked."""
    part = await bought(shop)
    sku = await produced(shop, part)
    order = await waits(shop, sku, 2)
    planned = await under_way(shop, sku, SupplyState.PLANNED, 2)
    purchase = await under_way(shop, part, SupplyState.ORDERED, 4)
    early = await refusal_of(come(shop, planned, 1))
    assert "ordered or producing" in str(early)
    bringing = supply.supply_handle(shop.engine, purchase.supply_id)
    await bringing.signal("received", {"receipt_id": f"D-{part}", "quantity": "nonsense"})
    await bringing.signal("received")
    one = await under_way(shop, sku, SupplyState.PRODUCING, 2)
    assert [(part, 4, 4)] == [(p.sku, p.needed, p.issued) for p in one.components]
    making = supply.supply_handle(shop.engine, one.supply_id)
    await making.signal("completed", {"quantity": 1, "by": "bo"})
    await order.share(2)
    await come(shop, one, 1)
    await order.share(3)
    assert 4 == await shop.read(lambda tx: tx.stock.balance(f"production:{one.supply_id}", part))
    assert SupplyState.RECEIVED == (await making.result()).state


async def test_a_failed_purchase_is_told_and_the_customer_is_asked_again(
    shop: plants.Plant,
) -> None:
    """The letters say when it is expected, and what can be chosen."""
    sku = await bought(shop, lead_time_days=9)
    order = await waits(shop, sku, 1)
    one = await under_way(shop, sku, SupplyState.ORDERED, 1)
    end = SupplyEnd(reason="discontinued", by="eve")
    answer = await supply.end_supply(shop.engine, one.supply_id, end, failed=True)
    assert (SupplyState.FAILED, "failed: discontinued") == (answer.state, answer.message)
    await order.noted("has ended: discontinued")

    async def twice() -> bool:
        return 2 == (await order.told()).count("back_ordered")

    await plants.eventually(twice)
    letters = [m for m in mail_texts(shop) if order.order_id in m and "cancel it" in m]
    assert [True, False] == sorted(("We expect it on" in m for m in letters), reverse=True)
    await order.cancel(back_ordered_only=True)
    assert () == (await order.status()).missing


async def test_a_production_whose_components_fail_has_them_bought_anew(
    shop: plants.Plant,
) -> None:
    """It is told at once that they do not come, and does not wait for its next reminder."""
    part = await bought(shop)
    sku = await produced(shop, part)
    order = await waits(shop, sku, 1)
    one = await under_way(shop, part, SupplyState.ORDERED, 2)
    end = SupplyEnd(reason="discontinued", by="eve")
    await supply.end_supply(shop.engine, one.supply_id, end, failed=True)
    again = await under_way(shop, part, SupplyState.ORDERED, 2)
    assert one.supply_id != again.supply_id
    await come(shop, again, 2)
    made = await under_way(shop, sku, SupplyState.PRODUCING, 1)
    await come(shop, made, 1)
    await order.share(2)


async def test_a_failed_production_scraps_what_it_took(shop: plants.Plant) -> None:
    """What went into completed units stays there; the rest is scrapped, as was said."""
    part = await bought(shop)
    sku = await produced(shop, part)
    await shop.stock(plants.new_id("parts"), [(BIN, part, 4)])
    order = await waits(shop, sku, 2)
    one = await under_way(shop, sku, SupplyState.PRODUCING, 2)
    await come(shop, one, 1)
    end = SupplyEnd(reason="kiln broke", components=ComponentsGo.SCRAP, by="eve")
    await supply.end_supply(shop.engine, one.supply_id, end, failed=True)
    scrapped = await shop.read(lambda tx: tx.stock.balance(f"scrap:{one.supply_id}", part))
    assert 2 == scrapped
    await (await order.share(2)).finish()
    await order.cancel(back_ordered_only=True)
    assert "completed, 1 canceled" == await order.finish()


async def test_cancel_in_temporal_cancels_what_is_outstanding(shop: plants.Plant) -> None:
    """As the operator's own command does."""
    sku = await bought(shop)
    order = await waits(shop, sku, 1)
    one = await under_way(shop, sku, SupplyState.ORDERED, 1)
    handle = supply.supply_handle(shop.engine, one.supply_id)
    await handle.cancel()
    assert SupplyState.CANCELED == (await handle.result()).state
    await order.cancel(back_ordered_only=True)


async def test_the_books_and_the_workflows_agree(shop: plants.Plant) -> None:
    """After all of these, nothing is found."""
    assert [] == await verify(shop.engine)


async def test_what_is_overdue_is_pressed_for_and_then_given_up(
    client: Client, tmp_path: Path
) -> None:
    """The floor is reminded, the supervisor told, and then the policy cancels it."""
    soon = Patience(
        remind_after=timedelta(milliseconds=200),
        escalate_after=timedelta(milliseconds=200),
        then_after=timedelta(milliseconds=200),
        policy=Policy.CANCEL,
    )
    async with audited_plant(client, tmp_path, supply="automatic", supply_overdue=soon) as hasty:
        sku = await bought(hasty, lead_time_days=0)
        order = await waits(hasty, sku, 1)
        one = await under_way(hasty, sku, SupplyState.CANCELED, 1)
        assert f"1 x {sku} overdue" == one.reason
        subjects = " ".join(mail_texts(hasty))
        assert f"reminder: supply order {one.supply_id}" in subjects
        assert f"escalation: supply order {one.supply_id}" in subjects
        await order.cancel(back_ordered_only=True)
