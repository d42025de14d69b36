"""Pick batches on SQL: who is picked in one walk, the walk, and what goes back to its bin."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select, update

from fulfillment.domain.errors import Inconsistent, Problem
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.persistence.repositories.store import SqlStore, behind, missing
from fulfillment.persistence.tables import (
    batch_picks,
    pick_batch_members,
    pick_batches,
)
from fulfillment.persistence.tables import (
    put_backs as put_back_rows,
)
from fulfillment.records import (
    BatchRecord,
    MemberRecord,
    MemberState,
    PickRecord,
    PutBackRecord,
)

_member = pick_batch_members.c
_LIVE, _OPEN = "a live member", "open"


class SqlBatchStore(SqlStore):
    """Pick batches, their members, picks and put-backs."""

    async def add(self, batch: BatchRecord, picks: Sequence[PickRecord]) -> None:
        """Put a batch on record, its picks in walking order."""
        row = batch.model_dump(exclude={"members", "decision"})
        await self._insert(
            pick_batches, [row | {"decision": batch.decision.model_dump(mode="json")}]
        )
        members = [
            one.model_dump() | {"batch_id": batch.batch_id, "position": position}
            for position, one in enumerate(batch.members, 1)
        ]
        await self._insert(pick_batch_members, members)
        await self.save_picks(batch.batch_id, picks)

    async def get(self, batch_id: str) -> BatchRecord:
        """Return a batch; raises NotFound."""
        found = await self._read(select(pick_batches).where(pick_batches.c.batch_id == batch_id))
        if not found:
            raise missing(batch=batch_id)
        return found[0]

    async def page(
        self,
        *,
        warehouse_id: str | None = None,
        stages: Sequence[BatchStage] = (),
        limit: int = 100,
        after: str | None = None,
    ) -> list[BatchRecord]:
        """Return batches of these stages, or of all, the newest first, from behind `after`."""
        wanted: list[ColumnElement[bool]] = []
        if warehouse_id is not None:
            wanted.append(pick_batches.c.warehouse_id == warehouse_id)
        if stages:
            wanted.append(pick_batches.c.stage.in_(list(stages)))
        if after is not None:
            wanted.append(
                behind(after, pick_batches.c.batch_id, pick_batches.c.planned_at, newest_first=True)
            )
        newest = pick_batches.c.planned_at.desc(), pick_batches.c.batch_id
        return await self._read(select(pick_batches).where(*wanted).order_by(*newest).limit(limit))

    async def of_fulfillment(self, fulfillment_id: str) -> BatchRecord | None:
        """Return the batch that the fulfillment is a live member of, or None."""
        own = select(_member.batch_id).where(
            _member.fulfillment_id == fulfillment_id, _member.state == MemberState.IN
        )
        found = await self._read(select(pick_batches).where(pick_batches.c.batch_id.in_(own)))
        return found[0] if found else None

    async def left_by(self, fulfillment_id: str) -> str | None:
        """Return the id of the batch that the fulfillment was withdrawn from, or None."""
        own = select(_member.batch_id).where(
            _member.fulfillment_id == fulfillment_id, _member.state == MemberState.WITHDRAWN
        )
        row = await self._row(own)
        return None if row is None else row["batch_id"]

    async def lock(self, batch_id: str) -> None:
        """Have the batch to this transaction until it ends."""
        await self._hold("batch", [batch_id])

    async def advance(self, batch_id: str, since: BatchStage, to: BatchStage, at: datetime) -> None:
        """Move the stage by one conditional update.

        Raises:
            Inconsistent: it is at another stage than `since`.

        """
        at_stage = update(pick_batches).where(
            pick_batches.c.batch_id == batch_id, pick_batches.c.stage == since
        )
        if not await self._change(at_stage.values(stage=to, stage_since=at)):
            now = (await self.get(batch_id)).stage
            raise _inconsistent(since.value, now.value, batch=batch_id)

    async def leave(self, batch_id: str, fulfillment_id: str, state: MemberState) -> None:
        """Record that a live member is not one any more.

        Raises:
            Inconsistent: it is not live.

        """
        one = update(pick_batch_members).where(
            _member.batch_id == batch_id,
            _member.fulfillment_id == fulfillment_id,
            _member.state == MemberState.IN,
        )
        if not await self._change(one.values(state=state)):
            raise _inconsistent(_LIVE, "none", batch=batch_id, member=fulfillment_id)

    async def picks(self, batch_id: str) -> list[PickRecord]:
        """Return the picks in walking order, those of members that left included."""
        found = select(batch_picks).where(batch_picks.c.batch_id == batch_id)
        rows = await self._rows(found.order_by(batch_picks.c.position))
        return [PickRecord.model_validate(dict(row)) for row in rows]

    async def save_picks(self, batch_id: str, picks: Sequence[PickRecord]) -> None:
        """Record all picks in walking order: changed and added ones; none is ever removed."""
        rows = [
            pick.model_dump() | {"batch_id": batch_id, "position": position}
            for position, pick in enumerate(picks, 1)
        ]
        await self._put(batch_picks, rows)

    async def open_put_backs(self, put_backs: Sequence[PutBackRecord]) -> None:
        """Record what lies in the cart and must go back to its bin."""
        await self._insert(put_back_rows, [one.model_dump() for one in put_backs])

    async def put_backs(self, batch_id: str) -> list[PutBackRecord]:
        """Return all put-backs of a batch, done or not, by id."""
        found = select(put_back_rows).where(put_back_rows.c.batch_id == batch_id)
        rows = await self._rows(found.order_by(put_back_rows.c.put_back_id))
        return [PutBackRecord.model_validate(dict(row)) for row in rows]

    async def put_back(self, put_back_id: str) -> PutBackRecord:
        """Return a put-back; raises NotFound."""
        one = put_back_rows.c.put_back_id == put_back_id
        row = await self._row(select(put_back_rows).where(one))
        if row is None:
            raise missing(put_back=put_back_id)
        return PutBackRecord.model_validate(dict(row))

    async def close_put_back(self, put_back_id: str, by: str, at: datetime) -> PutBackRecord:
        """Record that an open put-back is done, and return it.

        Raises:
            Inconsistent: it was done already.
            NotFound: no such put-back.

        """
        still_open = update(put_back_rows).where(
            put_back_rows.c.put_back_id == put_back_id, put_back_rows.c.done_at.is_(None)
        )
        changed = await self._change(still_open.values(done_by=by, done_at=at))
        now = await self.put_back(put_back_id)
        if not changed:
            raise _inconsistent(_OPEN, f"done by {now.done_by}", put_back=put_back_id)
        return now

    async def _read(self, found: Select[tuple[object, ...]]) -> list[BatchRecord]:
        rows = await self._rows(found)
        of_these = _member.batch_id.in_([row["batch_id"] for row in rows])
        members = await self._rows(
            select(pick_batch_members).where(of_these).order_by(_member.position)
        )
        return [
            BatchRecord.model_validate(
                {
                    **row,
                    "members": [
                        MemberRecord.model_validate(dict(one))
                        for one in members
                        if one["batch_id"] == row["batch_id"]
                    ],
                }
            )
            for row in rows
        ]


def _inconsistent(expected: str, came: str, **what: str) -> Inconsistent:
    path = ", ".join(f"{kind} {name}" for kind, name in what.items())
    problem = Problem(path=path, expected=expected, came=came)
    return Inconsistent(str(problem), [problem])
