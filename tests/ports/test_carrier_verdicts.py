"""What a carrier says of an order's address: a doubt, a remark, or nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from pydantic import SecretStr

from activities.carrier_verdicts import CarrierSaid, carrier_said
from fake_easypost import KEY, FakeEasyPost
from fulfillment.bootstrap import SystemClock
from fulfillment.carriers.all_carriers import AllCarriers
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.carriers.easypost.network import open_network
from fulfillment.domain.address_verdicts import AddressVerdict
from fulfillment.domain.addresses import Address
from fulfillment.domain.circuits import CircuitRules
from fulfillment.domain.holds import HoldKind
from plant import order
from shipping_samples import SENDER_US, DictNotes

NOWHERE = SENDER_US.model_copy(update={"street": ("000 Nowhere",)})


@pytest.fixture
def there() -> FakeEasyPost:
    """Give EasyPost, in this process."""
    return FakeEasyPost()


@pytest_asyncio.fixture
async def carriers(there: FakeEasyPost) -> AsyncIterator[AllCarriers]:
    """Give all carriers, of which EasyPost is asked about addresses; our own know none."""
    section = {"api_key": SecretStr(KEY), "verify_addresses": SecretStr("true")}
    async with open_network(section, DictNotes(), there.transport) as network:
        own = ContractCarrier(load_tariffs())
        yield AllCarriers([own, network], SystemClock(), CircuitRules(failures=1))


async def test_what_the_carrier_does_not_find_is_doubted(carriers: AllCarriers) -> None:
    """The doubt quotes nothing of the address; what it finds is not told."""
    assert await carrier_said(carriers, SENDER_US) == CarrierSaid()
    said = await carrier_said(carriers, NOWHERE)
    [doubt] = said.findings
    assert (doubt.kind, doubt.is_doubt) == (HoldKind.ADDRESS_AMBIGUOUS, True)
    assert doubt.message == "address: the carrier does not deliver there (E.ADDRESS.NOT_FOUND)"
    assert said.remarks == ()


async def test_what_the_carrier_does_not_answer_is_a_remark(
    there: FakeEasyPost, carriers: AllCarriers
) -> None:
    """An outage or an open circuit holds nothing."""
    there.before["POST addresses"] = [(503, {})] * 5
    for _ in range(2):
        said = await carrier_said(carriers, NOWHERE)
        assert said == CarrierSaid(remarks=("address not verified: carrier_unavailable",))


class Slow(ContractCarrier):
    """A network that takes its time."""

    name = "slow"
    verifies_addresses = True
    asked = 0

    async def verify_address(self, address: Address) -> AddressVerdict:
        """Return nothing, never."""
        self.asked += 1
        await asyncio.Event().wait()
        return AddressVerdict(problems=(), verified=bool(address))


async def test_a_carrier_that_takes_its_time_is_not_waited_for() -> None:
    """Verification goes on without it; and it is left alone for a while, as any that is away."""
    slow = Slow(load_tariffs())
    carriers = AllCarriers([slow], SystemClock(), CircuitRules(failures=2))
    for _ in range(3):
        said = await carrier_said(carriers, NOWHERE, timedelta(milliseconds=10))
        assert said.remarks == ("address not verified: carrier_unavailable",)
    assert slow.asked == 2


async def test_nobody_is_asked_by_default(there: FakeEasyPost) -> None:
    """Neither our own carriers nor a network whose settings don't say so."""
    own = ContractCarrier(load_tariffs())
    async with open_network({"api_key": SecretStr(KEY)}, DictNotes(), there.transport) as network:
        carriers = AllCarriers([own, network], SystemClock())
        assert not carriers.verifies_addresses
        assert not (await carriers.verify_address(order("O-1").ship_to)).verified
    assert there.asked == {}
    assert await carrier_said(None, NOWHERE) == CarrierSaid()
