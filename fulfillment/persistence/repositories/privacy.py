"""The customers' data in the record of things, and their erasure, on SQL."""

from collections.abc import Mapping

from sqlalchemy import delete, func, select, update

from fulfillment.domain.erasure import ERASE_ACTION, ERASED, ERASED_MAIL
from fulfillment.domain.orders import Order
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.persistence.tables import (
    actions,
    amendments,
    documents,
    effects,
    holds,
    labels,
    notices,
    order_traits,
    orders,
    parcels,
    pick_batch_members,
    refunds,
    return_parcels,
    return_receipts,
    returns,
    tasks,
    tracking_events,
)

NO_HASH = "0" * 64


class SqlPrivacyStore(SqlStore):
    """Finds and erases what says who a customer is; ids, quantities and amounts stay."""

    async def orders_of(self, email: str) -> list[str]:
        """Return the ids of the orders whose customer has this mail address, in any case."""
        known = orders.c.content["customer"]["email"].as_string()
        found = select(orders.c.order_id).where(func.lower(known) == email.lower())
        return await self._names(found.order_by(orders.c.order_id))

    async def erase_order(self, order: Order, outcome: str, people: Mapping[str, str]) -> None:
        """Put the erased order in the place of the one on record, and erase all that quotes it.

        Args:
            order: as it is without its customer's data.
            outcome: how it ended, in words without them.
            people: who is called otherwise from now on in what people did.

        """
        name = order.order_id
        content = {"content": order.model_dump(mode="json"), "outcome_summary": outcome}
        await self._change(update(orders).where(orders.c.order_id == name).values(content))
        await self._change(update(tasks).where(tasks.c.order_id == name).values(plan={}))
        await self._erase_wishes(name)
        await self._change(
            update(notices).where(notices.c.order_id == name).values(recipient=ERASED_MAIL)
        )
        await self._change(
            update(effects)
            .where(effects.c.order_id == name)
            .values(result="{}", request_hash=NO_HASH)
        )
        await self._change(update(refunds).where(refunds.c.order_id == name).values(reason=""))
        for old, new in people.items():
            mine = tasks.c.order_id == name
            await self._change(
                update(tasks).where(mine, tasks.c.closed_by == old).values(closed_by=new)
            )
            await self._change(
                update(tasks).where(mine, tasks.c.assignee == old).values(assignee=new)
            )
            wished = update(amendments).where(amendments.c.order_id == name)
            await self._change(wished.where(amendments.c.by == old).values(by=new))
        await self._erase_papers(name)
        await self._erase_holds(name, people)
        await self._erase_returns(name, people)
        await self.erase_actions(name, people)

    async def _erase_wishes(self, order_id: str) -> None:
        """Erase what the customer wants done from the pick lists that others share with it."""
        mine = select(pick_batch_members.c.batch_id).where(
            pick_batch_members.c.order_id == order_id
        )
        shared = select(tasks.c.task_id, tasks.c.plan).where(tasks.c.batch_id.in_(mine))
        for row in await self._rows(shared):
            walk = [
                {**stop, "properties": {}} if stop["order_id"] == order_id else stop
                for stop in row["plan"].get("walk", [])
            ]
            if walk:
                one = update(tasks).where(tasks.c.task_id == row["task_id"])
                await self._change(one.values(plan={**row["plan"], "walk": walk}))

    async def _erase_holds(self, order_id: str, people: Mapping[str, str]) -> None:
        """Erase what was wrong, asked and answered, and what others could be compared with."""
        mine = holds.c.order_id == order_id
        blank = {"reason": "", "question": "", "reply": "", "remark": ""}
        await self._change(update(holds).where(mine).values(blank))
        for old, new in people.items():
            closed = update(holds).where(mine, holds.c.closed_by == old)
            await self._change(closed.values(closed_by=new))
        await self._change(delete(order_traits).where(order_traits.c.order_id == order_id))

    async def _erase_returns(self, order_id: str, people: Mapping[str, str]) -> None:
        """Erase what a customer wrote to returns, and who took them in, where that names them."""
        for row in await self._rows(select(returns).where(returns.c.order_id == order_id)):
            said = row["request"]
            items = [{**item, "photos": []} for item in said["items"]]
            by = people.get(said["by"], said["by"])
            request = {**said, "note": "", "items": items, "by": by, "payment_reference": None}
            request |= {"paid_minor": 0} if said["payment_reference"] else {}
            outcome = row["outcome"].partition(":")[0]
            one = update(returns).where(returns.c.return_id == row["return_id"])
            await self._change(one.values(request=request, outcome=outcome))
            mine = return_receipts.c.return_id == row["return_id"]
            for old, new in people.items():
                took = update(return_receipts).where(mine, return_receipts.c.by == old)
                await self._change(took.values(by=new))

    async def erase_actions(self, order_id: str, people: Mapping[str, str]) -> int:
        """Erase the free texts of what people did to an order; return how many entries it has."""
        mine = actions.c.order_id == order_id
        for old, new in people.items():
            await self._change(update(actions).where(mine, actions.c.by == old).values(by=new))
        told = actions.c.action != ERASE_ACTION
        return await self._change(update(actions).where(mine, told).values(detail=""))

    async def _erase_papers(self, order_id: str) -> None:
        mine = select(parcels.c.parcel_id).where(parcels.c.order_id == order_id)
        labeled = labels.c.parcel_id.in_(mine)
        blank = {"content": ERASED.encode(), "media_type": "text/plain", "says": None}
        await self._change(update(documents).where(documents.c.order_id == order_id).values(blank))
        numbers = select(labels.c.tracking_number).where(labeled)
        back = select(return_parcels.c.tracking_number).join(returns)
        for own in (numbers, back.where(returns.c.order_id == order_id)):
            told = update(tracking_events).where(tracking_events.c.tracking_number.in_(own))
            await self._change(told.values(place="", reason=""))
