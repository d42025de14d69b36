"""Endpoints' secrets under a caller's own key, on each database."""

from datetime import datetime, timedelta
from typing import cast

import pytest
from temporalio.client import Client

from fulfillment.domain.errors import EffectConflict, NotFound, Refused
from fulfillment.domain.webhooks import WebhookRules
from fulfillment.operations import webhook_endpoints, webhooks
from fulfillment.operations.engine import Engine
from fulfillment.operations.webhook_endpoints import (
    EndpointWish,
    add_endpoint,
    remove_endpoint,
    rotate_secret,
)
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import Documents
from fulfillment.webhooks.stores import Which
from record_samples import NOW

RULES = WebhookRules()
WISH = EndpointWish(endpoint_id="erp", url="https://erp.example.com/hooks")


class Stopped:
    """A clock that stands still."""

    def now(self) -> datetime:
        """Return the time."""
        return NOW


@pytest.fixture
def engine(database: SqlDatabase, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return an engine that wakes nobody."""

    async def wake(*_: object) -> None:
        """Wake nobody."""

    for module in (webhook_endpoints, webhooks):
        monkeypatch.setattr(module, "wake", wake)
    clock, documents = Stopped(), cast("Documents", None)
    return Engine(cast("Client", None), database, clock, "orders", documents)


async def signing(engine: Engine) -> set[str]:
    """Return the secrets that sign now."""
    async with engine.database.reading() as tx:
        endpoint = await webhook_endpoints.get_endpoint(tx, "erp")
    return {*endpoint.secrets(NOW + timedelta(seconds=1))}


async def test_a_lost_answer_is_given_again(engine: Engine) -> None:
    """Under the same key: the endpoint is there once, rotated once, and both secrets sign."""
    first = await add_endpoint(engine, WISH, RULES, "http/ops/1")
    assert first == await add_endpoint(engine, WISH, RULES, "http/ops/1")
    rotated = await rotate_secret(engine, "erp", RULES, key="http/ops/2")
    assert rotated == await rotate_secret(engine, "erp", RULES, key="http/ops/2")
    assert {first.secret, rotated.secret} == await signing(engine)
    newest = await rotate_secret(engine, "erp", RULES, key="http/ops/3")
    assert {rotated.secret, newest.secret} == await signing(engine)


async def test_a_key_gives_no_other_secret_than_its_own(engine: Engine) -> None:
    """What has become of the endpoint since then, a repetition neither undoes nor tells."""
    await add_endpoint(engine, WISH, RULES, "http/ops/1")
    await rotate_secret(engine, "erp", RULES, key="http/ops/2")
    with pytest.raises(EffectConflict, match="another since"):
        await add_endpoint(engine, WISH, RULES, "http/ops/1")
    with pytest.raises(Refused, match="a new id"):
        await add_endpoint(engine, WISH, RULES, "http/ops/3")
    await rotate_secret(engine, "erp", RULES)
    with pytest.raises(EffectConflict, match="another since"):
        await rotate_secret(engine, "erp", RULES, key="http/ops/2")
    await remove_endpoint(engine, "erp")
    with pytest.raises(EffectConflict, match="was removed"):
        await add_endpoint(engine, WISH, RULES, "http/ops/1")
    with pytest.raises(NotFound):
        await rotate_secret(engine, "erp", RULES, key="http/ops/2")


async def test_a_test_is_sent_once_under_its_key(engine: Engine) -> None:
    """And anew under another, or under none."""
    await add_endpoint(engine, WISH, RULES)
    sent = [await webhooks.send_test(engine, "erp", key) for key in ("1", "1", "2", None, None)]
    assert sent[0] == sent[1]
    found = await webhooks.list_messages(engine, Which(endpoint_id="erp"))
    assert {each.message_id for each in sent} == {view.message.message_id for view in found}
    assert 4 == len(found)
