"""Disputes are recorded once, told to the supervisor, and shown with the order's money."""

from dataclasses import replace
from pathlib import Path

import pytest

import plant as plants
from floor_driver import place
from fulfillment.domain.errors import InvalidReceipt, Refused
from fulfillment.operations.disputes import Dispute, DisputeRecorded, DisputeState, record_dispute
from fulfillment.operations.money import gateway_findings, order_money

CARD = {"method": "to_authorize", "reference": "tok_disputed"}
AMOUNT_MINOR = 3 * 1990 + 3 * 378 + 490


def mails_of(folder: Path, subject: str) -> int:
    """Return how many mails have this subject."""
    return sum(subject in file.read_text(encoding="utf-8") for file in folder.glob("*.eml"))


async def test_a_late_dispute_is_recorded_told_and_decided(shop: plants.Plant) -> None:
    """The gateway's books say so first; what is disputed is neither captured nor given back."""
    order = await place(shop, "disputed", payment=CARD)
    assert "completed" == await order.finish()
    engine = replace(shop.engine, payments=shop.ports.payments)
    mine = [f for f in await gateway_findings(engine) if order.order_id in f.message]
    assert [f"{order.order_id}: disputed 0 here, {AMOUNT_MINOR} there"] == [
        finding.message.partition(" (")[0] for finding in mine
    ]

    opened = Dispute(
        dispute_id=f"dp-{order.order_id}",
        order_id=order.order_id,
        amount_minor=AMOUNT_MINOR,
        reason="not received",
        by="eve",
    )
    for _ in range(2):
        done = await record_dispute(engine, shop.ports.notifier, "boss@shop.example", opened)
        assert DisputeRecorded(order_id=order.order_id, disputed_minor=AMOUNT_MINOR) == done
    assert AMOUNT_MINOR == (await order_money(engine, order.order_id)).disputed_minor
    assert [] == [f for f in await gateway_findings(engine) if order.order_id in f.message]
    assert ["dispute opened"] == [
        a.action for a in await order.actions() if a.action.startswith("dispute")
    ]
    assert 1 == mails_of(shop.settings.mail_dir, f"dispute opened: order {order.order_id}")

    won = opened.model_copy(update={"state": DisputeState.WON})
    done = await record_dispute(engine, shop.ports.notifier, "boss@shop.example", won)
    assert 0 == done.disputed_minor
    assert [] == await shop.read(lambda tx: tx.books.findings())


async def test_a_dispute_of_more_than_was_captured_is_refused(shop: plants.Plant) -> None:
    """It says what was captured; and a dispute's id stands for one content."""
    order = await place(
        shop, "toomuch", payment={"method": "to_authorize", "reference": "tok_visa"}
    )
    assert "completed" == await order.finish()
    asked = Dispute(
        dispute_id=f"dp-{order.order_id}", order_id=order.order_id, amount_minor=AMOUNT_MINOR + 1
    )
    to = "boss@shop.example"
    with pytest.raises(Refused, match=f"expected at most {AMOUNT_MINOR} minor units"):
        await record_dispute(shop.engine, shop.ports.notifier, to, asked)
    less = asked.model_copy(update={"amount_minor": 1})
    await record_dispute(shop.engine, shop.ports.notifier, to, less)
    with pytest.raises(InvalidReceipt, match="other content"):
        await record_dispute(shop.engine, shop.ports.notifier, to, asked)
