"""What is the same request as before, where a workflow asks for an effect again."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.effects import NOT_PART_OF_THE_REQUEST, PART_OF_IT_BEFORE, first_result
from fulfillment.domain.base import content_hash
from fulfillment.domain.decisions import Decision
from fulfillment.domain.errors import EffectConflict
from fulfillment.messages import Reservation, ReserveStock
from fulfillment.records import EffectRecord
from fulfillment.stores import UnitOfWork
from record_samples import NOW

ASKED = ReserveStock(key="order/O-1/reserve_stock/-/1", order_id="O-1", at=NOW)

RESERVED = Reservation(
    fulfillments=(),
    missing=(),
    decision=Decision(subject="sourcing", chosen="none", because="nothing is there"),
    asked_at=NOW,
)


def done(request: ReserveStock, exclude: frozenset[str] = NOT_PART_OF_THE_REQUEST) -> UnitOfWork:
    """Return a transaction that finds what this request came to."""
    effect = EffectRecord(
        key=request.key,
        step="reserve_stock",
        order_id="O-1",
        request_hash=content_hash(request, exclude=exclude),
        result=RESERVED.model_dump_json(),
        at=NOW,
    )

    async def find(_: str) -> EffectRecord:
        return effect

    found: Any = SimpleNamespace(effects=SimpleNamespace(find=find))
    return cast("UnitOfWork", found)


@pytest.mark.parametrize("substitute", [True, False])
async def test_settings_of_the_day_are_no_other_request(*, substitute: bool) -> None:
    """An order that is started again once they have changed finds what it has reserved."""
    again = ASKED.model_copy(update={"substitute": substitute})
    assert RESERVED == await first_result(done(ASKED), again, Reservation)


async def test_what_an_earlier_release_has_hashed_is_known() -> None:
    """It took the settings for a part of the request."""
    before = done(ASKED, NOT_PART_OF_THE_REQUEST - PART_OF_IT_BEFORE)
    assert RESERVED == await first_result(before, ASKED, Reservation)


async def test_another_order_is_another_request() -> None:
    """Whatever the settings are."""
    other = ASKED.model_copy(update={"order_id": "O-2"})
    with pytest.raises(EffectConflict):
        await first_result(done(ASKED), other, Reservation)
