"""The ASGI application."""

import warnings
from importlib.metadata import version

from fastapi import FastAPI
from pydantic.warnings import UnsupportedFieldAttributeWarning

from fulfillment.entrypoints.http import (
    back_orders,
    batches,
    carrier_webhooks,
    deliveries,
    floor,
    health,
    holds,
    manifests,
    orders,
    parcels,
    problems,
    promises,
    report,
    returns,
    scanning,
    schema,
    stock,
    supply,
    webhook_endpoints,
    webhooks,
)
from fulfillment.entrypoints.http.boundary import Boundary
from fulfillment.entrypoints.http.limits import BodyLimit, RateLimits
from fulfillment.entrypoints.http.observing import OFF, Observing
from fulfillment.entrypoints.http.security import Service
from fulfillment.operations.engine import Engine
from fulfillment.settings import Settings
from fulfillment.storefronts.mapping import Merchant


def make_app(engine: Engine, settings: Settings, merchant: Merchant | None = None) -> FastAPI:
    """Return the application that asks this engine.

    Args:
        engine: the running engine; open as long as the application is used.
        settings: keys, secrets and limits.
        merchant: how a storefront's orders are read.

    """
    # FastAPI ignores it where it makes a validator; of our models it is made at their first use.
    warnings.simplefilter("ignore", UnsupportedFieldAttributeWarning)
    # No pages: what FastAPI has of them loads its scripts from elsewhere.
    app = FastAPI(
        title="Fulfillment engine",
        version=version("fulfillment-engine"),
        docs_url=None,
        redoc_url=None,
        telemetry=OFF,
        # A redirect would lead to whatever host the request names.
        redirect_slashes=False,
    )
    app.state.service = Service(
        engine=engine,
        settings=settings,
        merchant=merchant or Merchant(),
        rates=RateLimits(settings.http_requests_per_second, settings.http_burst),
    )
    for area in (
        orders,
        holds,
        promises,
        floor,
        scanning,
        batches,
        manifests,
        back_orders,
        report,
        returns,
        stock,
        supply,
        parcels,
        deliveries,
        webhook_endpoints,
        webhooks,
        carrier_webhooks,
        health,
    ):
        app.include_router(area.router)
    problems.install(app)
    schema.install(app)
    # The last one is the outermost.
    app.add_middleware(BodyLimit, limit_bytes=settings.http_body_limit)
    app.add_middleware(Boundary)
    app.add_middleware(Observing)
    return app
