"""Payments, effects, messages and the audit."""

import pytest

from fulfillment.domain.errors import EffectConflict, Inconsistent
from fulfillment.domain.orders import PaymentMethod
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import ActionRecord, EffectRecord, NoticeRecord, PaymentRecord
from record_samples import NOW, order, put_on_record


@pytest.fixture(autouse=True)
async def recorded(database: SqlDatabase) -> None:
    """Put an order on record."""
    await put_on_record(database, order())


def payment(minor: dict[str, int]) -> PaymentRecord:
    """Return a payment with these amounts."""
    order_id, method = "O-1", PaymentMethod.AUTHORIZED
    return PaymentRecord(order_id=order_id, method=method, currency="EUR").model_copy(update=minor)


def effect(key: str) -> EffectRecord:
    """Return an effect of the order."""
    return EffectRecord(
        key=key, step="s", order_id="O-1", request_hash="h", result='{"a": 1}', at=NOW
    )


def notice(key: str) -> NoticeRecord:
    """Return a message about the order."""
    return NoticeRecord(
        key=key, order_id="O-1", kind="shipped", recipient="a@b.c", subject="s", sent_at=NOW
    )


async def test_a_payment_is_what_was_saved_last(database: SqlDatabase) -> None:
    """One row per order; saving again replaces it."""
    async with database.writing() as record:
        assert await record.payments.find("O-1") is None
        await record.payments.save(payment({"authorized_minor": 9}))
        minor = {"authorized_minor": 9, "captured_minor": 5, "refunded_minor": 5}
        last = payment({**minor, "voided_minor": 4})
        await record.payments.save(last)
        assert await record.payments.find("O-1") == last


@pytest.mark.parametrize(
    "minor",
    [
        {"authorized_minor": 9, "captured_minor": 10},
        {"authorized_minor": 9, "captured_minor": 5, "voided_minor": 5},
        {"authorized_minor": 9, "captured_minor": 5, "refunded_minor": 6},
        {"authorized_minor": 9, "voided_minor": -1},
    ],
)
async def test_money_that_cannot_be_is_refused(
    database: SqlDatabase, minor: dict[str, int]
) -> None:
    """Authorized covers captured and voided, captured covers refunded."""
    with pytest.raises(Inconsistent, match="CHECK constraint failed: ck_payments"):
        async with database.writing() as record:
            await record.payments.save(payment(minor))


async def test_effects_are_unique_and_in_order(database: SqlDatabase) -> None:
    """They come back oldest first, also when they happened at the same time."""
    async with database.writing() as record:
        for key in ("b", "a"):
            await record.effects.add(effect(key))
        assert await record.effects.of_order("O-1") == [effect("b"), effect("a")]
        assert await record.effects.find("a") == effect("a")
        assert await record.effects.find("c") is None
    with pytest.raises(EffectConflict):
        async with database.writing() as record:
            await record.effects.add(effect("a"))


async def test_messages_are_unique_and_in_order(database: SqlDatabase) -> None:
    """One message per key."""
    async with database.writing() as record:
        for key in ("b", "a"):
            await record.journal.add_notice(notice(key))
        assert await record.journal.notices("O-1") == [notice("b"), notice("a")]
    with pytest.raises(Inconsistent, match=r"notices\.key"):
        async with database.writing() as record:
            await record.journal.add_notice(notice("a"))


async def test_the_audit_keeps_everything(database: SqlDatabase) -> None:
    """Also what was refused, and what was asked of an order that is not on record."""
    actions = [
        ActionRecord(at=NOW, by="Pia", action="confirm_pick", order_id="O-1", refused=True),
        ActionRecord(at=NOW, by="Pia", action="confirm_pick", order_id="O-1", detail="again"),
    ]
    async with database.writing() as record:
        for action in (*actions, ActionRecord(at=NOW, by="Eve", action="cancel", order_id="X")):
            await record.journal.add_action(action)
        assert await record.journal.actions("O-1") == actions
        assert len(await record.journal.actions("X")) == 1
