"""What an order knows of its fulfillments, where no server is needed to see it."""

import asyncio
from datetime import timedelta

from fulfillment.domain.lifecycle import Stage
from fulfillment.messages import FulfillmentRequest, FulfillmentResult
from fulfillment.messages.continuing import ShareCarried
from fulfillment.settings import Settings
from record_samples import BERLIN, NOW
from workflows.children import Fulfillments

REQUEST = FulfillmentRequest(
    order_id="O-1",
    fulfillment_id="O-1-1",
    warehouse_id=BERLIN,
    policies=Settings().policies(),
    sla_due=NOW + timedelta(days=1),
    to_capture=True,
)


async def test_what_is_canceled_ships_nothing_while_its_goods_are_put_back() -> None:
    """So that what is missing beside it is canceled as the whole order; and so if it breaks."""
    children = Fulfillments()
    assert not children.any_alive(())
    children.start(REQUEST)
    for _ in range(2):
        assert children.any_alive(())
        assert children.any_alive({"O-1-2"})
        assert not children.any_alive({"O-1-1"})
        await asyncio.sleep(0)  # out of a workflow it breaks at once
        await asyncio.sleep(0)
    assert ("O-1-1",) == children.broken


def test_what_has_shipped_in_an_earlier_run_has_shipped() -> None:
    """What was canceled has not."""
    for stage, shipped in ((Stage.DELIVERED, True), (Stage.CANCELED, False)):
        children = Fulfillments()
        result = FulfillmentResult(fulfillment_id="O-1-1", stage=stage)
        children.restore([ShareCarried(request=REQUEST, result=result)])
        assert shipped is children.any_alive(())
