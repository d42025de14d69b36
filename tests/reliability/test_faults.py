"""Every activity and every outside party under every fault: the outcome is as without faults."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest
from temporalio.client import Client

import plant as plants
from activities.registry import activity_names
from batch_driver import HURRIED
from batch_histories import WAYS
from faults import Crash, Moment, Outage
from fulfillment.ports import Ports
from journeys import HOUSES, JOURNEYS, House
from journeys_beset import BESET
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
MOMENTS = {f"{kind} {moment.value}": moment for kind in ("crash", "outage") for moment in Moment}
FAULTS = list(MOMENTS)
CRASHES, OUTAGE_NAMES = FAULTS[:2], FAULTS[2:]


def prefix(fault: str) -> str:
    """Return what the ids of all orders under a fault begin with."""
    return fault.replace(" ", "_")


STRUCK = {fault: Counter[str]() for fault in CRASHES}
OUTAGES = {fault: Outage(MOMENTS[fault], f"{prefix(fault)}.") for fault in OUTAGE_NAMES}


class Opening(NamedTuple):
    """A shop of a house, and which journeys go in it under which faults."""

    house: House
    going: Mapping[str, Sequence[str]]


WAYS_TO_GO = {**JOURNEYS, BESET.name: BESET}
EVERY_PARTY = ("canceled", "missed_pickup")
BY_STAFF = (
    "beset",
    "child_terminated",
    "hold_rejected",
    "not_supplied",
    "produced",
    "short_pick",
    "taken_apart",
    "turned_around",
)
BY_TIME = (*EVERY_PARTY, "lost_parcel", "rejected", "returned", "written_off")
OPENINGS = (
    *(Opening(House.SUPPLIED, {fault: BY_STAFF}) for fault in (NONE, WORST)),
    *(Opening(House.BY_MANIFEST, {fault: ("end_of_day",)}) for fault in (NONE, WORST)),
    Opening(House.FORBEARING, dict.fromkeys((NONE, WORST), ("question_lapsed",))),
    Opening(House.RESTLESS, {NONE: BY_TIME, **dict.fromkeys(FAULTS, EVERY_PARTY), WORST: BY_TIME}),
)
"""Under the worst fault all that has an activity or an outcome of its own, under others enough.

Faults share a shop where all that is done in it names the order, and so the fault, that it is for.
"""

GOING = {
    fault: [name for opening in OPENINGS for name in opening.going.get(fault, ())]
    for fault in (NONE, *FAULTS)
}
BATCHES = [way for name, way in WAYS.items() if name != "batch_ordinary"]
"""Each of them does what the ordinary one does, and more."""

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
    """Let the journeys go under their faults, all at once; under the worst a merchant listens."""
    result = Campaign()
    # Thousands of faults, each with its traceback, take longer to log than to overcome.
    monkeypatch_module.setattr(logging.getLogger("temporalio.activity"), "disabled", True)
    async with AsyncExitStack() as stack:
        receiver = stack.enter_context(Receiver().listening())
        runs, turnstile = [], asyncio.Semaphore(AT_ONCE)
        for opening in OPENINGS:
            folder = tmp_path_factory.mktemp("faults")
            shop = await stack.enter_async_context(_open(client, folder, opening))
            # One journey is enough to have each event delivered; each costs as much as a step.
            if opening.house is House.BY_MANIFEST and WORST in opening.going:
                await listen(shop, receiver)
            runs.append(_run(result, shop, opening, turnstile))
        crash, folder = (
            Crash(Moment.AFTER, struck=STRUCK[WORST]),
            tmp_path_factory.mktemp("batches"),
        )
        floor = plants.plant(client, folder, interceptors=[crash], **HURRIED)
        runs.append(_run_batches(result, await stack.enter_async_context(floor), WORST))
        await asyncio.gather(*runs)
        yield result


def _open(client: Client, folder: Path, opening: Opening) -> AbstractAsyncContextManager[Plant]:
    """Open a shop; where it has one fault alone, this strikes all that is done in it."""
    alone = len(opening.going) == 1
    crashes = [
        Crash(MOMENTS[fault], "" if alone else f"{prefix(fault)}.", STRUCK[fault])
        for fault in CRASHES
        if fault in opening.going
    ]

    def change(ports: Ports) -> Ports:
        changed = HOUSES[opening.house].change(ports)
        for outage in [OUTAGES[fault] for fault in OUTAGES if fault in opening.going]:
            changed = outage.around(changed)
        return changed

    overrides = {"webhook_allow_loopback": True, **HOUSES[opening.house].settings}
    return plants.plant(client, folder, interceptors=crashes, change=change, **overrides)


async def _run(
    result: Campaign, shop: Plant, opening: Opening, turnstile: asyncio.Semaphore
) -> None:
    async def go(fault: str, name: str) -> Trace:
        async with turnstile, asyncio.timeout(LIMIT_SECONDS):
            return await trace_of(shop, await WAYS_TO_GO[name].go(shop, prefix(fault)))

    places = [(fault, name) for fault, names in opening.going.items() for name in names]
    left = await asyncio.gather(*(go(*place) for place in places), return_exceptions=True)
    result.traces.update(zip(places, left, strict=True))
    await _look_for_findings(result, shop, opening.going)


async def _look_for_findings(result: Campaign, shop: Plant, faults: Iterable[str]) -> None:
    found = await shop.read(lambda tx: tx.books.findings())
    for fault in faults:
        result.findings.setdefault(fault, []).extend(map(str, found))


async def _run_batches(result: Campaign, shop: Plant, fault: str) -> None:
    """Let every way of a pick batch go, one after the other: together they would be one batch."""
    for way in BATCHES:
        await way(shop, prefix(fault))
    await _look_for_findings(result, shop, [fault])


@pytest.mark.timeout(180)
async def test_each_journey_ends(campaign: Campaign) -> None:
    """Without faults, no journey breaks, and the books hold."""
    broken = {name: campaign.trace(NONE, name).outcome for name in GOING[NONE]}
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
    ("fault", "journey"), [(fault, name) for fault in FAULTS for name in GOING[fault]]
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
    assert STRUCK[WORST][name] > 0


@pytest.mark.usefixtures("campaign")
@pytest.mark.parametrize("party", [*PARTIES, "send"])
async def test_every_party_is_struck(party: str) -> None:
    """No outside party is left out: each has been silent before and after it acted."""
    assert [outage.struck[party] > 0 for outage in OUTAGES.values()] == [True, True]


async def test_every_effect_is_done_once(campaign: Campaign) -> None:
    """No key of an effect, a message, a mail or a request to the gateway is there twice."""
    repeated = {place: campaign.trace(*place).repeated for place in campaign.traces}
    assert [place for place, keys in repeated.items() if keys] == []
