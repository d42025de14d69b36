"""What customers choose for the lines that are not in stock, on a real server."""

from email import message_from_bytes
from email.policy import default as modern
from itertools import count
from typing import Any

import pytest

import plant as plants
from floor_driver import Placed, place, refusal_of
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.domain.orders import parse_order
from fulfillment.messages.back_orders import BackOrderAnswer, ChooseBackOrder
from fulfillment.operations import back_orders, orders, stock

_numbers = count(1)


@pytest.fixture
async def short(shop: plants.Plant) -> str:
    """Give an article of one's own, of which there is nothing in stock."""
    article = plants.ARTICLES[0].model_copy(update={"sku": f"SHORT{next(_numbers)}"})
    async with shop.database.writing() as tx:
        await tx.catalog.add_articles([article])
    return article.sku


async def choose(order: Placed, **choice: Any) -> BackOrderAnswer:
    """Choose for an order's second line, as its customer does through the shop."""
    data = {"choices": [{"line_no": 2, **choice}], "by": "ada"}
    request = ChooseBackOrder.model_validate(data)
    return await back_orders.choose_back_order(order.engine, order.order_id, request)


async def receive(shop: plants.Plant, sku: str, quantity: int) -> tuple[str, ...]:
    """Have goods arrive, and say who was told."""
    receipt = stock.Receipt(
        receipt_id=plants.new_id("receipt"),
        warehouse_id=plants.BERLIN,
        bin_id="BER-A2-08",
        sku=sku,
        quantity=quantity,
    )
    return (await stock.receive_stock(shop.engine, receipt)).woken


def letters_about(order: Placed, kind: str) -> list[str]:
    """Return the goods that each letter of a kind names."""
    mails = order.shop.settings.mail_dir.glob(f"*{order.order_id}_*_{kind}*.eml")
    texts = [message_from_bytes(mail.read_bytes(), policy=modern) for mail in mails]
    bodies = [text.get_body(("plain",)) for text in texts]
    lines = [line.strip() for body in bodies if body for line in body.get_content().splitlines()]
    return [line for line in lines if "×" in line]


async def test_missing_units_are_canceled_in_part_and_then_all(
    shop: plants.Plant, short: str
) -> None:
    """The rest ships and is paid; canceled units never are, and the customer is told."""
    order = await place(shop, "part", ("MUG", 1), (short, 3))
    await order.noted("customer told: back_ordered")
    answer = await choose(order, choice="cancel", units=2)
    assert (("line 2 cancel 2",), [1]) == (answer.done, [m.quantity for m in answer.missing])
    assert [1] == [line.quantity for line in (await order.status()).missing]
    assert f"stock: 1 x {short}" == (await order.record()).blocked_on
    await choose(order, choice="cancel")
    assert "completed, 3 canceled" == await order.finish()
    authorized, captured, voided = await order.money()
    assert 0 < captured == authorized - voided
    assert 2 == (await order.told()).count("partly_canceled")
    told = {kind: letters_about(order, kind) for kind in ("back_ordered", "partly_canceled")}
    assert [["3 × Mug"], ["1 × Mug", "2 × Mug"]] == [sorted(named) for named in told.values()]
    assert ["choose_back_order"] * 2 == [
        a.action for a in await order.actions() if a.action.startswith("choose")
    ]


async def test_an_order_of_which_nothing_is_left_ends_as_canceled(
    shop: plants.Plant, short: str
) -> None:
    """All its money goes back."""
    order = await place(shop, "none", (short, 1), (short, 1))
    await order.at(OrderStage.BACK_ORDERED)
    both = [{"line_no": number, "choice": "cancel"} for number in (1, 2)]
    request = ChooseBackOrder.model_validate({"choices": both})
    answer = await back_orders.choose_back_order(order.engine, order.order_id, request)
    assert () == answer.missing
    assert "canceled" == await order.ended()
    authorized, captured, voided = await order.money()
    assert (authorized, 0) == (voided, captured)


async def test_the_rest_of_a_complete_order_ships_when_the_customer_says_so(
    shop: plants.Plant, short: str
) -> None:
    """It waited for everything; what is missing follows when it is there."""
    order = await place(shop, "rest", ("MUG", 1), (short, 1), ship_complete=True)
    await order.at(OrderStage.BACK_ORDERED)
    assert () == (await order.status()).fulfillment_ids
    await choose(order, choice="ship_rest")
    await (await order.share()).finish()
    assert OrderStage.BACK_ORDERED == (await order.status()).stage
    assert (order.order_id,) == await receive(shop, short, 1)
    await order.share(2)


async def test_a_substitute_is_taken_when_it_is_there_first(shop: plants.Plant, short: str) -> None:
    """Chosen though the shop substitutes nothing by itself; then it is in line for it."""
    other = f"{short}-B"
    article = plants.ARTICLES[0].model_copy(update={"sku": other})
    async with shop.database.writing() as tx:
        await tx.catalog.add_articles([article])
    data = plants.order_data(plants.new_id("instead"), ("MUG", 1), (short, 1))
    data["lines"][1]["substitutes"] = [other]
    placed = parse_order(data)
    await orders.submit_order(shop.engine, placed)
    order = Placed(shop, placed.order_id)
    await order.at(OrderStage.BACK_ORDERED)
    await choose(order, choice="substitute", substitute=other)
    assert (order.order_id,) == await receive(shop, other, 1)
    assert "completed, 1 substituted" == await order.finish(shares=2)


async def test_what_does_not_fit_is_refused_without_a_trace(shop: plants.Plant, short: str) -> None:
    """By update with the reason; by signal it shows in the timeline."""
    order = await place(shop, "unfit", ("MUG", 1), (short, 1))
    await order.at(OrderStage.BACK_ORDERED)
    refusal = await refusal_of(choose(order, choice="cancel", units=2))
    assert "expected at most the 1 units that are missing, came 2" in str(refusal)
    refusal = await refusal_of(choose(order, choice="ship_rest"))
    assert "expected an order that was to ship complete" in str(refusal)
    await order.handle.signal("back_order_chosen", {"choices": "nonsense", "by": "eve"})
    assert (await order.noted("choice by signal")).refused
    await order.handle.signal("back_order_chosen")
    await order.noted("back-order: line 2 wait")
    await order.handle.signal(
        "back_order_chosen", {"choices": [{"line_no": 2, "choice": "cancel"}], "by": "eve"}
    )
    assert "eve" == (await order.noted("line 2 cancel")).by
    assert () == (await order.status()).missing


async def test_units_that_a_customer_gives_up_go_to_the_next_in_line(
    shop: plants.Plant, short: str
) -> None:
    """Canceled before it has taken what was set aside for it, it leaves it to who comes next."""
    first = await place(shop, "first", ("MUG", 1), (short, 1))
    await first.at(OrderStage.BACK_ORDERED)
    second = await place(shop, "next", ("MUG", 1), (short, 1))
    await second.at(OrderStage.BACK_ORDERED)
    await choose(first, choice="cancel")
    assert (second.order_id,) == await receive(shop, short, 1)
    share = await second.share(2)
    assert Stage.PICKING is (await share.record()).stage


async def test_what_goes_missing_later_is_told_and_asked_about(
    shop: plants.Plant, short: str
) -> None:
    """Of the line alone that is news; what was chosen for the other one stands."""
    scarce = await one_in_stock(shop, f"{short}-C")
    order = await place(shop, "later", (scarce, 1), (short, 1))
    await order.at(OrderStage.BACK_ORDERED)
    await choose(order, choice="wait")
    await (await order.share()).short(scarce, SCARCE_BIN, 0)

    async def told_twice() -> bool:
        return 2 == (await order.told()).count("back_ordered")

    await plants.eventually(told_twice)
    assert [1, 2] == [line.line_no for line in (await order.status()).missing]
    await order.cancel()


SCARCE_BIN = "BER-A2-06"


async def one_in_stock(shop: plants.Plant, sku: str) -> str:
    """Give an article of which there is one unit."""
    article = plants.ARTICLES[0].model_copy(update={"sku": sku})
    async with shop.database.writing() as tx:
        await tx.catalog.add_articles([article])
    await shop.stock(sku, [(SCARCE_BIN, sku, 1)])
    return sku


async def test_what_was_paid_in_the_shop_and_is_given_up_is_refunded_there(
    shop: plants.Plant, short: str
) -> None:
    """Each canceled unit once, by whichever way it is canceled; the supervisor is told how much."""
    paid = {"method": "paid", "reference": "invoice"}
    order = await place(shop, "paid", ("MUG", 1), (short, 3), payment=paid)
    await order.at(OrderStage.BACK_ORDERED)
    await choose(order, choice="cancel", units=1)
    await order.cancel(back_ordered_only=True)
    assert () == (await order.status()).missing

    async def both_told() -> bool:
        return (await order.told()).count("partly_canceled") == 2

    await plants.eventually(both_told)  # which comes last
    refunds = await shop.read(lambda tx: tx.refunds.of_order(order.order_id))
    assert [[(2, 3)], [(2, 1), (2, 2)]] == [
        [(unit.line_no, unit.unit_no) for unit in refund.units] for refund in refunds
    ]
    told = [a.detail for a in await order.actions() if "refund it there" in a.detail]
    assert [
        f"{refund.amount} was paid in the shop: refund it there (canceled in part)"
        for refund in refunds
    ] == told
    assert [] == await shop.read(lambda tx: tx.books.findings())


async def test_a_paid_order_whose_fulfillment_is_canceled_by_itself_is_refunded(
    shop: plants.Plant,
) -> None:
    """Temporal's Cancel reaches the fulfillment alone; the order gives back what was paid."""
    paid = {"method": "paid", "reference": "invoice"}
    order = await place(shop, "itself", ("MUG", 2), payment=paid)
    share = await order.share()
    await share.at(Stage.PICKING)
    await share.handle.cancel()
    assert "canceled" == await order.ended()

    [refund] = await shop.read(lambda tx: tx.refunds.of_order(order.order_id))
    assert (await order.record()).order.amount == refund.amount
