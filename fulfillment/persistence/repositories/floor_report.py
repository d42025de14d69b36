"""What stands on record of the floor's work in a span of time, on SQL."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import RowMapping, and_, or_, select

from fulfillment.domain.floor_report import (
    NOWHERE,
    ROLE_OF_TASK,
    Departure,
    FloorRecords,
    Role,
    Slip,
    WorkDone,
)
from fulfillment.domain.lifecycle import NOT_LEFT, OrderStage, TaskKind
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.persistence.tables import (
    actions,
    articles,
    carton_types,
    fulfillments,
    orders,
    parcels,
    scan_sessions,
    scans,
    tasks,
)
from fulfillment.records import TaskState

SHORT_PICK = "short_pick"
ROLE_OF_ACTION: Mapping[str, Role] = {
    **{f"confirm_{kind.value.replace('_', '')}": role for kind, role in ROLE_OF_TASK.items()},
    **{f"{kind.value} by signal": role for kind, role in ROLE_OF_TASK.items()},
    "report_short_pick": Role.PICKER,
    SHORT_PICK: Role.PICKER,
}
_UNSOURCED = [
    stage.value for stage in OrderStage if stage not in (OrderStage.FULFILLING, OrderStage.SETTLED)
]
_DONE = tasks.c.state == TaskState.DONE


class SqlFloorReportStore(SqlStore):
    """Reads what was done, refused and shipped."""

    async def records(self, since: datetime, until: datetime) -> FloorRecords:
        """Return what was done from `since` until before `until`, and what has not left."""
        return FloorRecords(
            work=await self._work(since, until),
            slips=(*await self._slips(since, until), *await self._wrong_scans(since, until)),
            departures=await self._departures(since, until),
        )

    async def _work(self, since: datetime, until: datetime) -> tuple[WorkDone, ...]:
        ended = and_(_DONE, tasks.c.closed_at >= since, tasks.c.closed_at < until)
        kinds = [kind.value for kind in ROLE_OF_TASK]
        found = select(tasks).where(ended, tasks.c.kind.in_(kinds))
        rows = await self._rows(found.order_by(tasks.c.closed_at, tasks.c.task_id))
        packed = {r["fulfillment_id"] for r in rows if r["kind"] == TaskKind.PACK}
        volumes = await self._volumes(since, until) if packed else {}
        return tuple(_done(row, volumes) for row in rows)

    async def _volumes(self, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
        """Return the volume of goods and of cartons' insides by fulfillment, in mm³."""
        packed = select(tasks.c.fulfillment_id).where(
            _DONE,
            tasks.c.kind == TaskKind.PACK,
            tasks.c.closed_at >= since,
            tasks.c.closed_at < until,
        )
        sizes = await self._rows(
            select(articles.c.sku, articles.c.length_mm, articles.c.width_mm, articles.c.height_mm)
        )
        volume = {r["sku"]: r["length_mm"] * r["width_mm"] * r["height_mm"] for r in sizes}
        inner = carton_types.c
        inside = inner.inner_length_mm * inner.inner_width_mm * inner.inner_height_mm
        found = select(parcels.c.fulfillment_id, parcels.c.contents, inside.label("inside"))
        joined = found.join_from(
            parcels, carton_types, parcels.c.carton_id == carton_types.c.carton_id
        )
        total: dict[str, tuple[int, int]] = {}
        for row in await self._rows(joined.where(parcels.c.fulfillment_id.in_(packed))):
            goods, room = total.get(row["fulfillment_id"], (0, 0))
            goods += sum(volume[sku] * units for _, sku, units in row["contents"])
            total[row["fulfillment_id"]] = (goods, room + row["inside"])
        return total

    async def _slips(self, since: datetime, until: datetime) -> tuple[Slip, ...]:
        wrong = or_(actions.c.refused, actions.c.action == SHORT_PICK)
        when = and_(actions.c.at >= since, actions.c.at < until)
        known = actions.c.action.in_(list(ROLE_OF_ACTION))
        of = actions.c.fulfillment_id == fulfillments.c.fulfillment_id
        found = select(
            actions.c.at, actions.c.action, actions.c.refused, fulfillments.c.warehouse_id
        )
        joined = found.join_from(actions, fulfillments, of).where(wrong, when, known)
        return tuple(
            Slip(
                warehouse_id=row["warehouse_id"],
                role=ROLE_OF_ACTION[row["action"]],
                at=row["at"],
                short_pick=not row["refused"],
            )
            for row in await self._rows(joined.order_by(actions.c.number))
        )

    async def _wrong_scans(self, since: datetime, until: datetime) -> tuple[Slip, ...]:
        when = and_(scans.c.at >= since, scans.c.at < until, scans.c.refused)
        found = select(scans.c.at, scan_sessions.c.kind, scan_sessions.c.warehouse_id)
        of = scans.c.session_id == scan_sessions.c.session_id
        wrong = found.join_from(scans, scan_sessions, of).where(when)
        return tuple(
            Slip(
                warehouse_id=row["warehouse_id"],
                role=ROLE_OF_TASK[TaskKind(row["kind"])],
                at=row["at"],
            )
            for row in await self._rows(wrong.order_by(scans.c.at, scans.c.session_id))
        )

    async def _departures(self, since: datetime, until: datetime) -> tuple[Departure, ...]:
        left = and_(
            tasks.c.fulfillment_id == fulfillments.c.fulfillment_id,
            tasks.c.kind == TaskKind.HAND_OVER,
            _DONE,
        )
        share = fulfillments.join(orders, orders.c.order_id == fulfillments.c.order_id)
        gone = and_(tasks.c.closed_at >= since, tasks.c.closed_at < until)
        here = and_(fulfillments.c.stage.in_(NOT_LEFT), tasks.c.closed_at.is_(None))
        found = select(
            fulfillments.c.warehouse_id, orders.c.recorded_at, orders.c.sla_due, tasks.c.closed_at
        ).select_from(share.outerjoin(tasks, left))
        shares = await self._rows(found.where(or_(gone, here)))
        unsourced = select(orders.c.recorded_at, orders.c.sla_due)
        waiting = await self._rows(unsourced.where(orders.c.stage.in_(_UNSOURCED)))
        return (
            *(_departure(r["warehouse_id"], r, r["closed_at"]) for r in shares),
            *(_departure(NOWHERE, row, None) for row in waiting),
        )


def _done(row: RowMapping, volumes: Mapping[str, tuple[int, int]]) -> WorkDone:
    is_pack = row["kind"] == TaskKind.PACK
    goods, inside = volumes.get(row["fulfillment_id"], (0, 0)) if is_pack else (0, 0)
    return WorkDone(
        warehouse_id=row["warehouse_id"],
        role=ROLE_OF_TASK[TaskKind(row["kind"])],
        by=row["closed_by"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        reminders=row["reminders"],
        escalations=row["escalations"],
        walked_mm=row["plan"].get("distance_mm", 0),
        goods_mm3=goods,
        inside_mm3=inside,
    )


def _departure(warehouse_id: str, row: RowMapping, left_at: datetime | None) -> Departure:
    return Departure(
        warehouse_id=warehouse_id,
        recorded_at=row["recorded_at"],
        due=row["sla_due"],
        left_at=left_at,
    )
