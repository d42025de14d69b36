"""What orders have in common with others, on SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, func, or_, select

from fulfillment.domain.risk import Trait, TraitKind
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.persistence.tables import order_traits

_trait = order_traits.c
_FORGET = delete(order_traits).where(_trait.order_id == bindparam("of"))


class SqlTraitStore(SqlStore):
    """Digests of mail addresses, phones, addresses and cards, by order."""

    async def note(self, order_id: str, traits: Sequence[Trait], at: datetime) -> None:
        """Put an order's traits on record, in the place of those that it had."""
        await self._change(_FORGET, of=order_id)
        rows = [{"order_id": order_id, "at": at, **trait.model_dump()} for trait in traits]
        await self._insert(order_traits, rows)

    async def shared(
        self,
        order_id: str,
        traits: Sequence[Trait],
        until: datetime,
        since: datetime | None = None,
    ) -> dict[TraitKind, int]:
        """Return how many other orders share each of these traits, on record by `until`.

        Who counts one of them at the same time waits until this transaction ends, if it may write.
        """
        if not traits:
            return {}
        await self._hold("trait", [f"{each.kind.value}/{each.digest}" for each in traits])
        same = [and_(_trait.kind == each.kind, _trait.digest == each.digest) for each in traits]
        found = select(_trait.kind, func.count().label("orders")).where(or_(*same))
        found = found.where(_trait.order_id != order_id, _trait.at <= until)
        if since is not None:
            found = found.where(_trait.at >= since)
        rows = await self._rows(found.group_by(_trait.kind))
        counts = {row["kind"]: int(row["orders"]) for row in rows}
        return {each.kind: counts.get(each.kind.value, 0) for each in traits}
