"""Labels of a return's parcels: all are bought or none, and none that is paid is forgotten."""

import pytest

from activities.label_choices import Choice
from activities.return_label_sales import ReturnLabelSales
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.domain.errors import (
    CarrierRefused,
    CarrierUnavailable,
    Impossible,
    NoServiceAvailable,
)
from fulfillment.domain.shipping import BoughtLabel, LabelPurchase, LabelReference
from fulfillment.persistence.database import SqlDatabase
from shipping_samples import RECIPIENT, SENDER, parcel, shipment

PARCELS = ("P1", "P2", "P3")
SENT = shipment(parcels=tuple(parcel(parcel_ref=name) for name in PARCELS))


class Choosy(ContractCarrier):
    """The contract carriers, which may not take the third parcel, nor labels back."""

    def __init__(self) -> None:
        """Take nothing but the first two parcels, and no label back at first."""
        super().__init__(load_tariffs())
        self.takes_all, self.takes_back = False, True
        self.voids: list[str] = []
        self.down_once = False

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Sell a label."""
        if purchase.parcel_ref == "P3" and not self.takes_all:
            message = "too long for the van"
            raise NoServiceAvailable(message)
        return await super().buy_label(key, purchase)

    async def void_label(self, key: str, label: LabelReference) -> None:
        """Take a label back; the first answer may get lost."""
        if not self.takes_back:
            message = "billed already"
            raise CarrierRefused(message)
        await super().void_label(key, label)
        self.voids.append(label.tracking_number)
        if self.down_once:
            self.down_once = False
            message = "no answer"
            raise CarrierUnavailable(message)


@pytest.fixture
def carrier() -> Choosy:
    """Return a carrier that takes two parcels of three."""
    return Choosy()


@pytest.fixture
def sales(carrier: Choosy, database: SqlDatabase) -> ReturnLabelSales:
    """Return who buys from it."""
    return ReturnLabelSales(carrier, database)


def wanted(choice: Choice) -> list[LabelPurchase]:
    """Return the wishes for the labels of all parcels."""
    return [
        LabelPurchase(
            carrier_id=choice.quote.carrier_id,
            service_id=choice.quote.service_id,
            order_id="O-1",
            shipment=SENT,
            parcel_ref=name,
            sender=SENDER,
            recipient=RECIPIENT,
            serial=serial,
        )
        for serial, name in enumerate(PARCELS, 41)
    ]


async def test_where_one_can_not_be_bought_the_others_are_given_back(
    carrier: Choosy, sales: ReturnLabelSales
) -> None:
    """Also if the worker died or got no answer in between, and whatever the carrier sells by then.

    What was given back is not used.
    """
    choice = await sales.choose("K", SENT)
    carrier.down_once = True
    with pytest.raises(CarrierUnavailable):
        await sales.buy(choice, wanted(choice))
    carrier.takes_all = True
    for _ in range(2):
        with pytest.raises(Impossible, match=r"^too long for the van$"):
            await sales.buy(await sales.choose("K", SENT), wanted(choice))
    assert 2 == len(set(carrier.voids))


async def test_what_the_carrier_does_not_take_back_is_told(
    carrier: Choosy, sales: ReturnLabelSales
) -> None:
    """By its number, so that a person sees to it."""
    carrier.takes_back = False
    choice = await sales.choose("K", SENT)
    with pytest.raises(Impossible) as caught:
        await sales.buy(choice, wanted(choice))
    assert str(caught.value).startswith("too long for the van; label ")
    assert 2 == str(caught.value).count("is paid and not taken back: billed already")


async def test_all_are_bought_once(carrier: Choosy, sales: ReturnLabelSales) -> None:
    """The same again returns the same labels."""
    carrier.takes_all = True
    choice = await sales.choose("K", SENT)
    bought = await sales.buy(choice, wanted(choice))
    assert list(PARCELS) == [label.parcel_ref for label in bought]
    assert bought == await sales.buy(choice, wanted(choice))
    assert [] == carrier.voids
