"""Supply orders over HTTP: what is purchased and produced of what orders miss."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query

from fulfillment.domain.supply import UNDER_WAY, SupplyEnd, SupplyReport, SupplyState
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.entrypoints.http.floor import Name
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly
from fulfillment.messages.supply import SupplyAnswer
from fulfillment.operations import supply

MAX_PAGE = 1_000
RECEIVED: dict[str, Any] = {"receipt_id": "D-771", "quantity": 20, "by": "ann"}
ENDED: dict[str, Any] = {"reason": "discontinued by the supplier", "by": "eve"}

router = APIRouter(prefix="/v1/supply", tags=["supply"], route_class=GuardedRoute)

SupplyId = Annotated[str, Path(pattern=Name, examples=["S-000001"])]


class ReportBody(SupplyReport, extra="forbid"):
    """What was delivered or completed; the same `receipt_id` again is the same delivery."""


class EndBody(SupplyEnd, extra="forbid"):
    """Why the rest will not come, and what becomes of a production's components."""


@router.get("")
async def list_supply(
    asking: Asking,
    *,
    state: Annotated[
        tuple[SupplyState, ...], Query(description="Where they stand; under way by default.")
    ] = UNDER_WAY,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    after: Annotated[str | None, Query(description="Begin behind this supply order's id.")] = None,
) -> list[SupplyRecord]:
    """List supply orders, the newest first; those under way unless other states are asked for."""
    return await supply.list_supply(asking.engine, states=state, limit=limit, after=after)


@router.get("/{supply_id}")
async def show_supply(asking: Asking, supply_id: SupplyId) -> SupplyRecord:
    """Show a supply order with its components."""
    return await supply.show_supply(asking.engine, supply_id)


@router.post("/{supply_id}/receive")
async def receive_supply(
    asking: Asking,
    once: OnceOnly,
    supply_id: SupplyId,
    body: Annotated[ReportBody, Body(examples=[RECEIVED])],
) -> SupplyAnswer:
    """Book what was delivered or completed, in whole or in part; who waits for it goes on."""
    update_id = await once.claim()
    report = SupplyReport.model_validate(asking.sign(body).model_dump())
    return await supply.receive_supply(asking.engine, supply_id, report, update_id=update_id)


@router.post("/{supply_id}/fail")
async def fail_supply(
    asking: Asking,
    once: OnceOnly,
    supply_id: SupplyId,
    body: Annotated[EndBody, Body(examples=[ENDED])],
) -> SupplyAnswer:
    """End a supply order whose goods will not come; those who wait are asked again."""
    update_id = await once.claim()
    end = SupplyEnd.model_validate(asking.sign(body).model_dump())
    return await supply.end_supply(asking.engine, supply_id, end, failed=True, update_id=update_id)


@router.post("/{supply_id}/cancel")
async def cancel_supply(
    asking: Asking,
    once: OnceOnly,
    supply_id: SupplyId,
    body: Annotated[EndBody, Body(examples=[ENDED])],
) -> SupplyAnswer:
    """Cancel what is outstanding of a supply order."""
    update_id = await once.claim()
    end = SupplyEnd.model_validate(asking.sign(body).model_dump())
    return await supply.end_supply(asking.engine, supply_id, end, failed=False, update_id=update_id)
