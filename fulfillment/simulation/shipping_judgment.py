"""Compares what is left between packing and the door with what must be; each finding a sentence."""

from collections.abc import Iterator

from fulfillment.domain.documents import DocumentFormat
from fulfillment.domain.lifecycle import OutcomeKind
from fulfillment.domain.tariffs import Mode
from fulfillment.simulation.evidence import Evidence
from fulfillment.simulation.scenario import ShippingExpectation
from fulfillment.simulation.shipping_evidence import ManifestEvidence, ShippingEvidence
from fulfillment.simulation.shipping_papers import paper_names
from fulfillment.simulation.world import World

DOCK_MESSAGE = "nudge_dock"
"""The step that tells the dock or the supervisor of a manifest; no order's alone."""


def judge_shipping(world: World, found: Evidence) -> Iterator[str]:
    """Yield what did not happen between packing and the door, though it must have."""
    expect, shipping = world.scenario.shipping, found.shipping
    if expect is None or shipping is None:
        return
    came = _counted(shipping)
    for field, least in expect:
        if came[field] < least:
            what = field.replace("_", " ")
            yield f"{what}: expected at least {least}, came {came[field]}"
    yield from _judge_outage(expect, shipping)
    yield from _judge_manifests(found, shipping)
    yield from _judge_papers(shipping)


def _counted(found: ShippingEvidence) -> dict[str, int]:
    modes = [share.mode for share in found.shares]
    return {
        "by_road": modes.count(Mode.ROAD),
        "by_air": modes.count(Mode.AIR),
        "by_sea": modes.count(Mode.SEA),
        "across_borders": sum(one.kind == "commercial_invoice" for one in found.documents),
        "several_parcels": sum(share.parcels > 1 for share in found.shares),
        "fallbacks": sum(share.fallback for share in found.shares),
        "manifests": sum(_is_complete(manifest) for manifest in found.manifests),
        "missed_pickups": sum(manifest.missed_pickups for manifest in found.manifests),
        "exceptions_resolved": found.exceptions_resolved,
    }


def _is_complete(manifest: ManifestEvidence) -> bool:
    fetched = manifest.closed and manifest.has_document and manifest.has_pickup
    return fetched and 0 < manifest.parcels == manifest.scanned


def _judge_outage(expect: ShippingExpectation, found: ShippingEvidence) -> Iterator[str]:
    if expect.fallbacks and not found.circuits_opened:
        yield "circuits opened by the outage of a carrier: expected at least 1, came 0"


def _judge_manifests(found: Evidence, shipping: ShippingEvidence) -> Iterator[str]:
    for manifest in shipping.manifests:
        if manifest.parcels and not _is_complete(manifest):
            expected = "closed, printed, with its pickup booked and each parcel scanned"
            yield f"manifest {manifest.manifest_id}: expected it {expected}, came {manifest!r}"
    told = [key for key in found.mails if f"/{DOCK_MESSAGE}/" in key]
    missed = sum(manifest.missed_pickups for manifest in shipping.manifests)
    if len(told) < missed:
        yield f"mails to the dock: expected at least {missed} of missed pickups, came {len(told)}"


def judge_replacements(found: Evidence) -> Iterator[str]:
    """Yield the orders in the place of goods of others that did not end as they must."""
    for order in found.replacements:
        outcome = order.record.outcome if order.record else None
        if outcome is None or outcome.kind is not OutcomeKind.COMPLETED:
            yield f"replacement {order.order_id}: expected it completed, came {outcome}"


def _judge_papers(found: ShippingEvidence) -> Iterator[str]:
    due = {name for one in found.documents for name in paper_names(one)}
    due |= {
        f"{one.manifest_id}.{DocumentFormat.PDF}" for one in found.manifests if one.has_document
    }
    for name in sorted(due - {*found.papers}):
        yield f"paper {name}: expected it in the folder, came none"
