"""What is left of a run between packing and the door: by what it went, with what manifests."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from temporalio.client import WorkflowHandle

from fulfillment.carriers.contract import load_tariffs
from fulfillment.domain.base import Value
from fulfillment.domain.decisions import Decision
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.manifests import ManifestRecord, ManifestState
from fulfillment.domain.tariffs import Mode
from fulfillment.messages import EndOfDayStatus, Labeled
from fulfillment.operations.engine import Engine
from fulfillment.records import DocumentRecord, FulfillmentRecord, TaskState
from fulfillment.settings import Settings
from fulfillment.simulation.cyclists import CYCLISTS, cyclist_tariffs
from fulfillment.simulation.docks import driver_of
from fulfillment.simulation.supervisor import SUPERVISOR
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import end_of_day_workflow_id, fulfillment_workflow_id
from workflows.end_of_day import EndOfDayWorkflow

PAPERS = "shipping"
"""Where a demonstration leaves its papers, in its folder."""

MANY = 10_000
LEFT = (Stage.IN_TRANSIT, Stage.DELIVERED, Stage.UNDELIVERED)
CIRCUIT_OPENED = f"carrier network {CYCLISTS}: circuit open"
"""What a worker's log says when it begins to leave the cyclists alone."""


class ShareEvidence(Value):
    """What is left of a fulfillment that left."""

    fulfillment_id: str
    mode: Mode
    parcels: int
    fallback: bool
    """Whether another carrier took it while the cyclists did not answer."""


class ManifestEvidence(Value):
    """What is left of a manifest."""

    manifest_id: str
    closed: bool
    has_document: bool
    has_pickup: bool
    parcels: int
    scanned: int
    """Parcels that a driver scanned."""
    missed_pickups: int


class ShippingEvidence(Value):
    """What is left of everything between packing and the door."""

    shares: tuple[ShareEvidence, ...]
    manifests: tuple[ManifestEvidence, ...]
    circuits_opened: int
    exceptions_resolved: int
    """Tasks of parcels in trouble that a person has done."""
    documents: tuple[DocumentRecord, ...]
    """Of the orders, without their content."""
    papers: tuple[str, ...]
    """Names of the files in the folder of papers."""


async def gather_shipping(
    engine: Engine, settings: Settings, order_ids: Sequence[str]
) -> ShippingEvidence:
    """Read what is left of everything between packing and the door; nothing is written."""
    async with engine.database.reading() as tx:
        shares = [share for name in order_ids for share in await tx.fulfillments.of_order(name)]
        left = [await _share(tx, share) for share in shares if share.stage in LEFT]
        documents = [one for name in order_ids for one in await tx.parcels.documents(name)]
        manifests = await tx.manifests.page(limit=MANY)
        decided = await tx.tasks.page(
            kind=TaskKind.DELIVERY_EXCEPTION, state=TaskState.DONE, limit=MANY
        )
    folder = settings.data_dir
    return ShippingEvidence(
        shares=tuple(left),
        manifests=tuple([await _manifest(engine, each) for each in manifests]),
        circuits_opened=await asyncio.to_thread(_circuits_opened, folder / "worker.log"),
        exceptions_resolved=sum(task.closed_by == SUPERVISOR for task in decided),
        documents=tuple(documents),
        papers=tuple(await asyncio.to_thread(_names, folder / PAPERS)),
    )


async def _share(tx: UnitOfWork, share: FulfillmentRecord) -> ShareEvidence:
    labels = await tx.parcels.labels(share.fulfillment_id)
    decisions = await _label_decisions(tx, share)
    return ShareEvidence(
        fulfillment_id=share.fulfillment_id,
        mode=_mode(share.carrier_id or "", share.service_id or ""),
        parcels=len(labels),
        fallback=any(_names_outage(decision) for decision in decisions),
    )


async def _label_decisions(tx: UnitOfWork, share: FulfillmentRecord) -> list[Decision]:
    own = f"{fulfillment_workflow_id(share.fulfillment_id)}/"
    return [
        Labeled.model_validate_json(effect.result).decision
        for effect in await tx.effects.of_order(share.order_id)
        if effect.step == "buy_labels" and effect.key.startswith(own)
    ]


def _names_outage(decision: Decision) -> bool:
    return any(lost.choice == f"{CYCLISTS}/any" for lost in decision.alternatives)


def _mode(carrier_id: str, service_id: str) -> Mode:
    books = (load_tariffs(), cyclist_tariffs())
    found = [tariff for book in books if (tariff := book.service(carrier_id, service_id))]
    return found[0].mode


async def _manifest(engine: Engine, manifest: ManifestRecord) -> ManifestEvidence:
    async with engine.database.reading() as tx:
        parcels = await tx.manifests.parcels(manifest.manifest_id)
        has_document = manifest.document_id is not None
    closed = manifest.state is ManifestState.CLOSED
    return ManifestEvidence(
        manifest_id=manifest.manifest_id,
        closed=closed,
        has_document=has_document,
        has_pickup=manifest.has_pickup,
        parcels=len(parcels),
        scanned=sum(each.handed_over_by == driver_of(each.carrier_id) for each in parcels),
        missed_pickups=(await _status(engine, manifest)).missed_pickups if closed else 0,
    )


async def _status(engine: Engine, manifest: ManifestRecord) -> EndOfDayStatus:
    """Return what the day's end says of itself, whether it runs or has ended."""
    name = end_of_day_workflow_id(manifest.warehouse_id, manifest.carrier_id, manifest.cut_off)
    handle: WorkflowHandle[EndOfDayWorkflow, EndOfDayStatus]
    handle = engine.client.get_workflow_handle(name)
    return await handle.query(EndOfDayWorkflow.status)


def _circuits_opened(log: Path) -> int:
    return log.read_text(encoding="utf-8", errors="replace").count(CIRCUIT_OPENED)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("**/*") if path.is_file())
