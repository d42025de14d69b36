"""The world does not allow a step: it shows, somebody is told, and it goes on when it is mended."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client

import plant as plants
from floor_driver import Share, place
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.errors import CarrierUnavailable, NoServiceAvailable, Problem
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.shipping import Rates, Shipment
from fulfillment.operations import floor
from fulfillment.ports import QUOTED_WITHIN, CarrierClient, Ports
from fulfillment.temporal import search_attributes as attributes
from histories import audited_plant, details

BIG = CartonType(
    carton_id="XXL",
    inner=plants.dimensions(1600, 700, 1300),
    outer=plants.dimensions(1620, 720, 1320),
    empty_weight_g=9_000,
    max_weight_g=400_000,
    cost_minor=5_000,
)


STRIKE = Problem(path="strike", expected="drivers", came="none")


class Unwilling:
    """A carrier that does not answer once, then refuses, until it is willing."""

    def __init__(self, carrier: CarrierClient) -> None:
        """Keep the carrier that does the rest."""
        self._carrier = carrier
        self.willing = False
        self.silent = 1
        self.asked_for: list[datetime] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    def __getattr__(self, name: str) -> Any:
        """Let the carrier do the rest."""
        return getattr(self._carrier, name)

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Quote, if willing."""
        if self.silent:
            self.silent -= 1
            message = "no answer"
            raise CarrierUnavailable(message)
        if shipment.sender is not None:  # and not before the order, for what is promised
            self.asked_for.append(shipment.ready_at)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
            self.willing = True
            raise NoServiceAvailable.of(STRIKE)
        if not self.willing:
            raise NoServiceAvailable.of(STRIKE)
        return await self._carrier.quote_rates(shipment, within)


async def test_no_service_blocks_until_there_is_one(client: Client, tmp_path: Path) -> None:
    """BlockedOn names the reason, the supervisor is told, `retry_step` goes on."""
    made: list[Unwilling] = []

    def change(ports: Ports) -> Ports:
        made.append(Unwilling(ports.carrier))
        return replace(ports, carrier=made[0])

    async with audited_plant(client, tmp_path, change=change) as shop:
        order = await place(shop, "strike")
        share = await order.share()
        await share.to(Stage.PACKING)
        await share.pack()
        status = await share.blocked()
        assert status.blocked_on.startswith("no_service_available: strike: expected drivers")
        assert Stage.LABELING is status.stage
        assert "blocked on no_service_available" in await details(share.handle)
        described = await share.handle.describe()
        shown = described.typed_search_attributes[attributes.BLOCKED_ON]
        assert shown.startswith("no_service_available")
        assert await _escalated(order.actions, "blocked: strike")

        await floor.retry_step(shop.engine, share.fulfillment_id)
        await plants.eventually(lambda: _blocked_times(share, 2))
        await share.handle.cancel()
        await share.noted("too late to cancel")
        made[0].willing = True
        await floor.retry_step(shop.engine, share.fulfillment_id)
        assert "" == (await share.at(Stage.AWAITING_PICKUP)).blocked_on
        described = await share.handle.describe()
        assert "" == described.typed_search_attributes[attributes.BLOCKED_ON]
        # Each attempt asks for a pickup from then on, or a blocked parcel would be due long ago.
        times = list(dict.fromkeys(made[0].asked_for))
        assert sorted(times) == times
        assert len(times) >= 3
        assert "completed" == await order.finish()


async def test_a_retry_that_is_asked_for_during_an_attempt_is_not_lost(
    client: Client, tmp_path: Path
) -> None:
    """The attempt fails for what was mended meanwhile; nobody has to ask again."""
    made: list[Unwilling] = []

    def change(ports: Ports) -> Ports:
        made.append(Unwilling(ports.carrier))
        return replace(ports, carrier=made[0])

    async with audited_plant(client, tmp_path, change=change) as shop:
        order = await place(shop, "meanwhile")
        share = await order.share()
        # Cartons are planned without rates; what is tested is the step that can't do without.
        await share.to(Stage.PACKING)

        async def mend() -> None:
            await floor.retry_step(shop.engine, share.fulfillment_id)

        made[0].meanwhile = mend
        assert "completed" == await order.finish()


async def test_what_fits_no_carton_waits_for_a_bigger_one(shop: plants.Plant) -> None:
    """The plan is made again with the cartons that there are then."""
    payment = {"method": "paid", "reference": "invoice"}
    order = await place(shop, "piano", ("PIANO", 1), payment=payment, urgency="economy")
    share = await order.share()
    await share.pick()
    await share.at(Stage.SORTING)
    await share.handle.signal("sorting_done")
    status = await share.blocked()
    assert status.blocked_on.startswith("unpackable: ")
    assert Stage.SORTING is (await share.record()).stage
    async with shop.database.writing() as tx:
        await tx.catalog.add_cartons([BIG])
    await share.handle.signal("retry_step", "now")
    await share.at(Stage.PACKING)
    assert ("XXL",) == tuple(
        row["carton_id"] for row in (await share.task(TaskKind.PACK)).plan["plan"]["cartons"]
    )


async def _blocked_times(share: Share, times: int) -> bool:
    entries = await share.timeline()
    return times == sum(entry.event.startswith("blocked: ") for entry in entries)


async def _escalated(actions: Any, text: str) -> bool:
    async def look() -> bool:
        return any(a.detail.startswith(text) for a in await actions() if a.action == "escalation")

    return await plants.eventually(look)
