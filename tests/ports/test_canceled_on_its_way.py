"""A fulfillment that is canceled on its way, while somebody decides about its parcels."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from activities.cancellation import CancellationActivities, intercepted_note
from activities.delivery_exceptions import DeliveryExceptionActivities
from activities.refund_parts import units_in
from fulfillment import bootstrap
from fulfillment.domain.delivery_exceptions import Trouble
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import FulfillmentCanceled
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.orders import LineQuantity
from fulfillment.messages import ResolveParcels, StopWork
from fulfillment.ports import Ports
from fulfillment.ports.carriers import NoInterceptor
from fulfillment.records import DocumentRecord, LabelRecord, ParcelRecord, TaskRecord, TaskState
from fulfillment.settings import Settings
from fulfillment.stores import UnitOfWork
from record_samples import (
    BERLIN,
    BINS,
    NOW,
    SIZE,
    SKUS,
    fulfillment,
    moved,
    order,
    put_on_record,
    stock_up,
)

SHARE = fulfillment().model_copy(update={"stage": Stage.IN_TRANSIT, "carrier_id": "rd"})
TASK_ID = f"{SHARE.fulfillment_id}-exception1"


class Turns(NoInterceptor):
    """A carrier that may turn every parcel."""

    def can_intercept(self, carrier_id: str) -> bool:
        """Return that it does."""
        del carrier_id
        return True


@pytest_asyncio.fixture
async def ports(database_url: str, tmp_path: Path) -> AsyncIterator[Ports]:
    """Return the ports with a parcel on its way that comes back, and whose loss is reported."""
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(bootstrap.ports(settings))
        await stock_up(opened.database)
        await put_on_record(opened.database, order())
        async with opened.database.writing() as tx:
            await _on_its_way(tx)
        yield replace(opened, policies=settings.policies(), interceptor=Turns())


async def _on_its_way(tx: UnitOfWork) -> None:
    name, lines = SHARE.fulfillment_id, SHARE.lines
    own = [LineQuantity(line_no=x.line_no, sku=x.sku, quantity=x.planned) for x in lines]
    await tx.fulfillments.add(SHARE)
    await tx.orders.assign_units("O-1", name, own)
    for since, to in pairwise((f"bin:{BINS[0]}", f"cart:{name}", f"carrier:{name}")):
        shipped = [moved(sku, 2, since, to) for sku in SKUS]
        await tx.stock.move(to, shipped, by="Pia", reason="step", at=NOW)
    parcel = ParcelRecord(
        parcel_id="P-1",
        fulfillment_id=name,
        order_id="O-1",
        carton_id="S",
        outer=SIZE,
        gross_weight_g=500,
        contents=tuple((x.line_no, x.sku, x.planned) for x in lines),
    )
    label = LabelRecord(
        label_id="L-1",
        parcel_id="P-1",
        tracking_number="RD-1",
        carrier_id="rd",
        service_id="standard",
        cost_minor=599,
        currency="EUR",
        document_id="L-1.pdf",
    )
    document = DocumentRecord(
        document_id="L-1.pdf", kind="label", media_type="application/pdf", content=b"%PDF"
    )
    await tx.parcels.add([parcel])
    await tx.parcels.add_label(label, document)
    await tx.carrier_notes.keep(intercepted_note("RD-1"), "test")
    await tx.tasks.open(
        TaskRecord(
            task_id=TASK_ID,
            kind=TaskKind.DELIVERY_EXCEPTION,
            fulfillment_id=name,
            order_id="O-1",
            warehouse_id=BERLIN,
            plan={},
            opened_at=NOW,
        )
    )


@pytest.mark.parametrize("choice", [Choice.RESHIP, Choice.REFUND])
async def test_what_is_canceled_is_not_sent_again_nor_refunded_again(
    ports: Ports, choice: Choice
) -> None:
    """Whoever decides after the cancellation changes nothing, and is told that it is canceled."""
    stop = StopWork(key="order/O-1/stop_work/-/1", order_id="O-1", reason="x", by="ada")
    stopped = await CancellationActivities(ports).stop_work(stop)
    assert (SHARE.fulfillment_id,) == stopped.stopped
    decided = ResolveParcels(
        key=f"fulfillment/{SHARE.fulfillment_id}/resolve_parcels/-/1",
        fulfillment_id=SHARE.fulfillment_id,
        task_id=TASK_ID,
        choice=choice,
        troubles=(Trouble(tracking_number="RD-1", cause="lost"),),
        by="eva",
        reason="",
    )
    with pytest.raises(FulfillmentCanceled):
        await DeliveryExceptionActivities(ports).resolve_parcels(decided)
    async with ports.database.reading() as tx:
        assert [] == await tx.given_up.of_fulfillment(SHARE.fulfillment_id)
        assert TaskState.DONE is not (await tx.tasks.get(TASK_ID)).state
        share = await tx.fulfillments.get(SHARE.fulfillment_id)
        assert () == await units_in(tx, share, {"P-1"})
