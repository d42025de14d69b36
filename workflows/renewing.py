"""Keeping an authorization alive while a workflow waits: it is held anew before it lapses."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from temporalio import workflow

from workflows.keys import Keys, moment
from workflows.options import ASK_GATEWAY
from workflows.waiting import attempt

with workflow.unsafe.imports_passed_through():
    from activities.payments import PaymentActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.messages import RenewAuthorization
    from fulfillment.messages.continuing import RenewalCarried

NO_TIME = timedelta(0)
AT_LEAST = timedelta(seconds=1)
"""Between two renewals, however short an amount is held."""


class Renewal:
    """Renews an order's authorization in time; the upkeep of whoever waits.

    The database decides whether it is due: an order and its fulfillments may all ask, one renews.
    """

    def __init__(
        self,
        keys: Keys,
        blocked: Callable[[str], Awaitable[None]],
        note: Callable[[str], object],
        held: Callable[[], object] = lambda: None,
    ) -> None:
        """Begin with nothing that lapses.

        Args:
            keys: of the workflow that waits.
            blocked: told why it can't be renewed.
            note: told what was renewed.
            held: called when it is held, whoever renewed it.

        """
        self._keys, self._blocked, self._note, self._held = keys, blocked, note, held
        self.order_id = ""
        self.expires_at: datetime | None = None
        self._before = self._lead = self._again_after = timedelta(days=1)
        self._not_before: datetime | None = None

    def begin(
        self, order_id: str, expires_at: datetime | None, before: timedelta, again: timedelta
    ) -> None:
        """Keep what is authorized until then; try again after so long where the bank says no."""
        self.order_id, self._before, self._again_after = order_id, before, again
        self._held_until(expires_at)

    def _held_until(self, expires_at: datetime | None) -> None:
        self.expires_at = expires_at
        if expires_at is not None:
            # What is held for a short time is renewed at half of it.
            self._lead = min(self._before, max((expires_at - workflow.now()) / 2, NO_TIME))

    def carried(self) -> RenewalCarried:
        """Return what the next run goes on with."""
        return RenewalCarried(
            expires_at=self.expires_at,
            lead_s=self._lead.total_seconds(),
            not_before=self._not_before,
        )

    def restore(self, carried: RenewalCarried) -> None:
        """Go on, after `begin`, with what an earlier run has held anew."""
        self.expires_at, self._not_before = carried.expires_at, carried.not_before
        self._lead = timedelta(seconds=carried.lead_s)

    def due_in(self) -> timedelta | None:
        """Return how long it has time, or None where nothing lapses."""
        if self.expires_at is None:
            return None
        due = self.expires_at - self._lead
        if self._not_before is not None:
            due = max(due, self._not_before)
        return max(due - workflow.now(), NO_TIME)

    async def keep(self) -> None:
        """Have the amount held anew; where the bank declines, say so and ask again later."""
        request = RenewAuthorization(
            key=self._keys.next("renew_authorization", moment()),
            order_id=self.order_id,
            until=workflow.now() + self._lead,
        )
        self._not_before = workflow.now() + max(min(self._again_after, self._lead / 2), AT_LEAST)
        renewed = await attempt(
            workflow.execute_activity_method(
                PaymentActivities.renew_authorization,
                request,
                summary="Hold anew what would lapse",
                **ASK_GATEWAY,
            )
        )
        if isinstance(renewed, FulfillmentError):
            return await self._blocked(str(renewed))
        if renewed.declined is not None:
            return await self._blocked(renewed.declined)
        self._held_until(renewed.expires_at)
        self._held()
        if renewed.amount_minor:
            self._note(f"authorization renewed until {renewed.expires_at:%Y-%m-%d %H:%M %Z}")
        return None
