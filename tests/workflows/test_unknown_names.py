"""Whatever is asked of an order or a fulfillment under names that nobody knows: it goes on."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import BaseModel
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError

import plant as plants
from floor_driver import place, refusal_of
from fulfillment.domain.errors import NotFound
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.messages import CancelRequest
from fulfillment.operations import order_changes
from histories import quiet_history
from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow

NOWHERE = {
    "name": "Ada Lovelace",
    "street": ["Nowhere 1"],
    "city": "Nowhere",
    "postal_code": "99999",
    "country": "AQ",
}
UNKNOWN: dict[str, Any] = {
    "address": NOWHERE,
    "answer": "no idea",
    "bin_id": "NO-A0-00",
    "by": "nobody",
    "cartons": ["NOSUCH"],
    "choice": "refund",
    "choices": [{"line_no": 99, "choice": "wait"}],
    "fulfillment_id": "TYPO-1",
    "found": 0,
    "less": [{"line_no": 99, "quantity": 1}],
    "lines": [{"line_no": 99, "quantity": 1}],
    "picked": [{"sku": "NOSUCH", "quantity": 1}],
    "batch_id": "NOSUCH",
    "question": "who are you?",
    "reason": "no reason",
    "scanned": ["NOSUCH"],
    "sku": "NOSUCH",
    "slot": "S999",
    "supply_id": "NOSUCH",
    "task_id": "NOSUCH",
    "to": "nobody",
    "tracking_number": "NOSUCH",
    "tracking_numbers": ["NOSUCH"],
}
"""What each field of any message may say, as a person or a storefront could have typed it."""

ENDING = {"reject_order", "order_rejected"}
"""What ends an order on hold, by whatever name, as it should."""

Handle = WorkflowHandle[Any, Any]


def updates_of(kind: type) -> Iterator[tuple[str, list[Any]]]:
    """Return each update of a workflow, and what is said with it."""
    for name, update in workflow._Definition.must_from_class(kind).updates.items():
        models = [one for one in update.arg_types or [] if issubclass(one, BaseModel)]
        said = [{k: v for k, v in UNKNOWN.items() if k in one.model_fields} for one in models]
        yield name or "", said


async def tell_all(handle: Handle, kind: type) -> None:
    """Send a workflow each of its updates and signals."""
    known = workflow._Definition.must_from_class(kind)
    asked = [_ask(handle, name, said) for name, said in updates_of(kind) if name not in ENDING]
    names = {name for name in known.signals if name} - ENDING
    said = [handle.signal(name, UNKNOWN) for name in sorted(names)]
    await asyncio.gather(*asked, *said)


async def _ask(handle: Handle, name: str, said: list[Any]) -> None:
    with suppress(WorkflowUpdateFailedError):
        await handle.execute_update(name, args=said)


async def _is_running(handle: Handle) -> bool:
    """Return whether a workflow runs, and can still be asked."""
    await handle.query("status")
    return (await handle.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_no_name_that_nobody_knows_ends_a_workflow(shop: plants.Plant) -> None:
    """On hold, back-ordered, in picking and on its way: refused, noted, and it runs on."""
    held = await place(shop, "unknown", ship_to={**NOWHERE, "country": "DE", "postal_code": "999"})
    waiting = await place(shop, "unknown", ("RARE37", 1))
    picking, away = await place(shop, "unknown"), await place(shop, "unknown")
    await held.at(OrderStage.ON_HOLD)
    await waiting.at(OrderStage.BACK_ORDERED)
    shares = [await picking.share(), await away.share()]
    await shares[1].to(Stage.IN_TRANSIT)
    orders = [one.handle for one in (held, waiting, picking, away)]
    handles: list[Handle] = [*orders, *(share.handle for share in shares)]
    await asyncio.gather(
        *(tell_all(handle, OrderWorkflow) for handle in orders),
        *(tell_all(share.handle, FulfillmentWorkflow) for share in shares),
    )
    for handle in handles:
        await quiet_history(handle)
    assert [True] * len(handles) == [await _is_running(handle) for handle in handles]
    assert [Stage.PICKING, Stage.IN_TRANSIT] == [(await s.status()).stage for s in shares]


async def test_another_order_s_fulfillment_is_not_canceled(shop: plants.Plant) -> None:
    """Nor one that nobody has: the refusal names those that the order has, and both go on."""
    mine, other = await place(shop, "mine"), await place(shop, "other")
    own, foreign = await mine.share(), await other.share()
    for name in (foreign.fulfillment_id, "TYPO-1"):
        request = CancelRequest(fulfillment_id=name, by="ada")
        for asking in (
            order_changes.cancel(shop.engine, mine.order_id, request),
            order_changes.preview_cancellation(shop.engine, mine.order_id, request),
        ):
            refusal = await refusal_of(asking)
            assert NotFound is type(refusal)
            assert f"that order {mine.order_id} has: {own.fulfillment_id}, came {name}" in str(
                refusal
            )
    refused = [action.by for action in await mine.actions() if action.refused]
    assert ["ada", "ada"] == refused
    assert "completed" == await mine.finish()
    assert "completed" == await other.finish()
