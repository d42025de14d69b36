"""Stock over HTTP: what there is, what came in, what was counted."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from fulfillment.entrypoints.http.examples import ADJUSTMENT, RECEIPT, SWEEP
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly
from fulfillment.operations import adjustments, expiry, stock

router = APIRouter(prefix="/v1/stock", tags=["stock"], route_class=GuardedRoute)


@router.get("")
async def show_stock(
    asking: Asking,
    *,
    sku: Annotated[
        list[str] | None, Query(description="Only these articles; may come several times.")
    ] = None,
    warehouse: Annotated[str | None, Query(description="Only this warehouse.")] = None,
    limit: Annotated[int | None, Query(ge=1, description="Of how many articles.")] = None,
    after: Annotated[str | None, Query(description="Begin behind this article's SKU.")] = None,
) -> list[stock.ShelfStock]:
    """Show what each warehouse has of each article, what of it is claimed, and where it lies."""
    return await stock.show_stock(
        asking.engine, skus=sku, warehouse_id=warehouse, limit=limit, after=after
    )


@router.post("/receipts")
async def receive_stock(
    asking: Asking, once: OnceOnly, receipt: Annotated[stock.Receipt, Body(examples=[RECEIPT])]
) -> stock.Received:
    """Book a delivery into its bin, once by its `receipt_id`; orders that wait for it go on."""
    await once.claim()
    return await stock.receive_stock(asking.engine, asking.sign(receipt))


@router.post("/expiries")
async def expire_stock(
    asking: Asking, once: OnceOnly, sweep: Annotated[expiry.ExpirySweep, Body(examples=[SWEEP])]
) -> expiry.Expired:
    """Move what has expired from its bins to quarantine, once by its `sweep_id`."""
    await once.claim()
    return await expiry.expire_stock(asking.engine, asking.sign(sweep))


@router.post("/adjustments")
async def adjust_stock(
    asking: Asking,
    once: OnceOnly,
    adjustment: Annotated[adjustments.Adjustment, Body(examples=[ADJUSTMENT])],
) -> adjustments.Adjusted:
    """Book what a count found, once by its `adjustment_id`; never below what is claimed."""
    await once.claim()
    return await adjustments.adjust_stock(asking.engine, asking.sign(adjustment))
