"""Faults: workers that die before or after an effect, and outside parties that do not answer.

Each fault strikes an activity once; what is tried again succeeds. Use::

    crash = Crash(Moment.AFTER)
    async with plants.plant(client, folder, interceptors=[crash]): ...
    async with plants.plant(client, folder, change=Outage(Moment.BEFORE).around): ...
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from fulfillment.domain.errors import (
    CarrierUnavailable,
    FulfillmentError,
    NotifierUnavailable,
    PaymentUnclear,
    StoreBusy,
)
from fulfillment.domain.shipping import (
    BoughtLabel,
    LabelPurchase,
    LabelReference,
    Manifest,
    ManifestRequest,
    Pickup,
    PickupReference,
    PickupRequest,
    Rates,
    Shipment,
)
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.ports import (
    QUOTED_WITHIN,
    Authorization,
    CarrierClient,
    Database,
    Handed,
    Mail,
    Notifier,
    PaymentGateway,
    Ports,
)
from fulfillment.stores import UnitOfWork

ResultT = TypeVar("ResultT")


class Moment(StrEnum):
    """When a fault strikes: before anything was done, or when it was done and not yet told."""

    BEFORE = "before"
    AFTER = "after"


class Crash(Interceptor):
    """Lets a worker die in every activity's first attempt; counts by activity.

    What the server never tries again, since its workflow asks anew, is struck once a workflow.
    """

    def __init__(self, moment: Moment, of: str = "", struck: Counter[str] | None = None) -> None:
        """Strike at this moment, only what names this part of an order's id; count there."""
        self.moment = moment
        self.struck: Counter[str] = Counter() if struck is None else struck
        self._of = of
        self._asked: set[tuple[str | None, str]] = set()

    def spares(self, info: activity.Info, arguments: Sequence[Any]) -> bool:
        """Return whether it is another's, or was struck before, so that it may succeed."""
        if self._of and self._of not in f"{info.workflow_id} {arguments}":
            return True
        if info.retry_policy is None or info.retry_policy.maximum_attempts != 1:
            return info.attempt > 1
        place = (info.workflow_id, info.activity_type)
        was_struck = place in self._asked
        self._asked.add(place)
        return was_struck

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Stand around activities."""
        return _Crashing(next, self)


class _Crashing(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, crash: Crash) -> None:
        super().__init__(inner)
        self._crash = crash

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        if self._crash.spares(activity.info(), input.args):
            return await super().execute_activity(input)
        if self._crash.moment is Moment.AFTER:
            await super().execute_activity(input)
        self._crash.struck[activity.info().activity_type] += 1
        message = f"the worker died {self._crash.moment.value} it had done its work"
        raise ApplicationError(message, type="worker_died")


@dataclass
class Outage:
    """Lets every outside party fail to answer once to each request; counts by party."""

    moment: Moment
    of: str = ""
    """Only workflows whose id has this part of an order's id are struck."""
    struck: Counter[str] = field(default_factory=Counter)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def around(self, ports: Ports) -> Ports:
        """Return the ports with the outage around them."""
        return replace(
            ports,
            database=ShakyDatabase(ports.database, self),
            carrier=ShakyCarrier(ports.carrier, self),
            payments=ShakyGateway(ports.payments, self),
            notifier=ShakyNotifier(ports.notifier, self),
        )

    async def ask(
        self,
        party: str,
        key: str,
        error: type[FulfillmentError],
        act: Callable[[], Awaitable[ResultT]],
    ) -> ResultT:
        """Do what is asked; the first time there is no answer, whether it was done or not."""
        first = self.first(party, key)
        if first and self.moment is Moment.BEFORE:
            raise error(party)
        result = await act()
        if first:
            raise error(party)
        return result

    def first(self, party: str, key: str) -> bool:
        """Return whether a party is asked this for the first time, inside an activity."""
        if not activity.in_activity() or (party, key) in self._seen:
            return False
        if self.of not in (activity.info().workflow_id or ""):
            return False
        self._seen.add((party, key))
        self.struck[party] += 1
        return True


def _this_activity() -> str:
    info = activity.info()
    return f"{info.workflow_id}/{info.workflow_run_id}/{info.activity_id}"


class ShakyDatabase:
    """Each activity's first transaction finds it busy, or is committed and not told so."""

    def __init__(self, inner: Database, outage: Outage) -> None:
        """Stand around a database."""
        self._inner = inner
        self._outage = outage

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        """Begin a transaction that may write."""
        first = activity.in_activity() and self._outage.first("database", _this_activity())
        if first and self._outage.moment is Moment.BEFORE:
            message = "busy"
            raise StoreBusy(message)
        async with self._inner.writing() as tx:
            yield tx
        if first:
            message = "the answer to the commit was lost"
            raise StoreBusy(message)

    def reading(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a transaction that only reads."""
        return self._inner.reading()


@dataclass(frozen=True)
class ShakyCarrier:
    """Each request's first answer does not come."""

    inner: CarrierClient
    outage: Outage

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return what each service costs."""
        key = _this_activity()
        act = self.inner.quote_rates
        return await self._ask("quote_rates", key, lambda: act(shipment, within))

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Buy a label."""
        return await self._ask("buy_label", key, lambda: self.inner.buy_label(key, purchase))

    async def void_label(self, key: str, label: LabelReference) -> None:
        """Give a label back."""
        await self._ask("void_label", key, lambda: self.inner.void_label(key, label))

    async def track(self, label: LabelReference) -> Sequence[TrackingEvent]:
        """Return a parcel's way."""
        return await self._ask("track", _this_activity(), lambda: self.inner.track(label))

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Have parcels fetched."""
        return await self._ask("book_pickup", key, lambda: self.inner.book_pickup(key, request))

    async def cancel_pickup(self, key: str, pickup: PickupReference) -> None:
        """Call a pickup off."""
        await self._ask("cancel_pickup", key, lambda: self.inner.cancel_pickup(key, pickup))

    async def close_manifest(self, key: str, request: ManifestRequest) -> Manifest:
        """Put parcels on a list."""
        act = self.inner.close_manifest
        return await self._ask("close_manifest", key, lambda: act(key, request))

    async def _ask(self, party: str, key: str, act: Callable[[], Awaitable[ResultT]]) -> ResultT:
        return await self.outage.ask(party, key, CarrierUnavailable, act)


@dataclass(frozen=True)
class ShakyGateway:
    """Each request's first answer does not come."""

    inner: PaymentGateway
    outage: Outage

    async def authorize(
        self, key: str, amount_minor: int, currency: str, source: str
    ) -> Authorization:
        """Hold an amount."""
        return await self._ask(
            "authorize", key, lambda: self.inner.authorize(key, amount_minor, currency, source)
        )

    async def capture(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Take an amount."""
        return await self._ask(
            "capture", key, lambda: self.inner.capture(key, reference, amount_minor)
        )

    async def void(self, key: str, reference: str) -> Authorization:
        """Give back what is held."""
        return await self._ask("void", key, lambda: self.inner.void(key, reference))

    async def refund(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Give back what was taken."""
        return await self._ask(
            "refund", key, lambda: self.inner.refund(key, reference, amount_minor)
        )

    async def get(self, reference: str) -> Authorization:
        """Return what is on the books."""
        return await self.inner.get(reference)

    async def _ask(
        self, party: str, key: str, act: Callable[[], Awaitable[Authorization]]
    ) -> Authorization:
        return await self.outage.ask(party, key, PaymentUnclear, act)


@dataclass(frozen=True)
class ShakyNotifier:
    """Each mail's first answer does not come."""

    inner: Notifier
    outage: Outage

    async def send(self, key: str, mail: Mail) -> Handed:
        """Hand a message over."""
        act = self.inner.send
        return await self.outage.ask("send", key, NotifierUnavailable, lambda: act(key, mail))
