"""What it would cost to ship from a warehouse, before anything is picked or packed.

Of each warehouse two parcels are quoted: one that is like the order's own would be, and one with
its lightest unit alone. Between the two the price is taken for a line: so much a parcel, so much a
kilogram. Where no carrier answers, the distance says what it costs.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from fulfillment.domain.base import Value
from fulfillment.domain.catalog import Article, CartonType, TemperatureClass
from fulfillment.domain.errors import NoServiceAvailable
from fulfillment.domain.money import Money
from fulfillment.domain.service_choice import Wish, choose_service, promised_date
from fulfillment.domain.shipping import ParcelSpec, Quote, Rates

FILL_PERCENT = 70
"""How much of a carton goods fill, by experience; the rest is void and padding."""

DIVISOR = 5_000
"""Cubic centimeters that count as a kilogram, with most carriers."""

KM_A_DAY = 500


class Source(Value):
    """A warehouse that could ship: at what cost, by when, and how much work waits there."""

    warehouse_id: str
    distance_km: int
    parcel_minor: int
    """What the carrier takes of each parcel, before its weight."""
    per_kg_minor: int = 0
    currency: str | None = None
    """Of a carrier's quote; None where the distance alone says what it costs."""
    arrives: date
    promised: date | None = None
    """The delivery date that can be promised from there; None where no carrier says so."""
    how: str
    """The service that was quoted, or why none was."""
    served: bool = True
    """Whether any service goes from there to the customer."""
    open_units: int = 0


class Room(NamedTuple):
    """What goods a parcel holds, as a rule."""

    weight_g: int
    volume_mm3: int

    def parcels(self, weight_g: int, volume_mm3: int) -> int:
        """Return how many parcels goods need, at least one."""
        return max(1, -(-weight_g // self.weight_g), -(-volume_mm3 // self.volume_mm3))


class Bulk(NamedTuple):
    """What goods weigh and fill."""

    weight_g: int
    volume_mm3: int

    @property
    def charge_g(self) -> int:
        """Return what a carrier charges for: weight, or volume if that counts for more."""
        return max(self.weight_g, self.volume_mm3 // DIVISOR)


class Samples(NamedTuple):
    """The two parcels that are quoted, and what of their goods is charged."""

    typical: ParcelSpec
    typical_g: int
    lightest: ParcelSpec
    lightest_g: int


def parcel_room(cartons: Sequence[CartonType]) -> Room:
    """Return what the greatest carton holds; without any, what a person carries."""
    if not cartons:
        return Room(weight_g=20_000, volume_mm3=60_000_000)
    greatest = max(cartons, key=lambda c: (c.inner.volume_mm3, c.carton_id))
    return Room(
        weight_g=max(1, greatest.max_weight_g - greatest.empty_weight_g),
        volume_mm3=max(1, greatest.inner.volume_mm3 * FILL_PERCENT // 100),
    )


def bulk_of(units: Mapping[str, int], articles: Mapping[str, Article]) -> Bulk:
    """Return what so many units of each SKU weigh and fill together."""
    return Bulk(
        weight_g=sum(articles[sku].weight_g * n for sku, n in units.items()),
        volume_mm3=sum(articles[sku].dimensions.volume_mm3 * n for sku, n in units.items()),
    )


def sample_parcels(
    units: Mapping[str, int], articles: Mapping[str, Article], cartons: Sequence[CartonType]
) -> Samples:
    """Return the parcels to ask a price for, of at least one unit and one carton type."""
    whole = bulk_of(units, articles)
    number = parcel_room(cartons).parcels(*whole)
    typical = Bulk(-(-whole.weight_g // number), -(-whole.volume_mm3 // number))
    lightest = min((bulk_of({sku: 1}, articles) for sku in units), key=lambda bulk: bulk.charge_g)
    inside = [articles[sku] for sku in units]
    return Samples(
        typical=_parcel("typical", typical, inside, cartons),
        typical_g=typical.charge_g,
        lightest=_parcel("lightest", lightest, inside, cartons),
        lightest_g=lightest.charge_g,
    )


def _parcel(
    ref: str, bulk: Bulk, inside: Sequence[Article], cartons: Sequence[CartonType]
) -> ParcelSpec:
    """Return a parcel in the smallest carton that should do, with the strictest of its goods."""
    by_size = sorted(cartons, key=lambda c: (c.inner.volume_mm3, c.carton_id))
    carton = next((c for c in by_size if _holds(c, bulk)), by_size[-1])
    hazards = sorted(a.hazard_class for a in inside if a.hazard_class)
    classes = {article.temperature_class for article in inside}
    return ParcelSpec(
        parcel_ref=ref,
        outer=carton.outer,
        gross_weight_g=bulk.weight_g + carton.empty_weight_g,
        value=Money(
            amount_minor=max(article.unit_value_minor for article in inside),
            currency=inside[0].currency,
        ),
        hazard_class=hazards[0] if hazards else None,
        fragile=any(article.fragile for article in inside),
        temperature_class=next(t for t in reversed(TemperatureClass) if t in classes),
    )


def _holds(carton: CartonType, bulk: Bulk) -> bool:
    heavy = bulk.weight_g + carton.empty_weight_g > carton.max_weight_g
    return not heavy and bulk.volume_mm3 * 100 <= carton.inner.volume_mm3 * FILL_PERCENT


def quoted_source(
    by_distance: Source, samples: Samples, typical: Rates, lightest: Rates, wish: Wish
) -> Source:
    """Return a warehouse's source by what was quoted for the samples.

    The service is the one that labeling would choose for the typical parcel, to keep the date that
    the customer wants or, without one, that can be promised. Where none goes there, the distance
    says what it costs, and the source is not served.
    """
    try:
        promised = promised_date(typical, wish.urgency)
        quote, _ = choose_service(typical, wish.urgency, wish.deliver_by or promised)
    except NoServiceAvailable as error:
        return by_distance.model_copy(update={"served": False, "how": str(error)})
    small = next((q for q in lightest.quotes if q.key == quote.key), quote)
    per_kg = _per_kg_minor(quote, small, samples.typical_g - samples.lightest_g)
    base = quote.cost.amount_minor - per_kg * samples.typical_g // 1000
    return by_distance.model_copy(
        update={
            "parcel_minor": max(0, base),
            "per_kg_minor": per_kg,
            "currency": quote.cost.currency,
            "arrives": quote.projected_delivery,
            "promised": promised,
            "how": quote.key,
        }
    )


def _per_kg_minor(typical: Quote, lightest: Quote, more_g: int) -> int:
    if more_g <= 0:
        return 0
    return max(0, (typical.cost.amount_minor - lightest.cost.amount_minor) * 1000 // more_g)


def distant_source(
    warehouse_id: str, km: int, asked_on: date, parcel_minor: int, per_100_km_minor: int
) -> Source:
    """Return a warehouse's source by its distance from the customer alone."""
    return Source(
        warehouse_id=warehouse_id,
        distance_km=km,
        parcel_minor=parcel_minor + km * per_100_km_minor // 100,
        arrives=asked_on + timedelta(days=1 + km // KM_A_DAY),
        how="by distance",
    )
