"""Refunds on each kind of database: each unit once, whatever is asked twice or at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from activities.payments import PaymentActivities
from activities.replacements import ReplacementActivities
from fulfillment import bootstrap
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import EffectConflict, Inconsistent, NotFound, PaymentUnclear
from fulfillment.domain.lifecycle import STEPS
from fulfillment.domain.money_ledger import Posting, PostingKind
from fulfillment.domain.orders import LineQuantity, Order, Payment, PaymentMethod, ReplacementReason
from fulfillment.domain.refunds import Refund, RefundState
from fulfillment.domain.replacements import ReplacementLine, UnitWorth
from fulfillment.messages import OrderReplacement, Refunded, RefundPayment
from fulfillment.payments.sandbox import SandboxGateway
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import Authorization, Ports
from fulfillment.records import ParcelRecord, PaymentRecord
from fulfillment.settings import Settings
from fulfillment.stores.given_up import GivenUpParcel, Whereabouts
from record_samples import NOW, SIZE, carton, fulfillment, order, put_on_record, warehouse

UNIT_MINOR = [1097, 1098, 1097, 1097]
"""What each unit costs: 1000, and its part of the shipping and of the discount."""
TOTAL_MINOR = sum(UNIT_MINOR)


@pytest_asyncio.fixture
async def ports(database_url: str, tmp_path: Path) -> AsyncIterator[Ports]:
    """Return the ports on a fresh database."""
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(bootstrap.ports(settings))
        yield replace(opened, policies=settings.policies())


async def captured(
    ports: Ports,
    method: PaymentMethod = PaymentMethod.AUTHORIZED,
    source: str = "tok_visa",
    placed: Order | None = None,
    shipped: Sequence[int] = (1, 2),
) -> None:
    """Put an order on record whose amount was taken, and which of its lines were shipped."""
    means = {"payment": Payment(method=method, reference=source)}
    placed = (placed or order()).model_copy(update=means)
    await put_on_record(ports.database, placed)
    amount = placed.amount_minor
    held = await ports.payments.authorize("a", amount, "EUR", source)
    if method is PaymentMethod.AUTHORIZED:
        await ports.payments.capture("c", held.reference, amount)
    record = {
        PaymentMethod.AUTHORIZED: (PostingKind.AUTHORIZED, PostingKind.CAPTURED),
        PaymentMethod.PAID: (PostingKind.PAID,),
    }
    payment = PaymentRecord(order_id="O-1", method=method, currency="EUR", reference=held.reference)
    lines_shipped = ((1, "MUG", 2), (2, "TEE", 2))
    own = fulfillment(lines=[line for line in lines_shipped if line[0] in shipped])
    async with ports.database.writing() as tx:
        await tx.catalog.add_warehouse(warehouse(), [])
        await tx.fulfillments.add(own)
        lines = [
            LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.planned)
            for line in own.lines
        ]
        await tx.orders.assign_units("O-1", own.fulfillment_id, lines)
        posted = [
            Posting(kind=kind, amount_minor=amount, fulfillment_id=own.fulfillment_id)
            for kind in record.get(method, ())
        ]
        await tx.payments.post("order/O-1/record_order/-/1", payment, posted, NOW)


def asked(number: int = 1, **fields: object) -> RefundPayment:
    """Return the request for the first unit of the first line, under a key of that number."""
    base: dict[str, object] = {
        "key": f"order/O-1/refund_payment/-/{number}",
        "order_id": "O-1",
        "units": ((1, 1),),
        "reason": "returned",
    }
    return RefundPayment.model_validate(base | fields)


async def refund(ports: Ports, request: RefundPayment) -> Refunded:
    """Have it refunded."""
    return await PaymentActivities(ports).refund_payment(request)


async def given_back(ports: Ports) -> tuple[int, int]:
    """Return what the books say was given back, and what the gateway says."""
    async with ports.database.reading() as tx:
        payment = await tx.payments.find("O-1")
    assert payment is not None
    account = await ports.payments.get(payment.reference or "")
    return payment.refunded_minor, account.refunded_minor


async def test_units_are_given_back_with_what_is_added_and_kept(ports: Ports) -> None:
    """What was stored at acceptance, once, also if it is asked for again."""
    await captured(ports)
    request = asked(units=((1, 1), (2, 2)), extra_minor=50, fee_minor=20)
    expected = UNIT_MINOR[0] + UNIT_MINOR[3] + 30
    for _ in range(2):
        assert Refunded(amount_minor=expected, currency="EUR") == await refund(ports, request)
    assert (expected, expected) == await given_back(ports)
    with pytest.raises(EffectConflict):
        await refund(ports, asked(units=((2, 1),)))


async def test_a_unit_is_given_back_once(ports: Ports) -> None:
    """Of many who ask at once, under keys of their own, one is given it."""
    await captured(ports)
    answers = await asyncio.gather(*(refund(ports, asked(number)) for number in range(6)))
    assert [UNIT_MINOR[0]] == [a.amount_minor for a in answers if a.declined is None]
    assert {"refunded before: unit 1/1 (line/unit)"} == {
        a.declined for a in answers if a.declined is not None
    }
    assert (UNIT_MINOR[0], UNIT_MINOR[0]) == await given_back(ports)


async def test_no_more_is_given_back_than_was_taken(ports: Ports) -> None:
    """All units and a minor unit more is declined, and leaves the units free."""
    await captured(ports)
    every = order().unit_numbers
    much = await refund(ports, asked(1, units=every, extra_minor=1))
    assert "of what was captured 43.89 EUR is left to give back, and 43.90 EUR was asked" == (
        much.declined
    )
    assert TOTAL_MINOR == (await refund(ports, asked(2, units=every))).amount_minor
    assert (TOTAL_MINOR, TOTAL_MINOR) == await given_back(ports)


async def test_what_cost_nothing_comes_back_for_nothing(ports: Ports) -> None:
    """Nothing was captured for it; what is given back with it is given back."""
    lines = [line.model_dump() for line in order().lines]
    lines[1]["unit_price_minor"] = 0
    free = {"lines": lines, "shipping_minor": 0, "discount_minor": 0}
    await captured(ports, placed=Order.model_validate(order().model_dump() | free), shipped=(1,))
    own = fulfillment("O-1-F2", lines=((2, "TEE", 2),))
    async with ports.database.writing() as tx:
        await tx.fulfillments.add(own)
        gift = LineQuantity(line_no=2, sku="TEE", quantity=2)
        await tx.orders.assign_units("O-1", own.fulfillment_id, [gift])
    nothing = Refunded(amount_minor=0, currency="EUR")
    for _ in range(2):
        assert nothing == await refund(ports, asked(1, units=((2, 1),)))
    both = await refund(ports, asked(2, units=((1, 1), (2, 2))))
    assert Refunded(amount_minor=1000, currency="EUR") == both
    assert (1000, 1000) == await given_back(ports)


async def test_units_of_no_order_are_refused(ports: Ports) -> None:
    """By line and number."""
    await captured(ports)
    with pytest.raises(NotFound, match=r"has no unit 1/9 \(line/unit\)"):
        await refund(ports, asked(units=((1, 9),)))


@pytest.mark.parametrize("method", [PaymentMethod.PAID, PaymentMethod.ON_DELIVERY])
async def test_what_was_paid_elsewhere_is_owed_there(ports: Ports, method: PaymentMethod) -> None:
    """The gateway is not asked; the supervisor is told once, and it stands in the books."""
    await captured(ports, method)
    if method is PaymentMethod.ON_DELIVERY:
        await delivered(ports)
    for _ in range(2):
        answer = await refund(ports, asked())
        assert Refunded(amount_minor=UNIT_MINOR[0], currency="EUR", owed=True) == answer
    assert (0, 0) == await given_back(ports)
    async with ports.database.reading() as tx:
        [action] = await tx.journal.actions("O-1")
        [owed] = await tx.refunds.of_order("O-1")
    where = "in the shop" if method is PaymentMethod.PAID else "on delivery"
    assert f"10.97 EUR was paid {where}: refund it there (returned)" == action.detail
    assert RefundState.OWED is owed.state
    rest = await refund(ports, asked(2, units=order().unit_numbers[1:], extra_minor=1))
    assert rest.declined is not None


async def test_what_is_canceled_is_found_and_given_back_once(ports: Ports) -> None:
    """Of each line the last units that no fulfillment has; a unit that is reserved is another."""
    await captured(ports, PaymentMethod.PAID)
    line = LineQuantity(line_no=1, sku="MUG", quantity=1)
    async with ports.database.writing() as tx:
        await tx.orders.free_units("O-1-F1")
        await tx.orders.cancel_units("O-1", [line])
    first = asked(1, units=(), canceled=True)
    for _ in range(2):
        assert UNIT_MINOR[1] == (await refund(ports, first)).amount_minor
    again = asked(2, units=(), canceled=True)
    assert Refunded(amount_minor=0, currency="EUR") == await refund(ports, again)
    async with ports.database.writing() as tx:
        await tx.orders.assign_units("O-1", "O-1-F1", [line])
        assert {1: [1]} == await tx.orders.unit_numbers("O-1-F1")
        assert {(1, 2): first.key} == await tx.refunds.refunded_units("O-1")


async def test_a_fee_is_kept_of_what_was_paid_in_the_shop(ports: Ports) -> None:
    """Never more than is given back, and nothing where nothing is canceled."""
    await captured(ports, PaymentMethod.PAID)
    nothing = asked(1, units=(), canceled=True, fee_minor=500)
    assert Refunded(amount_minor=0, currency="EUR") == await refund(ports, nothing)
    line = LineQuantity(line_no=1, sku="MUG", quantity=1)
    async with ports.database.writing() as tx:
        await tx.orders.free_units("O-1-F1")
        await tx.orders.cancel_units("O-1", [line])
    one = await refund(ports, asked(2, units=(), canceled=True, fee_minor=500))
    assert UNIT_MINOR[1] - 500 == one.amount_minor


async def test_a_unit_that_was_refunded_is_not_reserved_again(ports: Ports) -> None:
    """Even if it is the lowest: another one ships, and what was canceled stays so."""
    await captured(ports, PaymentMethod.PAID)
    await refund(ports, asked(1))
    line = LineQuantity(line_no=1, sku="MUG", quantity=1)
    async with ports.database.writing() as tx:
        await tx.orders.free_units("O-1-F1")
        await tx.orders.cancel_units("O-1", [line])
        await tx.orders.assign_units("O-1", "O-1-F1", [line])
        assert {1: [2]} == await tx.orders.unit_numbers("O-1-F1")
    assert 0 == (await refund(ports, asked(2, units=(), canceled=True))).amount_minor


async def delivered(ports: Ports) -> None:
    """Have the order's fulfillment arrive."""
    async with ports.database.writing() as tx:
        for step in pairwise(STEPS):
            await tx.fulfillments.advance("O-1-F1", *step, NOW)


async def test_nothing_is_owed_of_what_nobody_has_paid_on_delivery(ports: Ports) -> None:
    """Neither of what is on its way, nor of a parcel that was given up."""
    await captured(ports, PaymentMethod.ON_DELIVERY)
    refused = "not delivered, so nothing was collected: unit 1/1 (line/unit)"
    assert refused == (await refund(ports, asked(1))).declined
    async with ports.database.writing() as tx:
        parcel = ParcelRecord(
            parcel_id="P-1",
            order_id="O-1",
            fulfillment_id="O-1-F1",
            carton_id="S",
            outer=SIZE,
            gross_weight_g=500,
            contents=((1, "MUG", 1),),
        )
        await tx.catalog.add_cartons([carton()])
        await tx.parcels.add([parcel])
        given_up = GivenUpParcel(
            parcel_id="P-1",
            tracking_number="X",
            fulfillment_id="O-1-F1",
            order_id="O-1",
            cause="lost",
            choice=Choice.REFUND,
            goods=Whereabouts.LOST,
            by="eva",
            at=NOW,
        )
        await tx.given_up.add(given_up)
    await delivered(ports)
    assert refused == (await refund(ports, asked(2))).declined
    assert (await refund(ports, asked(3, units=((1, 2),)))).owed


class Silent(SandboxGateway):
    """Gives back, and does not answer the first time."""

    def __init__(self, file: Path) -> None:
        """Begin silent."""
        super().__init__(file)
        self.silent = True

    async def refund(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Give back."""
        done = await super().refund(key, reference, amount_minor)
        if self.silent:
            self.silent = False
            message = "no answer"
            raise PaymentUnclear(message)
        return done


async def test_an_unclear_refund_keeps_its_units_until_it_is_clear(
    ports: Ports, tmp_path: Path
) -> None:
    """Nobody else is given them meanwhile, and asking again with the key finds it done."""
    silent = replace(ports, payments=Silent(tmp_path / "gateway.db"))
    await captured(silent)
    with pytest.raises(PaymentUnclear):
        await refund(silent, asked(1))
    with pytest.raises(EffectConflict, match="another refund"):
        await refund(silent, asked(1, fee_minor=1))
    assert "refunded before" in str((await refund(silent, asked(2))).declined)
    assert UNIT_MINOR[0] == (await refund(silent, asked(1))).amount_minor
    assert (UNIT_MINOR[0], UNIT_MINOR[0]) == await given_back(silent)


async def test_a_refund_that_the_bank_declines_leaves_its_units_free(ports: Ports) -> None:
    """Nothing is given back, and it may be asked for again under the next key."""
    await captured(ports)
    async with ports.database.writing() as tx:
        payment = await tx.payments.find("O-1")
        assert payment is not None
        more = [
            Posting(kind=kind, amount_minor=TOTAL_MINOR)
            for kind in (PostingKind.AUTHORIZED, PostingKind.CAPTURED)
        ]
        await tx.payments.post("more", payment, more, NOW)
    much = await refund(ports, asked(1, extra_minor=TOTAL_MINOR))
    assert "expected an amount above zero and at most 4389" in str(much.declined)
    assert UNIT_MINOR[0] == (await refund(ports, asked(2))).amount_minor
    async with ports.database.reading() as tx:
        states = [(one.state, len(one.units)) for one in await tx.refunds.of_order("O-1")]
    assert [(RefundState.DECLINED, 0), (RefundState.MADE, 1)] == states


async def test_the_store_keeps_units_apart(database: SqlDatabase) -> None:
    """A unit belongs to one refund (UNIQUE), and a refund is closed once."""
    await put_on_record(database, order())
    async with database.writing() as tx:
        units = tuple((await tx.refunds.amounts("O-1"))[:2])
        one = Refund(key="k", order_id="O-1", units=units, currency="EUR", reason="r", at=NOW)
        await tx.refunds.add(one)
        assert one == await tx.refunds.find("k")
        assert await tx.refunds.find("other") is None
        assert {(1, 1): "k", (1, 2): "k"} == await tx.refunds.refunded_units("O-1")
    with pytest.raises(Inconsistent, match="refunded_units"):
        async with database.writing() as tx:
            await tx.refunds.add(one.model_copy(update={"key": "other"}))
    async with database.writing() as tx:
        await tx.refunds.close("k", RefundState.MADE)
        with pytest.raises(Inconsistent, match="one that is asked"):
            await tx.refunds.close("k", RefundState.DECLINED)


async def replaced(ports: Ports, order_id: str, **wanted: object) -> str:
    """Have goods of an order sent again, put that order on record, and return its id."""
    request = OrderReplacement.model_validate(
        {
            "key": f"order/{order_id}/order_replacement/-/1",
            "order_id": order_id,
            "reason": ReplacementReason.LOST,
            "at": NOW,
            **wanted,
        }
    )
    ordered = await ReplacementActivities(ports).order_replacement(request)
    assert ordered.order is not None
    await put_on_record(ports.database, ordered.order)
    return ordered.replacement_id


async def test_what_was_sent_again_is_given_back_once(ports: Ports) -> None:
    """By the order that has paid for it, however often it was sent; the books find nothing."""
    await captured(ports)
    first = await replaced(ports, "O-1", units={1: (2,)})
    second = await replaced(ports, first, units={1: (1,)})
    made = await refund(ports, asked(1, order_id=second, fee_minor=97))
    assert UNIT_MINOR[1] - 97 == made.amount_minor
    again = await refund(ports, asked(2, order_id=second))
    assert again.declined is not None
    other = await refund(ports, asked(3, units=((1, 2),)))
    assert "refunded before: unit 1/2 (line/unit)" == other.declined
    async with ports.database.reading() as tx:
        payment = await tx.payments.find("O-1")
        [back] = await tx.refunds.of_order("O-1")
        findings = [f.rule for f in await tx.books.findings() if "refund" in f.rule]
    assert payment is not None
    assert (made.amount_minor, second) == (payment.refunded_minor, back.replacing_id)
    assert made == await refund(ports, asked(1, order_id=second, fee_minor=97))
    assert [] == findings


async def test_what_was_exchanged_is_given_back_up_to_what_was_taken(ports: Ports) -> None:
    """Its worth, from the payment of the order that it is an exchange of, and no more than that."""
    await captured(ports)
    await refund(ports, asked(1, fee_minor=1000))
    soap = ReplacementLine(
        sku="TEE", quantity=2, worth=(UnitWorth(amount_minor=1000), UnitWorth(amount_minor=10**6))
    )
    exchanged = await replaced(ports, "O-1", lines=(soap,), reason=ReplacementReason.EXCHANGE)
    made = await refund(ports, asked(2, order_id=exchanged))
    assert 1000 == made.amount_minor
    too_much = await refund(ports, asked(3, order_id=exchanged, units=((1, 2),)))
    assert "is left to give back" in (too_much.declined or "")
    twice = await refund(ports, asked(4, order_id=exchanged))
    assert f"refunded before: unit 1/1 of {exchanged} (line/unit)" == twice.declined


async def test_a_canceled_replacement_is_given_back(ports: Ports) -> None:
    """Nothing goes in the place of what was paid for; asked again, nothing more is."""
    await captured(ports)
    name = await replaced(ports, "O-1", units={1: (1, 2)})
    async with ports.database.writing() as tx:
        await tx.orders.cancel_units(name, [LineQuantity(line_no=1, sku="MUG", quantity=2)])
    canceled = RefundPayment(
        key="order/R/refund_payment/-/1", order_id=name, canceled=True, reason="x"
    )
    assert UNIT_MINOR[0] + UNIT_MINOR[1] == (await refund(ports, canceled)).amount_minor
    again = canceled.model_copy(update={"key": "order/R/refund_payment/-/2"})
    assert (0, None) == (
        (await refund(ports, again)).amount_minor,
        (await refund(ports, again)).declined,
    )
