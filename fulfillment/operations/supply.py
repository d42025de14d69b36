"""What can be asked of purchases and productions: see, receive, complete, fail, cancel."""

import uuid
from collections.abc import Sequence

from temporalio.client import WorkflowHandle

from fulfillment.domain.errors import FulfillmentError, NotFound, Problem, Refused, TooLate
from fulfillment.domain.supply import UNDER_WAY, SupplyEnd, SupplyReport, SupplyState
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.messages.supply import SupplyAnswer
from fulfillment.operations.answers import NotRunning, answered, ask
from fulfillment.operations.engine import Engine
from fulfillment.temporal.identifiers import supply_workflow_id
from workflows.supply import SupplyWorkflow


def supply_handle(engine: Engine, supply_id: str) -> WorkflowHandle[SupplyWorkflow, SupplyRecord]:
    """Return the handle of a supply order's workflow, whether it runs or not."""
    name = supply_workflow_id(supply_id)
    return engine.client.get_workflow_handle_for(SupplyWorkflow.run, name)


async def list_supply(
    engine: Engine,
    *,
    states: Sequence[SupplyState] = UNDER_WAY,
    limit: int = 100,
    after: str | None = None,
) -> list[SupplyRecord]:
    """Return supply orders in these states, by default those under way, the newest first."""
    async with engine.database.reading() as tx:
        return await tx.supply.page(states=states, limit=limit, after=after)


async def show_supply(engine: Engine, supply_id: str) -> SupplyRecord:
    """Return a supply order.

    Raises:
        NotFound: no such supply order.

    """
    async with engine.database.reading() as tx:
        return await tx.supply.get(supply_id)


async def receive_supply(
    engine: Engine, supply_id: str, report: SupplyReport, *, update_id: str | None = None
) -> SupplyAnswer:
    """Book what was delivered or completed; the same receipt again is the same delivery.

    Raises:
        ConfirmationRefused: nothing, or fewer units, are outstanding; or the goods expire, so that
            they are booked with `receive_stock`.
        NotFound: no such supply order, or no such bin.
        TooLate: it has ended.

    """
    name = update_id or f"receipt/{report.receipt_id or uuid.uuid4()}"
    handle = supply_handle(engine, supply_id)
    try:
        return await ask(handle, SupplyWorkflow.confirm_receipt, report, SupplyAnswer, name)
    except NotRunning as gone:
        raise await _why_not(engine, supply_id) from gone


async def end_supply(
    engine: Engine,
    supply_id: str,
    end: SupplyEnd,
    *,
    failed: bool,
    update_id: str | None = None,
) -> SupplyAnswer:
    """End a supply order of which units are outstanding, as failed or as canceled by us.

    Raises:
        ConfirmationRefused: it has ended meanwhile.
        NotFound: no such supply order.
        TooLate: it has ended.

    """
    update = SupplyWorkflow.report_failure if failed else SupplyWorkflow.cancel_supply
    handle = supply_handle(engine, supply_id)
    try:
        return await ask(handle, update, end, SupplyAnswer, update_id or f"end/{uuid.uuid4()}")
    except NotRunning as gone:
        raise await _why_not(engine, supply_id) from gone


async def have_supply_looked_at(engine: Engine, supply_id: str) -> None:
    """Have a supply order's workflow see what was booked past it, if it runs."""
    try:
        async with answered(supply_workflow_id(supply_id)):
            await supply_handle(engine, supply_id).signal("needed")
    except NotRunning:
        return


async def _why_not(engine: Engine, supply_id: str) -> FulfillmentError:
    try:
        supply = await show_supply(engine, supply_id)
    except NotFound as unknown:
        return unknown
    if supply.state not in UNDER_WAY:
        remedy = "nothing is left to do; `fulfillment supply list` shows those under way"
        came = f"one that is {supply.state.value}"
        return TooLate.of(_problem(supply_id, "a supply order under way", came, remedy))
    remedy = f"`fulfillment supply resume {supply_id}`, then ask again"
    return Refused.of(_problem(supply_id, "a running workflow", "none", remedy))


def _problem(supply_id: str, expected: str, came: str, remedy: str) -> Problem:
    return Problem(path=f"supply order {supply_id}", expected=expected, came=came, remedy=remedy)
