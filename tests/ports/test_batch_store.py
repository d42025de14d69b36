"""Pick batches on record: their members, the walk, units that scans move, and put-backs."""

from datetime import timedelta

import pytest

from fulfillment.domain.decisions import Decision
from fulfillment.domain.errors import FulfillmentCanceled, Inconsistent, NotFound, StockViolation
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import (
    BatchRecord,
    MemberRecord,
    MemberState,
    PickRecord,
    PutBackRecord,
    Taken,
    TaskRecord,
)
from fulfillment.stores import UnitOfWork
from order_journey import Journey
from record_samples import BERLIN, BINS, NOW, moved, stock_up

LATER = NOW + timedelta(hours=1)
BATCH, SHARE = "BER-1-1", "O-1-F1"


def batch(batch_id: str = BATCH, **changes: object) -> BatchRecord:
    """Return a batch of one member."""
    fields = {
        "batch_id": batch_id,
        "warehouse_id": BERLIN,
        "stage": BatchStage.PICKING,
        "planned_at": NOW,
        "stage_since": NOW,
        "distance_mm": 42_000,
        "decision": Decision(subject="walk", chosen=batch_id, because="shortest"),
        "members": (MemberRecord(fulfillment_id=SHARE, order_id="O-1", slot="S001"),),
    }
    return BatchRecord.model_validate(fields | changes)


def pick(pick_no: int, line_no: int, sku: str, **changes: object) -> PickRecord:
    """Return a pick of two units from the first bin."""
    fields = {
        "pick_no": pick_no,
        "bin_id": BINS[0],
        "sku": sku,
        "quantity": 2,
        "fulfillment_id": SHARE,
        "order_id": "O-1",
        "line_no": line_no,
        "tote": "T1",
    }
    return PickRecord.model_validate(fields | changes)


PICKS = [pick(1, 1, "MUG"), pick(2, 2, "TEE")]


@pytest.fixture
async def journey(database: SqlDatabase) -> Journey:
    """Return an order whose claims are bound to the first bin."""
    await stock_up(database)
    journey = Journey(database)
    await journey.to("plan")
    return journey


async def in_cart(record: UnitOfWork) -> list[tuple[str, str, int]]:
    """Return what lies in the fulfillment's part of the cart."""
    return await record.stock.contents(f"cart:{SHARE}")


@pytest.mark.usefixtures("journey")
async def test_a_batch_comes_back_as_it_was_put(database: SqlDatabase) -> None:
    """Members in their sequence, picks in walking order; found by id, member, stage and place."""
    async with database.writing() as record:
        await record.batches.add(batch(), PICKS[::-1])
        assert await record.batches.get(BATCH) == batch()
        assert await record.batches.picks(BATCH) == PICKS[::-1]
        assert await record.batches.of_fulfillment(SHARE) == batch()
        page = record.batches.page
        assert await page(warehouse_id=BERLIN, stages=[BatchStage.PICKING]) == [batch()]
        assert await page(stages=[BatchStage.SORTED]) == []
        assert await page(warehouse_id="HAM") == []
        empty = {"members": (), "planned_at": batch().planned_at}
        others = [batch().model_copy(update={**empty, "batch_id": name}) for name in ("Z-1", "Z-2")]
        for other in others:
            await record.batches.add(other, [])
        assert [batch(), *others] == await page()
        assert others == await page(after=BATCH)
        assert others[1:] == await page(after="Z-1")
        with pytest.raises(NotFound):
            await record.batches.get("BER-0")


@pytest.mark.usefixtures("journey")
async def test_a_fulfillment_is_in_one_live_batch(database: SqlDatabase) -> None:
    """A second batch can have it only after the first has let it go."""
    async with database.writing() as record:
        await record.batches.add(batch(), PICKS)
    with pytest.raises(Inconsistent):
        async with database.writing() as record:
            await record.batches.add(batch("BER-1-2"), [])
    async with database.writing() as record:
        await record.batches.leave(BATCH, SHARE, MemberState.GIVEN_BACK)
        assert (await record.batches.get(BATCH)).live == ()
        await record.batches.add(batch("BER-1-2"), [])
        with pytest.raises(Inconsistent):
            await record.batches.leave(BATCH, SHARE, MemberState.WITHDRAWN)


@pytest.mark.usefixtures("journey")
async def test_a_batch_goes_from_stage_to_stage_once(database: SqlDatabase) -> None:
    """Whoever comes second finds another stage."""
    async with database.writing() as record:
        await record.batches.lock(BATCH)
        await record.batches.add(batch(), PICKS)
        await record.batches.advance(BATCH, BatchStage.PICKING, BatchStage.SORTING, LATER)
        now = await record.batches.get(BATCH)
        assert (BatchStage.SORTING, LATER) == (now.stage, now.stage_since)
        with pytest.raises(Inconsistent):
            await record.batches.advance(BATCH, BatchStage.PICKING, BatchStage.SORTING, LATER)


@pytest.mark.usefixtures("journey")
async def test_picks_change_and_are_added(database: SqlDatabase) -> None:
    """A short one goes on in another bin at its place of the walk; more than planned is refused."""
    async with database.writing() as record:
        await record.batches.add(batch(), PICKS)
        short = PICKS[0].model_copy(update={"picked": 1, "short": 1})
        rest = pick(3, 1, "MUG", bin_id=BINS[1], quantity=1)
        await record.batches.save_picks(BATCH, [short, rest, PICKS[1]])
        assert await record.batches.picks(BATCH) == [short, rest, PICKS[1]]
    with pytest.raises(Inconsistent):
        async with database.writing() as record:
            await record.batches.save_picks(BATCH, [short.model_copy(update={"picked": 2})])


@pytest.mark.usefixtures("journey")
async def test_a_put_back_is_done_once(database: SqlDatabase) -> None:
    """It is open until somebody has done it."""
    put_back = PutBackRecord(
        put_back_id=f"{BATCH}-pb1",
        batch_id=BATCH,
        fulfillment_id=SHARE,
        sku="MUG",
        quantity=1,
        bin_id=BINS[0],
        tote="T1",
        opened_at=NOW,
    )
    async with database.writing() as record:
        await record.batches.add(batch(), PICKS)
        await record.batches.open_put_backs([put_back])
        assert await record.batches.put_backs(BATCH) == [put_back]
        done = await record.batches.close_put_back(put_back.put_back_id, "Pia", LATER)
        assert done == put_back.model_copy(update={"done_by": "Pia", "done_at": LATER})
        with pytest.raises(Inconsistent):
            await record.batches.close_put_back(put_back.put_back_id, "Pia", LATER)
        with pytest.raises(NotFound):
            await record.batches.close_put_back("none", "Pia", LATER)


@pytest.mark.usefixtures("journey")
async def test_a_scan_consumes_its_part_of_a_claim(database: SqlDatabase) -> None:
    """Units go to the cart one by one and back again, and the books hold at each step."""
    to_cart = moved("MUG", 1, f"bin:{BINS[0]}", f"cart:{SHARE}")
    back = moved("MUG", 1, f"cart:{SHARE}", f"bin:{BINS[0]}")
    one = [Taken(line_no=1, sku="MUG", bin_id=BINS[0], quantity=1)]
    async with database.writing() as record:
        share = await record.fulfillments.get(SHARE)
        before = await record.stock.claims(SHARE)
        first, second = share.lines

        async def picked(units: int) -> None:
            lines = (first.model_copy(update={"picked": units}), second)
            await record.fulfillments.save(share.model_copy(update={"lines": lines}))

        for scan in (1, 2):
            await record.stock.consume(SHARE, one)
            await record.stock.move(f"scan/{scan}", [to_cart], by="Pia", reason="scan", at=NOW)
            await picked(scan)
            assert await record.books.findings() == []
        assert await in_cart(record) == [("MUG", "", 2)]
        assert [claim.sku for claim in await record.stock.claims(SHARE)] == ["TEE"]
        await record.stock.move("undo/2", [back], by="Pia", reason="undo", at=NOW)
        mugs = next(claim for claim in before if claim.sku == "MUG")
        again = mugs.model_copy(update={"claim_id": "undo/2", "quantity": 1})
        await record.stock.claim([again])
        await picked(1)
        assert await record.books.findings() == []
        with pytest.raises(StockViolation, match="units that are bound there"):
            await record.stock.consume(SHARE, [one[0].model_copy(update={"quantity": 2})])


@pytest.mark.usefixtures("journey")
async def test_what_is_in_the_cart_is_picked_or_put_back(database: SqlDatabase) -> None:
    """Goods in the cart that no line has picked need an open put-back."""
    async with database.writing() as record:
        await record.batches.add(batch(), PICKS)
        one = [Taken(line_no=1, sku="MUG", bin_id=BINS[0], quantity=1)]
        await record.stock.consume(SHARE, one)
        movement = moved("MUG", 1, f"bin:{BINS[0]}", f"cart:{SHARE}")
        await record.stock.move("scan/1", [movement], by="Pia", reason="scan", at=NOW)
        await record.stock.release(SHARE)
        share = await record.fulfillments.get(SHARE)
        none = tuple(line.model_copy(update={"planned": 0}) for line in share.lines)
        await record.fulfillments.save(share.model_copy(update={"lines": none}))
        await record.orders.free_units(SHARE)
        rule = "what is picked and not packed is in cart and put wall"
        assert [found.rule for found in await record.books.findings()] == [rule]
        put_back = PutBackRecord(
            put_back_id="pb1",
            batch_id=BATCH,
            fulfillment_id=SHARE,
            sku="MUG",
            quantity=1,
            bin_id=BINS[0],
            tote="T1",
            opened_at=NOW,
        )
        await record.batches.open_put_backs([put_back])
        assert await record.books.findings() == []


async def test_what_is_released_to_the_floor_waits_there(database: SqlDatabase) -> None:
    """Who must ship first comes first; what was canceled or is being picked is not released."""
    await stock_up(database)
    journey = Journey(database)
    await journey.to("reserve")
    async with database.writing() as record:
        fulfillments = record.fulfillments
        assert await fulfillments.released(BERLIN) == []
        await fulfillments.release(SHARE, NOW, ship_by=LATER, urgent=True)
        share = (await fulfillments.released(BERLIN))[0]
        told = (share.fulfillment_id, share.released_at, share.ship_by, share.urgent)
        assert told == (SHARE, NOW, LATER, True)
        await fulfillments.advance(SHARE, Stage.RELEASED, Stage.PICKING, NOW)
        assert await fulfillments.released(BERLIN) == []
        with pytest.raises(Inconsistent):
            await fulfillments.release(SHARE, NOW, ship_by=LATER, urgent=False)
        await fulfillments.cancel(SHARE, [Stage.PICKING], NOW)
        with pytest.raises(FulfillmentCanceled):
            await fulfillments.release(SHARE, NOW, ship_by=LATER, urgent=False)


@pytest.mark.usefixtures("journey")
async def test_a_batch_has_tasks_of_its_own(database: SqlDatabase) -> None:
    """They are of no fulfillment, and found by the batch."""
    own = TaskRecord(
        task_id=f"{BATCH}-pick",
        kind=TaskKind.PICK,
        batch_id=BATCH,
        warehouse_id=BERLIN,
        plan={},
        opened_at=NOW,
    )
    async with database.writing() as record:
        await record.tasks.open(own)
        assert await record.tasks.page(batch_id=BATCH) == [own]
