"""A way into the engine on which messages come late, twice, out of order, or are not answered."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any, TypeVar

from fulfillment.domain.addresses import Address
from fulfillment.domain.confirmations import Confirmation
from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.errors import FulfillmentError, StoreBusy, Unavailable
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.orders import Order
from fulfillment.domain.scan_sessions import ScanAnswer, ScanRequest
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.messages import Accepted
from fulfillment.operations import stock
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.operations.tracking import TrackingTaken
from fulfillment.simulation.chaos.plan import Message
from fulfillment.simulation.chaos.tally import Tally
from fulfillment.simulation.ways import ByOperations

ResultT = TypeVar("ResultT")

RETRY_SECONDS = 0.5
DELAY_SECONDS = 0.4
"""A message is on its way so long at most."""
STALE_SECONDS = (3.0, 20.0)
"""After so long the same message comes once more."""
SHUFFLE_SECONDS = 4.0
"""What a carrier tells comes at any time within so long."""
AT_ONCE = 24
"""So many repeated messages are asked at the same time; where answers are slow, the others wait, or
hundreds that wait for answers would keep the server from all else."""
ONE_IN_LOST = 12
"""So many messages get their answer, and one does not."""
ONE_IN_NONSENSE = 3
NONSENSE: tuple[list[Any], ...] = ([7], ["done", "twice"], [{"by": 3}], [[[]]], [None, {}])
"""What a signal should not carry; none of it may stop or move an order wrongly."""
FLOOR_SIGNALS = ("tracking_updated", "retry_step")
"""Signals to a fulfillment that confirm nothing."""


class FaultyWay(ByOperations):
    """The operations themselves, with faults on the way to them; what is told arrives in the end.

    Nothing is taken from what people do: each message comes at least once, and who asks gets an
    answer, or an outage after which he asks again.
    """

    def __init__(self, engine: Engine, luck: Random, tally: Tally, repeats: int) -> None:
        """Begin with nothing under way."""
        super().__init__(engine)
        self._luck = luck
        self._tally = tally
        self._repeats = repeats
        self._under_way: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._at_peace = False

    async def settled(self) -> None:
        """Stop the faults, and wait until all that is under way has arrived."""
        self._at_peace = True
        await asyncio.gather(*self._under_way)

    # --- what is told, and answered ------------------------------------------------------

    async def submit_order(self, order: Order) -> None:
        """Hand an order in."""
        await self._ask("submission", partial(super().submit_order, order))

    async def cancel_order(self, order_id: str, reason: str, by: str) -> tuple[str, ...]:
        """Cancel an order."""
        return await self._ask("update", partial(super().cancel_order, order_id, reason, by))

    async def correct_address(self, order_id: str, address: Address, by: str) -> OrderStage:
        """Replace the address of an order on hold."""
        return await self._ask("update", partial(super().correct_address, order_id, address, by))

    async def resolve_exception(self, fulfillment_id: str, resolution: Resolution) -> Accepted:
        """Decide what becomes of parcels in trouble."""
        ask = partial(super().resolve_exception, fulfillment_id, resolution)
        return await self._ask("update", ask)

    async def send(self, question: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Ask what is out of the ordinary."""
        return await self._ask("update", question)

    async def confirm(self, fulfillment_id: str, confirmation: Confirmation) -> Accepted:
        """Tell what was done on the floor."""
        self._mutter(fulfillment_id)
        ask = partial(super().confirm, fulfillment_id, confirmation)
        return await self._ask("update", ask)

    async def assign_batch(self, batch_id: str, to: str, by: str) -> None:
        """Give a batch to a person."""
        await self._ask("update", partial(super().assign_batch, batch_id, to, by))

    async def send_scan(self, session_id: str, request: ScanRequest) -> ScanAnswer:
        """Scan something; what is scanned comes again under its number."""
        return await self._ask("scan", partial(super().send_scan, session_id, request))

    async def close_session(self, session_id: str, by: str, device: str) -> ScanAnswer:
        """Close a session that is finished."""
        return await self._ask("update", partial(super().close_session, session_id, by, device))

    async def receive_stock(self, receipt: stock.Receipt) -> stock.Received:
        """Book a delivery."""
        return await self._ask("receipt", partial(super().receive_stock, receipt))

    async def signal(self, fulfillment_id: str, name: str) -> None:
        """Send a bare signal, and again."""
        send = partial(super().signal, fulfillment_id, name)
        await send()
        self._again("signal", send)

    async def record_tracking(self, event: TrackingEvent) -> TrackingTaken:
        """Take what a carrier says, and let it arrive at some time, more than once."""
        tell = partial(super().record_tracking, event)
        async with self.engine.database.reading() as tx:
            known = await tx.parcels.find_label(event.tracking_number)
        if known is None or self._at_peace:
            return await tell()
        self._strike("webhook", Message.SHUFFLED)
        self._start(self._arrive(tell, self._luck.uniform(0, SHUFFLE_SECONDS)))
        self._again("webhook", tell)
        _, parcel = known
        return TrackingTaken(
            order_id=parcel.order_id,
            fulfillment_id=parcel.fulfillment_id,
            tracking_number=event.tracking_number,
            news=True,
        )

    # --- what happens on the way ---------------------------------------------------------

    async def _ask(self, kind: str, ask: Callable[[], Awaitable[ResultT]]) -> ResultT:
        if self._at_peace:
            return await ask()
        self._strike(kind, Message.DELAYED)
        await asyncio.sleep(self._luck.uniform(0, DELAY_SECONDS))
        self._again(kind, ask)
        answer = await ask()
        if not self._luck.randrange(ONE_IN_LOST):
            self._strike(kind, Message.LOST_ANSWER)
            message = f"the answer to a {kind} was lost"
            raise StoreBusy(message)
        return answer

    def _again(self, kind: str, ask: Callable[[], Awaitable[object]]) -> None:
        """Let the same arrive again at once, and again when it is stale."""
        if self._at_peace:
            return
        for _ in range(self._luck.randint(1, self._repeats)):
            after = self._luck.uniform(0, DELAY_SECONDS)
            self._start(self._tell_again(kind, Message.REPEATED, ask, after))
        after = self._luck.uniform(*STALE_SECONDS)
        self._start(self._tell_again(kind, Message.STALE, ask, after))

    def _mutter(self, fulfillment_id: str) -> None:
        """Now and then send a signal that says nothing sensible."""
        if self._at_peace or self._luck.randrange(ONE_IN_NONSENSE):
            return
        name, said = self._luck.choice(FLOOR_SIGNALS), self._luck.choice(NONSENSE)

        async def send() -> None:
            async with answered(f"fulfillment {fulfillment_id}"):
                await fulfillment_handle(self.engine, fulfillment_id).signal(name, args=said)

        after = self._luck.uniform(0, DELAY_SECONDS)
        self._start(self._tell_again("signal", Message.NONSENSE, send, after))

    async def _arrive(self, tell: Callable[[], Awaitable[object]], after: float) -> None:
        await asyncio.sleep(after)
        while True:
            try:
                await tell()
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _tell_again(
        self, kind: str, how: Message, ask: Callable[[], Awaitable[object]], after: float
    ) -> None:
        await asyncio.sleep(after)
        async with self._room:
            if self._at_peace:
                return
            self._strike(kind, how)
            # Refused, not answered, or all is over: who said it first has an answer already.
            with suppress(FulfillmentError, NotRunning):
                await ask()

    def _start(self, errand: Awaitable[None]) -> None:
        task = asyncio.ensure_future(errand)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _strike(self, kind: str, message: Message) -> None:
        self._tally.strike(f"{kind} {message.value}")
