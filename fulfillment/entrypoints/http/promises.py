"""Promises over HTTP: dates and costs of a basket, before it is an order."""

from typing import Annotated

from fastapi import APIRouter, Body

from fulfillment.domain.baskets import Basket
from fulfillment.domain.promises import Promise
from fulfillment.entrypoints.http.examples import BASKET
from fulfillment.entrypoints.http.security import Asking, GuardedRoute
from fulfillment.operations.promise import promise

router = APIRouter(prefix="/v1/promises", tags=["promises"], route_class=GuardedRoute)


@router.post("")
async def promise_basket(
    asking: Asking, basket: Annotated[Basket, Body(examples=[BASKET])]
) -> Promise:
    """Say by when a basket would arrive and what shipping would cost, for each urgency and service.

    It reserves and records nothing. A whole order may be sent; what of it changes no date is not
    looked at.
    """
    return await promise(asking.engine, basket)
