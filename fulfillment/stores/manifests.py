"""The store of manifests: what a carrier takes at a cut-off, and what was left behind."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from fulfillment.domain.manifests import (
    LeftBehind,
    ManifestParcel,
    ManifestRecord,
    ManifestState,
)


class ManifestStore(Protocol):
    """Manifests and their parcels; a label stands on at most one manifest."""

    async def lock(self, warehouse_id: str, carrier_id: str) -> None:
        """Have the manifests of a warehouse and carrier to this transaction until it ends.

        Who puts labels on one, closes one or moves parcels between them holds this first, and
        after all else that it holds.
        """

    async def at_cut_off(self, manifest: ManifestRecord) -> ManifestRecord:
        """Return the manifest of that warehouse, carrier and cut-off; this one if there is none.

        To be called with the lock held.
        """

    async def get(self, manifest_id: str) -> ManifestRecord:
        """Return a manifest; raises NotFound."""

    async def page(  # noqa: PLR0913 - each is a filter
        self,
        *,
        warehouse_id: str | None = None,
        carrier_id: str | None = None,
        state: ManifestState | None = None,
        until: datetime | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> list[ManifestRecord]:
        """Return manifests with a cut-off up to then, the latest first, from behind `after`."""

    async def unfinished(
        self, *, warehouse_id: str | None = None, carrier_id: str | None = None
    ) -> list[ManifestRecord]:
        """Return closed manifests with parcels that are still to be handed over, the latest first.

        Each has an end of day under way, or has lost it.
        """

    async def ways(self) -> list[tuple[str, str]]:
        """Return each warehouse and carrier that have had a manifest."""

    async def put(self, manifest_id: str, label_ids: Collection[str], at: datetime) -> None:
        """Put labels on an open manifest.

        Raises:
            Inconsistent: it is closed, or a label stands on a manifest already.

        """

    async def take_off(self, label_ids: Collection[str], reason: str, at: datetime) -> list[str]:
        """Take labels off their manifests, since they are void; return whose they were.

        A closed manifest remembers the label as left behind, with the reason. Holds the lock of
        each manifest itself.
        """

    async def close(self, manifest_id: str, at: datetime) -> bool:
        """Close an open manifest by one conditional update; say whether it was open."""

    async def save(self, manifest: ManifestRecord) -> None:
        """Record the carrier's reference, the document and the pickup; never the state."""

    async def tell(self, manifest_id: str, label_ids: Collection[str]) -> None:
        """Record that the carrier was told of these labels by this manifest."""

    async def parcels(self, manifest_id: str) -> list[ManifestParcel]:
        """Return the parcels that stand on a manifest, by when they came on it."""

    async def find(
        self, *, tracking_number: str | None = None, sscc: str | None = None
    ) -> ManifestParcel | None:
        """Return the parcel of a tracking number or SSCC with its place; a live label's first."""

    async def of_fulfillment(self, fulfillment_id: str) -> list[ManifestParcel]:
        """Return a fulfillment's parcels with live labels, in their order, with their places."""

    async def hand_over(self, label_ids: Collection[str], by: str, at: datetime) -> int:
        """Record who handed these over, where nobody has before; return how many those were."""

    async def carry_over(
        self, manifest_id: str, to: str, label_ids: Collection[str], reason: str, at: datetime
    ) -> None:
        """Move labels to another manifest, and remember why they were left behind."""

    async def left_behind(self, manifest_id: str) -> list[LeftBehind]:
        """Return what stood on a closed manifest and did not leave with it."""
