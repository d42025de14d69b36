"""What is sent in the place of an order's goods is numbered once, on each database."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from activities.replacements import ReplacementActivities
from fulfillment.domain.errors import EffectConflict
from fulfillment.domain.orders import ReplacementReason
from fulfillment.domain.replacements import ReplacementLine
from fulfillment.messages import OrderReplacement
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import Ports
from fulfillment.webhooks.ports import NO_WAKER
from record_samples import NOW, order, put_on_record


class Clock:
    """Stands still."""

    def now(self) -> datetime:
        """Return the same time."""
        return NOW.astimezone(UTC)


class OnlyDatabase:
    """All that these activities reach."""

    clock = Clock()
    waker = NO_WAKER

    def __init__(self, database: SqlDatabase) -> None:
        """Keep the database."""
        self.database = database


@pytest.fixture
async def activities(database: SqlDatabase) -> ReplacementActivities:
    """Return the activities, with an order on record."""
    await put_on_record(database, order())
    return ReplacementActivities(cast("Ports", OnlyDatabase(database)))


def wish(occurrence: int, **changes: Any) -> OrderReplacement:
    """Return a request to send one unit of the order's first line again."""
    request = OrderReplacement(
        key=f"order/O-1/order_replacement/-/{occurrence}",
        order_id="O-1",
        reason=ReplacementReason.LOST,
        units={1: (1,)},
        at=NOW,
    )
    return request.model_copy(update=changes)


async def test_a_repeat_is_the_same_order(activities: ReplacementActivities) -> None:
    """Also when it is asked for at another time; the next one has the next number."""
    first = await activities.order_replacement(wish(1))
    later = NOW + timedelta(days=1)
    assert first == await activities.order_replacement(wish(1, at=later))
    second = await activities.order_replacement(wish(2))
    assert ["O-1-R1", "O-1-R2"] == [first.replacement_id, second.replacement_id]
    assert first.order is not None
    assert (first.replacement_id, NOW) == (first.order.order_id, first.order.placed_at)


async def test_the_same_key_for_other_goods_is_an_error(activities: ReplacementActivities) -> None:
    """Nobody gets what another asked for."""
    await activities.order_replacement(wish(1))
    with pytest.raises(EffectConflict):
        await activities.order_replacement(wish(1, units={}, lines=(_LAMP,)))


async def test_an_id_that_a_storefront_has_used_is_left_to_it(
    activities: ReplacementActivities, database: SqlDatabase
) -> None:
    """The replacement takes the next one."""
    await put_on_record(database, order().model_copy(update={"order_id": "O-1-R1"}))
    ordered = await activities.order_replacement(wish(1))
    assert "O-1-R2" == ordered.replacement_id


async def test_no_customer_is_kept_with_the_effect(
    activities: ReplacementActivities, database: SqlDatabase
) -> None:
    """Erasing the order leaves nothing of them behind here."""
    request = wish(1)
    await activities.order_replacement(request)
    async with database.reading() as tx:
        effect = await tx.effects.find(request.key)
    assert effect is not None
    assert order().customer.name not in effect.result


_LAMP = ReplacementLine(sku="LAMP", quantity=1)
