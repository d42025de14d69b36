"""What a signal may say to cancel, and what a request to cancel may not contain."""

import pytest
from pydantic import ValidationError

from fulfillment.domain.errors import Refused
from fulfillment.domain.unit_choice import LineUnits
from fulfillment.messages import CancelRequest
from fulfillment.messages.cancellation import parse_cancellation


@pytest.mark.parametrize("said", [None, "", {}])
def test_nothing_said_is_the_whole_order(said: object) -> None:
    """As by a signal from the Temporal UI without any input."""
    assert CancelRequest() == parse_cancellation(said)


def test_a_name_alone_is_who_asks() -> None:
    """As with the confirmations of the floor."""
    assert CancelRequest(by="zoe") == parse_cancellation("zoe")


@pytest.mark.parametrize(
    "said",
    [
        17,
        [1, 2],
        {"lines": [{"line_no": 1, "quantity": -1}]},
        {"lines": "all of them"},
        {"fulfillment_id": "A 1"},
        {"fulfillment_id": ""},
        {"by": "zoe\x00"},
    ],
)
def test_what_can_t_be_read_cancels_nothing(said: object) -> None:
    """It may have meant a part: taken for the whole order, it would cancel too much."""
    with pytest.raises(Refused):
        parse_cancellation(said)


@pytest.mark.parametrize("quantity", [0, -1])
def test_less_than_one_unit_can_t_be_canceled(quantity: int) -> None:
    """Neither in a request, nor in what a storefront sends."""
    with pytest.raises(ValidationError):
        LineUnits(line_no=1, quantity=quantity)
