"""The documentation of webhooks is true: its example runs, its events are all there are."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import WebhookVerificationError

from fulfillment.domain.webhook_events import MEANING, EventData, Message
from fulfillment.domain.webhooks import Endpoint
from fulfillment.notifications.webhook_sender import signed_headers
from fulfillment.settings import variables
from webhook_examples import FILE, examples, rendered

TEXT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the standard's example


def blocks(language: str) -> list[str]:
    """Return the page's blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_every_event_stands_in_the_table_with_its_meaning() -> None:
    """In the trade's order, and no other."""
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (.+) \|$", TEXT, re.MULTILINE)
    assert [(kind.value, meaning) for kind, meaning in MEANING.items()] == rows


def test_every_event_has_its_example() -> None:
    """Rendered from the models; `python tests/support/webhook_examples.py` writes it anew."""
    assert rendered() == FILE.read_text(encoding="utf-8")
    for body in examples():
        data = EventData.model_validate(body["data"])
        assert body["data"] == data.model_dump(mode="json", exclude_none=True)


def test_the_pages_own_examples_are_among_them() -> None:
    """A person reads these."""
    shown = [json.loads(block) for block in blocks("json")]
    assert len(shown) == 2
    assert [body for body in shown if body not in list(examples())] == []


def test_the_receivers_example_verifies_and_knows_repetitions() -> None:
    """A message, the same again, and one of somebody else."""
    [code] = blocks("python")
    namespace: dict[str, Any] = {}
    exec(code.replace("whsec_…", SECRET), namespace)  # noqa: S102 - what the page tells to do
    now = datetime.now(UTC)
    message = Message(
        message_id="msg_1",
        order_id="A-1",
        sequence=1,
        type="order.acknowledged",
        at=now,
        data={"sequence": 1},
    )
    endpoint = Endpoint(
        endpoint_id="e", url="https://e.example", secret=SecretStr(SECRET), created_at=now
    )
    headers, body = signed_headers(endpoint, message, message.body, now), message.body.encode()
    assert namespace["received"](body, headers)["type"] == "order.acknowledged"
    assert namespace["received"](body, headers) is None
    with pytest.raises(WebhookVerificationError):
        namespace["received"](body + b" ", headers)


def test_every_setting_is_documented() -> None:
    """By the name of its variable."""
    names = {name for name in variables() if name.startswith("FULFILLMENT_WEBHOOK_")}
    names -= {"FULFILLMENT_WEBHOOK_MAX_AGE"}
    assert {name for name in names if name not in TEXT} == set()
