"""Returns on record, on each database: units once, goods where they are, refunds that add up."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from activities.return_inspections import ReturnInspectionActivities
from activities.return_receipts import ReturnReceiptActivities
from activities.return_settling import ReturnSettlingActivities
from activities.returns import ReturnActivities
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import (
    ConfirmationRefused,
    EffectConflict,
    Inconsistent,
    NotFound,
    ReturnRefused,
)
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.return_receipts import (
    InspectedUnits,
    ReceivedGoods,
    ReturnInspection,
    ReturnReceipt,
)
from fulfillment.domain.return_units import ReturnUnit, UnitState
from fulfillment.domain.returns import (
    Condition,
    Disposition,
    ExchangeItem,
    ReturnItem,
    ReturnPolicy,
    ReturnReason,
    ReturnRequest,
    ReturnStage,
    ReturnWish,
)
from fulfillment.messages.returns import (
    InKind,
    RecordReturn,
    RecordReturnInspection,
    RecordReturnReceipt,
    RecordReturnRefund,
    ReturnInspected,
    ReturnReceived,
    ReturnRecorded,
    SettleInKind,
)
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import Ports
from fulfillment.records import ParcelRecord, TaskState
from fulfillment.stores.given_up import GivenUpParcel, Whereabouts
from fulfillment.stores.returns import RefundState, ReturnParcelRecord
from fulfillment.webhooks.ports import NO_WAKER
from order_journey import Journey
from record_samples import BINS, NOW, SIZE, article, moved, stock_up

ByHand = Callable[..., None]


class Clock:
    """Stands still."""

    def now(self) -> datetime:
        """Return the same time."""
        return NOW.astimezone(UTC)


class OnlyDatabase:
    """All that these activities reach."""

    clock = Clock()
    waker = NO_WAKER
    returns = ReturnPolicy()

    def __init__(self, database: SqlDatabase) -> None:
        """Keep the database."""
        self.database = database


class Dock:
    """Asks for returns of an order, takes them in and inspects them."""

    def __init__(self, database: SqlDatabase) -> None:
        """Bind the activities to the database."""
        ports = cast("Ports", OnlyDatabase(database))
        self.database = database
        self.returns, self.dock = ReturnActivities(ports), ReturnReceiptActivities(ports)
        self.inspections = ReturnInspectionActivities(ports)
        self.settling = ReturnSettlingActivities(ports)

    async def ask(
        self,
        name: str = "RMA-1",
        quantity: int = 2,
        exchange: tuple[ExchangeItem, ...] = (),
        wish: ReturnWish = ReturnWish.REFUND,
        **item: Any,
    ) -> ReturnRecorded:
        """Ask to return so many of the first line."""
        fields = {"line_no": 1, "quantity": quantity, "reason": ReturnReason.UNWANTED, **item}
        wish = ReturnWish.EXCHANGE if exchange else wish
        items = (ReturnItem(**fields),)
        request = ReturnRequest(order_id="O-1", items=items, wish=wish, exchange=exchange)
        key = f"return/{name}/record_return/-/1"
        return await self.returns.record_return(
            RecordReturn(key=key, return_id=name, request=request, at=NOW)
        )

    async def receive(
        self, *goods: tuple[str, int], name: str = "RMA-1", receipt: str = "D-1", lot: str = ""
    ) -> ReturnReceived:
        """Take a parcel in."""
        items = tuple(ReceivedGoods(sku=sku, quantity=units, lot=lot) for sku, units in goods)
        return await self.dock.record_return_receipt(
            RecordReturnReceipt(
                key=f"return/{name}/record_return_receipt/{receipt}/1",
                return_id=name,
                order_id="O-1",
                receipt=ReturnReceipt(receipt_id=receipt, items=items, by="Ann"),
            )
        )

    async def inspect(self, number: int = 1, name: str = "RMA-1", **found: Any) -> ReturnInspected:
        """Say how units of the first line were found."""
        usual = {"condition": Condition.AS_NEW, "disposition": Disposition.SCRAP}
        units = InspectedUnits(**{"line_no": 1, "quantity": 1, **usual, **found})
        return await self.inspections.record_return_inspection(
            RecordReturnInspection(
                key=f"return/{name}/record_return_inspection/{number}/1",
                return_id=name,
                order_id="O-1",
                inspection=ReturnInspection(units=(units,), by="Ann"),
                at=NOW,
            )
        )

    async def settle_in_kind(self, name: str = "RMA-1") -> InKind:
        """Find what is sent in the place of what came back."""
        key = f"return/{name}/settle_in_kind/-/1"
        return await self.settling.settle_in_kind(
            SettleInKind(key=key, return_id=name, order_id="O-1")
        )

    async def level(self, account: str, sku: str = "MUG", lot: str = "") -> int:
        """Return what is in an account."""
        async with self.database.reading() as tx:
            return await tx.stock.balance(account, sku, lot)

    async def findings(self) -> list[str]:
        """Return what the books find."""
        async with self.database.reading() as tx:
            return [finding.rule for finding in await tx.books.findings()]


@pytest.fixture
async def dock(database: SqlDatabase) -> Dock:
    """Return a dock, after an order of two mugs and two tees has arrived and is settled."""
    await stock_up(database)
    await Journey(database).to("settle")
    return Dock(database)


async def test_a_unit_is_of_one_return_alone(dock: Dock) -> None:
    """Of two requests at once for the same two mugs one is refused; nothing is there twice."""
    asked = await asyncio.gather(dock.ask("RMA-1"), dock.ask("RMA-2"), return_exceptions=True)
    refused = [each for each in asked if isinstance(each, ReturnRefused)]
    assert (1, 1) == (len(refused), sum(isinstance(each, ReturnRecorded) for each in asked))
    async with dock.database.reading() as tx:
        [made] = await tx.returns.page(order_id="O-1")
        free = await tx.returns.shipped_units("O-1")
    assert [(1, 1), (1, 2)] == [(unit.line_no, unit.unit_no) for unit in made.units]
    assert [2, 2] == [unit.line_no for unit in free]


async def test_the_database_itself_keeps_a_unit_to_one_return(dock: Dock) -> None:
    """Even past all checks; a released unit may be announced again."""
    await dock.ask(quantity=1)
    async with dock.database.reading() as tx:
        [unit] = (await tx.returns.get("RMA-1")).units
    await dock.ask("RMA-2", quantity=1)
    with pytest.raises(Inconsistent):
        async with dock.database.writing() as tx:
            await tx.returns.add_units("RMA-2", [unit])
    async with dock.database.writing() as tx:
        free = unit.model_copy(update={"state": UnitState.RELEASED})
        await tx.returns.save_units("RMA-1", [free])
        await tx.returns.add_units("RMA-2", [unit])


async def test_a_repeat_is_the_first_one(dock: Dock) -> None:
    """Under its key; another request under it is refused, and unknown ones are not found."""
    assert await dock.ask() == await dock.ask()
    with pytest.raises(EffectConflict):
        await dock.ask(quantity=1)
    async with dock.database.reading() as tx:
        with pytest.raises(NotFound):
            await tx.returns.get("RMA-9")
        assert await tx.returns.find("RMA-9") is None


async def test_goods_go_from_the_customer_to_where_they_belong(dock: Dock) -> None:
    """The books hold at each step; refunds give back the units' amounts."""
    await dock.ask()
    await dock.receive(("MUG", 2))
    assert 2 == await dock.level("returned:RMA-1")
    assert 0 == await dock.level("customer:O-1")
    assert [] == await dock.findings()
    first = await dock.inspect(1, disposition=Disposition.RESTOCK, bin_id=BINS[1])
    second = await dock.inspect(2, disposition=Disposition.REFURBISH)
    assert (1, 1) == (await dock.level(f"bin:{BINS[1]}"), await dock.level("refurbish:BER"))
    assert [1, 2] == [each.refund.refund_no for each in (first, second) if each.refund]
    async with dock.database.reading() as tx:
        amounts = await tx.returns.unit_amounts("O-1")
        refunds = await tx.returns.refunds("RMA-1")
        so_far = await tx.returns.refunded("O-1")
        [mugs, _] = await tx.orders.progress("O-1")
    kept = sum(refund.shipping_kept_minor for refund in refunds)
    given = sum(refund.amount_minor for refund in refunds)
    assert amounts[1, 1] + amounts[1, 2] == given + kept
    assert (2, kept) == (so_far.units, so_far.shipping_kept_minor)
    assert 2 == mugs.returned
    assert [] == await dock.findings()
    again = await dock.inspect(1, disposition=Disposition.RESTOCK, bin_id=BINS[1])
    assert first == again


async def test_a_lot_comes_back_as_the_lot_that_was_sent(dock: Dock) -> None:
    """Where several were sent the scan must say which, and an expired one lies in no bin."""
    async with dock.database.writing() as tx:
        swap = [
            moved("MUG", 1, "customer:O-1", "adjustment:"),
            moved("MUG", 1, "adjustment:", "customer:O-1", "L1"),
        ]
        await tx.stock.move("test/lots", swap, by="test", reason="a lot", at=NOW)
        await tx.stock.record_lot("MUG", "L1", date(2026, 3, 1), NOW)
    await dock.ask()
    with pytest.raises(ConfirmationRefused, match="one that the order got"):
        await dock.receive(("MUG", 1))
    with pytest.raises(ConfirmationRefused, match="lot 'L9'"):
        await dock.receive(("MUG", 1), lot="L9")
    await dock.receive(("MUG", 1), lot="L1")
    assert 1 == await dock.level("returned:RMA-1", lot="L1")
    with pytest.raises(ConfirmationRefused, match="could ship until 2026-03-01"):
        await dock.inspect(disposition=Disposition.RESTOCK, bin_id=BINS[0])
    await dock.inspect()
    assert 1 == await dock.level("scrap:BER", lot="L1")


async def test_strays_are_quarantined_and_unknown_articles_refused(dock: Dock) -> None:
    """More than the order had is nobody's; what the catalog does not know has no account."""
    await dock.ask()
    with pytest.raises(ConfirmationRefused, match="an article of the catalog"):
        await dock.receive(("UFO", 1))
    got = await dock.receive(("MUG", 3), ("TEE", 1))
    assert (3, 1) == (got.units, got.further)
    assert [("MUG", 1)] == [(stray.sku, stray.quantity) for stray in got.strays]
    assert 1 == await dock.level("quarantine:BER")
    assert [] == await dock.findings()


async def test_the_terms_of_an_article_are_kept(dock: Dock) -> None:
    """Its own fee and window are on record with it, and taken when it is asked for."""
    own = {"final_sale": True, "return_window_days": 3, "restocking_fee_percent": 20}
    async with dock.database.writing() as tx:
        await tx.catalog.add_articles([article("MUG").model_copy(update=own)])
        assert own == {
            name: getattr((await tx.catalog.articles(["MUG"]))["MUG"], name) for name in own
        }
    with pytest.raises(ReturnRefused, match="final sale"):
        await dock.ask()
    await dock.ask(reason=ReturnReason.WRONG)
    async with dock.database.reading() as tx:
        assert [0, 0] == [unit.fee_percent for unit in (await tx.returns.get("RMA-1")).units]


async def test_parcels_are_found_by_their_label(dock: Dock) -> None:
    """And come back as they were put."""
    await dock.ask()
    parcel = ReturnParcelRecord(
        parcel_id="RMA-1-1",
        return_id="RMA-1",
        sscc="340999990000000017",
        outer=SIZE,
        gross_weight_g=500,
        contents=((1, "MUG", 2),),
    )
    labeled = parcel.model_copy(update={"tracking_number": "T1", "carrier_id": "overland"})
    async with dock.database.writing() as tx:
        await tx.returns.add_parcels([parcel])
        assert [parcel] == await tx.returns.parcels("RMA-1")
        assert await tx.returns.labeled("T1") is None
        await tx.returns.save_parcel(labeled)
        assert "RMA-1" == await tx.returns.labeled("T1")
        assert [labeled] == await tx.returns.parcels("RMA-1")
        with pytest.raises(NotFound):
            await tx.returns.save_parcel(labeled.model_copy(update={"parcel_id": "X"}))


async def test_an_ended_return_stays_as_it_ended(dock: Dock) -> None:
    """The same end again changes nothing, another one is refused."""
    await dock.ask()
    async with dock.database.writing() as tx:
        later = NOW + timedelta(days=1)
        await tx.returns.advance("RMA-1", ReturnStage.LAPSED, later, "lapsed")
        await tx.returns.advance("RMA-1", ReturnStage.LAPSED, NOW, "again")
        made = await tx.returns.get("RMA-1")
        assert (later, "lapsed") == (made.stage_since, made.outcome)
        with pytest.raises(Inconsistent):
            await tx.returns.advance("RMA-1", ReturnStage.RESOLVED, NOW)
        assert [made] == await tx.returns.page(stages=[ReturnStage.LAPSED], warehouse_id="BER")
        assert [] == await tx.returns.page(stages=[ReturnStage.RESOLVED])


BROKEN = [
    (
        "what a return takes has left",
        "UPDATE fulfillments SET stage = 'picking'",
    ),
    (
        "what came back and waits for inspection is in its return's account",
        "UPDATE account_levels SET quantity = 0 WHERE account = 'returned:RMA-1'",
    ),
    (
        "a return that has ended waits for nothing",
        "UPDATE returns SET stage = 'resolved' WHERE return_id = 'RMA-1'",
    ),
    (
        "a return's refund is what its units cost, plus extra, less what is kept",
        "UPDATE return_refunds SET amount_minor = amount_minor + 1",
    ),
    (
        "a refund of a return that has ended was made",
        "UPDATE returns SET stage = 'lapsed' WHERE return_id = 'RMA-1'",
    ),
    (
        "what was accepted of a resolved return was given back or replaced",
        "UPDATE returns SET stage = 'resolved' WHERE return_id = 'RMA-2'",
    ),
    (
        "what is delivered is with the customer",
        "UPDATE return_units SET state = 'announced' WHERE state = 'received'",
    ),
]


@pytest.mark.parametrize(("rule", "statement"), BROKEN)
async def test_what_somebody_breaks_is_found(
    dock: Dock, rule: str, statement: str, by_hand: ByHand
) -> None:
    """By its rule, whatever else the same hand has broken."""
    await dock.ask(quantity=1)
    await dock.receive(("MUG", 1), ("TEE", 1))
    await dock.inspect()
    await dock.ask("RMA-2", quantity=1)
    async with dock.database.writing() as tx:
        [unit] = (await tx.returns.get("RMA-2")).units
        found = _accepted(unit)
        await tx.returns.save_units("RMA-2", [found])
        paid = moved("MUG", 1, "customer:O-1", "scrap:BER")
        await tx.stock.move("test/RMA-2", [paid], by="test", reason="inspected", at=NOW)
    assert [] == await dock.findings()
    by_hand(statement)
    assert rule in await dock.findings()


def _accepted(unit: ReturnUnit) -> ReturnUnit:
    return unit.model_copy(
        update={
            "state": UnitState.INSPECTED,
            "condition": Condition.AS_NEW,
            "disposition": Disposition.SCRAP,
            "accepted": True,
        }
    )


async def test_a_refund_that_is_made_or_declined_is_on_record(dock: Dock) -> None:
    """It is due until then; what was started again finds what is left to make."""
    await dock.ask(quantity=1)
    await dock.receive(("MUG", 1))
    await dock.inspect()
    [due] = (await dock.ask(quantity=1)).refunds
    assert ((1, 1),) == due.units
    for number, declined, state in ((1, "no", RefundState.DECLINED), (2, None, RefundState.DONE)):
        await dock.returns.record_return_refund(
            RecordReturnRefund(
                key=f"return/RMA-1/record_return_refund/1/{number}",
                return_id="RMA-1",
                order_id="O-1",
                refund_no=1,
                amount_minor=due.amount_minor,
                declined=declined,
            )
        )
        async with dock.database.reading() as tx:
            assert [state] == [refund.state for refund in await tx.returns.refunds("RMA-1")]
    assert () == (await dock.ask(quantity=1)).refunds


class LostInPart(Journey):
    """An order in two parcels, of which the first one, with one unit a line, is lost."""

    def parcel(self, number: int = 1) -> ParcelRecord:
        """Return one of two parcels, each with one unit of each line."""
        contents = tuple((line.line_no, line.sku, 1) for line in self.fulfillment.lines)
        return super().parcel(number).model_copy(update={"contents": contents})

    async def lose(self) -> None:
        """Give the first parcel up, to be refunded."""
        own = self.fulfillment
        lines = tuple(line.model_copy(update={"refunded": 1}) for line in own.lines)
        async with self.database.writing() as tx:
            await tx.parcels.add([self.parcel(2)])
            await tx.fulfillments.save(own.model_copy(update={"lines": lines}))
            await tx.given_up.add(
                GivenUpParcel(
                    parcel_id=self.parcel_id,
                    tracking_number="RD-1",
                    fulfillment_id=own.fulfillment_id,
                    order_id=own.order_id,
                    cause="lost",
                    choice=Choice.REFUND,
                    goods=Whereabouts.LOST,
                    by="eva",
                    at=NOW,
                )
            )


async def test_what_was_lost_does_not_come_back(database: SqlDatabase) -> None:
    """Only what arrived may; once all of that is back, the shipping cost kept of it follows."""
    await stock_up(database)
    journey = LostInPart(database)
    await journey.to("deliver")
    await journey.lose()
    dock = Dock(database)
    with pytest.raises(ReturnRefused, match="at most the 1 units that were delivered"):
        await dock.ask()
    await dock.ask(quantity=1)
    await dock.ask("RMA-2", quantity=1, line_no=2)
    await dock.receive(("MUG", 2))
    await dock.receive(("TEE", 1), name="RMA-2", receipt="D-2")
    mug = await dock.inspect(1)
    tee = await dock.inspect(2, name="RMA-2", line_no=2)
    assert mug.refund is not None
    assert tee.refund is not None
    assert [(1, 2), (2, 2)] == [*mug.refund.units, *tee.refund.units]
    async with database.reading() as tx:
        amounts = await tx.returns.unit_amounts("O-1")
        [receipt] = await tx.returns.receipts("RMA-1")
    assert [("MUG", 1)] == [(goods.sku, goods.quantity) for goods in receipt.strays]
    given = mug.refund.amount_minor + tee.refund.amount_minor
    assert amounts[1, 2] + amounts[2, 2] == given
    assert mug.refund.amount_minor < amounts[1, 2]


async def test_what_arrived_late_comes_back_for_nothing(database: SqlDatabase) -> None:
    """Its price was given back when it was given up: it is booked, and its refund is no more."""
    await stock_up(database)
    journey = LostInPart(database)
    await journey.to("deliver")
    await journey.lose()
    async with database.writing() as tx:
        await tx.given_up.set_goods(journey.parcel_id, Whereabouts.ARRIVED)
    dock = Dock(database)
    await dock.ask(quantity=1)
    received = await dock.receive(("MUG", 2))
    assert (2, 1, ()) == (received.units, received.further, received.strays)
    inspected = await dock.inspect(quantity=2)
    assert (2, 1) == (inspected.units, inspected.accepted)
    assert inspected.refund is not None
    assert ((1, 2),) == inspected.refund.units


async def test_an_even_exchange_is_sent(dock: Dock) -> None:
    """What the request was told it is worth holds after its inspection, whatever the label costs.

    Each unit of it is worth its price from then on.
    """
    async with dock.database.reading() as tx:
        units = await tx.returns.unit_amounts("O-1")
    price = units[1, 1] - 100
    dear = ExchangeItem(sku="TEE", quantity=1, unit_price_minor=units[1, 1] + 1)
    with pytest.raises(ReturnRefused, match="paid in the shop"):
        await dock.ask(quantity=1, exchange=(dear,), reason=ReturnReason.WRONG)
    even = ExchangeItem(sku="TEE", quantity=1, unit_price_minor=price)
    await dock.ask(quantity=1, exchange=(even,), reason=ReturnReason.WRONG)
    async with dock.database.writing() as tx:
        await tx.returns.charge_label("RMA-1", 249)
    await dock.receive(("MUG", 1))
    await dock.inspect()
    kind = await dock.settle_in_kind()
    assert "" == kind.why_not
    assert kind.refund is not None
    assert 100 == kind.refund.amount_minor
    assert [(price, 0)] == [(w.amount_minor, w.elsewhere_minor) for w in kind.lines[0].worth]


@pytest.mark.parametrize("wish", [ReturnWish.EXCHANGE, ReturnWish.REPLACEMENT])
async def test_what_comes_once_it_is_settled_in_kind_is_given_back(
    dock: Dock, wish: ReturnWish
) -> None:
    """The first of two units was exchanged or sent again alone; the second came too late for it."""
    cheap = (ExchangeItem(sku="TEE", quantity=1, unit_price_minor=100),)
    exchange = cheap if wish is ReturnWish.EXCHANGE else ()
    await dock.ask(quantity=2, exchange=exchange, reason=ReturnReason.WRONG, wish=wish)
    await dock.receive(("MUG", 1))
    assert (await dock.inspect()).refund is None
    kind = await dock.settle_in_kind()
    assert bool(exchange) == (kind.refund is not None)
    await dock.receive(("MUG", 1), receipt="D-2")
    late = await dock.inspect(2)
    assert 1 == late.accepted
    assert late.refund is not None
    assert ((1, 2),) == late.refund.units
    async with dock.database.reading() as tx:
        units = await tx.returns.unit_amounts("O-1")
    assert units[1, 2] == late.refund.amount_minor
    assert [] == await dock.findings()


async def test_wrong_goods_come_in_two_parcels(dock: Dock) -> None:
    """What was counted after the first one is counted again after the second."""
    await dock.ask(quantity=2, reason=ReturnReason.WRONG)
    counted: list[str] = []
    for receipt in ("D-1", "D-2"):
        assert "1 x TEE for MUG" == (await dock.receive(("TEE", 1), receipt=receipt)).instead
        async with dock.database.writing() as tx:
            open_ones = await tx.tasks.page(kind=TaskKind.RECOUNT)
            for task in open_ones:
                await tx.tasks.close(task.task_id, TaskState.DONE, "Ann", NOW)
        assert {"MUG", "TEE"} == {task.plan["sku"] for task in open_ones}
        counted += [task.task_id for task in open_ones]
    assert sorted(counted) == sorted(set(counted))


async def test_the_wrong_article_stands_for_the_ordered_one(dock: Dock) -> None:
    """Which never left: the books are set right, and both are counted where they lie."""
    await dock.ask(quantity=1, reason=ReturnReason.WRONG)
    mugs = await dock.level("customer:O-1")
    with pytest.raises(ConfirmationRefused, match="an article of the catalog"):
        await dock.receive(("UFO", 1))
    received = await dock.receive(("TEE", 1))
    assert (1, 0, (), "1 x TEE for MUG") == (
        received.units,
        received.further,
        received.strays,
        received.instead,
    )
    assert mugs - 1 == await dock.level("customer:O-1")
    assert (1, 0) == (
        await dock.level("returned:RMA-1", "TEE"),
        await dock.level("returned:RMA-1"),
    )
    assert [] == await dock.findings()
    inspected = await dock.inspect(disposition=Disposition.RESTOCK, bin_id=BINS[1])
    assert ("TEE",) == inspected.restocked
    assert 1 == await dock.level(f"bin:{BINS[1]}", "TEE")
    assert [] == await dock.findings()
    async with dock.database.reading() as tx:
        [unit] = (await tx.returns.get("RMA-1")).units
        counts = await tx.tasks.page(kind=TaskKind.RECOUNT)
    assert ("MUG", "TEE") == (unit.sku, unit.goods_sku)
    assert (BINS[0], "MUG") in [(task.plan["bin_id"], task.plan["sku"]) for task in counts]
