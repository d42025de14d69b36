"""Another address is judged by the rules of risk, as the first one was, on each database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from activities.readdressing import LOOK_FIRST, ReaddressingActivities
from fulfillment import bootstrap
from fulfillment.domain.orders import Payment, PaymentMethod
from fulfillment.domain.risk import RiskRules, traits_of
from fulfillment.messages import AddressChanged, ChangeAddress, RecordNewAddress
from fulfillment.ports import Ports
from fulfillment.settings import Settings
from plant import _address
from record_samples import NOW, fulfillment, order, put_on_record, stock_up

PARIS = _address("Ada Lovelace", "10 Rue de Rivoli", "75004", "Paris", "FR")
KIEL = _address("Ada Lovelace", "Holstenstr. 5", "24103", "Kiel", "DE")
BILLED = Payment(method=PaymentMethod.AUTHORIZED, reference="tok", billing_country="DE")


@pytest_asyncio.fixture
async def ports(database_url: str, tmp_path: Path) -> AsyncIterator[Ports]:
    """Return the ports on a fresh database, with an order under way that is billed to Germany."""
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(bootstrap.ports(settings))
        await stock_up(opened.database)
        await put_on_record(opened.database, order().model_copy(update={"payment": BILLED}))
        async with opened.database.writing() as tx:
            await tx.fulfillments.add(fulfillment())
        yield opened


async def sent_to(ports: Ports, address: object, rules: RiskRules) -> AddressChanged:
    """Have the order go to another address, under these rules."""
    request = RecordNewAddress.model_validate(
        {
            "key": f"order/O-1/record_new_address/{rules.hold_at}/1",
            "order_id": "O-1",
            "change": ChangeAddress.model_validate({"address": address, "by": "ada"}),
        }
    )
    activities = ReaddressingActivities(replace(ports, risk=rules))
    return await activities.record_new_address(request)


async def test_an_order_that_passed_is_not_sent_where_it_had_been_held(ports: Ports) -> None:
    """The old address stays; who asks is not told why, the audit is."""
    rules = RiskRules(hold_at=50, country_score=50)
    assert (LOOK_FIRST,) == (await sent_to(ports, PARIS, rules)).problems
    async with ports.database.reading() as tx:
        assert order().ship_to == (await tx.orders.get("O-1")).order.ship_to
        [action] = await tx.journal.actions("O-1")
    assert action.refused
    assert "the bill goes to DE, the goods to FR (50)" in action.detail


@pytest.mark.parametrize(
    ("address", "rules"),
    [
        (PARIS, RiskRules(hold_at=51, country_score=50)),
        (KIEL, RiskRules(hold_at=50, value_minor={"EUR": 1}, value_score=50)),
    ],
)
async def test_what_a_person_need_not_look_at_again_goes_to_the_new_address(
    ports: Ports, address: object, rules: RiskRules
) -> None:
    """Too few points; or those that it was held for before, and a person let it go on."""
    assert (await sent_to(ports, address, rules)).fields
    async with ports.database.reading() as tx:
        now = (await tx.orders.get("O-1")).order
        assert address == now.ship_to
        others = await tx.traits.shared("O-2", traits_of(now), NOW)
    assert 1 in others.values()
