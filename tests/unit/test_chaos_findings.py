"""The campaign's checker: each thing that must not be turns its own count red."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fulfillment.payments.sandbox_books import Account, Kind, Operation, Request
from fulfillment.simulation.chaos.findings import RULES, counts, longest_recovery
from fulfillment.simulation.chaos.remains import Remains, Row

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def row(**values: Any) -> Row:
    """Return a row of these columns."""
    return Row(values=values)


def payment(**changes: Any) -> Row:
    """Return what a delivered order was paid by."""
    paid = {
        "order_id": "A",
        "method": "to_authorize",
        "reference": "sandbox_a",
        "authorized_minor": 900,
        "captured_minor": 900,
        "refunded_minor": 0,
        "voided_minor": 0,
    }
    return row(**{**paid, **changes})


def captured(key: str) -> Operation:
    """Return a capture that the gateway did."""
    request = Request(kind=Kind.CAPTURE, amount_minor=900, reference="sandbox_a")
    return Operation(sequence=1, key=key, request=request, tries=1, moved_minor=900)


def refunded(key: str) -> Operation:
    """Return a refund that the gateway did."""
    request = Request(kind=Kind.REFUND, amount_minor=10, reference="sandbox_a")
    return Operation(sequence=1, key=key, request=request, tries=1, moved_minor=10)


def made_return(**changes: Any) -> Row:
    """Return a return that has ended with a refund."""
    made = {"return_id": "R", "order_id": "A", "stage": "resolved", "linked_order_id": None}
    return row(**{**made, **changes})


REFUND = "return/R/refund_payment/1/1"
SENT_ANEW = row(order_id="A-R1", replaces="A", units=2)
WAITS = "awaiting_goods"
CAPTURE = "fulfillment/A-1/capture_payment/-/1"
CLEAN = Remains(
    orders=(row(order_id="A", stage="settled", outcome_kind="completed", payment_method="x"),),
    lines=(row(order_id="A", ordered=3, canceled=1),),
    given_up=(),
    arrived=(row(account="customer:A", units=2),),
    levels=(
        row(account="customer:A", kind="customer", sku="MUG", lot="", quantity=2),
        row(account="bin:B1", kind="bin", sku="MUG", lot="", quantity=5),
        row(account="supplier:", kind="supplier", sku="MUG", lot="", quantity=-7),
    ),
    shelves=(row(warehouse_id="BER", sku="MUG", on_hand=5, claimed=0),),
    open_claims=(),
    live_labels=(row(parcel_id="A-1-p1", labels=1),),
    due=(row(order_id="A", amount_minor=900),),
    payments=(payment(),),
    keys=("order/A/record_order/-/1", "receipt/r1/receive_stock/-/1"),
    effect_times=(NOON,),
    notices=(
        row(order_id="A", fulfillment_id=None, kind="acknowledged"),
        row(order_id="A", fulfillment_id="A-1", kind="shipped"),
        row(order_id="A", fulfillment_id="A-2", kind="shipped"),
    ),
    mails=("m1", "m2"),
    operations=(captured(CAPTURE),),
    accounts=(
        Account(
            reference="sandbox_a",
            source="tok_visa",
            amount_minor=900,
            currency="EUR",
            captured_minor=900,
        ),
    ),
    acknowledged=("A",),
    receipts=("receipt/r1/receive_stock/-/1",),
)

BROKEN: list[tuple[str, int, dict[str, Any]]] = [
    ("lost", 1, {"batches": (row(batch_id="BER-1", stage="sorting"),)}),
    ("lost", 1, {"acknowledged": ("A", "B")}),
    ("lost", 1, {"receipts": ("receipt/r2/receive_stock/-/1",)}),
    ("lost", 1, {"arrived": ()}),
    ("lost", 1, {"lines": (row(order_id="A", ordered=3, canceled=0),)}),
    (
        "lost",
        1,
        {"orders": (row(order_id="A", stage="fulfilling", outcome_kind=None, payment_method="x"),)},
    ),
    ("duplicated", 1, {"keys": (*CLEAN.keys, CLEAN.keys[0])}),
    ("duplicated", 2, {"mails": ("m1", "m1", "m1")}),
    ("duplicated", 1, {"notices": (*CLEAN.notices, CLEAN.notices[1])}),
    ("duplicated", 4, {"arrived": (row(account="customer:A", units=7),)}),
    ("duplicated", 1, {"live_labels": (row(parcel_id="A-1-p1", labels=2),)}),
    ("duplicated", 1, {"operations": (captured(CAPTURE), captured(CAPTURE[:-1] + "2"))}),
    ("oversold", 2, {"shelves": (row(warehouse_id="BER", sku="MUG", on_hand=5, claimed=7),)}),
    ("leaked", 2, {"open_claims": (row(order_id="A", units=2),)}),
    ("leaked", 2, {"open_claims": (row(order_id="NOBODY", units=2),)}),
    ("unbalanced", 100, {"due": (row(order_id="A", amount_minor=800),)}),
    ("unbalanced", 50, {"payments": (payment(authorized_minor=950),)}),
    ("unbalanced", 900, {"accounts": ()}),
    (
        "unbalanced",
        300,
        {
            "accounts": (
                *CLEAN.accounts,
                Account(reference="sandbox_b", source="x", amount_minor=300, currency="EUR"),
            )
        },
    ),
    ("unbalanced", 2, {"levels": CLEAN.levels[1:]}),
    ("stuck", 1, {"running": ("order/A",)}),
    ("lost", 1, {"returns": (made_return(stage="awaiting_goods"),)}),
    ("lost", 1, {"returns": (made_return(linked_order_id="A-R1"),)}),
    ("lost", 1, {"supply": (row(supply_id="S-1", state="producing", ordered=2, received=0),)}),
    ("lost", 2, {"resent": (row(order_id="A", units=2),)}),
    ("duplicated", 2, {"replacements": (SENT_ANEW,)}),
    ("duplicated", 1, {"operations": (refunded(REFUND), refunded(REFUND[:-1] + "2"))}),
    ("leaked", 2, {"set_aside": (row(waiter_kind="order", waiter_id="A", units=2),)}),
    (
        "leaked",
        2,
        {
            "levels": (
                *CLEAN.levels,
                row(account="carrier:A-2", kind="carrier", sku="PEN", lot="", quantity=2),
                row(account="supplier:", kind="supplier", sku="PEN", lot="", quantity=-2),
            )
        },
    ),
    ("unbalanced", 70, {"kept": (row(order_id="A", amount_minor=70),)}),
]


def test_nothing_is_found_where_nothing_was_lost() -> None:
    """Each count of a clean campaign is 0."""
    assert counts(CLEAN) == (dict.fromkeys(RULES, 0), [])


@pytest.mark.parametrize(("name", "count", "change"), BROKEN)
def test_what_must_not_be_is_counted(name: str, count: int, change: dict[str, Any]) -> None:
    """Each loss is counted under its name, with a sentence that says where."""
    found, words = counts(CLEAN.model_copy(update=change))
    assert (found, [w.partition(":")[0] for w in words]) == (
        {**dict.fromkeys(RULES, 0), name: count},
        [name],
    )


def test_what_was_sent_again_or_refunded_is_not_lost() -> None:
    """A unit that never arrived and was refunded is neither lost nor is its money missing."""
    change = {
        "arrived": (row(account="customer:A", units=1),),
        "given_up": (row(order_id="A", units=1),),
        "due": (row(order_id="A", amount_minor=600),),
        "payments": (payment(refunded_minor=300),),
    }
    assert counts(CLEAN.model_copy(update=change))[0] == dict.fromkeys(RULES, 0)


def test_what_follows_an_order_is_neither_lost_nor_too_much() -> None:
    """What was sent again, exchanged, produced or kept for an exchange is as it should be."""
    change = {
        "resent": (row(order_id="A", units=2),),
        "replacements": (SENT_ANEW, row(order_id="A-R2", replaces="A", units=1)),
        "orders": (
            *CLEAN.orders,
            row(order_id="A-R2", stage="settled", outcome_kind="completed", payment_method="paid"),
        ),
        "returns": (made_return(linked_order_id="A-R2"), made_return(return_id="O", stage=WAITS)),
        "running": ("return/O",),
        "supply": (row(supply_id="S-1", state="received", ordered=2, received=2),),
        "kept": (row(order_id="A", amount_minor=70),),
        "due": (row(order_id="A", amount_minor=600),),
        "payments": (payment(refunded_minor=230),),
    }
    found = counts(CLEAN.model_copy(update=change))[0]
    assert found == {**dict.fromkeys(RULES, 0), "stuck": 1}


def test_units_below_zero_are_oversold() -> None:
    """A bin from which more was taken than it held is oversold, though the accounts sum to zero."""
    levels = (
        row(account="customer:A", kind="customer", sku="MUG", lot="", quantity=2),
        row(account="bin:B1", kind="bin", sku="MUG", lot="", quantity=-2),
    )
    assert counts(CLEAN.model_copy(update={"levels": levels}))[0]["oversold"] == 2


def test_units_left_about_are_leaked() -> None:
    """What still lies in a cart when nothing runs any more belongs to nobody."""
    cart = row(account="cart:A-1", kind="cart", sku="MUG", lot="", quantity=1)
    levels = (*CLEAN.levels, cart)
    assert counts(CLEAN.model_copy(update={"levels": levels}))[0]["leaked"] == 1


def test_recovery_is_the_longest_wait_for_the_next_effect() -> None:
    """From each outage it is counted to the next effect; one at the end counts for nothing."""
    seconds = [timedelta(seconds=s) for s in (0, 4, 30)]
    outages = [NOON + s for s in seconds]
    effects = [NOON + timedelta(seconds=s) for s in (1, 3, 11)]
    assert longest_recovery(outages, effects) == timedelta(seconds=7)
