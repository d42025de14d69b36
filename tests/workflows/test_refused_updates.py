"""Wrong confirmations by update: refused with expected, came and what to do, and no event left."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError

import plant as plants
from floor_driver import Share, place, refusal_of
from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, NotFound
from fulfillment.domain.lifecycle import Stage
from fulfillment.operations import floor
from histories import events, quiet_history

Ask = Callable[[Share], Awaitable[object]]


def picked(*rows: tuple[str, int, str | None]) -> list[dict[str, Any]]:
    """Return what a person says was picked."""
    return [{"sku": sku, "quantity": quantity, "bin_id": place} for sku, quantity, place in rows]


WRONG_AT: dict[Stage, list[tuple[str, Ask, tuple[str, ...]]]] = {
    Stage.PICKING: [
        (
            "item",
            lambda s: s.pick(picked=picked(("SOAP", 2, None), ("BOOK", 1, None))),
            ("expected one of MUG, BOOK", "came SOAP", "put it back"),
        ),
        (
            "quantity",
            lambda s: s.pick(picked=picked(("MUG", 3, None), ("BOOK", 1, None))),
            ("expected 2", "came 3", "pick the planned quantity"),
        ),
        (
            "left out",
            lambda s: s.pick(picked=picked(("MUG", 2, None))),
            ("quantity of BOOK", "expected 1", "came 0"),
        ),
        (
            "bin",
            lambda s: s.pick(picked=picked(("MUG", 2, "BER-A0-02"), ("BOOK", 1, None))),
            ("expected BER-A0-01", "came BER-A0-02", "take it from the bin"),
        ),
        ("too early", Share.sort, ("expected sorting", "came picking", "earlier steps first")),
        ("much too early", Share.hand_over, ("expected awaiting_pickup", "came picking")),
        (
            "person",
            lambda s: s.pick(by="bob"),
            ("expected ann", "came bob", "let ann confirm"),
        ),
        (
            "no short pick",
            lambda s: s.short("MUG", "BER-A0-01", 2),
            ("expected fewer than planned", "2 found, 2 planned"),
        ),
        (
            "short pick elsewhere",
            lambda s: s.short("MUG", "BER-A1-03", 0),
            ("expected fewer than planned there", "2 of MUG in BER-A0-01"),
        ),
    ],
    Stage.SORTING: [
        ("too late", lambda s: s.pick(note="again"), ("expected picking", "came sorting", "done")),
        ("slot", lambda s: s.sort(slot="S999"), ("expected S", "came S999", "move the goods")),
        (
            "short pick too late",
            lambda s: s.short("MUG", "BER-A0-01", 1),
            ("expected picking", "came sorting"),
        ),
    ],
    Stage.PACKING: [
        (
            "carton",
            lambda s: s.pack(cartons=("L",)),
            ("cartons: expected S", "came L", "pack as planned"),
        ),
        (
            "too many cartons",
            lambda s: s.pack(cartons=("S", "S")),
            ("expected S", "came S, S"),
        ),
    ],
    Stage.AWAITING_PICKUP: [
        (
            "carrier",
            lambda s: s.hand_over(carrier="skyway"),
            ("expected overland", "came skyway", "keep the parcels"),
        ),
        (
            "parcel",
            lambda s: s.hand_over(tracking_numbers=("FC999999999999",)),
            ("expected FC", "came FC999999999999", "keep back FC999999999999"),
        ),
    ],
    Stage.IN_TRANSIT: [
        ("after all", lambda s: s.hand_over(note="again"), ("came in_transit", "done already")),
    ],
}


async def test_a_wrong_confirmation_is_refused_and_leaves_no_event(shop: plants.Plant) -> None:
    """At each stage, each wrong one is refused in words; then the right one goes through."""
    order = await place(shop, "wrong")
    share = await order.share()
    await floor.assign_task(shop.engine, share.fulfillment_id, "ann", "eve")
    for stage, wrong in WRONG_AT.items():
        await share.to(stage)
        before = await quiet_history(share.handle)
        for what, ask, words in wrong:
            refusal = await refusal_of(ask(share))
            assert ConfirmationRefused is type(refusal), what
            assert [w for w in words if w not in str(refusal)] == [], f"{what}: {refusal}"
        assert before == len(await events(share.handle)), stage
    await share.deliver()

    assert "completed" == await order.ended()
    assert [] == await share.refused()


async def test_an_update_that_nobody_can_read_is_rejected(shop: plants.Plant) -> None:
    """Wrong types, too many or no arguments leave no event and stop nothing."""
    order = await place(shop, "unread")
    share = await order.share()
    before = await quiet_history(share.handle)
    for args in ([{"picked": 7}], [17], [None], [{"by": "zoe"}, 2], []):
        with pytest.raises(WorkflowUpdateFailedError):
            await share.handle.execute_update("confirm_pick", args=args)
    assert before == len(await events(share.handle))
    assert Stage.SORTING is (await share.pick()).stage


async def test_the_right_details_are_accepted(shop: plants.Plant) -> None:
    """What the scanner saw may be named at each step, if it is what was planned."""
    order = await place(shop, "scanned")
    share = await order.share()
    await share.pick(picked=picked(("BOOK", 1, "BER-A1-03"), ("MUG", 2, "BER-A0-01")))
    slot = (await share.record()).slot
    await share.sort(slot=slot)
    await share.at(Stage.PACKING)
    await share.pack(cartons=("S",))
    numbers = (await share.at(Stage.AWAITING_PICKUP)).tracking_numbers
    await share.hand_over(carrier="overland", tracking_numbers=numbers)


async def test_the_same_update_twice_gets_the_same_answer(shop: plants.Plant) -> None:
    """A scanner that did not hear the answer asks again, also long after."""
    order = await place(shop, "twice")
    share = await order.share()
    first = await share.pick()
    await share.to(Stage.PACKING)
    assert first == await share.pick()
    done = [action.action for action in await order.actions()]
    assert 1 == done.count("pick_done")


async def test_a_task_is_the_one_s_to_whom_it_was_given(shop: plants.Plant) -> None:
    """Given to Bob it is Bob's; back in the pool it is anybody's; the next task is nobody's."""
    order = await place(shop, "assigned")
    share = await order.share()
    name = share.fulfillment_id
    status = await floor.assign_task(shop.engine, name, "bob", "eve")
    assert "bob" == status.assignee
    assert "expected bob" in str(await refusal_of(share.pick()))
    assert None is (await floor.assign_task(shop.engine, name, None, "eve")).assignee
    await share.pick()
    await share.at(Stage.SORTING)
    await floor.assign_task(shop.engine, name, "carl", "eve")
    await share.sort(by="carl")
    assert None is (await share.at(Stage.PACKING)).assignee
    given = [a.detail for a in await order.actions() if a.action == "assign"]
    assert ["bob", "the pool", "carl"] == given


async def test_nobody_confirms_what_is_not_there(shop: plants.Plant) -> None:
    """A fulfillment that nobody knows is not found."""
    for ask in (Share.pick, Share.sort, Share.pack, Share.hand_over):
        refusal: FulfillmentError = await refusal_of(ask(Share(shop, "no-such-1")))
        assert NotFound is type(refusal)
