"""What every operation needs: Temporal for progress, the database for things, and a clock."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client

from fulfillment.domain.short_picks import ShortPickPolicy
from fulfillment.ports import Clock, Database, Documents


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
    tracking_link: str = ""
    """Where a customer follows a parcel: a URL with `{tracking_number}` in it, or nowhere."""
