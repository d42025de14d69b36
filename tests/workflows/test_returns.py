"""Returns, from the request to closed books, on a real server."""

import asyncio
from email import message_from_bytes, policy
from pathlib import Path

import plant as plants
from floor_driver import Placed, refusal_of
from fulfillment.domain.errors import ConfirmationRefused, ReturnRefused, TooLate
from fulfillment.domain.money import Money
from fulfillment.domain.returns import (
    Condition,
    Disposition,
    ExchangeItem,
    ReturnReason,
    ReturnStage,
    ReturnWish,
)
from fulfillment.notifications.eml import file_name
from fulfillment.operations import order_views, return_views, returns
from fulfillment.stores.returns import RefundState
from return_driver import ask, delivered, item, receipt

UNIT_MINOR = 1990 + 378
"""What a unit costs without its share of the shipping."""


async def test_a_return_is_labeled_received_inspected_and_refunded(shop: plants.Plant) -> None:
    """The customer gets the mugs' price and keeps the shipping; the mugs lie in their bin again."""
    order = await delivered(shop, "back")
    back = await ask(order)
    number = await back.labeled()
    before = await shop.read(lambda tx: tx.stock.balance("bin:BER-A0-01", "MUG"))
    assert ReturnStage.INSPECTING == (await back.receive(number, ("MUG", 2))).stage
    await back.inspect(2, bin_id="BER-A0-01")
    view = await back.at(ReturnStage.RESOLVED)

    [refund] = view.refunds
    assert (2, 2 * UNIT_MINOR) == (refund.units, refund.amount_minor)
    assert RefundState.DONE == refund.state
    assert 2 * UNIT_MINOR == (await order.payment()).refunded_minor
    assert before + 2 <= await shop.read(lambda tx: tx.stock.balance("bin:BER-A0-01", "MUG"))
    told = [kind for kind in await order.told() if kind.startswith("return_")]
    assert ["return_approved", "return_received", "return_refunded"] == told
    shown = await order_views.show_order(shop.engine, order.order_id)
    assert [2, 0] == [line.returned for line in shown.progress]
    assert [back.return_id] == [made.return_id for made in shown.returns]
    why = await return_views.return_why(shop.engine, back.return_id)
    assert ["return approval", "carrier service (economy)"] == [each.subject for each in why]


async def test_the_label_goes_with_the_letter(shop: plants.Plant) -> None:
    """As a PDF that can be printed again, until the return is canceled."""
    order = await delivered(shop, "letter")
    back = await ask(order)
    name = f"{await back.labeled()}-label"
    await back.told("return_approved")
    key = f"return/{back.return_id}/notify_returner/return_approved/1"
    mail = Path(shop.settings.mail_dir, file_name(key))
    sent = await asyncio.to_thread(mail.read_bytes)
    message = message_from_bytes(sent, policy=policy.default)
    assert [f"{name}.pdf"] == [part.get_filename() for part in message.iter_attachments()]
    body = message.get_body(("plain",))
    assert body is not None
    assert back.return_id in body.get_content()
    assert "return_label" == (await shop.read(lambda tx: tx.parcels.document(name))).kind
    assert not await shop.read(lambda tx: tx.parcels.is_void(name))
    await back.cancel()
    assert await shop.read(lambda tx: tx.parcels.is_void(name))


async def test_the_same_request_is_the_same_return(shop: plants.Plant) -> None:
    """By its key; under another key no unit is left until the first one is canceled."""
    order = await delivered(shop, "same")
    back = await ask(order)
    assert back == await ask(order)
    refusal = await refusal_of(ask(order, key="other"))
    assert isinstance(refusal, ReturnRefused)
    assert "at most the 0 units" in str(refusal)
    await back.cancel()
    await back.at(ReturnStage.CANCELED)
    other = await ask(order, key="other")
    assert back != other
    await other.cancel()


async def test_units_come_one_by_one_and_each_is_refunded(shop: plants.Plant) -> None:
    """With the last unit of the whole order the shipping follows, so that nothing is kept."""
    order = await delivered(shop, "pieces")
    back = await ask(order, [item(), item(1, line_no=2)])
    await back.labeled()
    for line_no, sku in ((1, "MUG"), (2, "BOOK"), (1, "MUG")):
        await back.receive(back.return_id, (sku, 1))
        await back.inspect(1, line_no, disposition=Disposition.SCRAP)
    view = await back.at(ReturnStage.RESOLVED)
    assert [1, 1, 1] == [refund.units for refund in view.refunds]
    payment = await order.payment()
    assert payment.captured_minor == payment.refunded_minor
    given = Money(amount_minor=payment.refunded_minor, currency="EUR")
    assert f"resolved, 3 came back, {given} refunded" == view.record.outcome


async def test_wrong_goods_and_more_than_announced(shop: plants.Plant) -> None:
    """A book of the order joins the return; a lamp that it never had is quarantined."""
    order = await delivered(shop, "mixed")
    back = await ask(order, [item(1)])
    number = await back.labeled()
    parcel = receipt(("MUG", 1), ("BOOK", 1), ("LAMP", 2))
    first = await returns.receive_return(shop.engine, number, parcel)
    assert first == await returns.receive_return(shop.engine, number, parcel)
    assert "2 units received" == first.message
    [entry] = (await back.view()).receipts
    assert [("LAMP", 2)] == [(goods.sku, goods.quantity) for goods in entry.strays]
    task = await shop.read(lambda tx: tx.tasks.get(f"{back.return_id}-sortout-1"))
    assert "LAMP" == task.plan["goods"][0]["sku"]
    await back.inspect(1, disposition=Disposition.QUARANTINE, loss_percent=50)
    await back.inspect(1, line_no=2, disposition=Disposition.SUPPLIER, refund=False)
    view = await back.at(ReturnStage.RESOLVED)
    assert [UNIT_MINOR - UNIT_MINOR // 2] == [refund.amount_minor for refund in view.refunds]


async def test_what_does_not_fit_is_refused(shop: plants.Plant) -> None:
    """More than came, broken goods into a bin, another warehouse's bin, an end that came before."""
    order = await delivered(shop, "refused")
    back = await ask(order)
    await back.labeled()
    await back.receive(back.return_id, ("MUG", 1))
    for asked, expected in (
        (back.inspect(2, bin_id="BER-A0-01"), "at most the 1 units"),
        (back.inspect(1, bin_id="BER-A0-01", condition=Condition.DAMAGED), "expected restock of"),
        (back.inspect(1, bin_id="RTM-A0-02"), "a bin of warehouse BER"),
        (back.cancel(), "nothing that waits"),
    ):
        refusal = await refusal_of(asked)
        assert isinstance(refusal, ConfirmationRefused)
        assert expected in str(refusal)
    await back.inspect(1, bin_id="BER-A0-01")
    await back.cancel()
    await back.at(ReturnStage.RESOLVED)
    late = await refusal_of(back.receive(back.return_id, ("MUG", 1)))
    assert isinstance(late, TooLate)
    assert "receive-unannounced" in str(late)


async def test_damaged_goods_are_replaced_by_a_linked_order(shop: plants.Plant) -> None:
    """At no cost, once what came back was accepted; nothing is refunded."""
    order = await delivered(shop, "broken")
    damaged = item(1, reason=ReturnReason.DAMAGED)
    back = await ask(order, [damaged], wish=ReturnWish.REPLACEMENT)
    await back.labeled()
    await back.receive(back.return_id, ("MUG", 1))
    await back.inspect(1, condition=Condition.DAMAGED, disposition=Disposition.SCRAP)
    view = await back.at(ReturnStage.RESOLVED)
    name = view.record.linked_order_id
    assert f"{order.order_id}-R1" == name

    async def sent() -> bool:
        return await shop.read(lambda tx: tx.orders.find(name or "")) is not None

    await plants.eventually(sent)
    assert () == view.refunds
    assert 0 == (await order.payment()).refunded_minor
    await back.told("return_replaced")


async def test_an_exchange_is_set_against_what_came_back(shop: plants.Plant) -> None:
    """A soap for a mug: the soap is sent, and the rest of the mug's price given back.

    When the soap comes back in its turn, what it was worth is given back too.
    """
    order = await delivered(shop, "exchanged")
    soap = ExchangeItem(sku="SOAP", quantity=1, unit_price_minor=500)
    lamp = ExchangeItem(sku="LAMP", quantity=1, unit_price_minor=8900)
    one = [item(1)]
    dear = await refusal_of(ask(order, one, wish=ReturnWish.EXCHANGE, exchange=(lamp,)))
    assert f"{8900 - UNIT_MINOR} EUR (minor units) paid in the shop" in str(dear)
    back = await ask(order, one, wish=ReturnWish.EXCHANGE, exchange=(soap,))
    await back.labeled()
    await back.receive(back.return_id, ("MUG", 1))
    await back.inspect(1, bin_id="BER-A0-01")
    view = await back.at(ReturnStage.RESOLVED)
    assert f"{order.order_id}-R1" == view.record.linked_order_id
    assert UNIT_MINOR - 500 == (await order.payment()).refunded_minor
    exchanged = Placed(shop, view.record.linked_order_id or "")
    await plants.eventually(lambda: shop.read(lambda tx: tx.orders.find(exchanged.order_id)))
    assert "completed" == await exchanged.finish()
    soap_back = await ask(exchanged, [item(1, reason=ReturnReason.DAMAGED)])
    await soap_back.labeled()
    await soap_back.receive(soap_back.return_id, ("SOAP", 1))
    await soap_back.inspect(1, condition=Condition.DAMAGED, disposition=Disposition.SCRAP)
    soaps = await soap_back.at(ReturnStage.RESOLVED)
    assert [500] == [refund.amount_minor for refund in soaps.refunds]
    assert UNIT_MINOR == (await order.payment()).refunded_minor
