"""The campaign's checker finds nothing after faults, and turns red where a guard is gone."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client

import plant as plants
from driving import Drive
from faults import Crash, Moment, Outage
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.returns import Condition, Disposition, ReturnReason, ReturnStage
from fulfillment.notifications.eml import EmlFolder
from fulfillment.operations.returns import return_handle
from fulfillment.payments.sandbox_books import Books, Kind, Operation, Request
from fulfillment.persistence.repositories.stock import SqlStockStore
from fulfillment.simulation.chaos import remains
from fulfillment.simulation.chaos.findings import RULES, counts
from plant import Plant
from return_driver import ask, delivered, item

NOTHING = dict.fromkeys(RULES, 0)


@asynccontextmanager
async def broken_shop(client: Client, folder: Path) -> AsyncIterator[Plant]:
    """Run a shop in which every worker dies once after it has done an activity's work."""
    crash = Crash(Moment.AFTER)
    async with plants.plant(client, folder, interceptors=[crash]) as shop:
        yield shop


async def count(shop: Plant, *running: str) -> dict[str, int]:
    """Return what the checker counts in a shop."""
    left = await remains.gather(shop.settings, running=running)
    return counts(left)[0]


async def carried(shop: Plant, name: str) -> None:
    """Carry an ordinary order to its customer."""
    drive = Drive(shop.engine, plants.new_id(name))
    await drive.submit()
    await drive.carry()
    await drive.ended()


async def test_with_all_guards_nothing_is_lost(client: Client, tmp_path: Path) -> None:
    """Orders whose workers die after each effect, canceled or returned too, leave all at 0."""
    async with broken_shop(client, tmp_path) as shop:
        await asyncio.gather(
            carried(shop, "GUARDED"), canceled(shop, "GUARDED"), returned(shop, "GUARDED")
        )
        assert await count(shop) == NOTHING


async def canceled(shop: Plant, name: str) -> None:
    """Cancel an order while its goods lie in their bins."""
    drive = Drive(shop.engine, plants.new_id(name))
    await drive.submit()
    await drive.up_to(Stage.PICKING)
    await drive.cancel()
    await drive.ended()


async def returned(shop: Plant, name: str) -> None:
    """Have mugs arrive broken, and come back."""
    back = await ask(await delivered(shop, name), [item(reason=ReturnReason.DAMAGED)])
    await back.receive(await back.labeled(), ("MUG", 2))
    await back.at(ReturnStage.INSPECTING)
    await back.inspect(2, condition=Condition.DAMAGED, disposition=Disposition.SCRAP)
    await back.at(ReturnStage.RESOLVED)


async def test_red_where_a_return_is_gone(client: Client, tmp_path: Path) -> None:
    """A return whose workflow was terminated is lost: its goods may come, and nobody looks."""
    async with plants.plant(client, tmp_path) as shop:
        back = await ask(await delivered(shop, "BACK"))
        await return_handle(shop.engine, back.return_id).terminate()
        assert (await count(shop))["lost"] == 1


async def test_red_without_the_release_of_claims(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If cancel gave no claims back, their units would be leaked."""

    async def keep(*_: object, **__: object) -> int:
        return 3

    monkeypatch.setattr(SqlStockStore, "release", keep)
    async with broken_shop(client, tmp_path) as shop:
        await canceled(shop, "KEPT")
        assert await count(shop) == {**NOTHING, "leaked": 3}


async def test_red_without_the_key_of_a_mail(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the same mail's key came to another file each time, customers would hear twice."""
    numbers = itertools.count()
    path = EmlFolder.path

    def another(folder: EmlFolder, key: str) -> Path:
        return path(folder, key).with_suffix(f".{next(numbers)}.eml")

    monkeypatch.setattr(EmlFolder, "path", another)
    async with plants.plant(client, tmp_path, change=Outage(Moment.AFTER).around) as shop:
        await canceled(shop, "TOLD-TWICE")
        found = await count(shop)
    assert found["duplicated"] > 0


async def test_red_without_the_keys_of_the_gateway(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the gateway forgot the keys of its holds, one would stay when the order is canceled."""
    enter = Books.enter

    def forget_key(books: Books, key: str, request: Request) -> Operation:
        forgotten = f"{key}/{uuid.uuid4()}" if request.kind is Kind.AUTHORIZE else key
        return enter(books, forgotten, request)

    monkeypatch.setattr(Books, "enter", forget_key)
    async with plants.plant(client, tmp_path, change=Outage(Moment.AFTER).around) as shop:
        await canceled(shop, "HELD-TWICE")
        found = await count(shop)
    assert found["unbalanced"] > 0


async def test_red_where_a_workflow_is_gone(client: Client, tmp_path: Path) -> None:
    """An order whose workflow was terminated is lost: nobody carries it on."""
    async with broken_shop(client, tmp_path) as shop:
        drive = Drive(shop.engine, plants.new_id("GONE"))
        await drive.submit()
        await drive.up_to(Stage.PICKING)
        await drive.handle.terminate()
        assert (await count(shop))["lost"] == 1


async def test_red_where_one_does_not_end(client: Client, tmp_path: Path) -> None:
    """An order that nobody picks is stuck, if the campaign is over."""
    async with broken_shop(client, tmp_path) as shop:
        drive = Drive(shop.engine, plants.new_id("STUCK"))
        await drive.submit()
        await drive.up_to(Stage.PICKING)
        assert (await count(shop, f"order/{drive.order_id}"))["stuck"] == 1
        await drive.handle.terminate()
