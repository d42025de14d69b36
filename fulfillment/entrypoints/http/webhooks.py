"""Webhooks of storefronts: the signature is checked on the raw body, before anything is parsed."""

import asyncio
import logging
import re
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, Request
from pydantic import SecretStr

from fulfillment.domain.errors import Problem, Unavailable
from fulfillment.entrypoints.http.limits import WITHOUT_KEY, read_body
from fulfillment.entrypoints.http.problems import HttpError
from fulfillment.entrypoints.http.security import Service, service_of
from fulfillment.operations.deliveries import (
    Delivery,
    DeliveryOutcome,
    DeliveryTaken,
    is_order_topic,
    order_of_delivery,
    take_delivery,
)
from fulfillment.operations.storefront_inbox import keep_delivery
from fulfillment.storefronts.signatures import is_signed

ANSWER_SECONDS = 4.0
"""Shopify waits for five seconds; what takes longer goes on."""

BASE64_SIGNATURE = "base64 of HMAC-SHA256 of the raw body"

_log = logging.getLogger(__name__)
_PING = re.compile(rb"webhook_id=\d{1,20}")
_DELIVERY_ID = re.compile(r"[\x21-\x7e]{1,200}")

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

Text = Annotated[str, Header()]
AnswerT = TypeVar("AnswerT")


class WebhookNotSetUp(HttpError):
    """There is no secret that a delivery could be checked with."""

    code = "webhook_not_set_up"
    status = 503


class SignatureInvalid(HttpError):
    """The delivery is not signed with the secret that is set, or was changed on its way."""

    code = "signature_invalid"
    status = 401


class DeliveryInvalid(HttpError):
    """The delivery's headers can't be used."""

    code = "delivery_invalid"


class DeliveryTooOld(HttpError):
    """The delivery is older than what is taken."""

    code = "delivery_too_old"


@router.post("/shopify")
async def shopify(
    request: Request,
    x_shopify_hmac_sha256: Text = "",
    x_shopify_topic: Text = "",
    x_shopify_webhook_id: Text = "",
    x_shopify_triggered_at: Text = "",
) -> DeliveryTaken:
    """Take an order that Shopify delivers; repeated deliveries are answered and done once."""
    service = service_of(request)
    body = await read_body(request)
    secret = service.settings.shopify_webhook_secret
    _require_signed(service, body, x_shopify_hmac_sha256, secret, "shopify")
    _require_recent(service, x_shopify_triggered_at)
    return await _taken(service, "shopify", x_shopify_webhook_id, x_shopify_topic, body)


@router.post("/woocommerce")
async def woocommerce(
    request: Request,
    x_wc_webhook_signature: Text = "",
    x_wc_webhook_topic: Text = "",
    x_wc_webhook_delivery_id: Text = "",
) -> DeliveryTaken:
    """Take an order that WooCommerce delivers; its unsigned ping is answered and does nothing."""
    service = service_of(request)
    body = await read_body(request)
    if _PING.fullmatch(body):
        return DeliveryTaken(outcome=DeliveryOutcome.IGNORED)
    secret = service.settings.woocommerce_webhook_secret
    _require_signed(service, body, x_wc_webhook_signature, secret, "woocommerce")
    return await _taken(service, "woocommerce", x_wc_webhook_delivery_id, x_wc_webhook_topic, body)


async def _taken(
    service: Service, storefront: str, delivery_id: str, topic: str, body: bytes
) -> DeliveryTaken:
    if not _DELIVERY_ID.fullmatch(delivery_id):
        problem = Problem(
            path=f"{storefront} delivery id", expected="its id in the header", came="none of use"
        )
        raise DeliveryInvalid(str(problem), [problem])
    delivery = Delivery(storefront=storefront, delivery_id=delivery_id, topic=topic, body=body)
    if not is_order_topic(delivery):
        return DeliveryTaken(outcome=DeliveryOutcome.IGNORED)
    taken = await _kept_and_taken(service, delivery)
    if taken.outcome is DeliveryOutcome.REFUSED:
        # Paths alone: what came there may be somebody's name.
        wrong = ", ".join(taken.fields)
        extra = {"storefront": storefront, "order_id": taken.order_id, "code": taken.code}
        _log.warning(
            "%s refused: %s %s (%s)", storefront, taken.order_id, taken.code, wrong, extra=extra
        )
    return taken


async def _kept_and_taken(service: Service, delivery: Delivery) -> DeliveryTaken:
    """Keep a delivery before it is carried out: not every storefront sends it again."""
    await keep_delivery(service.engine, delivery, service.merchant)
    try:
        return await in_time(service, take_delivery(service.engine, delivery, service.merchant))
    except Unavailable as error:
        order_id = order_of_delivery(delivery, service.merchant)
        extra = {"storefront": delivery.storefront, "order_id": order_id, "code": error.code}
        _log.warning("%s waits: %s %s", delivery.storefront, order_id, error.code, extra=extra)
        return DeliveryTaken(outcome=DeliveryOutcome.ACCEPTED, order_id=order_id)


async def in_time(service: Service, work: Coroutine[Any, Any, AnswerT]) -> AnswerT:
    """Return what work answers; what takes too long goes on.

    Raises:
        Unavailable: it is not done yet.

    """
    taking = asyncio.ensure_future(work)
    service.keep(taking)
    done, _ = await asyncio.wait({taking}, timeout=ANSWER_SECONDS)
    if not done:
        message = f"no answer within {ANSWER_SECONDS:g} s; deliver it again"
        raise Unavailable(message)
    return taking.result()


def _require_signed(
    service: Service, body: bytes, signature: str, secret: SecretStr, storefront: str
) -> None:
    require_secret(secret, f"FULFILLMENT_{storefront.upper()}_WEBHOOK_SECRET")
    if not is_signed(body, signature, secret.get_secret_value()):
        raise unsigned(service, BASE64_SIGNATURE, signature)


def require_secret(secret: SecretStr, variable: str) -> None:
    """Refuse a delivery where there is nothing to check it with.

    Raises:
        WebhookNotSetUp: the secret is empty.

    """
    if not secret.get_secret_value():
        message = f"expected the webhook's secret, came none; set {variable}"
        raise WebhookNotSetUp(message)


def unsigned(service: Service, expected: str, signature: str) -> SignatureInvalid:
    """Return the refusal of a delivery whose signature is another one, or none.

    Raises:
        TooManyRequests: too much is asked without a valid key or signature.

    """
    service.rates.take(WITHOUT_KEY)
    problem = Problem(
        path="signature",
        expected=f"{expected}, by the secret that is set",
        came="another one" if signature else "none",
        remedy="compare the secret here with the one where the webhook is set up",
    )
    return SignatureInvalid(str(problem), [problem])


def _require_recent(service: Service, triggered_at: str) -> None:
    if not triggered_at:
        return
    try:
        age = service.engine.clock.now() - datetime.fromisoformat(triggered_at)
    except (ValueError, TypeError) as error:
        problem = Problem(
            path="X-Shopify-Triggered-At", expected="a moment with its offset", came=triggered_at
        )
        raise DeliveryInvalid(str(problem), [problem]) from error
    limit = service.settings.webhook_max_age
    if age > limit:
        problem = Problem(
            path="X-Shopify-Triggered-At",
            expected=f"at most {limit} ago",
            came=str(timedelta(seconds=int(age.total_seconds()))),
            remedy="submit the order with starter.py, or raise FULFILLMENT_WEBHOOK_MAX_AGE",
        )
        raise DeliveryTooOld(str(problem), [problem])
