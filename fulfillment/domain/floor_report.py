"""How the floor has done: what was worked in what time, what went wrong, what left when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from math import ceil

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.lifecycle import TaskKind

NOWHERE = ""
"""The warehouse of an order that none ships yet."""


class Role(StrEnum):
    """What a person works as, told by the task."""

    PICKER = "picker"
    SORTER = "sorter"
    PACKER = "packer"
    SHIPPER = "shipper"


ROLE_OF_TASK = {
    TaskKind.PICK: Role.PICKER,
    TaskKind.SORT: Role.SORTER,
    TaskKind.PACK: Role.PACKER,
    TaskKind.HAND_OVER: Role.SHIPPER,
    TaskKind.PUT_BACK: Role.PICKER,
}


class WorkDone(Value):
    """A task that a person has done."""

    warehouse_id: str
    role: Role
    by: str
    opened_at: Instant
    closed_at: Instant
    reminders: int = 0
    escalations: int = 0
    walked_mm: int = 0
    goods_mm3: int = 0
    inside_mm3: int = 0
    """The volume of what was packed, and of the cartons' insides."""


class Slip(Value):
    """Something that went wrong: what was refused to a person, or a bin that held too little."""

    warehouse_id: str
    role: Role
    at: Instant
    short_pick: bool = False


class Departure(Value):
    """What has left or shall leave: one warehouse's share, or an order that none ships yet."""

    warehouse_id: str
    recorded_at: Instant
    due: Instant
    left_at: Instant | None = None


class FloorRecords(Value):
    """What stands on record of a span of time."""

    work: tuple[WorkDone, ...] = ()
    slips: tuple[Slip, ...] = ()
    departures: tuple[Departure, ...] = ()


class WorkRow(Value):
    """One role's day in one warehouse; cycle times are from a task's opening to its end."""

    day: date
    warehouse_id: str
    role: Role
    tasks: int
    people: int
    cycle_p50_s: float | None
    cycle_p95_s: float | None
    wrong: int
    """Scans and confirmations that were refused."""
    short_picks: int
    walked_m: float
    carton_fill_percent: float | None
    """How much of the cartons' insides is goods."""
    reminders: int
    escalations: int


class DueRow(Value):
    """What was due on one day, by warehouse."""

    day: date
    warehouse_id: str
    left_in_time: int
    left_late: int
    at_risk: int
    """Not gone, and due soon."""
    late: int
    """Not gone, and past its due time."""
    lead_p50_s: float | None
    """From an order's receipt until its goods left."""


class Report(Value):
    """How the floor has done in a span of time."""

    since: Instant
    until: Instant
    work: tuple[WorkRow, ...]
    due: tuple[DueRow, ...]


def make_report(
    records: FloorRecords,
    since: datetime,
    until: datetime,
    risk: timedelta,
    zones: Mapping[str, tzinfo],
) -> Report:
    """Return what stands on record as rows by day, warehouse and role; days are the warehouse's.

    Whether something is late or at risk is told as of `until`; what is due within `risk` of it and
    has not left is at risk. Each task, slip and departure counts in exactly one row.
    """
    return Report(
        since=since,
        until=until,
        work=_work_rows(records, zones),
        due=_due_rows(records.departures, until, risk, zones),
    )


def _work_rows(records: FloorRecords, zones: Mapping[str, tzinfo]) -> tuple[WorkRow, ...]:
    work: dict[tuple[date, str, Role], list[WorkDone]] = defaultdict(list)
    slips: dict[tuple[date, str, Role], list[Slip]] = defaultdict(list)
    for done in records.work:
        work[_day(done.closed_at, done.warehouse_id, zones), done.warehouse_id, done.role] += [done]
    for slip in records.slips:
        slips[_day(slip.at, slip.warehouse_id, zones), slip.warehouse_id, slip.role] += [slip]
    keys = sorted(work.keys() | slips.keys(), key=lambda k: (k[0], k[1], [*Role].index(k[2])))
    return tuple(_work_row(key, work[key], slips[key]) for key in keys)


def _work_row(
    key: tuple[date, str, Role], work: Sequence[WorkDone], slips: Sequence[Slip]
) -> WorkRow:
    cycles = [(done.closed_at - done.opened_at).total_seconds() for done in work]
    inside = sum(done.inside_mm3 for done in work)
    goods = sum(done.goods_mm3 for done in work)
    short = sum(slip.short_pick for slip in slips)
    day, warehouse_id, role = key
    return WorkRow(
        day=day,
        warehouse_id=warehouse_id,
        role=role,
        tasks=len(work),
        people=len({done.by for done in work}),
        cycle_p50_s=percentile(cycles, 50),
        cycle_p95_s=percentile(cycles, 95),
        wrong=len(slips) - short,
        short_picks=short,
        walked_m=sum(done.walked_mm for done in work) / 1000,
        carton_fill_percent=round(100 * goods / inside, 1) if inside else None,
        reminders=sum(done.reminders for done in work),
        escalations=sum(done.escalations for done in work),
    )


def _due_rows(
    departures: Iterable[Departure], at: datetime, risk: timedelta, zones: Mapping[str, tzinfo]
) -> tuple[DueRow, ...]:
    rows: dict[tuple[date, str], list[Departure]] = defaultdict(list)
    for departure in departures:
        day = _day(departure.due, departure.warehouse_id, zones)
        rows[day, departure.warehouse_id] += [departure]
    return tuple(_due_row(key, rows[key], at, risk) for key in sorted(rows))


def _due_row(
    key: tuple[date, str], departures: Sequence[Departure], at: datetime, risk: timedelta
) -> DueRow:
    gone = [(d.left_at, d) for d in departures if d.left_at is not None]
    waiting = [d for d in departures if d.left_at is None]
    return DueRow(
        day=key[0],
        warehouse_id=key[1],
        left_in_time=sum(left_at <= d.due for left_at, d in gone),
        left_late=sum(left_at > d.due for left_at, d in gone),
        at_risk=sum(at <= d.due <= at + risk for d in waiting),
        late=sum(d.due < at for d in waiting),
        lead_p50_s=percentile([(t - d.recorded_at).total_seconds() for t, d in gone], 50),
    )


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the smallest value that so many percent do not exceed (nearest rank); None of none."""
    if not values:
        return None
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


def _day(at: datetime, warehouse_id: str, zones: Mapping[str, tzinfo]) -> date:
    return at.astimezone(zones.get(warehouse_id)).date() if warehouse_id else at.date()
