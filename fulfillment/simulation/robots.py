"""What robots have in common: a pace, a diary, and a loop that outlives refusals and outages."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.errors import FulfillmentError, Unavailable
from fulfillment.ports import Clock
from fulfillment.simulation.scenario import Act, Script
from fulfillment.simulation.ways import WayIn

ResultT = TypeVar("ResultT")

RETRY_SECONDS = 0.5
"""How long a robot waits after nobody answered, before it asks the same again."""


@dataclass(frozen=True)
class Pace:
    """How fast robots are, in seconds."""

    look: float = 0.4
    """Between two looks at what there is to do."""
    work: tuple[float, float] = (0.1, 0.4)
    """A physical step takes between these."""
    scan: tuple[float, float] = (0.02, 0.1)
    """From one scan to the next."""
    travel: tuple[float, float] = (0.1, 0.5)
    """A parcel is under way so long between two scans of its carrier."""
    hesitation: float = 1.0
    """How long a customer thinks before canceling or correcting."""
    tries: int = 5
    """How often something is asked that is refused without having been meant to be."""
    staff_times: int = 1
    """So many times the usual staff works; each may wait for an answer."""


AT_ONCE = Pace(look=0.02, work=(0.0, 0.0), scan=(0.0, 0.0), travel=(0.0, 0.0), hesitation=0.0)
"""For benchmarks: whatever there is to do is done as soon as it is seen."""


class Entry(Value):
    """Something that a robot did or tried, and what came of it."""

    at: Instant
    by: str
    action: str
    order_id: str
    answer: str = ""
    refused: bool = False


@dataclass
class Diary:
    """What the robots did, in order."""

    entries: list[Entry] = field(default_factory=list)

    def has(self, action: str, order_id: str) -> bool:
        """Return whether this was done or tried about the order."""
        return any(e.action == action and e.order_id == order_id for e in self.entries)

    def refusals(self, order_id: str) -> dict[str, int]:
        """Return how often each action about an order was refused."""
        found: dict[str, int] = {}
        for entry in self.entries:
            if entry.refused and entry.order_id == order_id:
                found[entry.action] = found.get(entry.action, 0) + 1
        return found


@dataclass(frozen=True)
class Surroundings:
    """What a robot knows: its way into the engine, its own pace and luck, and its script."""

    way: WayIn
    clock: Clock
    rng: Random
    diary: Diary
    pace: Pace = field(default_factory=Pace)
    scripts: dict[str, Script] = field(default_factory=dict)

    def acts(self, act: Act) -> set[str]:
        """Return the orders with which this is to be done."""
        return {name for name, script in self.scripts.items() if script.has(act)}

    def told(self, order_id: str, act: Act) -> bool:
        """Return whether this is to be done with the order."""
        script = self.scripts.get(order_id)
        return script is not None and script.has(act)


class Robot:
    """Looks and acts until it is stopped."""

    name = "robot"

    def __init__(self, surroundings: Surroundings) -> None:
        """Begin with nothing under way."""
        self.around = surroundings
        self._errands: dict[str, asyncio.Task[None]] = {}
        self._run_before: set[str] = set()

    async def run(self) -> None:
        """Look and act, again and again; what does not answer is asked again."""
        try:
            while True:
                try:
                    await self.look()
                except Unavailable as outage:
                    self.note(self.name, "look", "-", str(outage))
                await asyncio.sleep(self.around.pace.look)
        finally:
            await self._drop_errands()

    async def look(self) -> None:
        """Look once at what there is to do, and begin it."""
        raise NotImplementedError

    def busy_with(self) -> int:
        """Return how many errands are under way."""
        return len(self._errands)

    def was_begun(self, name: str) -> bool:
        """Return whether an errand was begun, however it has ended."""
        return name in self._run_before

    def run_once(self, name: str, errand: Callable[[], Awaitable[None]]) -> bool:
        """Begin an errand unless it was begun before; say whether."""
        if name in self._run_before:
            return False
        self._run_before.add(name)
        task = asyncio.create_task(self._finish(errand), name=name)
        self._errands[name] = task
        task.add_done_callback(lambda _: self._errands.pop(name, None))
        return True

    async def _finish(self, errand: Callable[[], Awaitable[None]]) -> None:
        try:
            await errand()
        except FulfillmentError as refusal:
            self.note(self.name, "gave up", "-", str(refusal), refused=True)

    async def _drop_errands(self) -> None:
        running = list(self._errands.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def insist(self, ask: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Ask until somebody answers; a refusal is an answer and raises."""
        while True:
            try:
                return await ask()
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)

    async def ask_again(
        self,
        ask: Callable[[], Awaitable[ResultT]],
        refused: Callable[[FulfillmentError, bool], Awaitable[bool]],
    ) -> ResultT | None:
        """Ask until it is answered otherwise than by a refusal, as often as the pace allows.

        What the lists show already, a workflow may know only a moment later.

        Args:
            ask: the question, with what makes it once; it notes its answer.
            refused: notes a refusal, told whether it is the last; says whether to ask again.

        Returns:
            The answer; None if it was refused each time, or is not to be asked again.

        """
        for last in (*(False,) * (self.around.pace.tries - 1), True):
            try:
                return await self.insist(ask)
            except FulfillmentError as refusal:
                if not await refused(refusal, last):
                    return None
                await asyncio.sleep(RETRY_SECONDS)
        return None

    async def take_time(self, span: tuple[float, float]) -> None:
        """Let a span of time pass, by luck somewhere between its ends."""
        await asyncio.sleep(self.around.rng.uniform(*span))

    def note(
        self, by: str, action: str, order_id: str, answer: str = "", *, refused: bool = False
    ) -> None:
        """Write into the diary."""
        self.around.diary.entries.append(
            Entry(
                at=self.around.clock.now(),
                by=by,
                action=action,
                order_id=order_id,
                answer=answer,
                refused=refused,
            )
        )
