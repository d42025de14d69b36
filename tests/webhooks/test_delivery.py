"""How webhooks are delivered: tried again, given up, held back; to a real receiver."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus

from fulfillment.domain.webhooks import DeliveryState
from fulfillment.operations import webhook_checks, webhook_endpoints, webhooks
from fulfillment.operations.verify import verify
from fulfillment.webhooks.messages import DeliverWebhooks
from fulfillment.webhooks.stores import Which
from plant import Plant, eventually
from webhook_listener import came, listen, told
from webhook_receiver import Receiver, Reply


async def test_a_merchant_who_was_away_misses_nothing(hasty: Plant) -> None:
    """Each message is tried again until it is taken, under its own id."""
    receiver = Receiver()
    with receiver.listening():
        erp = await listen(hasty, receiver)
        await erp.tested(1)
        await came(receiver, 1)
    queued = await erp.tested(5)

    async def refused() -> bool:
        found = await webhooks.list_messages(hasty.engine, Which())
        return sum(d.attempts > 1 for view in found for d in view.deliveries) == len(queued)

    await eventually(refused)
    with receiver.listening():
        await told(hasty, Which(), DeliveryState.DELIVERED)
        assert {*queued} <= {*receiver.ids}
        assert len(receiver.verified(erp.secret)) == 6


async def test_what_no_attempt_delivers_is_given_up_told_and_replayed(hasty: Plant) -> None:
    """After ten attempts; the operator gets a mail, and a replay has the same id and body."""
    receiver = Receiver()
    receiver.always = Reply(500)
    with receiver.listening():
        erp = await listen(hasty, receiver)
        [lost] = await erp.tested(1)
        [view] = await told(hasty, Which(message_id=lost), DeliveryState.FAILED)
        assert (view.deliveries[0].attempts, view.deliveries[0].error) == (10, "HTTP 500")
        assert receiver.ids == [lost] * 10
        [mail] = list(hasty.settings.mail_dir.glob("webhooks_*_failed*"))
        assert "fulfillment webhooks replay" in mail.read_text()
        assert await verify(hasty.engine, settled=True) == []
        receiver.always = Reply()
        done = await webhooks.replay(hasty.engine, Which(state=DeliveryState.FAILED))
        assert (done.queued, done.endpoints) == (1, (erp.name,))
        await told(hasty, Which(message_id=lost), DeliveryState.DELIVERED)
    assert {each.body for each in receiver.received} == {receiver.received[0].body}
    assert receiver.received[-1].verified(erp.secret)["type"] == "webhook.test"


async def test_an_endpoint_that_is_gone_is_left_alone(own: Plant, receiver: Receiver) -> None:
    """410 disables it and ends its workflow; enabled again, it hears again."""
    erp = await listen(own, receiver)
    receiver.answer_with(Reply(410))
    [lost] = await erp.tested(1)
    await told(own, Which(message_id=lost), DeliveryState.FAILED)
    [endpoint] = await webhook_endpoints.list_endpoints(own.engine)
    assert (endpoint.enabled, endpoint.disabled_because) == (False, "it answered 410 Gone")
    await erp.handle.result()
    assert (await erp.handle.describe()).status is WorkflowExecutionStatus.COMPLETED
    await webhook_endpoints.enable_endpoint(own.engine, erp.name)
    await webhooks.replay(own.engine, Which(message_id=lost))
    await told(own, Which(message_id=lost), DeliveryState.DELIVERED)


async def test_an_endpoint_that_asks_for_time_gets_it(hasty: Plant, receiver: Receiver) -> None:
    """429 and Retry-After hold back everything to it, and nothing to another."""
    erp = await listen(hasty, receiver)
    receiver.answer_with(Reply(429, {"Retry-After": "2"}))
    await erp.tested(1)
    await came(receiver, 1)
    with Receiver().listening() as other:
        wms = await listen(hasty, other)
        await erp.tested(1)
        await wms.tested(1)
        await came(other, 1)
        assert len(receiver.received) == 1
        await told(hasty, Which(), DeliveryState.DELIVERED)
    waited = [each.at - receiver.received[0].at for each in receiver.received[1:]]
    assert min(waited) >= 1.9


async def test_a_slow_endpoint_holds_back_only_itself(own: Plant, receiver: Receiver) -> None:
    """However much waits for it."""
    slow = await listen(own, receiver)
    receiver.opened.clear()
    await slow.tested(20)
    await came(receiver, 1)
    with Receiver().listening() as other:
        quick = await listen(own, other)
        await quick.tested(1)
        await came(other, 1)
        await told(own, Which(endpoint_id=quick.name), DeliveryState.DELIVERED)
        done = Which(endpoint_id=slow.name, state=DeliveryState.DELIVERED)
        assert await webhooks.list_messages(own.engine, done) == []
        receiver.opened.set()
        await told(own, Which(), DeliveryState.DELIVERED)


async def test_an_answer_that_comes_too_late_is_a_repetition(
    hasty: Plant, receiver: Receiver
) -> None:
    """The receiver has acted, and gets the same id and body again."""
    erp = await listen(hasty, receiver)
    receiver.answer_with(Reply(after_seconds=1.5))
    [slow] = await erp.tested(1)
    [view] = await told(hasty, Which(message_id=slow), DeliveryState.DELIVERED)
    assert view.deliveries[0].attempts == 2
    assert [slow, slow] == receiver.ids
    assert receiver.received[0].body == receiver.received[1].body


async def test_both_secrets_sign_while_a_rotation_lasts(own: Plant, receiver: Receiver) -> None:
    """So that a merchant changes it without missing anything; after that only the new one."""
    erp = await listen(own, receiver)
    rules = own.ports.webhook_rules
    new = (await webhook_endpoints.rotate_secret(own.engine, erp.name, rules)).secret
    await erp.tested(1)
    await came(receiver, 1)
    assert receiver.received[0].verified(erp.secret) == receiver.received[0].verified(new)
    over = rules.model_copy(update={"rotation": timedelta()})
    newest = (await webhook_endpoints.rotate_secret(own.engine, erp.name, over)).secret
    await erp.tested(1)
    await came(receiver, 2)
    assert receiver.received[1].verified(newest)
    assert len(receiver.received[1].headers["webhook-signature"].split(" ")) == 1


async def test_a_long_life_has_a_short_history(own: Plant, receiver: Receiver) -> None:
    """It begins anew after so many events, and misses nothing."""
    erp = await listen(own, receiver)
    await erp.handle.terminate()
    request = DeliverWebhooks(endpoint_id=erp.name, most_events=12)
    queue = own.settings.task_queue
    started = await own.client.start_workflow(
        "WebhookWorkflow", request, id=f"webhooks/{erp.name}", task_queue=queue
    )
    for count in range(1, 6):
        await erp.tested(1)
        await came(receiver, count)

    async def anew() -> bool:
        return (await erp.handle.describe()).run_id != started.result_run_id

    await eventually(anew)
    await told(own, Which(), DeliveryState.DELIVERED)


async def test_what_nobody_delivers_is_a_finding(
    own: Plant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its repair is the command that has it delivered."""
    monkeypatch.setattr(webhook_checks, "_LOOK_AGAIN_SECONDS", 0.01)
    erp = await listen(own, receiver)
    [first] = await erp.tested(1)
    await told(own, Which(message_id=first), DeliveryState.DELIVERED)
    await erp.handle.terminate()
    async with own.database.writing() as tx:
        await tx.webhooks.queue(erp.name, [first], datetime.now(UTC) - timedelta(minutes=1))
    assert await verify(own.engine) == []
    [found] = await verify(own.engine, settled=True)
    assert found.rule == "every message is delivered, or has the reason on record"
    assert f"fulfillment webhooks endpoints enable {erp.name}" in found.repair
    await webhook_endpoints.enable_endpoint(own.engine, erp.name)
    await told(own, Which(message_id=first), DeliveryState.DELIVERED)
    assert await verify(own.engine, settled=True) == []
