"""Each warehouse's share of an order, on SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import count

from sqlalchemy import RowMapping, bindparam, func, select, update

from fulfillment.domain.errors import FulfillmentCanceled, Inconsistent, Problem
from fulfillment.domain.lifecycle import Stage
from fulfillment.persistence.repositories.store import SqlStore, missing, select_by, update_by
from fulfillment.persistence.tables import fulfillment_lines, fulfillments
from fulfillment.records import FulfillmentRecord

SLOT_STAGES = (Stage.RELEASED, Stage.PICKING, Stage.SORTING, Stage.PACKING)
"""Where a put wall slot is held; from labeling on the goods are in their cartons."""

_KEPT = ("slot", "carrier_id", "service_id", "pickup_reference", "pickup_from", "pickup_until")

_ORDER_OF = select(fulfillments.c.order_id).where(
    fulfillments.c.fulfillment_id == bindparam("fulfillment_id")
)
_NEXT_NUMBER = select(func.coalesce(func.max(fulfillments.c.number), 0) + 1).where(
    fulfillments.c.order_id == bindparam("order_id")
)
_LINES = (
    select(fulfillment_lines)
    .where(fulfillment_lines.c.fulfillment_id.in_(bindparam("ids", expanding=True)))
    .order_by(fulfillment_lines.c.line_no, fulfillment_lines.c.sku)
)
_MOVE_ON = (
    update(fulfillments)
    .where(fulfillments.c.fulfillment_id == bindparam("name"))
    .where(fulfillments.c.stage.in_(bindparam("since", expanding=True)))
    .values(stage=bindparam("to"), stage_since=bindparam("at"))
)
_ON_THE_FLOOR = (
    select(fulfillments)
    .where(fulfillments.c.warehouse_id == bindparam("warehouse_id"))
    .where(fulfillments.c.stage == Stage.RELEASED, fulfillments.c.released_at.is_not(None))
    .order_by(fulfillments.c.ship_by, fulfillments.c.released_at, fulfillments.c.fulfillment_id)
)
_HELD_SLOTS = select(fulfillments.c.slot).where(
    fulfillments.c.warehouse_id == bindparam("warehouse_id"),
    fulfillments.c.slot.is_not(None),
    fulfillments.c.stage.in_(SLOT_STAGES),
)


class SqlFulfillmentStore(SqlStore):
    """Each warehouse's share of an order."""

    async def add(self, fulfillment: FulfillmentRecord) -> None:
        """Put a fulfillment with its lines on record."""
        number = await self._number(_NEXT_NUMBER, order_id=fulfillment.order_id)
        row = fulfillment.model_dump(exclude={"lines"}) | {"number": number}
        await self._insert(fulfillments, [row])
        await self._put_lines(fulfillment)

    async def get(self, fulfillment_id: str) -> FulfillmentRecord:
        """Return a fulfillment; raises NotFound."""
        found = await self._read("fulfillment_id", fulfillment_id)
        if not found:
            raise missing(fulfillment=fulfillment_id)
        return found[0]

    async def order_of(self, fulfillment_id: str) -> str:
        """Return the id of a fulfillment's order, which never changes; raises NotFound."""
        names = await self._names(_ORDER_OF, fulfillment_id=fulfillment_id)
        if not names:
            raise missing(fulfillment=fulfillment_id)
        return names[0]

    async def of_order(self, order_id: str) -> list[FulfillmentRecord]:
        """Return the order's fulfillments, in the order they were made."""
        return await self._read("order_id", order_id)

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
        kept = {f"to_{name}": getattr(fulfillment, name) for name in _KEPT}
        one = update_by(fulfillments, "fulfillment_id", *_KEPT)
        if not await self._change(one, of_fulfillment_id=fulfillment.fulfillment_id, **kept):
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
        rows = await self._rows(_ON_THE_FLOOR, warehouse_id=warehouse_id)
        return await self._with_lines(rows)

    async def open_units(self) -> dict[str, int]:
        """Return by warehouse how many units wait to be picked, sorted and packed."""
        units = func.sum(fulfillment_lines.c.planned).label("units")
        waiting = (
            select(fulfillments.c.warehouse_id, units)
            .join(fulfillment_lines)
            .where(fulfillments.c.stage.in_(SLOT_STAGES))
        )
        rows = await self._rows(waiting.group_by(fulfillments.c.warehouse_id))
        return {row["warehouse_id"]: int(row["units"]) for row in rows}

    async def with_pickup(self, pickup_reference: str) -> list[str]:
        """Return the fulfillments that the carrier fetches with that pickup, by id."""
        fetched = fulfillments.c.pickup_reference == pickup_reference
        found = select(fulfillments.c.fulfillment_id).where(fetched)
        return await self._names(found.order_by(fulfillments.c.fulfillment_id))

    async def next_slot(self, warehouse_id: str) -> str:
        """Return the lowest put wall slot that no fulfillment short of labeling holds."""
        await self._hold("slots", [warehouse_id])
        taken = set(await self._names(_HELD_SLOTS, warehouse_id=warehouse_id))
        return next(slot for slot in map("S{:03d}".format, count(1)) if slot not in taken)

    async def _move_on(
        self, fulfillment_id: str, since: Collection[Stage], to: Stage, at: datetime
    ) -> bool:
        moved = await self._change(_MOVE_ON, name=fulfillment_id, since=list(since), to=to, at=at)
        return moved == 1

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

    async def _read(self, name: str, value: str) -> list[FulfillmentRecord]:
        wanted = select_by(fulfillments, name, order_by="number")
        return await self._with_lines(await self._rows(wanted, **{name: value}))

    async def _with_lines(self, rows: Sequence[RowMapping]) -> list[FulfillmentRecord]:
        ids = [row["fulfillment_id"] for row in rows]
        lines = await self._rows(_LINES, ids=ids) if ids else []
        return [_fulfillment(row, lines) for row in rows]


def _fulfillment(row: RowMapping, lines: Sequence[RowMapping]) -> FulfillmentRecord:
    own = [dict(line) for line in lines if line["fulfillment_id"] == row["fulfillment_id"]]
    return FulfillmentRecord.model_validate({**row, "lines": own})
