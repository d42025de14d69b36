"""Each warehouse's share of an order, on SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import count

from sqlalchemy import ColumnElement, RowMapping, and_, func, select, update

from fulfillment.domain.errors import FulfillmentCanceled, Inconsistent, Problem
from fulfillment.domain.lifecycle import Stage
from fulfillment.persistence.repositories.store import SqlStore, missing
from fulfillment.persistence.tables import fulfillment_lines, fulfillments
from fulfillment.records import FulfillmentRecord

SLOT_STAGES = (Stage.RELEASED, Stage.PICKING, Stage.SORTING, Stage.PACKING)
"""Where a put wall slot is held; from labeling on the goods are in their cartons."""

_KEPT = {"slot", "carrier_id", "service_id", "pickup_reference", "pickup_from", "pickup_until"}


class SqlFulfillmentStore(SqlStore):
    """Each warehouse's share of an order."""

    async def add(self, fulfillment: FulfillmentRecord) -> None:
        """Put a fulfillment with its lines on record."""
        same = fulfillments.c.order_id == fulfillment.order_id
        last = func.coalesce(func.max(fulfillments.c.number), 0)
        number = await self._number(select(last + 1).where(same))
        row = fulfillment.model_dump(exclude={"lines"}) | {"number": number}
        await self._insert(fulfillments, [row])
        await self._put_lines(fulfillment)

    async def get(self, fulfillment_id: str) -> FulfillmentRecord:
        """Return a fulfillment; raises NotFound."""
        found = await self._read(fulfillments.c.fulfillment_id == fulfillment_id)
        if not found:
            raise missing(fulfillment=fulfillment_id)
        return found[0]

    async def of_order(self, order_id: str) -> list[FulfillmentRecord]:
        """Return the order's fulfillments, in the order they were made."""
        return await self._read(fulfillments.c.order_id == order_id)

    async def advance(self, fulfillment_id: str, since: Stage, to: Stage, at: datetime) -> None:
        """Move the stage by one conditional update.

        Raises:
            FulfillmentCanceled: it was canceled meanwhile.
            Inconsistent: it is at another stage than `since`.

        """
        if await self._move_on(fulfillment_id, (since,), to, at):
            return
        raise await self._elsewhere(fulfillment_id, since)

    async def cancel(self, fulfillment_id: str, stages: Collection[Stage], at: datetime) -> bool:
        """Cancel it if it is at one of these stages, by one conditional update; say whether."""
        return await self._move_on(fulfillment_id, stages, Stage.CANCELED, at)

    async def save(self, fulfillment: FulfillmentRecord) -> None:
        """Record the line quantities, slot, carrier and pickup; never the stage.

        Raises:
            Inconsistent: a line has more picked than planned, more packed than picked, and so on.
            NotFound: no such fulfillment.

        """
        one = update(fulfillments).where(
            fulfillments.c.fulfillment_id == fulfillment.fulfillment_id
        )
        if not await self._change(one.values(fulfillment.model_dump(include=_KEPT))):
            raise missing(fulfillment=fulfillment.fulfillment_id)
        await self._put_lines(fulfillment)

    async def release(
        self, fulfillment_id: str, at: datetime, *, ship_by: datetime, urgent: bool
    ) -> None:
        """Let a fulfillment be taken into a pick batch from now on; its stage stays.

        Raises:
            FulfillmentCanceled: it was canceled.
            Inconsistent: it is at another stage than released.

        """
        one = update(fulfillments).where(
            fulfillments.c.fulfillment_id == fulfillment_id, fulfillments.c.stage == Stage.RELEASED
        )
        if not await self._change(one.values(released_at=at, ship_by=ship_by, urgent=urgent)):
            raise await self._elsewhere(fulfillment_id, Stage.RELEASED)

    async def released(self, warehouse_id: str) -> list[FulfillmentRecord]:
        """Return what may be taken into a pick batch now, what must ship first first."""
        found = await self._read(
            and_(
                fulfillments.c.stage == Stage.RELEASED,
                fulfillments.c.released_at.is_not(None),
                fulfillments.c.warehouse_id == warehouse_id,
            )
        )
        return sorted(found, key=lambda one: (one.ship_by, one.released_at, one.fulfillment_id))

    async def next_slot(self, warehouse_id: str) -> str:
        """Return the lowest put wall slot that no fulfillment short of labeling holds."""
        await self._hold("slots", [warehouse_id])
        held = select(fulfillments.c.slot).where(
            fulfillments.c.warehouse_id == warehouse_id,
            fulfillments.c.slot.is_not(None),
            fulfillments.c.stage.in_(SLOT_STAGES),
        )
        taken = set(await self._names(held))
        return next(slot for slot in map("S{:03d}".format, count(1)) if slot not in taken)

    async def _move_on(
        self, fulfillment_id: str, since: Collection[Stage], to: Stage, at: datetime
    ) -> bool:
        at_stage = update(fulfillments).where(
            fulfillments.c.fulfillment_id == fulfillment_id, fulfillments.c.stage.in_(list(since))
        )
        return await self._change(at_stage.values(stage=to, stage_since=at)) == 1

    async def _elsewhere(
        self, fulfillment_id: str, expected: Stage
    ) -> FulfillmentCanceled | Inconsistent:
        now = (await self.get(fulfillment_id)).stage
        problem = Problem(
            path=f"stage of fulfillment {fulfillment_id}", expected=expected.value, came=now.value
        )
        error = FulfillmentCanceled if now is Stage.CANCELED else Inconsistent
        return error(str(problem), [problem])

    async def _put_lines(self, fulfillment: FulfillmentRecord) -> None:
        owner = {"fulfillment_id": fulfillment.fulfillment_id}
        lines = [owner | line.model_dump() for line in fulfillment.lines]
        await self._put(fulfillment_lines, lines)

    async def _read(self, wanted: ColumnElement[bool]) -> list[FulfillmentRecord]:
        rows = await self._rows(select(fulfillments).where(wanted).order_by(fulfillments.c.number))
        of_these = fulfillment_lines.c.fulfillment_id.in_([r["fulfillment_id"] for r in rows])
        lines = await self._rows(
            select(fulfillment_lines).where(of_these).order_by(fulfillment_lines.c.line_no)
        )
        return [_fulfillment(row, lines) for row in rows]


def _fulfillment(row: RowMapping, lines: Sequence[RowMapping]) -> FulfillmentRecord:
    own = [dict(line) for line in lines if line["fulfillment_id"] == row["fulfillment_id"]]
    return FulfillmentRecord.model_validate({**row, "lines": own})
