"""Orders with encrypted histories: carried, rotated, replayed, and safe against what is not."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.worker import Replayer

import plant as plants
from encrypted_shops import NEW, OLD, client_with, encrypted_plant, key_ids, keys
from floor_driver import Placed, Share, place, texts
from fulfillment import bootstrap
from fulfillment.domain.errors import EncryptionKeyUnknown, FulfillmentError, PlaintextRefused
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.settings import Settings
from fulfillment.temporal import search_attributes as attributes
from fulfillment.temporal.dev_server import DevServer
from histories import audit, details, events, quiet_history
from workflows.registry import WORKFLOWS

FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
SEALED_BY_NOBODY = Payload(
    metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"gone"}, data=b"x" * 40
)


@pytest.fixture(scope="module")
def address(server: DevServer) -> str:
    """Give the server's address."""
    return server.address


@pytest.fixture(scope="module")
async def sealing(
    address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop that encrypts."""
    async with encrypted_plant(address, tmp_path_factory.mktemp("sealing"), NEW) as shop:
        yield shop


async def failed_task(handle: WorkflowHandle[Any, Any]) -> bool:
    """Return whether a task of the workflow has failed."""
    return any(event.event_type == FAILED for event in await events(handle))


async def replays(handle: WorkflowHandle[Any, Any], **settings: Any) -> bool:
    """Return whether a history replays with these keys."""
    replayer = Replayer(
        workflows=WORKFLOWS,
        plugins=[bootstrap.plugin(Settings(**settings))],
        workflow_failure_exception_types=[FulfillmentError],
    )
    result = await replayer.replay_workflow(
        await handle.fetch_history(), raise_on_replay_failure=False
    )
    return result.replay_failure is None


async def test_an_order_is_found_and_shown_and_replays(address: str, sealing: plants.Plant) -> None:
    """Search attributes of order and child stay readable; summaries and details are decrypted."""
    shop = sealing
    order = await place(shop, "sealed")
    share = await order.share()
    await share.pick()
    await share.at(Stage.SORTING)
    stranger = await client_with(address)
    for handle, stage in ((order.handle, "fulfilling"), (share.handle, "sorting")):
        seen = await stranger.get_workflow_handle(handle.id).describe()
        assert stage == seen.typed_search_attributes[attributes.ORDER_STAGE]
        assert {"k-new"} == await key_ids(handle)
    child = await share.handle.describe()
    assert "BER" == child.typed_search_attributes[attributes.WAREHOUSE]
    assert f"Order {order.order_id} from BER" == await child.static_summary()
    assert "picked _ann_" in await details(share.handle)
    assert "completed" == await order.finish()
    for handle in (order.handle, share.handle):
        assert await replays(handle, **keys(NEW))
        assert not await replays(handle, **keys(OLD))
    await audit(shop)


async def test_orders_go_on_under_a_new_key(address: str, tmp_path: Path) -> None:
    """Begun under the old one, or in plaintext: a worker of the new one alone harms none of them.

    It says what it lacks. With the old key, and as long as plaintext is accepted, they end; what
    is written from then on is encrypted with the new one.
    """
    async with encrypted_plant(address, tmp_path, OLD) as shop:
        rotated = await place(shop, "rotated")
        sealed = await rotated.share()
        await sealed.pick()
        await sealed.at(Stage.SORTING)
        queue = shop.settings.task_queue
    async with encrypted_plant(address, tmp_path, task_queue=queue) as shop:
        before = await place(shop, "before")
        plain = await before.share()
    async with encrypted_plant(address, tmp_path, NEW, task_queue=queue) as shop:
        hasty, strict = Share(shop, sealed.fulfillment_id), Share(shop, plain.fulfillment_id)
        await hasty.handle.signal("sorting_done")
        await strict.handle.signal("retry_step")
        for share, reason, told in (
            (hasty, EncryptionKeyUnknown, "came one of key 'k-old'; add that key"),
            (strict, PlaintextRefused, "ENCRYPTION_ACCEPT_PLAINTEXT=true until they"),
        ):
            await plants.eventually(partial(failed_task, share.handle))
            with pytest.raises(reason, match=told):
                await shop.client.data_converter.decode([_input(await events(share.handle))])
    lenient = {"encryption_accept_plaintext": True, "task_queue": queue}
    async with encrypted_plant(address, tmp_path, NEW, OLD, **lenient) as shop:
        await Share(shop, sealed.fulfillment_id).at(Stage.PACKING)
        assert OrderStage.FULFILLING is (await Placed(shop, before.order_id).status()).stage
        for order in (rotated, before):
            assert "completed" == await Placed(shop, order.order_id).finish()
        ended = Share(shop, sealed.fulfillment_id).handle
        assert {"k-old", "k-new"} == await key_ids(ended)
        assert await replays(ended, **keys(NEW, OLD))
        assert {"none", "k-new"} == await key_ids(Share(shop, plain.fulfillment_id).handle)


def _input(history: list[Any]) -> Payload:
    payload: Payload = history[0].workflow_execution_started_event_attributes.input.payloads[0]
    return payload


async def test_what_is_not_encrypted_does_no_harm(address: str, sealing: plants.Plant) -> None:
    """Signals are refused where they can be seen, for ever; bare ones and lookups work."""
    shop = sealing
    stranger = await client_with(address)
    order = await place(shop, "strangers")
    share = await order.share()
    outside = stranger.get_workflow_handle(share.handle.id)
    await outside.signal("picking_done", {"by": "zoe"})
    assert "came plaintext" in (await share.noted("pick by signal")).event
    await _raw(stranger, share, SEALED_BY_NOBODY)
    assert "of key 'gone'" in (await share.noted("'gone'")).event
    await outside.signal("tracking_updated", {"tracking_number": "zoe", "status": "x"})
    await stranger.get_workflow_handle(order.handle.id).signal("cancel_order", {"by": "zoe"})
    assert "came plaintext" in (await order.noted("cancel by signal")).event
    before = await quiet_history(share.handle)
    with pytest.raises(WorkflowUpdateFailedError):
        await outside.execute_update("confirm_pick", {"by": "zoe"})
    assert before == len(await events(share.handle))
    assert Stage.PICKING is (await share.status()).stage
    assert "zoe" not in "".join(texts(await share.timeline()))

    await outside.signal("picking_done")
    await share.at(Stage.SORTING)
    assert "completed" == await order.finish()
    for handle in (order.handle, share.handle):
        assert await replays(handle, **keys(NEW))
        assert await replays(handle, **keys(NEW, encryption_accept_plaintext=True))
    await audit(shop)


async def _raw(client: Client, share: Share, payload: Payload) -> None:
    await client.workflow_service.signal_workflow_execution(
        SignalWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=share.handle.id),
            signal_name="picking_done",
            input=Payloads(payloads=[payload]),
        )
    )


async def test_an_order_in_plaintext_is_refused(address: str, sealing: plants.Plant) -> None:
    """Its workflow fails with the reason's code; what it was stands nowhere in the reason."""
    shop = sealing
    stranger = await client_with(address)
    data = plants.order_data(plants.new_id("plain"))
    handle = await stranger.start_workflow(
        "OrderWorkflow",
        data,
        id=f"order/{data['order_id']}",
        task_queue=shop.settings.task_queue,
    )

    async def failure() -> Failure | None:
        last = (await events(handle))[-1]
        ended = last.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED
        return last.workflow_execution_failed_event_attributes.failure if ended else None

    refused = await plants.eventually(failure)
    assert PlaintextRefused.code == refused.application_failure_info.type
    assert "Encoded failure" == refused.message
    known = await shop.client.data_converter.decode_failure(refused)
    assert "expected an encrypted one, came plaintext" in str(known)
