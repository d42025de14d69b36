"""What Temporal's client raises when nobody answers: an outage after which one asks again."""

import pytest
from temporalio.service import RPCError, RPCStatusCode

from fulfillment.domain.errors import Unavailable
from fulfillment.operations.answers import answered


@pytest.mark.parametrize("status", [RPCStatusCode.UNAVAILABLE, RPCStatusCode.UNKNOWN])
async def test_a_connection_that_breaks_is_an_outage(status: RPCStatusCode) -> None:
    """A server killed before a request came is away; killed in mid-call, its state is unknown."""
    message = "transport error"
    with pytest.raises(Unavailable, match=message):
        async with answered("order/A-1"):
            raise RPCError(message, status, b"")


async def test_what_is_wrong_with_a_request_is_no_outage() -> None:
    """A request that can't be sent is a bug, which asking again would hide."""
    message = "a field is missing"
    with pytest.raises(RPCError, match=message):
        async with answered("order/A-1"):
            raise RPCError(message, RPCStatusCode.INVALID_ARGUMENT, b"")
