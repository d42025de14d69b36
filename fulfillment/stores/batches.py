"""The store of pick batches: who is picked in one walk, the walk, and what goes back to its bin."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fulfillment.domain.pick_batches import BatchStage
from fulfillment.records import BatchRecord, MemberState, PickRecord, PutBackRecord


class BatchStore(Protocol):
    """Pick batches, their members, picks and put-backs."""

    async def add(self, batch: BatchRecord, picks: Sequence[PickRecord]) -> None:
        """Put a batch on record, its picks in walking order (UNIQUE live membership)."""

    async def get(self, batch_id: str) -> BatchRecord:
        """Return a batch; raises NotFound."""

    async def page(
        self,
        *,
        warehouse_id: str | None = None,
        stages: Sequence[BatchStage] = (),
        limit: int = 100,
        after: str | None = None,
    ) -> list[BatchRecord]:
        """Return batches of these stages, or of all, the newest first, from behind `after`."""

    async def left_by(self, fulfillment_id: str) -> str | None:
        """Return the id of the batch that the fulfillment was withdrawn from, or None."""

    async def of_fulfillment(self, fulfillment_id: str) -> BatchRecord | None:
        """Return the batch that the fulfillment is a live member of, or None."""

    async def lock(self, batch_id: str) -> None:
        """Have the batch to this transaction until it ends; after the orders, before the SKUs."""

    async def advance(self, batch_id: str, since: BatchStage, to: BatchStage, at: datetime) -> None:
        """Move the stage by one conditional update; raises Inconsistent: it is at another one."""

    async def leave(self, batch_id: str, fulfillment_id: str, state: MemberState) -> None:
        """Record that a live member is not one any more; raises Inconsistent: it is not live."""

    async def picks(self, batch_id: str) -> list[PickRecord]:
        """Return the picks in walking order, those of members that left included."""

    async def save_picks(self, batch_id: str, picks: Sequence[PickRecord]) -> None:
        """Record all picks in walking order: changed and added ones; none is ever removed.

        CHECK: picked + short ≤ quantity.
        """

    async def open_put_backs(self, put_backs: Sequence[PutBackRecord]) -> None:
        """Record what lies in the cart and must go back to its bin."""

    async def put_backs(self, batch_id: str) -> list[PutBackRecord]:
        """Return all put-backs of a batch, done or not, by id."""

    async def put_back(self, put_back_id: str) -> PutBackRecord:
        """Return a put-back; raises NotFound."""

    async def close_put_back(self, put_back_id: str, by: str, at: datetime) -> PutBackRecord:
        """Record that an open put-back is done, and return it.

        Raises:
            Inconsistent: it was done already.
            NotFound: no such put-back.

        """
