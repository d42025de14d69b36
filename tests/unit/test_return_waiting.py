"""How long goods of a return are waited for."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.return_waiting import ParcelSeen, on_their_way, waited_until
from fulfillment.domain.returns import ReturnPolicy
from fulfillment.domain.tracking import TrackingStatus

SINCE = datetime(2026, 3, 2, 9, tzinfo=UTC)
POLICY = ReturnPolicy()


def seen(number: int, status: TrackingStatus) -> ParcelSeen:
    """Return what a carrier said of a parcel."""
    return ParcelSeen(tracking_number=f"T{number}", status=status, at=SINCE)


def test_what_nobody_sends_is_reminded_of_and_lapses() -> None:
    """After a week, and three weeks after that; what its carrier has, from its last word on."""
    assert SINCE + timedelta(days=7) == waited_until(SINCE, POLICY)
    assert SINCE + timedelta(days=28) == waited_until(SINCE, POLICY, reminded=True)
    word_at = SINCE + timedelta(days=5)
    for reminded in (False, True):
        until = waited_until(SINCE, POLICY, word_at, reminded=reminded)
        assert word_at + POLICY.lapse_after == until


@given(st.lists(st.sampled_from(sorted(TrackingStatus)), max_size=5), st.integers(0, 5))
def test_what_is_on_its_way_was_scanned_and_not_received(
    statuses: list[TrackingStatus], received: int
) -> None:
    """A label alone is no parcel; brought is not received."""
    parcels = [seen(number, status) for number, status in enumerate(statuses)]
    away = on_their_way(parcels, received)
    sent = [p for p in parcels if p.status is not TrackingStatus.LABEL_CREATED]
    assert (sent if len(sent) > received else []) == away
