"""Journeys to the customer's door: the ordinary, what is missing, what is wrong."""

import asyncio
from contextlib import suppress

import plant as plants
from driving import SIGNALS, Drive
from fulfillment.domain.catalog import Article
from fulfillment.domain.confirmations import (
    CartonChange,
    PackConfirmation,
    PickConfirmation,
    ShortPick,
)
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.lifecycle import Nudge, OrderStage, Stage, TaskKind
from fulfillment.domain.packing import PackSheet
from fulfillment.messages.back_orders import ChooseBackOrder
from fulfillment.messages.holds import AnswerQuestion, AskCustomer, PayOtherwise, RejectOrder
from fulfillment.operations import back_orders, floor, holds, orders
from journey import (
    DECLINED,
    DECLINED_ONCE,
    RIGHT_ADDRESS,
    WRONG_ADDRESS,
    in_transit,
    journey,
    task_shown,
)
from plant import Plant
from workflows.order import OrderWorkflow

# --- the ordinary ----------------------------------------------------------------------------


@journey
async def ordinary(_: Plant, drive: Drive) -> None:
    """Confirm every step by an update."""
    await drive.submit()
    await drive.carry()
    await drive.ended()


@journey
async def by_signals(_: Plant, drive: Drive) -> None:
    """Confirm every step by a bare signal, and have the tracking looked up by one."""
    await drive.submit()
    for kind, name in SIGNALS.items():
        await drive.task(kind)
        await drive.signal(name)
    await in_transit(drive)
    await drive.deliver()
    await drive.signal("tracking_updated")
    await drive.ended()


@journey
async def split(shop: Plant, drive: Drive) -> None:
    """Ship from two warehouses."""
    await shop.stock(drive.order_id, [("RTM-A2-06", "RARE0", 1)])
    await drive.submit(("LAMP", 1), ("RARE0", 1))
    await asyncio.gather(drive.carry(1), drive.carry(2))
    await drive.ended()


@journey
async def paid_before(_: Plant, drive: Drive) -> None:
    """Carry an order for which there is nothing to authorize and nothing to capture."""
    await drive.submit(payment={"method": "paid", "reference": "shop-1"})
    await drive.carry()
    await drive.ended()


# --- what is missing -------------------------------------------------------------------------


@journey
async def back_ordered(_: Plant, drive: Drive) -> None:
    """Ship what is there, and the rest when it arrives."""
    await drive.submit(("MUG", 1), ("RARE1", 2))
    await drive.at(OrderStage.BACK_ORDERED)
    await drive.carry(1)
    await drive.receive("BER-A0-05", "RARE1", 2)
    await drive.carry(2)
    await drive.ended()


@journey
async def chosen(_: Plant, drive: Drive) -> None:
    """Give up what is missing when it is asked what shall become of it."""
    await drive.submit(("MUG", 1), ("RARE10", 1))
    await drive.at(OrderStage.BACK_ORDERED)
    choices = [{"line_no": 2, "choice": "cancel"}]
    request = ChooseBackOrder.model_validate({"choices": choices, "by": "ada"})
    await back_orders.choose_back_order(drive.engine, drive.order_id, request)
    await drive.carry(1)
    await drive.ended()


@journey
async def complete_only(_: Plant, drive: Drive) -> None:
    """Wait until everything is there."""
    await drive.submit(("MUG", 1), ("RARE2", 1), ship_complete=True)
    await drive.at(OrderStage.BACK_ORDERED)
    await drive.receive("BER-A0-06", "RARE2", 1)
    await asyncio.gather(drive.carry(1), drive.carry(2))
    await drive.ended()


@journey
async def short_pick(shop: Plant, drive: Drive) -> None:
    """Find less than planned, and have the rest shipped from elsewhere, paid by another card."""
    rows = [("BER-A0-07", "RARE3", 3), ("RTM-A2-07", "RARE3", 5)]
    await shop.stock(drive.order_id, rows)
    await drive.submit(("RARE3", 3))
    await drive.task(TaskKind.PICK)
    short = ShortPick(by="Ann", sku="RARE3", bin_id="BER-A0-07", found=1)
    await floor.report_short_pick(drive.engine, drive.share(), short)
    other = PayOtherwise(reference="tok_visa", by="Ada")
    await holds.pay_otherwise(drive.engine, drive.order_id, other)
    await asyncio.gather(drive.carry(1), drive.carry(2))
    await drive.ended()


@journey
async def nothing_found(shop: Plant, drive: Drive) -> None:
    """Find nothing at all; the fulfillment closes, and another warehouse ships."""
    rows = [("BER-A0-08", "RARE4", 2), ("RTM-A2-08", "RARE4", 2)]
    await shop.stock(drive.order_id, rows)
    await drive.submit(("RARE4", 2))
    await drive.task(TaskKind.PICK)
    short = ShortPick(by="Ann", sku="RARE4", bin_id="BER-A0-08", found=0)
    await floor.report_short_pick(drive.engine, drive.share(), short)
    await drive.carry(2)
    await drive.ended()


@journey
async def other_cartons(_: Plant, drive: Drive) -> None:
    """Pack into another carton than planned, after one that does not do, and weigh it."""
    await drive.submit(("LAMP", 1))
    await drive.up_to(Stage.PACKING)
    await pack_otherwise(drive)
    await drive.carry(since=TaskKind.HAND_OVER)
    await drive.ended()


async def pack_otherwise(drive: Drive) -> None:
    """Try a carton that does not do, and pack into another one than planned."""
    with suppress(ConfirmationRefused):
        small = CartonChange(by="Ann", cartons=("S",))
        await floor.change_cartons(drive.engine, drive.share(), small)
    large = CartonChange(by="Ann", cartons=("L",))
    await floor.change_cartons(drive.engine, drive.share(), large)
    sheet = PackSheet.model_validate((await drive.task(TaskKind.PACK)).plan)
    packed = PackConfirmation(by="Ann", cartons=("L",), weights_g=sheet.weights_g)
    await floor.confirm_pack(drive.engine, drive.share(), packed)


# --- what is wrong ---------------------------------------------------------------------------


@journey
async def hold_corrected(_: Plant, drive: Drive) -> None:
    """Correct an address that was found wrong."""
    await drive.submit(ship_to=WRONG_ADDRESS)
    await drive.at(OrderStage.ON_HOLD)
    await orders.correct_address(drive.engine, drive.order_id, RIGHT_ADDRESS, "Bea")
    await drive.carry()
    await drive.ended()


@journey
async def hold_released(_: Plant, drive: Drive) -> None:
    """Let an order go on by signal in spite of what was found."""
    customer = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+49 1"}
    await drive.submit(customer=customer)
    await drive.at(OrderStage.ON_HOLD)
    await drive.handle.signal(OrderWorkflow.hold_released, arg={"by": "Bea"})
    await drive.carry()
    await drive.ended()


@journey
async def hold_rejected(_: Plant, drive: Drive) -> None:
    """Reject an order on hold."""
    await drive.submit(ship_to=WRONG_ADDRESS)
    await drive.at(OrderStage.ON_HOLD)
    rejection = RejectOrder(reason="nobody could be reached", by="Bea")
    await holds.reject_order(drive.engine, drive.order_id, rejection)
    await drive.ended()


@journey
async def paid_otherwise(_: Plant, drive: Drive) -> None:
    """Have a card declined, ask the customer for another one, and have it paid by that."""
    await drive.submit(payment=DECLINED)
    await drive.at(OrderStage.ON_HOLD)
    await ask_for_other_means(drive)
    await drive.carry()
    await drive.ended()


async def ask_for_other_means(drive: Drive) -> None:
    """Ask a customer, who answers, for another card."""
    question = AskCustomer(question="have you another card?", by="Bea")
    await holds.ask_customer(drive.engine, drive.order_id, question)
    reply = AnswerQuestion(answer="yes", by="Ada")
    await holds.answer_question(drive.engine, drive.order_id, reply)
    other = PayOtherwise(reference="tok_visa", by="Ada")
    await holds.pay_otherwise(drive.engine, drive.order_id, other)


@journey
async def declined_once(_: Plant, drive: Drive) -> None:
    """Have a card declined, and accepted when it is asked again."""
    await drive.submit(payment=DECLINED_ONCE)
    await drive.at(OrderStage.ON_HOLD)
    await orders.release_hold(drive.engine, drive.order_id, "Bea", "the customer called")
    await drive.carry()
    await drive.ended()


@journey
async def blocked_step(shop: Plant, drive: Drive) -> None:
    """Have a step blocked by a wrong catalog, correct it, and try again."""
    article = next(a for a in plants.ARTICLES if a.sku == "RARE5")
    giant = article.model_copy(update={"dimensions": plants.dimensions(1500, 600, 1200)})
    await _catalog(shop, giant)
    await shop.stock(drive.order_id, [("BER-A1-05", "RARE5", 1)])
    await drive.submit(("RARE5", 1))
    await drive.confirm(TaskKind.PICK)
    await drive.task(TaskKind.SORT)
    await drive.signal("sorting_done")
    await drive.acted(Nudge.ESCALATION.value)
    await _catalog(shop, article)
    await floor.retry_step(drive.engine, drive.share())
    await drive.carry(since=TaskKind.PACK)
    await drive.ended()


async def _catalog(shop: Plant, article: Article) -> None:
    async with shop.database.writing() as tx:
        await tx.catalog.add_articles([article])


@journey
async def refused_signals(_: Plant, drive: Drive) -> None:
    """Have nonsense and what comes too early refused, and go on."""
    await drive.submit()
    await drive.task(TaskKind.PICK)
    await task_shown(drive)
    await drive.signal("picking_done", {"by": 5, "picked": "x"})
    await drive.signal("packing_done", {"by": "Ann"})
    await drive.acted("pack by signal")
    await drive.acted("pick by signal")
    await drive.up_to(Stage.AWAITING_PICKUP)
    await drive.confirm(TaskKind.HAND_OVER)
    await drive.signal("tracking_updated", 5)
    await drive.deliver()
    await drive.ended()


@journey
async def assigned(_: Plant, drive: Drive) -> None:
    """Give a task to a person, whom nobody else may confirm for."""
    await drive.submit()
    await drive.task(TaskKind.PICK)
    await floor.assign_task(drive.engine, drive.share(), "Bob", "Bea")
    with suppress(ConfirmationRefused):
        wrong = PickConfirmation(by="Ann", note="not mine")
        await floor.confirm_pick(drive.engine, drive.share(), wrong)
        message = "somebody else's task was confirmed"
        raise AssertionError(message)
    await drive.confirm(TaskKind.PICK, by="Bob")
    await drive.carry(since=TaskKind.SORT)
    await drive.ended()
