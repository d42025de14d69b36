"""Every activity of every journey under every fault: the outcome is as without faults."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.worker import Interceptor

import plant as plants
from activities.registry import activity_names
from batch_driver import HURRIED
from batch_histories import WAYS
from faults import Crash, Moment, Outage
from fulfillment.ports import Ports
from journeys import HOUSES, JOURNEYS, House, Journey
from plant import Plant
from traces import Trace, trace_of
from webhook_listener import listen
from webhook_receiver import Receiver

NONE = "none"
WORST = "crash after"
"""The work is done and nobody knows; before it, nothing is lost but time."""
AT_ONCE = 10
"""Journeys at the same time; most of each is waiting for a second try."""

LIMIT_SECONDS = 300.0
CRASHES = {f"crash {moment.value}": Crash(moment) for moment in Moment}
OUTAGES = {f"outage {moment.value}": Outage(moment) for moment in Moment}
FAULTS = [*CRASHES, *OUTAGES]
EVERY_PARTY = ("canceled", "declined_once", "missed_pickup", "short_pick")
EVERY_ACTIVITY = (
    *EVERY_PARTY,
    "assigned",
    "changed",
    "chosen",
    "end_of_day",
    "hold_corrected",
    "hold_rejected",
    "hold_released",
    "lost_parcel",
    "not_supplied",
    "other_cartons",
    "paid_and_canceled",
    "paid_otherwise",
    "produced",
    "purchased",
    "question_lapsed",
    "refused_signals",
    "returned",
    "taken_apart",
    "turned_around",
    "written_off",
)
EVERY_TURN = ("back_ordered", "canceled_on_hold", "child_terminated", "rejected", "split")
GOING: dict[str, list[Journey]] = {
    NONE: [JOURNEYS[name] for name in (*EVERY_ACTIVITY, *EVERY_TURN)],
    "crash before": [JOURNEYS[name] for name in EVERY_PARTY],
    WORST: [JOURNEYS[name] for name in (*EVERY_ACTIVITY, *EVERY_TURN)],
    **{fault: [JOURNEYS[name] for name in EVERY_PARTY] for fault in OUTAGES},
}
"""Which journeys go under which fault: most under the worst, and enough under the others."""

PARTIES = ("database", "quote_rates", "buy_label", "book_pickup", "authorize", "capture", "void")


@dataclass
class Campaign:
    """What is left of each journey under each fault, and what the books say afterwards."""

    traces: dict[tuple[str, str], Trace | BaseException] = field(default_factory=dict)
    findings: dict[str, list[str]] = field(default_factory=dict)

    def trace(self, fault: str, journey: str) -> Trace:
        """Return what is left of a journey; raise what broke it."""
        left = self.traces[fault, journey]
        if isinstance(left, BaseException):
            raise left
        return left


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    """Change what is changed back after this module."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
async def campaign(
    client: Client, tmp_path_factory: pytest.TempPathFactory, monkeypatch_module: pytest.MonkeyPatch
) -> AsyncIterator[Campaign]:
    """Let every journey go under every fault, all at once; under crashes a merchant listens."""
    result = Campaign()
    # Thousands of faults, each with its traceback, take longer to log than to overcome.
    monkeypatch_module.setattr(logging.getLogger("temporalio.activity"), "disabled", True)
    async with AsyncExitStack() as stack:
        receiver = stack.enter_context(Receiver().listening())
        runs, turnstile = [], asyncio.Semaphore(AT_ONCE)
        for fault in [NONE, *FAULTS]:
            for house in {journey.house: None for journey in GOING[fault]}:
                folder = tmp_path_factory.mktemp("faults")
                shop = await _open(stack, client, folder, fault, house)
                if fault in CRASHES:
                    await listen(shop, receiver)
                mine = [j for j in GOING[fault] if j.house is house]
                runs.append(_run(result, shop, fault, mine, turnstile))
            if fault == WORST:
                crash = [CRASHES[fault]]
                folder = tmp_path_factory.mktemp("batches")
                floor = plants.plant(client, folder, interceptors=crash, **HURRIED)
                runs.append(_run_batches(result, await stack.enter_async_context(floor), fault))
        await asyncio.gather(*runs)
        yield result


async def _open(
    stack: AsyncExitStack, client: Client, folder: Path, fault: str, house: House
) -> Plant:
    interceptors: list[Interceptor] = [CRASHES[fault]] if fault in CRASHES else []

    def change(ports: Ports) -> Ports:
        changed = HOUSES[house].change(ports)
        return OUTAGES[fault].around(changed) if fault in OUTAGES else changed

    overrides = {"webhook_allow_loopback": True, **HOUSES[house].settings}
    return await stack.enter_async_context(
        plants.plant(client, folder, interceptors=interceptors, change=change, **overrides)
    )


async def _run(
    result: Campaign,
    shop: Plant,
    fault: str,
    journeys: Sequence[Journey],
    turnstile: asyncio.Semaphore,
) -> None:
    prefix = fault.replace(" ", "_")

    async def go(journey: Journey) -> Trace:
        async with turnstile, asyncio.timeout(LIMIT_SECONDS):
            return await trace_of(shop, await journey.go(shop, prefix))

    left = await asyncio.gather(*map(go, journeys), return_exceptions=True)
    for journey, trace in zip(journeys, left, strict=True):
        result.traces[fault, journey.name] = trace
    found = await shop.read(lambda tx: tx.books.findings())
    result.findings.setdefault(fault, []).extend(map(str, found))


async def _run_batches(result: Campaign, shop: Plant, fault: str) -> None:
    """Let every way of a pick batch go, one after the other: together they would be one batch."""
    for way in WAYS.values():
        await way(shop, fault.replace(" ", "_"))
    found = await shop.read(lambda tx: tx.books.findings())
    result.findings.setdefault(fault, []).extend(map(str, found))


@pytest.mark.timeout(180)
async def test_each_journey_ends(campaign: Campaign) -> None:
    """Without faults, no journey breaks, and the books hold."""
    broken = {journey.name: campaign.trace(NONE, journey.name).outcome for journey in GOING[NONE]}
    assert set(broken.values()) <= {
        "canceled",
        "completed",
        "completed, 1 canceled",
        "completed, 3 lost and sent again",
        "rejected: payment: declined by the bank",
        "rejected: nobody could be reached",
    }
    assert campaign.findings[NONE] == []


@pytest.mark.parametrize(
    ("fault", "journey"), [(fault, journey.name) for fault in FAULTS for journey in GOING[fault]]
)
async def test_a_fault_changes_nothing(campaign: Campaign, fault: str, journey: str) -> None:
    """Outcome, stock, money, messages and audit are as without faults, each effect once."""
    assert campaign.trace(fault, journey).differences(campaign.trace(NONE, journey)) == {}


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_books_hold(campaign: Campaign, fault: str) -> None:
    """After all faults nothing is found that does not add up."""
    assert campaign.findings[fault] == []


@pytest.mark.usefixtures("campaign")
@pytest.mark.parametrize("name", activity_names())
async def test_every_activity_is_struck(name: str) -> None:
    """No activity is left out: in each a worker has died after its work."""
    assert CRASHES[WORST].struck[name] > 0


@pytest.mark.usefixtures("campaign")
@pytest.mark.parametrize("party", [*PARTIES, "send"])
async def test_every_party_is_struck(party: str) -> None:
    """No outside party is left out: each has been silent before and after it acted."""
    assert [outage.struck[party] > 0 for outage in OUTAGES.values()] == [True, True]


async def test_every_effect_is_done_once(campaign: Campaign) -> None:
    """No key of an effect, a message, a mail or a request to the gateway is there twice."""
    repeated = {place: campaign.trace(*place).repeated for place in campaign.traces}
    assert [place for place, keys in repeated.items() if keys] == []
