"""What an accepted scan does to the goods, their claims and the walk, in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from activities.announced_changes import Change
from activities.announcing import announce
from activities.batch_members import withdraw
from activities.carrying import written_off
from fulfillment.domain.confirmations import check_stage
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import CANCELABLE, Stage, TaskKind
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.pick_batches import BatchPick
from fulfillment.domain.scan_sessions import SessionKind
from fulfillment.domain.scans import Accepted, ScanKind
from fulfillment.domain.shelf_life import day_at
from fulfillment.domain.short_picks import Detour, ShortPickPolicy, find_elsewhere, with_detours
from fulfillment.domain.webhook_events import EventType
from fulfillment.operations.pick_batches import book_put_back
from fulfillment.operations.recounts import ask_for_recount
from fulfillment.operations.scan_state import Standing
from fulfillment.records import ActionRecord, Claim, FulfillmentRecord, PickRecord, Taken
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import effect_key


class ScanEffects:
    """The effect of one scan; the transaction holds the session, the order and the batch."""

    def __init__(self, tx: UnitOfWork, now: Standing, by: str, at: datetime) -> None:
        """Keep the transaction, where the session stands, who scanned and when."""
        self._tx = tx
        self._now = now
        self._by = by
        self._at = at
        self.missing = 0
        """Units that no bin has."""
        self.told: list[str] = []
        """The endpoints of the merchant to wake once this is committed."""

    async def carry_out(self, scan: Accepted, policy: ShortPickPolicy) -> str:
        """Do what a scan does, and say it.

        Raises:
            ConfirmationRefused: the order has moved on meanwhile.
            StockViolation: the bin holds fewer units by the books.

        """
        if scan.put_back and scan.units:
            return await self._put_back(scan)
        if self._now.session.kind is SessionKind.SORT or not scan.pick_no:
            return _said(scan)
        pick = self._now.pick(scan.pick_no)
        if scan.kind is ScanKind.SHORT:
            return await self._shorten(pick, scan, policy)
        if not scan.units:
            return _said(scan)
        if scan.kind is ScanKind.UNDO:
            await self._give_back(pick, scan)
            return f"undone: {scan.units} of {pick.sku} go back into bin {pick.bin_id}"
        await self._take(pick, scan)
        return f"{scan.units} of {pick.sku} taken"

    async def _take(self, pick: PickRecord, scan: Accepted) -> None:
        place = pick.model_dump(include={"line_no", "sku", "bin_id", "lot"})
        taken = Taken.model_validate(place | {"quantity": scan.units})
        await self._tx.stock.consume(pick.fulfillment_id, [taken])
        await self._move(pick, scan, _bin(pick.bin_id), _cart(pick.fulfillment_id), "picked")
        await self._count(pick, scan.units)

    async def _give_back(self, pick: PickRecord, scan: Accepted) -> None:
        await self._move(pick, scan, _cart(pick.fulfillment_id), _bin(pick.bin_id), "scan undone")
        await self._tx.stock.claim([self._claim(pick, scan, pick.bin_id, pick.lot, scan.units)])
        await self._count(pick, -scan.units)

    async def _put_back(self, scan: Accepted) -> str:
        done = await book_put_back(self._tx, scan.put_back, self._by, self._at)
        return f"{done.quantity} of {done.sku} put back into bin {done.bin_id}"

    async def _count(self, pick: PickRecord, units: int) -> None:
        """Count units as picked, on their order's line and on the pick list."""
        share = await self._share(pick)
        lines = tuple(
            line.model_copy(update={"picked": line.picked + units})
            if (line.line_no, line.sku) == (pick.line_no, pick.sku)
            else line
            for line in share.lines
        )
        await self._tx.fulfillments.save(share.model_copy(update={"lines": lines}))
        more = pick.model_copy(update={"picked": pick.picked + units})
        await self._save([more if p.pick_no == pick.pick_no else p for p in self._now.picks])

    async def _share(self, pick: PickRecord) -> FulfillmentRecord:
        share = await self._tx.fulfillments.get(pick.fulfillment_id)
        check_stage(share.stage, Stage.PICKING)
        return share

    # --- short ---------------------------------------------------------------------------

    async def _shorten(self, pick: PickRecord, scan: Accepted, policy: ShortPickPolicy) -> str:
        """Take what is missing from other bins on the way; free what is nowhere."""
        missing = pick.quantity - pick.picked
        # All at once, of which some are let go below: one by one, two could wait for each other.
        await self._tx.stock.hold_claimed([pick.fulfillment_id])
        detours = await self._detours(pick, missing) if policy is ShortPickPolicy.OTHER_BIN else []
        rest = missing - sum(detour.stock.quantity for detour in detours)
        await self._rebind(pick, scan, detours)
        await self._replan(pick, detours, missing)
        if rest:
            await self._free(pick, rest)
        self.missing = rest
        warehouse_id = self._now.session.warehouse_id
        off = await written_off(self._tx, warehouse_id, pick.bin_id, pick.sku, pick.lot)
        await self._book(scan, off, "short pick")
        await ask_for_recount(self._tx, self._now.session, pick, scan.scan_no, self._at)
        await self._tx.journal.add_action(
            ActionRecord(
                at=self._at,
                by=self._by,
                action="short_pick",
                order_id=pick.order_id,
                fulfillment_id=pick.fulfillment_id,
                detail=f"{pick.picked} of {pick.quantity} {pick.sku} in {pick.bin_id}",
            )
        )
        if rest:
            self.told = await self._announce(pick, scan)
        return _short_said(pick, detours, rest)

    async def _detours(self, pick: PickRecord, missing: int) -> list[Detour]:
        warehouse_id = self._now.session.warehouse_id
        warehouse = await self._tx.catalog.warehouse(warehouse_id)
        today = day_at(warehouse, self._at)
        stock = await self._tx.stock.bin_stock(warehouse_id, {pick.sku}, ships_on=today)
        ahead = [await self._tx.catalog.bin(one.bin_id) for one in self._ahead(pick)]
        elsewhere = [place for place in stock if not _same_place(place.bin_id, place.lot, pick)]
        return find_elsewhere(missing, elsewhere, ahead, warehouse.layout)

    def _ahead(self, pick: PickRecord) -> list[PickRecord]:
        return list(self._now.picks)[self._now.picks.index(pick) :]

    async def _rebind(self, pick: PickRecord, scan: Accepted, detours: Sequence[Detour]) -> None:
        """Bind what is found elsewhere to its bins; the rest stays bound until it is freed."""
        held = await self._tx.stock.claims(pick.fulfillment_id)
        place = (pick.line_no, pick.sku, pick.bin_id, pick.lot)
        here = [c for c in held if (c.line_no, c.sku, c.bin_id, c.lot) == place]
        kept = [claim for claim in held if claim not in here]
        # Another pick may take of the same, into another tote.
        rest = sum(c.quantity for c in here) - sum(d.stock.quantity for d in detours)
        bound = [
            self._claim(pick, scan, d.stock.bin_id, d.stock.lot, d.stock.quantity, number)
            for number, d in enumerate(detours, 1)
        ]
        left = [self._claim(pick, scan, pick.bin_id, pick.lot, rest)] if rest else []
        await self._tx.stock.bind(pick.fulfillment_id, [*kept, *bound, *left])

    async def _replan(self, pick: PickRecord, detours: Sequence[Detour], missing: int) -> None:
        ahead = self._ahead(pick)
        before = list(self._now.picks)[: -len(ahead)]
        first_no = max(one.pick_no for one in self._now.picks) + 1
        walk = [
            _as_record(one, added=one.pick_no >= first_no)
            for one in with_detours(ahead, detours, first_no)
        ]
        walk[0] = walk[0].model_copy(update={"short": missing})
        await self._save([*before, *walk])
        await self._show(pick, [*before, *walk])

    async def _show(self, short: PickRecord, walk: Sequence[PickRecord]) -> None:
        """Show the walk as it is now on the batch's task."""
        batch_id = self._now.batch.batch_id
        for task in await self._tx.tasks.page(kind=TaskKind.PICK, batch_id=batch_id):
            shown = {row["pick_no"]: row for row in task.plan["walk"]}
            rows = [
                shown.get(pick.pick_no, shown[short.pick_no])
                | pick.model_dump(include={"pick_no", "bin_id", "lot"})
                | {"quantity": pick.quantity - pick.short}
                for pick in walk
            ]
            await self._tx.tasks.replan(task.task_id, task.plan | {"walk": rows})

    async def _free(self, pick: PickRecord, rest: int) -> None:
        """Free units that are nowhere, so that the order looks for them; an empty share ends."""
        share = await self._share(pick)
        units = [LineQuantity(line_no=pick.line_no, sku=pick.sku, quantity=rest)]
        await self._tx.stock.release(share.fulfillment_id, units, pick.bin_id, pick.lot)
        await self._tx.orders.free_units(share.fulfillment_id, units)
        lines = tuple(
            line.model_copy(update={"planned": line.planned - rest})
            if (line.line_no, line.sku) == (pick.line_no, pick.sku)
            else line
            for line in share.lines
        )
        await self._tx.fulfillments.save(share.model_copy(update={"lines": lines}))
        if not any(line.planned for line in lines):
            await self._tx.fulfillments.cancel(share.fulfillment_id, CANCELABLE, self._at)
            await withdraw(self._tx, share, self._by, self._at)

    async def _announce(self, pick: PickRecord, scan: Accepted) -> list[str]:
        """Announce that units are missing, and that the fulfillment ends if it was all of it."""
        share = await self._tx.fulfillments.get(pick.fulfillment_id)
        kinds = [EventType.FULFILLMENT_SHORT_PICKED]
        if share.stage is Stage.CANCELED:
            kinds.append(EventType.FULFILLMENT_CANCELED)
        changes = [Change(kind, share.fulfillment_id) for kind in kinds]
        return await announce(self._tx, share.order_id, self._key(scan), changes, self._at)

    # --- the books -----------------------------------------------------------------------

    async def _move(
        self, pick: PickRecord, scan: Accepted, source: Account, target: Account, reason: str
    ) -> None:
        movement = Movement(
            sku=pick.sku, lot=pick.lot, quantity=scan.units, source=source, target=target
        )
        await self._book(scan, [movement], reason)

    async def _book(self, scan: Accepted, movements: Sequence[Movement], reason: str) -> None:
        await self._tx.stock.move(
            self._key(scan), movements, by=self._by, reason=reason, at=self._at
        )

    async def _save(self, picks: Sequence[PickRecord]) -> None:
        await self._tx.batches.save_picks(self._now.batch.batch_id, picks)

    def _key(self, scan: Accepted) -> str:
        session = f"session/{self._now.session.session_id}"
        return effect_key(session, "scan", str(scan.scan_no))

    def _claim(  # noqa: PLR0913, PLR0917 - a claim is of a line, in a place
        self, pick: PickRecord, scan: Accepted, bin_id: str, lot: str, units: int, number: int = 0
    ) -> Claim:
        return Claim(
            claim_id=f"{self._now.session.session_id}-{scan.scan_no}-{number}",
            order_id=pick.order_id,
            fulfillment_id=pick.fulfillment_id,
            line_no=pick.line_no,
            warehouse_id=self._now.session.warehouse_id,
            sku=pick.sku,
            lot=lot,
            bin_id=bin_id,
            quantity=units,
        )


def _as_record(pick: BatchPick, *, added: bool) -> PickRecord:
    untouched = {"picked": 0, "short": 0} if added else {}
    return PickRecord.model_validate(pick.model_dump() | untouched)


def _bin(bin_id: str) -> Account:
    return Account(kind=AccountKind.BIN, ref=bin_id)


def _cart(fulfillment_id: str) -> Account:
    return Account(kind=AccountKind.CART, ref=fulfillment_id)


def _same_place(bin_id: str, lot: str, pick: PickRecord) -> bool:
    return (bin_id, lot) == (pick.bin_id, pick.lot)


def _said(scan: Accepted) -> str:
    return "undone" if scan.kind is ScanKind.UNDO else f"{scan.kind.value} is right"


def _short_said(pick: PickRecord, detours: Sequence[Detour], rest: int) -> str:
    found = [f"{d.stock.quantity} from bin {d.stock.bin_id} instead" for d in detours]
    looked = [f"{rest} not here; order {pick.order_id} looks elsewhere"] if rest else []
    return f"short of {pick.sku} in bin {pick.bin_id}: {', '.join([*found, *looked])}"
