"""The floor's report: rows by day, warehouse and role."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.floor_report import (
    NOWHERE,
    Departure,
    DueRow,
    FloorRecords,
    Role,
    Slip,
    WorkDone,
    WorkRow,
    make_report,
    percentile,
)

SINCE = datetime(2026, 3, 2, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=7)
DAY = timedelta(days=1)
ZONES = {"BER": ZoneInfo("Europe/Berlin"), "TOK": ZoneInfo("Asia/Tokyo")}
MOMENTS = st.datetimes(
    SINCE.replace(tzinfo=None), (UNTIL - DAY).replace(tzinfo=None), timezones=st.just(UTC)
)
PLACES = st.sampled_from(["BER", "TOK"])
WORK = st.builds(
    WorkDone,
    warehouse_id=PLACES,
    role=st.sampled_from(Role),
    by=st.sampled_from(["ann", "ben"]),
    opened_at=MOMENTS,
    closed_at=MOMENTS.map(lambda at: at + DAY),
)
SLIPS = st.builds(
    Slip,
    warehouse_id=PLACES,
    role=st.sampled_from(Role),
    at=MOMENTS,
    short_pick=st.booleans(),
)
DEPARTURES = st.builds(
    Departure,
    warehouse_id=st.sampled_from(["BER", "TOK", NOWHERE]),
    recorded_at=MOMENTS,
    due=MOMENTS,
    left_at=st.none() | MOMENTS,
)


def work(hour: int, by: str, minutes: int, **more: int) -> WorkDone:
    """Return a packer's task in Berlin that ended at this hour, UTC, of the first day."""
    ended = SINCE + timedelta(hours=hour)
    return WorkDone(
        warehouse_id="BER",
        role=Role.PACKER,
        by=by,
        opened_at=ended - timedelta(minutes=minutes),
        closed_at=ended,
        **more,
    )


def test_a_day_of_packing() -> None:
    """Cycle times by nearest rank, people once, the fill of all cartons, and what went wrong."""
    records = FloorRecords(
        work=(
            work(8, "ann", 10, goods_mm3=30, inside_mm3=100, reminders=1),
            work(9, "ann", 30, goods_mm3=60, inside_mm3=100),
            work(10, "ben", 20, walked_mm=12_500),
            work(23, "ben", 5),
        ),
        slips=(
            Slip(warehouse_id="BER", role=Role.PACKER, at=SINCE + timedelta(hours=8)),
            Slip(warehouse_id="BER", role=Role.PICKER, at=SINCE, short_pick=True),
        ),
    )
    rows = make_report(records, SINCE, UNTIL, DAY, ZONES).work
    first = WorkRow(
        day=date(2026, 3, 2),
        warehouse_id="BER",
        role=Role.PACKER,
        tasks=3,
        people=2,
        cycle_p50_s=1_200,
        cycle_p95_s=1_800,
        wrong=1,
        short_picks=0,
        walked_m=12.5,
        carton_fill_percent=45.0,
        reminders=1,
        escalations=0,
    )
    assert [(row.day.day, row.role, row.tasks, row.short_picks) for row in rows] == [
        (2, Role.PICKER, 0, 1),
        (2, Role.PACKER, 3, 0),
        (3, Role.PACKER, 1, 0),  # 23:00 UTC is the next day in Berlin
    ]
    assert rows[1] == first


def test_what_is_late_and_what_is_at_risk() -> None:
    """As of the report's end: gone in time or late, due soon, or past its time."""

    def departure(due: timedelta, left: timedelta | None = None) -> Departure:
        left_at = None if left is None else UNTIL + left
        at = UNTIL - DAY
        return Departure(warehouse_id="BER", recorded_at=at, due=UNTIL + due, left_at=left_at)

    hour = timedelta(hours=1)
    records = FloorRecords(
        departures=(
            departure(2 * hour, -hour),
            departure(2 * hour, 3 * hour),
            departure(2 * hour),
            departure(3 * DAY),
            departure(-2 * hour),
        )
    )
    rows = make_report(records, SINCE, UNTIL, DAY, ZONES).due
    kept = DueRow(
        day=date(2026, 3, 9),
        warehouse_id="BER",
        left_in_time=1,
        left_late=1,
        at_risk=1,
        late=0,
        lead_p50_s=23 * 3_600,
    )
    later = kept.model_copy(
        update={"day": date(2026, 3, 12), "left_in_time": 0, "left_late": 0, "at_risk": 0}
    ).model_copy(update={"lead_p50_s": None})
    past = later.model_copy(update={"day": date(2026, 3, 8), "late": 1})
    assert rows == (past, kept, later)


@given(st.lists(WORK), st.lists(SLIPS), st.lists(DEPARTURES))
def test_everything_counts_once(
    done: list[WorkDone], slips: list[Slip], departures: list[Departure]
) -> None:
    """No task, slip or departure is lost between days, warehouses and roles, nor counted twice."""
    records = FloorRecords(work=tuple(done), slips=tuple(slips), departures=tuple(departures))
    made = make_report(records, SINCE, UNTIL, DAY, ZONES)
    assert len(done) == sum(row.tasks for row in made.work)
    assert len(slips) == sum(row.wrong + row.short_picks for row in made.work)
    gone = sum(row.left_in_time + row.left_late for row in made.due)
    assert sum(d.left_at is not None for d in departures) == gone
    open_now = [d for d in departures if d.left_at is None]
    assert len(open_now) == sum(row.late for row in made.due)  # all due before the end
    keys = [(row.day, row.warehouse_id, row.role) for row in made.work]
    assert len(keys) == len(set(keys))


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values(values: list[float], percent: int) -> None:
    """So many percent are not above it, and it is the smallest such value."""
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= (found or 0) for value in values) * 100 >= percent * len(values)
