"""A batch picked and sorted by scans, against the stock of both databases."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import Client

from activities.batch_members import withdraw
from fulfillment.domain.decisions import Decision
from fulfillment.domain.errors import ConfirmationRefused, NotFound, StaleScan, StoreBusy
from fulfillment.domain.lifecycle import CANCELABLE, Stage, TaskKind
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.domain.scan_sessions import ScanAnswer, ScanRequest, ScanSession, SessionKind
from fulfillment.domain.scans import ScanKind
from fulfillment.domain.short_picks import ShortPickPolicy
from fulfillment.domain.webhook_events import EventType
from fulfillment.domain.webhooks import Endpoint
from fulfillment.entrypoints.task_sheets import print_task
from fulfillment.labels.pdf import PdfDocuments
from fulfillment.operations import scan_sessions, scanning
from fulfillment.operations.engine import Engine
from fulfillment.operations.recounts import ask_for_recount, recount
from fulfillment.persistence import locks
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.repositories.tasks import SqlTaskStore
from fulfillment.records import BatchRecord, MemberRecord, PickRecord
from fulfillment.stores import UnitOfWork
from fulfillment.webhooks.stores import Which
from order_journey import Journey
from record_samples import BERLIN, BINS, NOW, claim_of, moved, stock_up

BATCH, PICK, SORT = "BER-1-1", "BER-1-1-pick", "BER-1-1-sort"
ORDERS = ("O-1", "O-2")


class Now:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present time."""
        return datetime.now(UTC)


@pytest.fixture
async def engine(database: SqlDatabase) -> Engine:
    """Return an engine with a batch of two orders, each of two mugs and two shirts in one bin."""
    await stock_up(database)
    picks: list[PickRecord] = []
    members: list[MemberRecord] = []
    for order_id in ORDERS:
        journey = Journey(database, order_id)
        await journey.to("reserve")
        own = journey.fulfillment
        async with database.writing() as tx:
            bound = [claim_of(line, own, BINS[0]) for line in own.lines]
            await tx.stock.bind(own.fulfillment_id, bound)
            await tx.fulfillments.advance(own.fulfillment_id, Stage.RELEASED, Stage.PICKING, NOW)
        slot = f"S00{len(members) + 1}"
        members.append(
            MemberRecord(fulfillment_id=own.fulfillment_id, order_id=order_id, slot=slot)
        )
        picks += [
            PickRecord(
                pick_no=len(picks) + number,
                bin_id=BINS[0],
                sku=line.sku,
                quantity=2,
                fulfillment_id=own.fulfillment_id,
                order_id=order_id,
                line_no=line.line_no,
                tote=f"T{len(members)}",
            )
            for number, line in enumerate(own.lines, 1)
        ]
    batch = BatchRecord(
        batch_id=BATCH,
        warehouse_id=BERLIN,
        stage=BatchStage.PICKING,
        planned_at=NOW,
        stage_since=NOW,
        distance_mm=0,
        decision=Decision(subject="walk", chosen=BATCH, because="shortest"),
        members=tuple(members),
    )
    async with database.writing() as tx:
        await tx.batches.add(batch, sorted(picks, key=lambda pick: (pick.sku, pick.pick_no)))
    return Engine(cast("Client", None), database, Now(), "-", PdfDocuments())


async def scan(
    engine: Engine, code: str, *, session: str = PICK, by: str = "ann", **fields: Any
) -> ScanAnswer:
    """Scan a code with a person's own device."""
    request = ScanRequest(code=code, by=by, device=f"gun-{by}", **fields)
    return await scanning.send_scan(engine, session, request)


async def where(engine: Engine) -> tuple[list[tuple[str, str, int]], int, int]:
    """Return what O-1 has on the cart, how many mugs are in the first bin, how many claimed."""
    async with engine.database.reading() as tx:
        claims = await tx.stock.claims("O-1-F1")
        return (
            await tx.stock.contents("cart:O-1-F1"),
            await tx.stock.balance(f"bin:{BINS[0]}", "MUG"),
            sum(claim.quantity for claim in claims if claim.sku == "MUG"),
        )


async def cancel(database: SqlDatabase) -> None:
    """Cancel O-1 in mid-walk, as its workflow does."""
    async with database.writing() as tx:
        await tx.orders.lock("O-1")
        share = await tx.fulfillments.get("O-1-F1")
        await tx.fulfillments.cancel(share.fulfillment_id, CANCELABLE, NOW)
        await withdraw(tx, share, "eva", NOW)
        none = [line.model_copy(update={"planned": 0, "picked": 0}) for line in share.lines]
        units = [
            LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.planned)
            for line in share.lines
        ]
        await tx.orders.cancel_units(share.order_id, units)
        await tx.orders.free_units(share.fulfillment_id)
        await tx.fulfillments.save(share.model_copy(update={"lines": tuple(none)}))
        await tx.stock.release(share.fulfillment_id)


async def books_hold(engine: Engine) -> None:
    """Check that the goods are where the lines and the claims say."""
    async with engine.database.reading() as tx:
        found = await tx.books.findings()
    assert [] == [one for one in found if "pick" in one.rule or "claim" in one.rule]


async def test_each_scan_moves_its_units_and_an_undo_moves_them_back(engine: Engine) -> None:
    """Bin to cart and the claim consumed in one transaction; a repeat or a wrong one changes none.

    Another device takes over and goes on where the first one stood.
    """
    begun = await scan_sessions.start_session(engine, BATCH, "ann", "gun-ann")
    assert (f"go to bin {BINS[0]} and scan it", 0, 4) == (begun.instruction, begun.done, begun.of)
    await scan(engine, BINS[0])
    at_once = await asyncio.gather(*(scan(engine, "MUG", scan_no=2) for _ in range(3)))
    answer = await scan(engine, "MUG", scan_no=2)
    assert ([answer] * 3, "1 of MUG taken") == (at_once, answer.message)
    taken = ([("MUG", "", 1)], 9, 1)
    assert taken == await where(engine)
    for _ in range(2):
        with pytest.raises(ConfirmationRefused) as wrong:
            await scan(engine, "TEE", scan_no=3)
        assert "item MUG" == wrong.value.problems[0].expected
    with pytest.raises(StaleScan):
        await scan(engine, "MUG", scan_no=3)
    with pytest.raises(StaleScan):
        await scan(engine, "MUG", scan_no=9)
    assert taken == await where(engine)
    await books_hold(engine)

    taken_over = await scan_sessions.start_session(engine, BATCH, "ben", "gun-ben")
    assert ("take 1 of MUG", 4) == (taken_over.instruction[:13], taken_over.next_scan_no)
    with pytest.raises(StaleScan) as stale:
        await scan(engine, "MUG")
    assert "ben on gun-ben, who took it over" in stale.value.problems[0].expected
    assert PICK == await scan_sessions.held_session(engine, "ben", "gun-ben")
    assert PICK == await scan_sessions.held_session(engine, "ann", "gun-ann")
    with pytest.raises(NotFound):
        await scan_sessions.held_session(engine, "ann", "gun-sam")

    await scan(engine, "2", by="ben")
    assert ([("MUG", "", 2)], 8, 0) == await where(engine)
    await scan(engine, "undo", by="ben")
    assert taken == await where(engine)
    await scan(engine, "undo", by="ben")
    assert ([], 10, 2) == await where(engine)
    await books_hold(engine)
    async with engine.database.reading() as tx:
        assert [0, 0, 0, 0] == [pick.picked for pick in await tx.batches.picks(BATCH)]
        recorded = await tx.scans.of_session(PICK)
    assert [3] == [one.scan_no for one in recorded if one.refused]


async def test_what_a_bin_does_not_hold_is_taken_from_another(
    engine: Engine, database: SqlDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    """The claim is bound anew, a pick is added at its place, the bin is to be counted."""
    async with database.writing() as tx:
        more = [moved("MUG", 3, "supplier:BER", f"bin:{BINS[1]}")]
        await tx.stock.move("more", more, by="Rita", reason="receipt", at=NOW)
    await scan_sessions.start_session(engine, BATCH, "ann", "gun-ann")
    await scan(engine, BINS[0])
    await scan(engine, "MUG")
    answer = await scan(engine, "short")
    assert f"short of MUG in bin {BINS[0]}: 1 from bin {BINS[1]} instead" == answer.message
    assert "put 1 of MUG into tote T1 and scan it" == answer.instruction
    await books_hold(engine)
    async with database.reading() as tx:
        picks = await tx.batches.picks(BATCH)
        assert {(1, 1, 1, BINS[0]), (5, 0, 0, BINS[1])} <= {
            (p.pick_no, p.picked, p.short, p.bin_id) for p in picks
        }
        # Two mugs of the other order are still bound there; what was free is written off.
        assert 2 == await tx.stock.balance(f"bin:{BINS[0]}", "MUG")
        [task] = await tx.tasks.page(kind=TaskKind.RECOUNT)
    print_task(task)
    assert f"count MUG in bin {BINS[0]}" in capsys.readouterr().out
    counted = await recount(engine, BINS[0], "MUG", 6, "rita")
    assert (4, 6) == (counted.change, counted.in_bin)
    async with database.reading() as tx:
        assert [] == await tx.tasks.page(kind=TaskKind.RECOUNT)
    with pytest.raises(ConfirmationRefused):
        await scan(engine, "undo")


async def test_a_count_and_the_task_that_asked_for_it_are_one(
    engine: Engine, database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash before the task is closed leaves nothing booked; who counts again may find more."""
    async with database.writing() as tx:
        session = await _open_session(tx)
        pick = (await tx.batches.picks(BATCH))[0]
        await ask_for_recount(tx, session, pick, 1, NOW)

    async def crash(*_: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as broken:
        broken.setattr(SqlTaskStore, "close", crash)
        with pytest.raises(ConnectionResetError):
            await recount(engine, BINS[0], "MUG", 8, "rita")
    assert 9 == (await recount(engine, BINS[0], "MUG", 9, "rolf")).in_bin
    async with database.reading() as tx:
        assert [] == await tx.tasks.page(kind=TaskKind.RECOUNT)


async def _open_session(tx: UnitOfWork) -> ScanSession:
    session = ScanSession(
        session_id=PICK,
        kind=SessionKind.PICK,
        batch_id=BATCH,
        warehouse_id=BERLIN,
        by="ann",
        device="gun-ann",
        held_since=NOW,
        opened_at=NOW,
    )
    await tx.scans.open(session)
    return session


@pytest.mark.parametrize("code", ["\u00b2", "1000001", "9" * 60, "0", "-1", "two"])
async def test_what_is_no_quantity_is_refused(engine: Engine, code: str) -> None:
    """A superscript is a digit for Python; and nobody picks a million."""
    await scan_sessions.start_session(engine, BATCH, "ann", "gun-ann")
    await scan(engine, BINS[0])
    await scan(engine, "MUG")
    with pytest.raises(ConfirmationRefused) as refused:
        await scan(engine, code, kind=ScanKind.QUANTITY)
    assert "a number from 1 to 1000000" == refused.value.problems[0].expected
    with pytest.raises(ConfirmationRefused):
        await scan(engine, "\u00b2")


async def test_the_merchant_is_told_what_a_scan_has_found_missing(
    engine: Engine, database: SqlDatabase
) -> None:
    """In the scan's transaction, with what is left; and that nothing is left, where it is so."""
    async with database.writing() as tx:
        endpoint = Endpoint(
            endpoint_id="erp",
            url="https://erp.example.com/",
            secret=SecretStr("whsec_a"),
            enabled=False,
            created_at=NOW,
        )
        await tx.webhooks.add_endpoint(endpoint)
    await scan_sessions.start_session(engine, BATCH, "ann", "gun-ann")
    await scan(engine, BINS[0])
    # Both orders' mugs, then the first one's shirts.
    for _ in range(3):
        # Without a worker, nobody is there to be told of it.
        with suppress(AttributeError):
            await scan(engine, "short")
    async with database.reading() as tx:
        messages = await tx.webhooks.messages(Which(order_id="O-1"))
    told = [(one.type, one.data["fulfillment"]["stage"], _planned(one.data)) for one in messages]
    short, nothing = EventType.FULFILLMENT_SHORT_PICKED, {"MUG": 0, "TEE": 0}
    assert [
        (short, Stage.PICKING, {"MUG": 0, "TEE": 2}),
        (short, Stage.CANCELED, nothing),
        (EventType.FULFILLMENT_CANCELED, Stage.CANCELED, nothing),
    ] == told


def _planned(data: dict[str, Any]) -> dict[str, int]:
    return {line["sku"]: line["planned"] for line in data["fulfillment"]["lines"]}


@pytest.mark.parametrize("policy", list(ShortPickPolicy))
async def test_a_line_that_goes_into_two_totes_is_short_of_one(
    engine: Engine, database: SqlDatabase, policy: ShortPickPolicy
) -> None:
    """Its other pick stays as it is, whether the units are taken elsewhere or freed."""
    engine = replace(engine, short_pick=policy)
    async with database.writing() as tx:
        more = [moved("MUG", 3, "supplier:BER", f"bin:{BINS[1]}")]
        await tx.stock.move("more", more, by="Rita", reason="receipt", at=NOW)
        picks = await tx.batches.picks(BATCH)
        first = picks[0].model_copy(update={"quantity": 1})
        other = first.model_copy(update={"pick_no": 9, "tote": "T9"})
        await tx.batches.save_picks(BATCH, [first, other, *picks[1:]])
    await scan_sessions.start_session(engine, BATCH, "ann", "gun-ann")
    await scan(engine, BINS[0])
    # Without a worker, nobody is there to be told of it.
    with suppress(AttributeError):
        await scan(engine, "short")
    shown = await scan_sessions.show_session(engine, PICK)
    assert shown.expected is not None
    assert (9, "MUG", BINS[0]) == (
        shown.expected.pick_no,
        shown.expected.sku,
        shown.expected.bin_id,
    )
    await scan(engine, "MUG")
    claimed = {ShortPickPolicy.OTHER_BIN: 1, ShortPickPolicy.ORDER: 0}[policy]
    assert ([("MUG", "", 1)], claimed) == ((await where(engine))[0], (await where(engine))[2])
    await books_hold(engine)


async def test_the_lot_and_its_expiry_are_checked(engine: Engine, database: SqlDatabase) -> None:
    """The date stands in the code, or on record; a short lot leaves the other one of its bin."""
    async with database.writing() as tx:
        more = [moved("MUG", 2, "supplier:BER", f"bin:{BINS[0]}", lot=lot) for lot in ("L1", "L2")]
        await tx.stock.move("lots", more, by="Rita", reason="receipt", at=NOW)
        await tx.stock.record_lot("MUG", "L1", date(2030, 1, 1), NOW)
        await tx.stock.record_lot("MUG", "OLD", date(2020, 1, 1), NOW)
        article = (await tx.catalog.articles(["MUG"]))["MUG"]
        await tx.catalog.add_articles([article.model_copy(update={"gtin": "04012345678901"})])
        picks = await tx.batches.picks(BATCH)
        lotted = [
            picks[0].model_copy(update={"lot": "L1", "quantity": 1}),
            picks[0].model_copy(update={"lot": "L2", "quantity": 1, "pick_no": 9}),
            *picks[1:],
        ]
        claims = await tx.stock.claims("O-1-F1")
        bound = [
            claims[0].model_copy(update={"claim_id": lot, "lot": lot, "quantity": 1})
            for lot in ("L1", "L2")
        ]
        await tx.stock.bind("O-1-F1", [*bound, *claims[1:]])
        await tx.batches.save_picks(BATCH, lotted)
    await scan_sessions.start_session(engine, BATCH, "ann", "gun-ann")
    await scan(engine, BINS[0])
    gtin = "(01)04012345678901(10)"
    for code, came in (("MUG", "none scanned"), (f"{gtin}L2", "L2"), ("MUG:OLD", "OLD")):
        with pytest.raises(ConfirmationRefused) as refused:
            await scan(engine, code)
        assert ("lot of MUG", came) == (
            refused.value.problems[0].path,
            refused.value.problems[0].came,
        )
    with pytest.raises(ConfirmationRefused) as expired:
        await scan(engine, f"{gtin}L1(17)200101")
    assert "2020-01-01" == expired.value.problems[0].came
    answer = await scan(engine, "short")
    assert answer.message.endswith(f"1 from bin {BINS[0]} instead")
    for lot in ("", "L2"):
        assert answer.expected is not None
        assert (lot, BINS[0]) == (answer.expected.lot, answer.expected.bin_id)
        await scan(engine, f"MUG:{lot}")
        answer = await scan(engine, "T1")
    await books_hold(engine)


async def test_a_withdrawn_order_s_goods_go_back_and_the_wall_takes_the_rest(
    engine: Engine, database: SqlDatabase
) -> None:
    """What lies on the cart returns to its bin by scans; a supervisor stands for a torn label."""
    await scan_sessions.start_session(engine, BATCH, "ann", "gun-ann")
    await scan(engine, BINS[0])
    await scan(engine, "MUG", quantity=2)
    await cancel(database)
    with pytest.raises(ConfirmationRefused):
        await scan(engine, "undo")
    answer = await scan_sessions.show_session(engine, PICK)
    while answer.expected is not None:
        expected = answer.expected
        if expected.kind is ScanKind.ITEM and not expected.put_back:
            seen = {"supervisor": "eva", "reason": "the label is torn"}
            answer = await scan(engine, "", **seen)
        else:
            answer = await scan(engine, expected.code)
    assert (2, 2, True) == (answer.done, answer.of, answer.finished)
    assert ([], 8, 0) == await where(engine)
    await books_hold(engine)

    async with database.writing() as tx:
        await tx.batches.advance(BATCH, BatchStage.PICKING, BatchStage.SORTING, NOW)
    begun = await scan_sessions.start_session(engine, BATCH, "sam", "gun-sam")
    assert (SORT, 0, 4) == (begun.session_id, begun.done, begun.of)
    shown = await scan(engine, "MUG", session=SORT, by="sam")
    assert "put 1 of MUG into slot S002 and scan it" == shown.instruction
    with pytest.raises(ConfirmationRefused):
        await scan(engine, "S001", session=SORT, by="sam", kind=ScanKind.SLOT)
    await scan(engine, "S002", session=SORT, by="sam")
    assert 1 == (await scan_sessions.show_session(engine, SORT)).done


async def test_a_scan_and_a_cancellation_at_once_lose_nothing(
    engine: Engine, database: SqlDatabase
) -> None:
    """Whichever comes first, what was taken is on the cart and to be put back, or in its bin."""
    await scan_sessions.start_session(engine, BATCH, "ann", "gun-ann")
    await scan(engine, BINS[0])
    scanned, _ = await asyncio.gather(
        scan(engine, "MUG", quantity=2, scan_no=2), cancel(database), return_exceptions=True
    )
    assert isinstance(scanned, ScanAnswer | StoreBusy)
    async with database.reading() as tx:
        backs = [back.quantity for back in await tx.batches.put_backs(BATCH)]
    # The other order wants mugs from the same bin: theirs are they, where this one was canceled.
    on_cart = sum(units for _, _, units in (await where(engine))[0])
    assert (on_cart, backs) in [(2, [2]), (0, [])]
    await books_hold(engine)


async def test_what_is_to_be_put_back_behind_the_walk_does_not_hinder_the_wall(
    engine: Engine, database: SqlDatabase
) -> None:
    """A member may leave while the walk is being closed; its session is not gone back to."""
    await scan_sessions.start_session(engine, BATCH, "ann", "gun-ann")
    await scan(engine, BINS[0])
    await scan(engine, "MUG", quantity=2)
    await cancel(database)
    async with database.writing() as tx:
        await tx.batches.advance(BATCH, BatchStage.PICKING, BatchStage.SORTING, NOW)
    begun = await scan_sessions.start_session(engine, BATCH, "sam", "gun-sam")
    assert (PICK, False) == (begun.session_id, begun.finished)
    async with database.writing() as tx:
        await tx.scans.close(PICK, NOW)
    begun = await scan_sessions.start_session(engine, BATCH, "sam", "gun-sam")
    assert (SORT, False) == (begun.session_id, begun.closed)


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_short_pick_holds_all_goods_of_its_order_at_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held one by one, two scans could wait for each other."""
    held: list[set[str]] = []
    hold = locks.hold

    async def noted(connection: AsyncConnection, kind: str, names: Collection[str]) -> None:
        if names and kind == "sku":
            held.append(set(names))
        await hold(connection, kind, names)

    await scan_sessions.start_session(engine, BATCH, "ann", "gun-ann")
    await scan(engine, BINS[0])
    monkeypatch.setattr(locks, "hold", noted)
    # Without a worker, nobody is there to be told of it.
    with suppress(AttributeError):
        await scan(engine, "short")
    assert [{"MUG", "TEE"}] == held
