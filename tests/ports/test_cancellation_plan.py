"""What a cancellation would do and give back, as it is read from either kind of database."""

import pytest

from activities.cancellation_plan import Terms, plan_for
from fulfillment.domain.cancellation import CancellationPlan
from fulfillment.domain.errors import NotFound
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.money_ledger import Posting, PostingKind
from fulfillment.domain.orders import LineQuantity, Payment, PaymentMethod
from fulfillment.messages import CancelRequest
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import PaymentRecord
from record_samples import NOW, fulfillment, order, put_on_record, stock_up

FEE_MINOR = 500
TERMS = Terms(can_intercept=lambda _: True, intercept_fee_minor=FEE_MINOR)
PAID = order().model_copy(update={"payment": Payment(method=PaymentMethod.PAID, reference="shop")})


async def placed(database: SqlDatabase, first: Stage, second: Stage) -> None:
    """Put a paid order of two fulfillments on record, each at its stage."""
    await stock_up(database)
    await put_on_record(database, PAID)
    payment = PaymentRecord(
        order_id="O-1", method=PaymentMethod.PAID, currency="EUR", reference="shop"
    )
    async with database.writing() as tx:
        for number, (sku, stage) in enumerate((("MUG", first), ("TEE", second)), 1):
            name = f"O-1-{number}"
            share = fulfillment(name, lines=[(number, sku, 2)])
            await tx.fulfillments.add(share.model_copy(update={"stage": stage}))
            line = LineQuantity(line_no=number, sku=sku, quantity=2)
            await tx.orders.assign_units("O-1", name, [line])
        posted = [Posting(kind=PostingKind.PAID, amount_minor=PAID.amount_minor)]
        await tx.payments.post("order/O-1/record_order/-/1", payment, posted, NOW)


async def plan(database: SqlDatabase, **fields: object) -> CancellationPlan:
    """Return what it would do to cancel."""
    async with database.reading() as tx:
        return (await plan_for(tx, "O-1", CancelRequest.model_validate(fields), TERMS))[1]


async def test_of_what_is_delivered_in_part_the_rest_can_be_canceled(
    database: SqlDatabase,
) -> None:
    """The refusal says how: each fulfillment that is not too late by its name."""
    await placed(database, Stage.DELIVERED, Stage.PACKING)
    too_late = (await plan(database)).too_late or ""
    assert "make a return" in too_late
    assert "`fulfillment orders cancel O-1 --fulfillment O-1-2`" in too_late
    assert "--fulfillment O-1-1" not in too_late
    assert (await plan(database, fulfillment_id="O-1-2")).too_late is None
    assert "the rest" not in ((await plan(database, fulfillment_id="O-1-1")).too_late or "")


async def test_where_all_is_delivered_there_is_no_rest(database: SqlDatabase) -> None:
    """Only a return is left."""
    await placed(database, Stage.DELIVERED, Stage.DELIVERED)
    assert "the rest" not in ((await plan(database)).too_late or "the rest")


async def test_what_was_paid_in_the_shop_is_given_back_less_the_fee(
    database: SqlDatabase,
) -> None:
    """All of it, whatever has left; the fee is kept only where parcels are brought back."""
    await placed(database, Stage.IN_TRANSIT, Stage.PACKING)
    whole = await plan(database)
    expected = (PAID.amount_minor - FEE_MINOR, FEE_MINOR, 0)
    assert expected == (whole.refund_minor, whole.fee_minor, whole.void_minor)
    inside = await plan(database, fulfillment_id="O-1-2")
    assert (0, 0) == (inside.fee_minor, inside.void_minor)
    away = await plan(database, fulfillment_id="O-1-1")
    assert PAID.amount_minor == away.refund_minor + away.fee_minor + inside.refund_minor


async def test_no_fulfillment_but_the_order_s_own_is_canceled(database: SqlDatabase) -> None:
    """Whoever it belongs to; the refusal names those that the order has."""
    await placed(database, Stage.PICKING, Stage.PACKING)
    with pytest.raises(NotFound, match="that order O-1 has: O-1-1, O-1-2, came O-9-1"):
        await plan(database, fulfillment_id="O-9-1")
