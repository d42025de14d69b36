"""Returns that need a person, that nobody announced, or that were paid elsewhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

import plant as plants
from floor_driver import ANN, refusal_of
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.return_receipts import ReceivedGoods
from fulfillment.domain.returns import Disposition, ReturnStage
from fulfillment.messages.returns import DecideReturn
from fulfillment.operations import return_dock, return_views, returns
from fulfillment.temporal.identifiers import return_workflow_id
from histories import audited_plant
from return_driver import Back, ask, delivered, item, receipt


@pytest.fixture(scope="module")
async def strict(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop in which each return needs a person, and final sale stays final."""
    folder: Path = tmp_path_factory.mktemp("strict")
    async with audited_plant(client, folder, return_approval_over_minor=0) as running:
        yield running


async def test_a_person_approves_or_refuses(strict: plants.Plant) -> None:
    """Nothing is bought until then; a refusal is told with its reason, and frees the units."""
    order = await delivered(strict, "approval")
    back = await ask(order)
    assert ReturnStage.REQUESTED == (await back.view()).record.stage
    no = DecideReturn(approve=False, reason="it was engraved", by="eve")
    answer = await returns.decide_return(strict.engine, back.return_id, no)
    assert ReturnStage.REFUSED == answer.stage
    assert "refused: it was engraved" == (await back.view()).record.outcome
    await back.told("return_refused")
    other = await ask(order, key="other")
    yes = DecideReturn(by="eve")
    await returns.decide_return(strict.engine, other.return_id, yes)
    await other.labeled()
    refusal = await refusal_of(returns.decide_return(strict.engine, other.return_id, no))
    assert isinstance(refusal, ConfirmationRefused)
    await other.cancel()


async def test_goods_that_come_unapproved_are_inspected(strict: plants.Plant) -> None:
    """The parcel is here: opening it tells more than waiting."""
    order = await delivered(strict, "eager")
    back = await ask(order, [item(1)])
    await back.receive(back.return_id, ("MUG", 1))
    await back.inspect(1, disposition=Disposition.REFURBISH)
    await back.at(ReturnStage.RESOLVED)
    done = await strict.read(lambda tx: tx.tasks.get(f"{back.return_id}-approvereturn-1"))
    assert (TaskKind.APPROVE_RETURN, ANN) == (done.kind, done.closed_by)


async def test_signals_that_carry_nothing_carry_it_through(shop: plants.Plant) -> None:
    """From the Temporal UI: all came, as new, into quarantine; nonsense shows in the timeline.

    What was received need not be on record when it is said to be inspected.
    """
    order = await delivered(shop, "signals")
    back = await ask(order)
    await back.labeled()
    handle = returns.return_handle(shop.engine, back.return_id)
    await handle.signal("goods_inspected", {"units": "many"})
    await handle.signal("goods_received")
    await handle.signal("goods_inspected", {})
    view = await back.at(ReturnStage.RESOLVED)
    places = {unit.disposition for unit in view.record.units}
    assert {Disposition.QUARANTINE} == places
    timeline = await return_views.return_timeline(shop.engine, back.return_id)
    assert 1 == sum(entry.refused for entry in timeline)


async def test_an_unannounced_parcel_begins_its_return(shop: plants.Plant) -> None:
    """Of an order; the same parcel again is the same, and one that waits takes its own."""
    order = await delivered(shop, "surprise")
    parcel = receipt(("BOOK", 1))
    said = await return_dock.receive_unannounced(shop.engine, order.order_id, "BER", parcel)
    assert said == await return_dock.receive_unannounced(shop.engine, order.order_id, "BER", parcel)
    back = Back(shop, order.order_id, said.return_id)
    await back.inspect(1, line_no=2, bin_id="BER-A1-03")
    await back.at(ReturnStage.RESOLVED)
    asked = await ask(order)
    await asked.labeled()
    mugs = await return_dock.receive_unannounced(
        shop.engine, order.order_id, "BER", receipt(("MUG", 2))
    )
    assert asked.return_id == mugs.return_id
    await asked.inspect(2, disposition=Disposition.SCRAP)
    await asked.at(ReturnStage.RESOLVED)
    refusal = await refusal_of(
        return_dock.receive_unannounced(shop.engine, order.order_id, "BER", receipt(("MUG", 1)))
    )
    assert isinstance(refusal, ConfirmationRefused)


async def test_a_stray_parcel_is_quarantined_and_sorted_out(shop: plants.Plant) -> None:
    """Nobody knows whose it is; a person says where it goes, once."""
    stray = return_dock.StrayParcel(
        receipt_id=plants.new_id("stray"),
        warehouse_id="BER",
        items=(ReceivedGoods(sku="SOAP", quantity=3),),
        by=ANN,
    )
    kept = await return_dock.receive_stray(shop.engine, stray)
    assert kept == await return_dock.receive_stray(shop.engine, stray)
    there = await shop.read(lambda tx: tx.stock.balance("quarantine:BER", "SOAP"))
    place = return_dock.Placement(task_id=kept.task_id, disposition=Disposition.SCRAP, by=ANN)
    assert 3 == (await return_dock.sort_out(shop.engine, place)).units
    assert there - 3 == await shop.read(lambda tx: tx.stock.balance("quarantine:BER", "SOAP"))
    other = place.model_copy(update={"disposition": Disposition.SUPPLIER})
    assert "other content" in str(await refusal_of(return_dock.sort_out(shop.engine, other)))


async def test_a_terminated_return_is_resumed(shop: plants.Plant) -> None:
    """It goes on where its record stands, and does nothing twice."""
    order = await delivered(shop, "killed")
    back = await ask(order)
    await back.labeled()
    await back.receive(back.return_id, ("MUG", 1))
    await back.inspect(1, disposition=Disposition.SCRAP)
    await back.at(ReturnStage.AWAITING_GOODS)
    handle = shop.client.get_workflow_handle(return_workflow_id(back.return_id))
    await handle.terminate("test")
    assert ReturnStage.AWAITING_GOODS == await returns.resume_return(shop.engine, back.return_id)
    await back.receive(back.return_id, ("MUG", 1))
    await back.inspect(1, disposition=Disposition.SCRAP)
    view = await back.at(ReturnStage.RESOLVED)
    assert 2 == sum(refund.units for refund in view.refunds)
    told = [kind for kind in await order.told() if kind == "return_approved"]
    assert ["return_approved"] == told


async def test_what_was_paid_in_the_shop_is_owed_there(shop: plants.Plant) -> None:
    """The supervisor is told; the return goes on."""
    paid = {"method": "paid", "reference": "shop-1"}
    order = await delivered(shop, "owed", payment=paid)
    back = await ask(order)
    await back.labeled()
    await back.receive(back.return_id, ("MUG", 2))
    await back.inspect(2, disposition=Disposition.SCRAP)
    await back.at(ReturnStage.RESOLVED)
    owed = [action for action in await order.actions() if "refund it there" in action.detail]
    assert 1 == len(owed)
