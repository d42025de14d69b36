"""The store of what orders have in common with others: digests, for the rules of risk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fulfillment.domain.risk import Trait, TraitKind


class TraitStore(Protocol):
    """Digests of mail addresses, phones, addresses and cards, by order."""

    async def note(self, order_id: str, traits: Sequence[Trait], at: datetime) -> None:
        """Put an order's traits on record, in the place of those that it had.

        Args:
            order_id: whose they are.
            traits: each kind at most once.
            at: when the order was put on record.

        """

    async def shared(
        self,
        order_id: str,
        traits: Sequence[Trait],
        until: datetime,
        since: datetime | None = None,
    ) -> dict[TraitKind, int]:
        """Return how many other orders share each of these traits, on record by `until`.

        Who counts one of them at the same time waits until this transaction ends, if it may write.

        Args:
            order_id: which order is not counted.
            traits: what it has.
            until: the last moment at which an order counts.
            since: the first one; None counts all before.

        """
