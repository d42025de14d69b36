"""Takes an order of a test shop the way that its model went, and compares them after each step."""

from collections.abc import Awaitable, Callable

import plant as plants
from floor_driver import ANN
from fulfillment.domain.addresses import Address
from fulfillment.domain.back_order_choices import BackOrderChoice, LineChoice
from fulfillment.domain.confirmations import PutBackConfirmation
from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.lifecycle import Nudge, Stage, TaskKind
from fulfillment.domain.returns import ReturnStage
from fulfillment.domain.tracking import TrackingException, TrackingStatus
from fulfillment.domain.unit_choice import LineUnits
from fulfillment.messages import AmendOrder, CancelRequest
from fulfillment.messages.back_orders import ChooseBackOrder
from fulfillment.operations import back_orders, floor, order_changes, stock
from fulfillment.operations.delivery_exceptions import receive_undelivered, resolve_exception
from order_model import outcome
from order_model_actions import Step
from order_model_search import Walk
from order_model_twin import BINS, Twin, units_of
from return_driver import ask, item

TOLD = {
    "hand over": "shipped",
    "delivered": "delivered",
    "lost": "exception",
    "returned": "exception",
    "refund": "refunded",
    "inspect": "return_refunded",
}
"""What the customer reads after a step, at the latest when the order is at rest."""


# --- taking a step ---------------------------------------------------------------------------


async def _cancel(twin: Twin, _: Step) -> None:
    await twin.order.cancel()


async def _call_off(twin: Twin, step: Step) -> None:
    share = await twin.share(step)
    await _change(twin, CancelRequest(fulfillment_id=share.fulfillment_id, by="ada"))


async def _cancel_unit(twin: Twin, step: Step) -> None:
    less = (LineUnits(line_no=step.number + 1, quantity=1),)
    await _change(twin, CancelRequest(lines=less, by="ada"))


async def _change(twin: Twin, request: CancelRequest) -> None:
    await order_changes.cancel(twin.shop.engine, twin.order.order_id, request)


async def _amend(twin: Twin, step: Step) -> None:
    less = (LineUnits(line_no=step.number + 1, quantity=1),)
    wish = AmendOrder(by="ada", less=less)
    await order_changes.amend(twin.shop.engine, twin.order.order_id, wish)


def _choose(choice: BackOrderChoice) -> Callable[[Twin, Step], Awaitable[None]]:
    async def choose(twin: Twin, step: Step) -> None:
        chosen = LineChoice(line_no=step.number + 1, choice=choice)
        request = ChooseBackOrder(choices=(chosen,), by="ada")
        await back_orders.choose_back_order(twin.shop.engine, twin.order.order_id, request)

    return choose


async def _readdress(twin: Twin, _: Step) -> None:
    shares = [s for s in await twin.shares() if s.stage is Stage.AWAITING_PICKUP]
    numbers = [await _numbers(twin, share.fulfillment_id) for share in shares]
    old = (await twin.order.record()).order.ship_to.model_dump()
    new = Address.model_validate({**old, "street": ("Reeperbahn 7",)})
    await order_changes.change_address(twin.shop.engine, twin.order.order_id, new, "ada")

    async def labeled_anew() -> bool:
        now = [await _numbers(twin, share.fulfillment_id) for share in shares]
        return all(new and new != old for new, old in zip(now, numbers, strict=True))

    await plants.eventually(labeled_anew)


async def _numbers(twin: Twin, fulfillment_id: str) -> list[str]:
    labels = await twin.shop.read(lambda tx: tx.parcels.labels(fulfillment_id))
    return [label.tracking_number for label in labels]


async def _ask_return(twin: Twin, step: Step) -> None:
    share = (await twin.shares())[step.number]
    wish = item(units_of(share), share.lines[0].line_no)
    name = share.fulfillment_id
    twin.returns[name] = await ask(twin.order, [wish], key=name)
    await twin.returns[name].labeled()


async def _inspect(twin: Twin, step: Step) -> None:
    share = (await twin.shares())[step.number]
    line, back = share.lines[0].line_no, twin.returns[share.fulfillment_id]
    await back.receive(await back.labeled(), (twin.sku(line - 1), units_of(share)))
    await back.inspect(units_of(share), line, bin_id=BINS[line - 1])
    await back.at(ReturnStage.RESOLVED)


async def _confirm(twin: Twin, step: Step) -> None:
    share = await twin.share(step)
    match (await share.record()).stage:
        case Stage.PICKING:
            await share.at(Stage.PICKING)
            await share.pick()
        case Stage.SORTING:
            await share.at(Stage.SORTING)
            await share.sort()
        case _:
            await share.at(Stage.PACKING)
            await share.pack()


async def _hand_over(twin: Twin, step: Step) -> None:
    share = await twin.share(step)
    await share.at(Stage.AWAITING_PICKUP)
    await share.hand_over()


async def _pick_short(twin: Twin, step: Step) -> None:
    share = await twin.share(step)
    await share.at(Stage.PICKING)
    [line] = (await share.record()).lines
    await share.short(line.sku, BINS[line.line_no - 1], line.planned - 1)


async def _put_back(twin: Twin, step: Step) -> None:
    share = await twin.share(step)
    said = PutBackConfirmation(by=ANN)
    await floor.confirm_put_back(twin.shop.engine, share.fulfillment_id, said)


def _decide(choice: Choice) -> Callable[[Twin, Step], Awaitable[None]]:
    async def decide(twin: Twin, step: Step) -> None:
        share = await twin.share(step)

        async def asked() -> bool:
            return (await share.status()).blocked_on.startswith("delivery: ")

        await plants.eventually(asked)
        said = Resolution(choice=choice, by=ANN)
        await resolve_exception(twin.shop.engine, share.fulfillment_id, said)

    return decide


async def _receive_undelivered(twin: Twin, step: Step) -> None:
    share = await twin.share(step)
    for number in (await share.task(TaskKind.UNDELIVERED)).plan["tracking_number"].split():
        await receive_undelivered(twin.shop.engine, number, ANN)


def _news(
    status: TrackingStatus, exception: TrackingException | None = None
) -> Callable[[Twin, Step], Awaitable[None]]:
    async def tell(twin: Twin, step: Step) -> None:
        share = await twin.share(step)
        await share.at(Stage.IN_TRANSIT)
        for number in (await share.status()).tracking_numbers:
            await share.carrier_says(status, number, exception)

    return tell


async def _receive(twin: Twin, step: Step) -> None:
    receipt = stock.Receipt(
        receipt_id=plants.new_id("receipt"),
        warehouse_id=BINS[step.number][:3],
        bin_id=BINS[step.number],
        sku=twin.sku(step.number),
        quantity=1,
    )
    await stock.receive_stock(twin.shop.engine, receipt)


async def _time_passes(twin: Twin, _: Step) -> None:
    """Do nothing: what follows is awaited."""


def _until(action: str, detail: str = "") -> Callable[[Twin, Step], Awaitable[None]]:
    async def told(twin: Twin, _: Step) -> None:
        async def look() -> bool:
            acted = await twin.order.actions()
            return any(a.action == action and detail in a.detail for a in acted)

        await plants.eventually(look)

    return told


STEPS: dict[str, Callable[[Twin, Step], Awaitable[None]]] = {
    "cancel": _cancel,
    "call off": _call_off,
    "cancel unit": _cancel_unit,
    "amend": _amend,
    "wait": _choose(BackOrderChoice.WAIT),
    "ship rest": _choose(BackOrderChoice.SHIP_REST),
    "cancel missing": _choose(BackOrderChoice.CANCEL),
    "readdress": _readdress,
    "ask return": _ask_return,
    "confirm": _confirm,
    "hand over": _hand_over,
    "pick short": _pick_short,
    "put back": _put_back,
    "reship": _decide(Choice.RESHIP),
    "refund": _decide(Choice.REFUND),
    "receive undelivered": _receive_undelivered,
    "inspect": _inspect,
    "out for delivery": _news(TrackingStatus.OUT_FOR_DELIVERY),
    "lost": _news(TrackingStatus.EXCEPTION, TrackingException.LOST),
    "returned": _news(TrackingStatus.RETURNED),
    "delivered": _news(TrackingStatus.DELIVERED),
    "receive": _receive,
    "remind": _until(Nudge.REMINDER.value),
    "deadline": _time_passes,
    "miss pickup": _until(Nudge.ESCALATION.value, "missed pickup"),
}
"""How each step of the model is taken in a real shop."""


async def walk(twin: Twin, path: Walk) -> None:
    """Take each step, and compare; at the end, too, what the customer was told."""
    for step, after in zip(path.steps, path.states, strict=True):
        await STEPS[step.name](twin, step)
        await twin.comes_to(after, str(step))
    record = await twin.order.record()
    assert record.outcome is not None
    assert outcome(path.states[-1]).summary == record.outcome.summary
    due = {TOLD[step.name] for step in path.steps if step.name in TOLD}
    due |= {"canceled"} if record.outcome.summary == "canceled" else set()
    assert due <= set(await twin.order.told())
