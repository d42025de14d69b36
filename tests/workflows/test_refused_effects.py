"""Effects that the books refuse for good fail no workflow of goods or money: it says so, and waits.

Of an order and of its fulfillments `tests/unit/test_steps_insist.py` tells, and their own tests.
"""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

import plant as plants
from batch_driver import EAGER, batched, released
from floor_driver import ANN, place, refusal_of
from fulfillment.domain.errors import Inconsistent
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.returns import Disposition, ReturnStage
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.messages import Closing
from fulfillment.operations import pick_batches, returns, supply
from fulfillment.operations.catalog import load_catalog, parse_catalog
from fulfillment.operations.pick_batches import close_picking, close_sorting
from fulfillment.temporal.errors import to_application_error
from histories import audited_plant
from return_driver import Back, ask
from workflows.returns import ReturnWorkflow

REFUSED = Counter(
    notify_returner=1,
    nudge_return_staff=1,
    refund_payment=1,
    record_return_refund=1,
    close_return=1,
    record_batch_picking=1,
    record_batch_sorting=1,
    nudge_batch_staff=1,
    plan_supply=1,
    nudge_supply_staff=1,
)
"""How often each effect is refused, before it is done."""


class Refusing(Interceptor):
    """Has the books refuse each of these effects for a while."""

    def __init__(self) -> None:
        """Begin with all of them."""
        self.left = Counter(REFUSED)

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 - the SDK's name
    ) -> ActivityInboundInterceptor:
        """Stand before each activity."""
        return _Refused(next, self.left)


class _Refused(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, left: Counter[str]) -> None:  # noqa: A002
        super().__init__(next)
        self._left = left

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """Refuse what is still to be refused; do all else."""
        name = activity.info().activity_type
        if self._left[name]:
            self._left[name] -= 1
            raise to_application_error(Inconsistent(f"{name} is refused"))
        return await super().execute_activity(input)


refusing = Refusing()


@pytest.fixture(scope="module")
async def shop(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop that picks in batches and arranges supply; its books must hold at the end."""
    settings = {**EAGER, "supply": "automatic", "interceptors": [refusing]}
    async with audited_plant(client, tmp_path_factory.mktemp("refused"), **settings) as running:
        yield running


async def blocked(back: Back, on: str) -> None:
    """Wait until a return shows what it is blocked on."""
    handle = returns.return_handle(back.shop.engine, back.return_id)

    async def look() -> bool:
        return on in (await handle.query(ReturnWorkflow.status)).blocked_on

    await plants.eventually(look)


async def unheard(handle: WorkflowHandle[Any, Any]) -> int:
    """Return how often the timeline says that nobody could be told."""
    return sum("unheard" in entry["event"] for entry in await handle.query("timeline"))


async def test_batches_and_returns(shop: plants.Plant) -> None:
    """Who has closed a batch is told why not, and closes it anew; a return is tried again.

    A refund that failed and was put on record as declined is made by whoever goes on with it.
    """
    order, share = await released(shop, "refused", ("MUG", 2), ("BOOK", 1))
    batch_id = await batched(shop, share)
    for close in (close_picking, close_sorting):
        refusal = await refusal_of(close(shop.engine, batch_id, Closing(by="bob")))
        assert "is refused" in str(refusal)
        await close(shop.engine, batch_id, Closing(by=ANN))
    assert 1 == await unheard(pick_batches.batch_handle(shop.engine, batch_id))
    await share.at(Stage.PACKING)
    assert "completed" == await order.finish()

    back = await ask(order)
    await back.labeled()
    await back.receive(back.return_id, ("MUG", 2))
    await back.inspect(2, disposition=Disposition.SCRAP)
    handle = returns.return_handle(shop.engine, back.return_id)
    assert 1 == await unheard(handle)
    await blocked(back, "record_return_refund")
    await returns.retry_return(shop.engine, back.return_id)
    await blocked(back, "payment: refund_payment")
    await handle.terminate("test")
    await returns.resume_return(shop.engine, back.return_id)
    await blocked(back, "close_return")
    await returns.retry_return(shop.engine, back.return_id)
    view = await back.at(ReturnStage.RESOLVED)
    assert [2] == [refund.units for refund in view.refunds]


async def test_supply(shop: plants.Plant) -> None:
    """What could not be ordered is ordered when there is news, at the latest in an hour."""
    article = plants.ARTICLES[1].model_dump(mode="json") | {"sku": "REFUSED"}
    source = {"sku": "REFUSED", "method": "purchase", "supplier_id": "ACME", "lead_time_days": 3}
    data = {
        "articles": [article],
        "suppliers": [{"supplier_id": "ACME", "name": "Acme", "email": "sales@acme.example"}],
        "supply_sources": [source | {"warehouse_id": plants.BERLIN, "bin_id": "BER-A2-07"}],
    }
    await load_catalog(shop.engine, parse_catalog(data))
    order = await place(shop, "refused", ("REFUSED", 1))

    async def opened() -> SupplyRecord | None:
        found = await shop.read(lambda tx: tx.supply.page())
        return found[0] if found else None

    one = await plants.eventually(opened)
    handle = supply.supply_handle(shop.engine, one.supply_id)

    async def noted() -> bool:
        return await unheard(handle) == 1

    await plants.eventually(noted)
    await handle.signal("needed")

    async def ordered() -> bool:
        return (await shop.read(lambda tx: tx.supply.get(one.supply_id))).ordered == 1

    await plants.eventually(ordered)
    await order.cancel()
    assert "canceled" == await order.ended()
