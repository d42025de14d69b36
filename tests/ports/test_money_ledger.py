"""The money ledger on each kind of database, against a model of plain sums."""

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.domain.authorizations import HeldAuthorization
from fulfillment.domain.errors import Inconsistent
from fulfillment.domain.money_ledger import LEVELS, Posting, PostingKind, balances, postings
from fulfillment.domain.orders import PaymentMethod
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import PaymentRecord
from record_samples import NOW, order, put_on_record

NUMBERS = count(1)
STEPS = (
    PostingKind.AUTHORIZED,
    PostingKind.LAPSED,
    PostingKind.CAPTURED,
    PostingKind.VOIDED,
    PostingKind.REFUNDED,
)
POSTED = st.lists(
    st.builds(Posting, kind=st.sampled_from(STEPS), amount_minor=st.integers(1, 9)), max_size=8
)
Model = dict[PostingKind, int]


def holds(model: Model) -> bool:
    """Return whether authorized covers captured and voided, and captured covers refunded."""
    held = model[PostingKind.AUTHORIZED] - model[PostingKind.LAPSED]
    captured = model[PostingKind.CAPTURED]
    return held >= captured + model[PostingKind.VOIDED] and captured >= model[PostingKind.REFUNDED]


async def begun(database: SqlDatabase, order_id: str) -> PaymentRecord:
    """Put an order and its payment on record."""
    await put_on_record(database, order(order_id))
    method = PaymentMethod.TO_AUTHORIZE
    payment = PaymentRecord(order_id=order_id, method=method, currency="EUR", reference="r")
    async with database.writing() as tx:
        await tx.payments.save(payment)
    return payment


async def post(database: SqlDatabase, order_id: str, key: str, *posted: Posting) -> bool:
    """Post something; return whether the books allowed it."""
    try:
        async with database.writing() as tx:
            payment = await tx.payments.find(order_id)
            assert payment is not None
            await tx.payments.post(key, payment, posted, NOW)
    except Inconsistent:
        return False
    return True


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=POSTED)
async def test_the_ledger_is_its_model(database: SqlDatabase, steps: list[Posting]) -> None:
    """Whatever is posted in whatever sequence is refused or booked as plain sums say."""
    order_id = f"O-{next(NUMBERS)}"
    await begun(database, order_id)
    model: Model = dict.fromkeys(STEPS, 0)
    booked: list[Posting] = []
    for number, step in enumerate(steps):
        after = {**model, step.kind: model[step.kind] + step.amount_minor}
        allowed = await post(database, order_id, f"{order_id}/{number}", step)
        assert holds(after) == allowed
        if allowed:
            model = after
            booked.append(step)
    async with database.reading() as tx:
        payment = await tx.payments.find(order_id)
        entries = await tx.payments.entries(order_id)
    assert payment is not None
    assert {
        "authorized_minor": model[PostingKind.AUTHORIZED] - model[PostingKind.LAPSED],
        "captured_minor": model[PostingKind.CAPTURED],
        "voided_minor": model[PostingKind.VOIDED],
        "refunded_minor": model[PostingKind.REFUNDED],
    } == payment.model_dump(include=set(LEVELS))
    assert [(row.kind, row.amount_minor) for row in booked] == [
        (row.kind, row.amount_minor) for row in entries
    ]
    assert balances(booked) == balances(entries)


async def test_a_key_posts_once(database: SqlDatabase) -> None:
    """A kind of posting under its key is there once (UNIQUE), and nothing of it is left."""
    await begun(database, "O-1")
    [held] = postings(PostingKind.AUTHORIZED, 5)
    assert await post(database, "O-1", "k", held)
    assert not await post(database, "O-1", "k", held)
    async with database.reading() as tx:
        [entry] = await tx.payments.entries("O-1")
        payment = await tx.payments.find("O-1")
    assert ("k", "r", 5, "customer", "held") == (
        entry.key,
        entry.reference,
        entry.amount_minor,
        entry.source,
        entry.target,
    )
    assert payment is not None
    assert 5 == payment.authorized_minor


async def test_the_last_authorization_counts(database: SqlDatabase) -> None:
    """Each under a key of its own."""
    await begun(database, "O-1")
    first = HeldAuthorization(key="a", order_id="O-1", reference="r1", amount_minor=5)
    last = HeldAuthorization(
        key="b", order_id="O-1", reference="r2", amount_minor=5, expires_at=NOW
    )
    async with database.writing() as tx:
        assert await tx.payments.held("O-1") is None
        await tx.payments.hold(first)
        await tx.payments.hold(last)
        assert last == await tx.payments.held("O-1")
    with pytest.raises(Inconsistent):
        async with database.writing() as tx:
            await tx.payments.hold(first)
