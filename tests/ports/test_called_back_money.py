"""Money of parcels that are called back, and of orders that two authorizations paid for."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from activities.cancellation import CancellationActivities
from activities.payments import PaymentActivities
from activities.refund_parts import captured_by
from activities.renewing import still_to_capture
from activities.replacements import ReplacementActivities
from fulfillment import bootstrap
from fulfillment.domain.errors import PaymentUnclear
from fulfillment.domain.lifecycle import STEPS
from fulfillment.domain.money_ledger import PostingKind, postings
from fulfillment.domain.orders import LineQuantity, Payment, PaymentMethod, ReplacementReason
from fulfillment.domain.replacements import ReplacementLine, UnitWorth
from fulfillment.domain.shipping import LabelReference
from fulfillment.messages import (
    AuthorizePayment,
    CapturePayment,
    OrderReplacement,
    PaymentResult,
    Refunded,
    RefundPayment,
    RenewAuthorization,
    StopWork,
    VoidPayment,
    WorkStopped,
)
from fulfillment.payments.sandbox import SandboxGateway
from fulfillment.ports import Authorization, Ports
from fulfillment.records import PaymentRecord
from fulfillment.settings import Settings
from record_samples import NOW, fulfillment, order, put_on_record, warehouse

LINE_MINOR = {1: 2195, 2: 2194}
"""What the two units of each line cost, with their parts of the shipping and of the discount."""
EVERY = order().unit_numbers


class Forgetful(SandboxGateway):
    """Captures, and does not answer the first time."""

    silent = True

    async def capture(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Take an amount, and say nothing the first time."""
        taken = await super().capture(key, reference, amount_minor)
        if self.silent:
            self.silent = False
            message = "no answer"
            raise PaymentUnclear(message)
        return taken


class Unheard(SandboxGateway):
    """Gives back, and its second answer is not heard."""

    answers = 0

    async def refund(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Give back an amount, and say nothing the second time."""
        given = await super().refund(key, reference, amount_minor)
        self.answers += 1
        if self.answers == 2:
            message = "no answer"
            raise PaymentUnclear(message)
        return given


class Obliging:
    """A carrier's desk that brings everything back."""

    def can_intercept(self, carrier_id: str) -> bool:  # noqa: ARG002 - the port's
        """Return that it can."""
        return True

    async def intercept(self, key: str, label: LabelReference) -> None:
        """Bring it back."""


@pytest_asyncio.fixture
async def ports(database_url: str, tmp_path: Path) -> AsyncIterator[Ports]:
    """Return the ports on a database with an authorized order of two lines, of nobody yet."""
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(bootstrap.ports(settings))
        made = replace(
            opened,
            policies=settings.policies(),
            payments=SandboxGateway(tmp_path / "gateway.db"),
            interceptor=Obliging(),
        )
        means = Payment(method=PaymentMethod.TO_AUTHORIZE, reference="tok_visa")
        await put_on_record(made.database, order().model_copy(update={"payment": means}))
        payment = PaymentRecord(
            order_id="O-1", method=PaymentMethod.TO_AUTHORIZE, currency="EUR", reference=None
        )
        async with made.database.writing() as tx:
            await tx.catalog.add_warehouse(warehouse(), [])
            await tx.payments.post("order/O-1/record_order/-/1", payment, [], NOW)
        asked = AuthorizePayment(key="order/O-1/authorize_payment/-/1", order_id="O-1")
        await PaymentActivities(made).authorize_payment(asked)
        yield made


async def left(ports: Ports, number: int, *lines: int, units: int = 2) -> None:
    """Have a fulfillment with so many units of each of these lines leave."""
    skus = {1: "MUG", 2: "TEE"}
    own = fulfillment(f"O-1-F{number}", lines=[(line, skus[line], units) for line in lines])
    of_lines = [LineQuantity(line_no=line, sku=skus[line], quantity=units) for line in lines]
    async with ports.database.writing() as tx:
        await tx.fulfillments.add(own.model_copy(update={"carrier_id": "X"}))
        await tx.orders.assign_units("O-1", own.fulfillment_id, of_lines)
        for step in pairwise(STEPS[:-1]):
            await tx.fulfillments.advance(own.fulfillment_id, *step, NOW)


async def captured(ports: Ports, number: int) -> PaymentResult:
    """Capture what a fulfillment's units cost."""
    name = f"O-1-F{number}"
    key = f"fulfillment/{name}/capture_payment/-/1"
    request = CapturePayment(key=key, order_id="O-1", fulfillment_id=name)
    return await PaymentActivities(ports).capture_payment(request)


async def called_back(ports: Ports, number: int | None = None) -> WorkStopped:
    """Cancel the order, or one of its fulfillments, whose parcels turn."""
    name = f"O-1-F{number}" if number else None
    request = StopWork(
        key="order/O-1/stop_work/-/1", order_id="O-1", fulfillment_id=name, reason="x", by="ada"
    )
    return await CancellationActivities(ports).stop_work(request)


async def refunded(ports: Ports, number: int, **fields: object) -> Refunded:
    """Have units refunded: all of them, unless told otherwise."""
    key = f"order/O-1/refund_payment/-/{number}"
    base = {"key": key, "order_id": "O-1", "units": EVERY, "reason": "canceled"}
    request = RefundPayment.model_validate(base | fields)
    return await PaymentActivities(ports).refund_payment(request)


async def at_gateway(ports: Ports) -> list[tuple[int, int]]:
    """Return what is captured and what is given back of each authorization that was used."""
    assert isinstance(ports.payments, SandboxGateway)
    accounts = await ports.payments.accounts()
    used = [(one.captured_minor, one.refunded_minor) for one in accounts if one.captured_minor]
    return sorted(used, reverse=True)


async def test_a_capture_without_an_answer_is_found_after_its_parcels_were_called_back(
    ports: Ports, tmp_path: Path
) -> None:
    """Its units are nobody's by then; what it took is in the books, and is given back."""
    await left(ports, 1, 1, 2)
    forgetful = replace(ports, payments=Forgetful(tmp_path / "gateway.db"))
    with pytest.raises(PaymentUnclear):
        await captured(forgetful, 1)
    assert ("O-1-F1",) == (await called_back(forgetful)).stopped
    total = order().amount_minor
    assert total == (await captured(forgetful, 1)).amount_minor
    void = VoidPayment(key="order/O-1/void_payment/-/1", order_id="O-1")
    assert 0 == (await PaymentActivities(forgetful).void_payment(void)).amount_minor
    assert total == (await refunded(forgetful, 1)).amount_minor
    assert [(total, total)] == await at_gateway(ports)
    async with ports.database.reading() as tx:
        assert [] == [one for one in await tx.payments.asked("O-1") if one.is_open]


async def held_anew(ports: Ports) -> None:
    """Have another authorization take the place of the first one."""
    key = "order/O-1/renew_authorization/-/1"
    again = RenewAuthorization(key=key, order_id="O-1", until=NOW, lapsed=True)
    await PaymentActivities(ports).renew_authorization(again)


async def paid_by_two(ports: Ports) -> None:
    """Have each line leave and be captured by an authorization of its own."""
    for number in (1, 2):
        if number == 2:
            await held_anew(ports)
        await left(ports, number, number)
        assert LINE_MINOR[number] == (await captured(ports, number)).amount_minor


async def test_what_two_authorizations_paid_is_given_back_by_both_when_it_is_called_back(
    ports: Ports,
) -> None:
    """Each gives back what it took, though the units are of no fulfillment any more."""
    await paid_by_two(ports)
    stopped = await called_back(ports)
    units = [unit for each in stopped.refunds for unit in each.units]
    for _ in range(2):
        assert order().amount_minor == (await refunded(ports, 1, units=units)).amount_minor
    assert [(amount, amount) for amount in LINE_MINOR.values()] == await at_gateway(ports)


async def test_what_is_added_is_given_back_by_the_authorization_that_has_it_left(
    ports: Ports,
) -> None:
    """The last return gives back the shipping that the first one kept, of another line."""
    await paid_by_two(ports)
    first = await refunded(ports, 1, units=EVERY[:2], fee_minor=245)
    last = await refunded(ports, 2, units=EVERY[2:], extra_minor=245)
    assert (None, None) == (first.declined, last.declined)
    assert [(amount, amount) for amount in LINE_MINOR.values()] == await at_gateway(ports)


async def test_what_an_exchange_is_worth_is_given_back_by_who_has_it_left(ports: Ports) -> None:
    """The first authorization has given back all; the second one pays."""
    await paid_by_two(ports)
    await refunded(ports, 1, units=EVERY[:2])
    line = ReplacementLine(sku="TEE", quantity=1, worth=(UnitWorth(amount_minor=1000),))
    request = OrderReplacement(
        key="order/O-1/order_replacement/-/1",
        order_id="O-1",
        reason=ReplacementReason.EXCHANGE,
        lines=(line,),
        at=NOW,
    )
    sent = (await ReplacementActivities(ports).order_replacement(request)).order
    assert sent is not None
    await put_on_record(ports.database, sent)
    again = await refunded(ports, 2, order_id=sent.order_id, units=((1, 1),))
    assert (1000, None) == (again.amount_minor, again.declined)
    assert [(2195, 2195), (2194, 1000)] == await at_gateway(ports)


async def test_what_is_called_back_is_given_back_by_who_took_it(ports: Ports) -> None:
    """Of two fulfillments that were called back, one is refunded: its authorization pays."""
    await paid_by_two(ports)
    await called_back(ports)
    await refunded(ports, 1, units=EVERY[2:])
    assert [(2195, 0), (2194, 2194)] == await at_gateway(ports)


async def test_a_refund_is_asked_again_in_the_same_words(ports: Ports, tmp_path: Path) -> None:
    """Its parts are on record, whatever else was captured before the answer came."""
    await left(ports, 1, 1)
    await captured(ports, 1)
    await held_anew(ports)
    await left(ports, 2, 2, units=1)
    await captured(ports, 2)
    unheard = replace(ports, payments=Unheard(tmp_path / "gateway.db"))
    more = {"units": EVERY[2:3], "extra_minor": 500}
    with pytest.raises(PaymentUnclear):
        await refunded(unheard, 1, **more)
    await left(ports, 3, 2, units=1)
    await captured(ports, 3)
    assert 1097 + 500 == (await refunded(ports, 1, **more)).amount_minor
    assert [(2195, 500), (2194, 1097)] == await at_gateway(ports)


async def test_what_is_back_ordered_is_still_to_be_captured(ports: Ports) -> None:
    """Only what was captured counts as captured, when a fulfillment is called back."""
    await left(ports, 1, 1)
    await captured(ports, 1)
    stopped = await called_back(ports, 1)
    back = await refunded(ports, 1, units=stopped.refunds[0].units)
    assert LINE_MINOR[1] == back.amount_minor
    async with ports.database.reading() as tx:
        assert LINE_MINOR[2] == await still_to_capture(tx, "O-1")
    refused = await refunded(ports, 2, units=((2, 1),), fee_minor=1097)
    assert "not captured: unit 2/1 (line/unit)" == refused.declined
    async with ports.database.writing() as tx:
        await tx.orders.cancel_units("O-1", [LineQuantity(line_no=2, sku="TEE", quantity=2)])
        assert {(1, 1), (1, 2)} == set(await captured_by(tx, "O-1"))


async def test_of_earlier_captures_only_what_is_canceled_was_called_back(ports: Ports) -> None:
    """Captured before its units were kept, a fulfillment's are those that are canceled."""
    await left(ports, 1, 1)
    name = "O-1-F1"
    async with ports.database.writing() as tx:
        payment = await tx.payments.find("O-1")
        assert payment is not None
        taken = postings(PostingKind.CAPTURED, LINE_MINOR[1], name)
        await tx.payments.post(f"fulfillment/{name}/capture_payment/-/1", payment, taken, NOW)
        own = {(1, 1), (1, 2)}
        assert own == set(await captured_by(tx, "O-1"))
    await called_back(ports, 1)
    async with ports.database.reading() as tx:
        assert own == set(await captured_by(tx, "O-1"))


async def test_a_unit_that_was_captured_and_called_back_is_not_sent_as_another(
    ports: Ports,
) -> None:
    """Its money is still to be given back; the other one of its line is captured for itself."""
    await left(ports, 1, 1, units=1)
    await captured(ports, 1)
    await called_back(ports, 1)
    await left(ports, 2, 1, units=1)
    async with ports.database.reading() as tx:
        assert {1: [2]} == await tx.orders.unit_numbers("O-1-F2")
