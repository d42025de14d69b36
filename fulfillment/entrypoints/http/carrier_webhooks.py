"""Webhooks of carrier networks: what they tell of parcels, signed over the raw body."""

import logging
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Request
from pydantic import SecretStr

from fulfillment.carriers.easypost.events import (
    Event,
    is_signed,
    parse_event,
    tracking_events,
)
from fulfillment.domain.errors import CarrierAnswerInvalid, Problem, Refused
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.entrypoints.http.limits import read_body
from fulfillment.entrypoints.http.security import Service, service_of
from fulfillment.entrypoints.http.webhooks import (
    DeliveryInvalid,
    DeliveryTooOld,
    in_time,
    require_secret,
    unsigned,
)
from fulfillment.operations.carrier_news import NewsOutcome, NewsTaken, take_news
from fulfillment.operations.deliveries import Delivery

EASYPOST = "easypost"
HEX_SIGNATURE = "hmac-sha256-hex= and HMAC-SHA256 of the raw body"

_log = logging.getLogger(__name__)

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


class NewsInvalid(Refused):
    """What a network tells of a parcel can't be read; each problem names a field."""

    code = "news_invalid"


@router.post("/easypost")
async def easypost(request: Request, x_hmac_signature: Annotated[str, Header()] = "") -> NewsTaken:
    """Take what EasyPost tells of a parcel; repeated deliveries are answered and done once."""
    service = service_of(request)
    body = await read_body(request)
    secret = service.settings.carrier.get(EASYPOST, {}).get("webhook_secret", SecretStr(""))
    require_secret(secret, "FULFILLMENT_CARRIER__EASYPOST__WEBHOOK_SECRET")
    if not is_signed(body, x_hmac_signature, secret.get_secret_value()):
        raise unsigned(service, HEX_SIGNATURE, x_hmac_signature)
    event = _event(body)
    _require_recent(service, event)
    delivery = Delivery(
        storefront=EASYPOST, delivery_id=event.id[:200], topic=event.description[:100], body=body
    )
    taken = await in_time(service, take_news(service.engine, delivery, lambda: _told(event)))
    if taken.outcome is NewsOutcome.REFUSED:
        extra = {"storefront": EASYPOST, "code": taken.code}
        _log.warning("easypost refused: %s (%s)", taken.code, ", ".join(taken.fields), extra=extra)
    return taken


def _event(body: bytes) -> Event:
    try:
        return parse_event(body)
    except CarrierAnswerInvalid as error:
        raise DeliveryInvalid(str(error), error.problems) from error


def _told(event: Event) -> tuple[TrackingEvent, ...]:
    try:
        return tracking_events(event)
    except CarrierAnswerInvalid as error:
        # It is signed and will not become another one by coming again.
        raise NewsInvalid(str(error), error.problems) from error


def _require_recent(service: Service, event: Event) -> None:
    age, limit = service.engine.clock.now() - event.created_at, service.settings.webhook_max_age
    if age > limit:
        problem = Problem(
            path="created_at",
            expected=f"at most {limit} ago",
            came=str(timedelta(seconds=int(age.total_seconds()))),
            remedy="the carrier is asked for what was missed; nothing is to be done",
        )
        raise DeliveryTooOld(str(problem), [problem])
