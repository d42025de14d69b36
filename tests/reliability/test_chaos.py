"""The campaign's checker finds nothing after faults, and turns red where a guard is gone."""

import asyncio
import itertools
import uuid
from collections import Counter
from collections.abc import AsyncIterator
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
from fulfillment.simulation.chaos.findings import counts
from plant import Plant
from return_driver import ask, delivered, item


@pytest.fixture(scope="module")
async def broken(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """Give a shop in which every worker dies once after it has done an activity's work."""
    folder = tmp_path_factory.mktemp("broken")
    async with plants.plant(client, folder, interceptors=[Crash(Moment.AFTER)]) as shop:
        yield shop


@pytest.fixture(scope="module")
async def silent(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """Give a shop in which no outside party answers the first time, though it has acted."""
    folder = tmp_path_factory.mktemp("silent")
    async with plants.plant(client, folder, change=Outage(Moment.AFTER).around) as shop:
        yield shop


async def count(shop: Plant, *running: str) -> Counter[str]:
    """Return what the checker counts in a shop; what is zero is not there."""
    left = await remains.gather(shop.settings, running=running)
    return +Counter(counts(left)[0])


async def carried(shop: Plant, name: str) -> None:
    """Carry an ordinary order to its customer."""
    drive = Drive(shop.engine, plants.new_id(name))
    await drive.submit()
    await drive.carry()
    await drive.ended()


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


async def test_with_all_guards_nothing_is_lost(broken: Plant) -> None:
    """Orders whose workers die after each effect, canceled or returned too, leave all at 0."""
    before = await count(broken)
    await asyncio.gather(
        carried(broken, "GUARDED"), canceled(broken, "GUARDED"), returned(broken, "GUARDED")
    )
    assert await count(broken) == before


async def test_red_where_a_return_is_gone(broken: Plant) -> None:
    """A return whose workflow was terminated is lost: its goods may come, and nobody looks."""
    back = await ask(await delivered(broken, "BACK"))
    before = await count(broken, f"return/{back.return_id}")
    await return_handle(broken.engine, back.return_id).terminate()
    assert (await count(broken) - before)["lost"] == 1


async def test_red_without_the_release_of_claims(
    broken: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If cancel gave no claims back, their units would be leaked."""

    async def keep(*_: object, **__: object) -> int:
        return 3

    before = await count(broken)
    monkeypatch.setattr(SqlStockStore, "release", keep)
    await canceled(broken, "KEPT")
    assert await count(broken) - before == {"leaked": 3}


async def test_red_without_the_key_of_a_mail(
    silent: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the same mail's key came to another file each time, customers would hear twice."""
    numbers = itertools.count()
    path = EmlFolder.path

    def another(folder: EmlFolder, key: str) -> Path:
        return path(folder, key).with_suffix(f".{next(numbers)}.eml")

    before = await count(silent)
    monkeypatch.setattr(EmlFolder, "path", another)
    await canceled(silent, "TOLD-TWICE")
    assert "duplicated" in await count(silent) - before


async def test_red_without_the_keys_of_the_gateway(
    silent: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the gateway forgot the keys of its holds, one would stay when the order is canceled."""
    enter = Books.enter

    def forget_key(books: Books, key: str, request: Request) -> Operation:
        forgotten = f"{key}/{uuid.uuid4()}" if request.kind is Kind.AUTHORIZE else key
        return enter(books, forgotten, request)

    before = await count(silent)
    monkeypatch.setattr(Books, "enter", forget_key)
    await canceled(silent, "HELD-TWICE")
    assert "unbalanced" in await count(silent) - before


async def test_red_where_one_does_not_end(broken: Plant) -> None:
    """An order that nobody picks is stuck, if the campaign is over; without a workflow, lost."""
    before = await count(broken)
    drive = Drive(broken.engine, plants.new_id("STUCK"))
    await drive.submit()
    await drive.up_to(Stage.PICKING)
    assert (await count(broken, f"order/{drive.order_id}") - before)["stuck"] == 1
    await drive.handle.terminate()
    assert (await count(broken) - before)["lost"] == 1
