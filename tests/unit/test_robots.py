"""Robots outlive outages and refusals, do each errand once, and stop cleanly."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, cast

import pytest

from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Unavailable
from fulfillment.simulation import robots
from fulfillment.simulation.robots import AT_ONCE, Diary, Robot, Surroundings


class NoonClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        """Return noon."""
        return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def surroundings() -> Surroundings:
    """Return what a robot knows, where it asks nobody."""
    nobody = cast("Any", None)
    return Surroundings(way=nobody, clock=NoonClock(), rng=Random(1), diary=Diary(), pace=AT_ONCE)


@dataclass
class Scripted:
    """Answers in turn with what it was given; an error is raised."""

    answers: list[Any] = field(default_factory=list)
    asked: int = 0

    async def ask(self) -> str:
        """Return or raise the next answer."""
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return str(answer)


class Looker(Robot):
    """Looks where it is told to, and has one errand a look."""

    def __init__(self, around: Surroundings, script: Scripted, errand: Scripted) -> None:
        """Keep what its looks and its errands come to."""
        super().__init__(around)
        self._script, self._errand = script, errand

    async def look(self) -> None:
        """Look, and begin the errand of what is seen."""
        self.run_once(await self._script.ask(), self._go)

    async def _go(self) -> None:
        await self._errand.ask()


async def looking(robot: Robot, seconds: float = 0.2) -> None:
    """Let a robot work for a while, then stop it."""
    shift = asyncio.create_task(robot.run())
    await asyncio.sleep(seconds)
    shift.cancel()
    with pytest.raises(asyncio.CancelledError):
        await shift


async def test_what_does_not_answer_is_asked_again() -> None:
    """The same question, until there is an answer."""
    script = Scripted([Unavailable("nobody there"), "done"])
    assert await Robot(surroundings()).insist(script.ask) == "done"
    assert script.asked == 2


async def test_a_refusal_is_an_answer() -> None:
    """It is not asked again."""
    script = Scripted([ConfirmationRefused("wrong item"), "done"])
    with pytest.raises(ConfirmationRefused):
        await Robot(surroundings()).insist(script.ask)
    assert script.asked == 1


async def test_a_robot_outlives_an_outage() -> None:
    """It notes it, and looks again."""
    around, errand = surroundings(), Scripted(["done"])
    await looking(Looker(around, Scripted([Unavailable("server gone"), "parcel-1"]), errand))
    assert errand.asked == 1
    assert around.diary.entries[0].answer == "server gone"


async def test_an_errand_is_run_once() -> None:
    """However often it is seen that it is to be done."""
    script, errand = Scripted(["parcel-1"]), Scripted(["done"])
    await looking(Looker(surroundings(), script, errand))
    assert script.asked > 1
    assert errand.asked == 1


async def test_a_refused_errand_costs_no_other() -> None:
    """The refusal stands in the diary, and the robot goes on."""
    around = surroundings()
    errand = Scripted([ConfirmationRefused("wrong item"), "done"])
    await looking(Looker(around, Scripted(["parcel-1", "parcel-2"]), errand))
    assert errand.asked == 2
    assert [entry.refused for entry in around.diary.entries] == [True]


async def test_a_stopped_robot_leaves_nothing_under_way() -> None:
    """Its errands are dropped with it."""

    class Sleeper(Looker):
        async def _go(self) -> None:
            await asyncio.sleep(60)

    robot = Sleeper(surroundings(), Scripted(["parcel-1"]), Scripted(["done"]))
    await looking(robot)
    assert robot.busy_with() == 0


def test_refusals_are_counted_by_what_was_tried() -> None:
    """For the order asked about alone."""
    robot = Robot(surroundings())
    robot.note("Anna", "pick", "A-1", "wrong item", refused=True)
    robot.note("Anna", "pick", "A-1", "pick confirmed")
    robot.note("Anna", "pick", "A-2", "wrong item", refused=True)
    assert robot.around.diary.refusals("A-1") == {"pick": 1}
    assert robot.around.diary.refusals("A-3") == {}


def refusing(told: list[bool], *, again: bool) -> Callable[[FulfillmentError, bool], Any]:
    """Return what notes whether a refusal was the last, and says whether to ask again."""

    async def refused(_: FulfillmentError, last: bool) -> bool:  # noqa: FBT001 - as called
        told.append(last)
        return again

    return refused


async def test_what_is_refused_too_early_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer comes in the end, and what was refused until then was not the last."""
    monkeypatch.setattr(robots, "RETRY_SECONDS", 0)
    script = Scripted([ConfirmationRefused("early"), Unavailable("down"), "done"])
    told: list[bool] = []
    assert await Robot(surroundings()).ask_again(script.ask, refusing(told, again=True)) == "done"
    assert (told, script.asked) == ([False], 3)


async def test_what_is_refused_each_time_has_a_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """After as many tries as the pace allows nobody is asked any more."""
    monkeypatch.setattr(robots, "RETRY_SECONDS", 0)
    script, told = Scripted([ConfirmationRefused("no")]), list[bool]()
    robot = Robot(surroundings())
    assert await robot.ask_again(script.ask, refusing(told, again=True)) is None
    assert told == [*(False,) * (AT_ONCE.tries - 1), True]


async def test_what_is_settled_meanwhile_is_not_asked_again() -> None:
    """A refusal may show that there is nothing left to ask."""
    script, told = Scripted([ConfirmationRefused("over")]), list[bool]()
    robot = Robot(surroundings())
    assert await robot.ask_again(script.ask, refusing(told, again=False)) is None
    assert (told, script.asked) == ([False], 1)
