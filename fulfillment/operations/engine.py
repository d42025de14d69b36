"""What every operation needs: Temporal for progress, the database for things, and a clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio.client import Client

from fulfillment.domain.lifecycle import SubstitutionPolicy
from fulfillment.domain.returns import ReturnPolicy
from fulfillment.domain.short_picks import ShortPickPolicy
from fulfillment.domain.sourcing import SourcingWeights
from fulfillment.ports import NO_RATES, Clock, Database, Documents, PaymentGateway, RateQuoter


def _never(carrier_id: str) -> bool:
    """Return that a carrier brings nothing back."""
    del carrier_id
    return False


@dataclass(frozen=True)
class Interception:
    """Which carriers bring parcels back that are on their way, and what is kept for it."""

    can: Callable[[str], bool] = _never
    fee_minor: int = 0


@dataclass(frozen=True)
class Engine:
    """The running engine, as its callers reach it; made in bootstrap."""

    client: Client
    database: Database
    clock: Clock
    task_queue: str
    documents: Documents
    plan_every: timedelta = timedelta(minutes=5)
    """How often each warehouse's floor is planned."""
    short_pick: ShortPickPolicy = ShortPickPolicy.OTHER_BIN
    """Where a scanner looks first for what a bin did not hold."""
    interception: Interception = field(default_factory=Interception)
    payments: PaymentGateway | None = None
    """Asked where the books are compared with it."""
    carrier: RateQuoter = NO_RATES
    """Who says what shipping costs, for what is promised before an order."""
    sourcing: SourcingWeights = field(default_factory=SourcingWeights)
    ship_within: timedelta = timedelta(days=2)
    """How long after an order its parcels are ready to ship, as promised."""
    substitution: SubstitutionPolicy = SubstitutionPolicy.ALLOWED
    returns: ReturnPolicy = field(default_factory=ReturnPolicy)
    """On which terms goods may come back."""
    tracking_link: str = ""
    """Where a customer follows a parcel: a URL with `{tracking_number}` in it, or nowhere."""
