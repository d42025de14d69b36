"""What is captured once, and how much of an order is held anew, on each kind of database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from activities.holds import HoldActivities
from activities.payments import PaymentActivities
from fulfillment import bootstrap
from fulfillment.domain.errors import ConfirmationRefused, PaymentDeclined, PaymentUnclear
from fulfillment.domain.money_ledger import PostingKind
from fulfillment.domain.orders import LineQuantity, PaymentMethod
from fulfillment.domain.storefront_orders import StorefrontOrder
from fulfillment.messages import (
    AuthorizePayment,
    CapturePayment,
    RenewAuthorization,
    VoidPayment,
    WriteOffPayment,
)
from fulfillment.messages.holds import PayOtherwise, RecordOtherMeans
from fulfillment.payments.sandbox import SandboxGateway
from fulfillment.ports import Authorization, Ports
from fulfillment.records import PaymentRecord
from fulfillment.settings import Settings
from record_samples import NOW, fulfillment, order, put_on_record, warehouse


class Unwilling(SandboxGateway):
    """Declines captures until it is willing."""

    willing = False

    async def capture(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Capture, if willing."""
        if not self.willing:
            message = "the account is blocked"
            raise PaymentDeclined(message)
        return await super().capture(key, reference, amount_minor)


@pytest_asyncio.fixture
async def ports(database_url: str, tmp_path: Path) -> AsyncIterator[Ports]:
    """Return the ports on a database with an authorized order whose goods are reserved."""
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(bootstrap.ports(settings))
        made = replace(
            opened, policies=settings.policies(), payments=Unwilling(tmp_path / "gateway.db")
        )
        await put_on_record(made.database, order())
        own = fulfillment()
        payment = PaymentRecord(
            order_id="O-1", method=PaymentMethod.TO_AUTHORIZE, currency="EUR", reference=None
        )
        async with made.database.writing() as tx:
            await tx.catalog.add_warehouse(warehouse(), [])
            await tx.fulfillments.add(own)
            lines = [
                LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.planned)
                for line in own.lines
            ]
            await tx.orders.assign_units("O-1", own.fulfillment_id, lines)
            await tx.payments.post("order/O-1/record_order/-/1", payment, [], NOW)
        asked = AuthorizePayment(key="order/O-1/authorize_payment/-/1", order_id="O-1")
        await PaymentActivities(made).authorize_payment(asked)
        yield made


def capture(number: int) -> CapturePayment:
    """Return the request for the fulfillment's capture of that number."""
    key = f"fulfillment/O-1-F1/capture_payment/-/{number}"
    return CapturePayment(key=key, order_id="O-1", fulfillment_id="O-1-F1")


async def kinds(ports: Ports) -> list[PostingKind]:
    """Return what was posted of the order."""
    async with ports.database.reading() as tx:
        return [entry.kind for entry in await tx.payments.entries("O-1")]


async def test_a_later_capture_answers_for_an_earlier_one(ports: Ports) -> None:
    """A workflow that is started again hears of its declined first one that all is captured."""
    payments = PaymentActivities(ports)
    assert "the account is blocked" == (await payments.capture_payment(capture(1))).declined
    cast("Unwilling", ports.payments).willing = True
    taken = await payments.capture_payment(capture(2))
    assert order().amount_minor == taken.amount_minor
    for number in (1, 2, 3):
        assert taken == await payments.capture_payment(capture(number))
    assert [PostingKind.AUTHORIZED, PostingKind.CAPTURED] == await kinds(ports)


async def test_what_the_gateway_does_not_know(ports: Ports, tmp_path: Path) -> None:
    """It can't be captured, which is a refusal and no failure; to void it nothing is to be done."""
    elsewhere = replace(ports, payments=SandboxGateway(tmp_path / "another.db"))
    payments = PaymentActivities(elsewhere)
    refused = await payments.capture_payment(capture(1))
    assert "a reference that the gateway gave out" in str(refused.declined)
    voided = await payments.void_payment(
        VoidPayment(key="order/O-1/void_payment/-/1", order_id="O-1")
    )
    assert "knows no such authorization" in str(voided.declined)
    assert [PostingKind.AUTHORIZED, PostingKind.VOIDED] == await kinds(ports)


async def test_what_is_written_off_is_not_captured(ports: Ports) -> None:
    """Nobody asks for it any more."""
    payments = PaymentActivities(ports)
    key = "fulfillment/O-1-F1/write_off_payment/-/1"
    await payments.write_off_payment(
        WriteOffPayment(key=key, order_id="O-1", fulfillment_id="O-1-F1")
    )
    cast("Unwilling", ports.payments).willing = True
    assert "it is written off" == (await payments.capture_payment(capture(1))).declined
    assert [PostingKind.AUTHORIZED, PostingKind.WRITTEN_OFF] == await kinds(ports)


async def test_what_the_shop_has_collected_is_not_captured(ports: Ports) -> None:
    """What it had authorized when the order came: the gateway is asked for nothing any more."""
    paid = StorefrontOrder(order_id="O-1", storefront="shopify", paid=True)
    async with ports.database.writing() as tx:
        payment = await tx.payments.find("O-1")
        assert payment is not None
        await tx.payments.save(payment.model_copy(update={"method": PaymentMethod.AUTHORIZED}))
        await tx.storefronts.put(paid)
    payments = PaymentActivities(ports)
    taken = await payments.capture_payment(capture(1))
    assert (None, order().amount_minor) == (taken.declined, taken.amount_minor)
    await payments.void_payment(VoidPayment(key="order/O-1/void_payment/-/1", order_id="O-1"))
    assert [PostingKind.AUTHORIZED, PostingKind.CAPTURED] == await kinds(ports)


async def test_what_is_canceled_is_not_held_anew(ports: Ports) -> None:
    """A renewal is for the units that may still ship."""
    async with ports.database.writing() as tx:
        await tx.orders.free_units("O-1-F1")
        await tx.orders.cancel_units("O-1", [LineQuantity(line_no=1, sku="MUG", quantity=2)])
        costs = await tx.refunds.amounts("O-1")
    left = sum(unit.amount_minor for unit in costs if unit.line_no != 1)
    renewed = await PaymentActivities(ports).renew_authorization(
        RenewAuthorization(
            key="order/O-1/renew_authorization/-/1",
            order_id="O-1",
            until=NOW + timedelta(days=1),
            lapsed=True,
        )
    )
    assert left == renewed.amount_minor
    async with ports.database.reading() as tx:
        payment = await tx.payments.find("O-1")
    assert payment is not None
    assert left == payment.authorized_minor
    account = await ports.payments.get(payment.reference or "")
    assert left == account.amount_minor


async def test_what_is_canceled_is_not_held_at_first(ports: Ports) -> None:
    """An order on hold that is canceled in part is authorized for the rest alone."""
    async with ports.database.writing() as tx:
        await tx.orders.free_units("O-1-F1")
        await tx.orders.cancel_units("O-1", [LineQuantity(line_no=1, sku="MUG", quantity=2)])
        costs = await tx.refunds.amounts("O-1")
    left = sum(unit.amount_minor for unit in costs if unit.line_no != 1)
    asked = AuthorizePayment(key="order/O-1/authorize_payment/-/2", order_id="O-1")
    held = await PaymentActivities(ports).authorize_payment(asked)
    assert left == held.amount_minor < order().amount_minor
    account = await ports.payments.get(held.reference or "")
    assert left == account.amount_minor


class Unclear(SandboxGateway):
    """Does what it is asked, and does not answer the first time; or something happens meanwhile."""

    silent = True
    meanwhile: Callable[[], Awaitable[object]] | None = None

    def __init__(self, file: Path) -> None:
        """Begin with nothing held."""
        super().__init__(file)
        self.references: dict[str, None] = {}

    async def authorize(
        self, key: str, amount_minor: int, currency: str, source: str
    ) -> Authorization:
        """Hold an amount, and say nothing the first time."""
        held = await super().authorize(key, amount_minor, currency, source)
        self.references[held.reference] = None
        return self._told(held)

    async def capture(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Take an amount, while something else happens."""
        taken = await super().capture(key, reference, amount_minor)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return self._told(taken)

    def _told(self, account: Authorization) -> Authorization:
        silent, self.silent = self.silent, False
        if silent:
            message = "no answer"
            raise PaymentUnclear(message)
        return account

    async def held_minor(self) -> int:
        """Return what is held of all that was ever authorized."""
        accounts = [await self.get(reference) for reference in self.references]
        return sum(a.amount_minor - a.captured_minor for a in accounts if not a.voided)


def unclear(ports: Ports, tmp_path: Path) -> tuple[PaymentActivities, Unclear]:
    """Return the activities with a gateway that does not answer the next request."""
    gateway = Unclear(tmp_path / "gateway.db")
    return PaymentActivities(replace(ports, payments=gateway)), gateway


def renewal(number: int) -> RenewAuthorization:
    """Return the request to hold anew what has lapsed."""
    key = f"order/O-1/renew_authorization/-/{number}"
    return RenewAuthorization(key=key, order_id="O-1", until=NOW, lapsed=True)


async def reference_of(ports: Ports) -> str | None:
    """Return the reference of what counts."""
    async with ports.database.reading() as tx:
        held = await tx.payments.held("O-1")
    return held.reference if held else None


async def test_a_renewal_takes_up_what_another_one_began(ports: Ports, tmp_path: Path) -> None:
    """It has acted without an answer: asked by its key, it counts, and nothing is held twice."""
    payments, gateway = unclear(ports, tmp_path)
    with pytest.raises(PaymentUnclear):
        await payments.renew_authorization(renewal(1))
    await payments.renew_authorization(renewal(2))
    counts = await reference_of(ports)
    assert order().amount_minor == await gateway.held_minor()
    late = await payments.renew_authorization(renewal(1))
    assert None is late.given_up
    assert {counts} == set(gateway.references)
    assert order().amount_minor == await gateway.held_minor()
    assert counts == await reference_of(ports)
    assert [] == await unanswered(ports)


async def test_another_card_waits_for_the_renewal_under_way(ports: Ports, tmp_path: Path) -> None:
    """It is asked about in the same words until its answer is known; then the other card counts."""
    payments, _ = unclear(ports, tmp_path)
    with pytest.raises(PaymentUnclear):
        await payments.renew_authorization(renewal(1))
    means = RecordOtherMeans(
        key="order/O-1/record_other_means/t/1",
        order_id="O-1",
        payment=PayOtherwise(reference="tok_visa-2"),
    )
    holds = HoldActivities(ports)
    with pytest.raises(ConfirmationRefused, match="being held anew"):
        await holds.record_other_means(means)
    await payments.renew_authorization(renewal(1))
    for _ in range(2):
        await holds.record_other_means(means)
    async with ports.database.reading() as tx:
        assert "tok_visa-2" == (await tx.orders.get("O-1")).order.payment.reference


async def test_two_renewals_at_once_are_one(ports: Ports, tmp_path: Path) -> None:
    """Both ask by the same key; who comes second gives nothing up."""
    payments, gateway = unclear(ports, tmp_path)
    with pytest.raises(PaymentUnclear):
        await payments.renew_authorization(renewal(1))
    both = (payments.renew_authorization(renewal(number)) for number in (1, 2))
    done = await asyncio.gather(*both)
    counts = await reference_of(ports)
    assert counts not in {one.given_up for one in done}
    assert order().amount_minor == await gateway.held_minor()


async def test_a_renewal_that_nobody_asks_about_again_is_voided_with_the_rest(
    ports: Ports, tmp_path: Path
) -> None:
    """Until then the books know what is not answered; after it nothing is held."""
    payments, gateway = unclear(ports, tmp_path)
    with pytest.raises(PaymentUnclear):
        await payments.renew_authorization(renewal(1))
    assert [renewal(1).key] == await unanswered(ports)
    await payments.void_payment(VoidPayment(key="order/O-1/void_payment/-/1", order_id="O-1"))
    assert 0 == await gateway.held_minor()
    assert [] == await unanswered(ports)
    await payments.renew_authorization(renewal(1))
    assert 0 == await gateway.held_minor()


async def unanswered(ports: Ports) -> list[str]:
    """Return the keys of what the gateway was asked without an answer on record."""
    async with ports.database.reading() as tx:
        return [one.key for one in await tx.payments.asked("O-1") if one.is_open]


async def test_a_capture_is_recorded_under_the_reference_that_it_was_made_by(
    ports: Ports, tmp_path: Path
) -> None:
    """A renewal that comes while it is under way changes nothing, and holds nothing beside it."""
    payments, gateway = unclear(ports, tmp_path)
    gateway.silent = False
    assert (
        "the account is blocked"
        == (await PaymentActivities(ports).capture_payment(capture(1))).declined
    )
    gateway.meanwhile = lambda: payments.renew_authorization(renewal(1))
    by = await reference_of(ports)
    await payments.capture_payment(capture(2))
    async with ports.database.reading() as tx:
        references = {e.kind: e.reference for e in await tx.payments.entries("O-1")}
    assert by == references[PostingKind.CAPTURED]
    assert 0 == await gateway.held_minor()


async def test_an_unanswered_capture_is_asked_again_by_its_reference(
    ports: Ports, tmp_path: Path
) -> None:
    """A renewal waits for its outcome, so that the key never comes with another request."""
    payments, _ = unclear(ports, tmp_path)
    with pytest.raises(PaymentUnclear):
        await payments.capture_payment(capture(1))
    by = await reference_of(ports)
    await payments.renew_authorization(renewal(1))
    assert by == (await payments.capture_payment(capture(1))).reference
    assert by == await reference_of(ports)
    assert [] == await unanswered(ports)
