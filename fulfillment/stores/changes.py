"""The store of what was changed of orders on their customers' wish, and what is put back for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fulfillment.domain.put_backs import PutBackLine, PutBackOutcome
from fulfillment.records import AmendmentRecord


class ChangeStore(Protocol):
    """Put-backs of canceled fulfillments, and amendments."""

    async def open_put_backs(
        self, fulfillment_id: str, lines: Sequence[PutBackLine], at: datetime
    ) -> None:
        """Record what of a canceled fulfillment a person must put back."""

    async def put_backs(
        self, fulfillment_id: str, outcome: PutBackOutcome | None = None
    ) -> list[PutBackLine]:
        """Return what of a fulfillment is still to be put back, or what became of it that."""

    async def close_put_back(
        self, line: PutBackLine, outcome: PutBackOutcome, by: str, at: datetime
    ) -> None:
        """Record what became of a line, or of as many of its units as are given.

        Raises:
            NotFound: no such line, or it has not so many units.

        """

    async def add_amendment(self, amendment: AmendmentRecord) -> None:
        """Put an amendment on record; it holds nothing that says who the customer is."""

    async def amendments(self, order_id: str) -> list[AmendmentRecord]:
        """Return an order's amendments, oldest first."""
