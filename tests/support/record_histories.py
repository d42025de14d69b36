"""Records the golden histories anew: ``python tests/support/record_histories.py``.

Each journey's workflows leave one file each in tests/replay/histories. They are scrubbed of what
names this machine, and of what no replay looks at, and written so that a change can be read.
"""

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHistory

import plant as plants
from batch_driver import HURRIED
from batch_histories import WAYS
from fulfillment import bootstrap
from fulfillment.settings import Settings
from fulfillment.temporal import clean_exit
from fulfillment.temporal.dev_server import start_dev_server
from fulfillment.temporal.identifiers import (
    end_of_day_workflow_id,
    fulfillment_workflow_id,
    order_workflow_id,
    return_workflow_id,
    supply_workflow_id,
)
from fulfillment.temporal.registration import register_search_attributes
from journeys import HOUSES, JOURNEYS, House, Journey
from journeys_by_manifest import cut_off_id
from plant import Plant

FOLDER = Path(__file__).parents[1] / "replay" / "histories"
PREFIX = "golden"
IDENTITY = re.compile(r"(worker )?\d+@[\w.-]+")
UNREAD = frozenset(
    {
        "historySizeBytes",
        "identity",
        "meteringMetadata",
        "requestId",
        "stackTrace",
        "taskId",
        "workerVersion",
    }
)
"""What a replay does not look at. It does look at sdkMetadata, where the SDK notes its flags."""


async def record(folder: Path) -> list[Path]:
    """Let every journey go once, and write its histories; return the files."""
    with tempfile.TemporaryDirectory() as data:
        async with await start_dev_server(None, ui=False) as server:
            client = await bootstrap.connect(Settings(), server.address)
            await register_search_attributes(client)
            written = [await _record_some(client, folder, Path(data), kind) for kind in House]
            written.append(await record_batches(client, folder, Path(data) / "batches"))
            written.append([await record_webhooks(client, folder, Path(data) / "webhooks")])
    return sorted(path for paths in written for path in paths)


async def record_batches(client: Client, folder: Path, data: Path) -> list[Path]:
    """Let every way of a pick batch go once, and write the histories."""
    paths = []
    async with plants.plant(client, data, **HURRIED) as shop:
        for name, way in WAYS.items():
            for part, workflow_id in (await way(shop, PREFIX)).items():
                path = folder / f"{name}.{part}.json"
                history = await _closed(client, workflow_id)
                await asyncio.to_thread(path.write_text, as_text(history), encoding="utf-8")
                paths.append(path)
    return paths


async def record_webhooks(client: Client, folder: Path, data: Path) -> Path:
    """Let an endpoint live its life, and write its history."""
    # Tests of workflows import this module into the sandbox, which has no place for a web server.
    from webhook_histories import NAME, life_of_an_endpoint  # noqa: PLC0415

    path = folder / f"{NAME}.endpoint.json"
    history = await life_of_an_endpoint(client, data)
    await asyncio.to_thread(path.write_text, as_text(history), encoding="utf-8")
    return path


async def _record_some(client: Client, folder: Path, data: Path, house: House) -> list[Path]:
    own = HOUSES[house]
    async with plants.plant(client, data / house, change=own.change, **own.settings) as shop:
        journeys = [j for j in JOURNEYS.values() if j.house is house]
        written: list[Path] = []
        for journey in journeys:
            # One after the other: in company, tasks fall together as luck would have it.
            written += await _record_one(shop, folder, journey)
    return written


async def _record_one(shop: Plant, folder: Path, journey: Journey) -> list[Path]:
    order_id = await journey.go(shop, PREFIX)
    shares = await shop.read(lambda tx: tx.fulfillments.of_order(order_id))
    names = [fulfillment_workflow_id(share.fulfillment_id) for share in shares]
    paths = []
    for name in [order_workflow_id(order_id), *names]:
        number = name.partition("-")[2]
        stem = f"{journey.name}.{name.partition('/')[0]}{number and f'-{number}'}"
        history = await _closed(shop.client, name)
        for runs_before, each in enumerate(await _run_by_run(shop.client, history)):
            path = folder / f"{stem}{(runs_before and f'-before-{runs_before}') or ''}.json"
            await asyncio.to_thread(path.write_text, as_text(each), encoding="utf-8")
            paths.append(path)
    back = await shop.read(lambda tx: tx.returns.page(order_id=order_id))
    for earlier, made in enumerate(sorted(back, key=lambda each: each.requested_at)):
        path = folder / f"{journey.name}.return{f'-{earlier + 1}' if earlier else ''}.json"
        history = await _closed(shop.client, return_workflow_id(made.return_id))
        await asyncio.to_thread(path.write_text, as_text(history), encoding="utf-8")
        paths.append(path)
    for part, name in (await _beside(shop, journey, order_id)).items():
        path = folder / f"{journey.name}.{part}.json"
        history = await _closed(shop.client, name)
        await asyncio.to_thread(path.write_text, as_text(history), encoding="utf-8")
        paths.append(path)
    return paths


async def _beside(shop: Plant, journey: Journey, order_id: str) -> dict[str, str]:
    """Return the workflows that bring an order's goods or end its day, by their part's name."""
    if journey.house is House.BY_MANIFEST:
        [manifest] = await shop.read(lambda tx: tx.manifests.page(limit=10))
        way = (manifest.warehouse_id, manifest.carrier_id, manifest.cut_off)
        return {"cut-off": cut_off_id(order_id), "end-of-day": end_of_day_workflow_id(*way)}
    supply = await shop.read(lambda tx: tx.supply.page(limit=500))
    mine = [one.supply_id for one in supply if one.sku.endswith(f"-{order_id}")]
    return {f"supply-{number}": supply_workflow_id(name) for number, name in enumerate(mine, 1)}


async def _closed(client: Client, workflow_id: str) -> WorkflowHistory:
    handle = client.get_workflow_handle(workflow_id)
    with suppress(WorkflowFailureError):
        await handle.result()
    return await handle.fetch_history()


async def _run_by_run(client: Client, last: WorkflowHistory) -> list[WorkflowHistory]:
    """Return the history of a workflow's last run, and of those that it continues, backwards."""
    runs = [last]
    while before := _continued_run_id(runs[-1]):
        handle = client.get_workflow_handle(last.workflow_id, run_id=before)
        runs.append(await handle.fetch_history())
    return runs


def _continued_run_id(history: WorkflowHistory) -> str:
    started = history.events[0].workflow_execution_started_event_attributes
    return started.continued_execution_run_id


def as_text(history: WorkflowHistory) -> str:
    """Return a history as JSON with one event on a line, scrubbed."""
    events = scrubbed(json.loads(history.to_json()))["events"]
    lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in events)
    return f'{{"workflowId":"{history.workflow_id}","events":[\n{lines}\n]}}\n'


def scrubbed(value: Any) -> Any:
    """Return a history's JSON without what names this machine and what no replay looks at."""
    if isinstance(value, dict):
        return {key: scrubbed(inner) for key, inner in value.items() if key not in UNREAD}
    if isinstance(value, list):
        return [scrubbed(inner) for inner in value]
    return IDENTITY.sub("worker", value) if isinstance(value, str) else value


def load(path: Path) -> WorkflowHistory:
    """Read a recorded history."""
    recorded = json.loads(path.read_text(encoding="utf-8"))
    name = recorded.pop("workflowId")
    return WorkflowHistory.from_json(name, recorded)


def _forget(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink()


async def main() -> int:
    """Record, and drop what no journey leaves any more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    before = set(FOLDER.glob("*.json"))
    paths = await record(FOLDER)
    _forget(before - set(paths))
    size = sum(path.stat().st_size for path in paths)
    sys.stdout.write(f"{len(paths)} histories, {size} bytes, in {FOLDER.name}\n")
    return 0


if __name__ == "__main__":
    clean_exit.run(main)
