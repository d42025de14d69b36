"""Another address at every stage: checked like the first, used, and labels bought anew."""

import asyncio

import pytest

import plant as plants
from floor_driver import Placed, Share, place, refusal_of
from fulfillment.domain.addresses import Address
from fulfillment.domain.errors import ConfirmationRefused, Refused, TooLate
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.operations import order_changes, orders
from fulfillment.operations.verify import verify

KIEL = Address(
    name="Ada Lovelace", street=("Holstenstr. 5",), city="Kiel", postal_code="24103", country="DE"
)
ZURICH = Address(
    name="Ada Lovelace",
    street=("Bahnhofstrasse 7",),
    city="Zürich",
    postal_code="8001",
    country="CH",
)
UNUSABLE = KIEL.model_copy(update={"postal_code": "999"})


async def readdress(order: Placed, address: Address) -> tuple[str, ...]:
    """Send an order elsewhere."""
    answer = await order_changes.change_address(order.engine, order.order_id, address, "ada")
    return answer.done


async def clean(order: Placed) -> None:
    """Check that the books hold, and the order as handed in is still the same one."""
    findings = [f for f in await verify(order.engine) if order.order_id in str(f)]
    assert [] == findings
    again = plants.order(order.order_id)
    assert again.ship_to != (await order.record()).order.ship_to
    assert order.order_id == (await orders.submit_order(order.engine, again)).order_id


@pytest.mark.parametrize("stage", [Stage.PICKING, Stage.PACKING])
async def test_before_labeling_the_new_address_is_used(shop: plants.Plant, stage: Stage) -> None:
    """Its labels name it; the customer is told, and what was changed is on record."""
    order = await place(shop, "early")
    share = await order.share()
    await share.to(stage)
    assert ("the order goes to the new address",) == await readdress(order, KIEL)
    assert ("the order goes to that address already",) == await readdress(order, KIEL)
    await share.to(Stage.AWAITING_PICKUP)
    assert KIEL == (await order.record()).order.ship_to
    assert "Kiel" in await _on_label(order)
    [amendment] = await shop.read(lambda tx: tx.changes.amendments(order.order_id))
    assert ["street", "city", "postal_code"] == amendment.change["fields"]
    await share.finish()
    assert "completed" == await order.ended()
    assert ["acknowledged", "address_changed", "shipped", "delivered"] == await order.told()
    await clean(order)


async def _relabeled(share: Share, old: tuple[str, ...]) -> tuple[str, ...] | None:
    now = await share.status()
    is_new = now.stage is Stage.AWAITING_PICKUP and now.tracking_numbers != old
    return now.tracking_numbers if is_new else None


async def _on_label(order: Placed) -> str:
    """Return what the live labels of an order say."""
    found = await order.shop.read(lambda tx: tx.parcels.documents(order.order_id))
    labels = [document.document_id for document in found if document.kind == "label"]
    said = [await _said(order, name) for name in labels if not await _is_void(order, name)]
    return " ".join(said)


async def _is_void(order: Placed, name: str) -> bool:
    return await order.shop.read(lambda tx: tx.parcels.is_void(name))


async def _said(order: Placed, name: str) -> str:
    return str((await order.shop.read(lambda tx: tx.parcels.document(name))).says)


async def test_after_labeling_labels_are_voided_and_bought_anew(shop: plants.Plant) -> None:
    """Another number, another SSCC; who hands over with the old label is refused."""
    order = await place(shop, "relabeled")
    share = await order.share()
    old = (await share.to(Stage.AWAITING_PICKUP)).tracking_numbers
    done = await readdress(order, KIEL)
    assert (f"{share.fulfillment_id} gets new labels",) == done[1:]

    new = await plants.eventually(lambda: _relabeled(share, old))
    assert set(old).isdisjoint(new)
    assert "Kiel" in await _on_label(order)
    refusal = await refusal_of(share.hand_over(tracking_numbers=old))
    assert ConfirmationRefused is type(refusal)
    task = await share.task(TaskKind.HAND_OVER)
    assert list(new) == [parcel["tracking_number"] for parcel in task.plan["parcels"]]
    await share.hand_over(tracking_numbers=new)
    await share.finish()
    assert "completed" == await order.ended()
    await clean(order)


async def test_another_country_before_and_after_labeling(shop: plants.Plant) -> None:
    """What can't be declared at its border is refused before anything is changed."""
    order = await place(shop, "abroad")
    share = await order.share()
    await share.to(Stage.AWAITING_PICKUP)
    refusal = await refusal_of(readdress(order, ZURICH))
    assert "customs" in str(refusal)
    assert "DE" == (await order.record()).order.ship_to.country
    assert Stage.AWAITING_PICKUP is (await share.status()).stage


async def test_a_wrong_address_changes_nothing(shop: plants.Plant) -> None:
    """The refusal says what is wrong, and the old one stays."""
    order = await place(shop, "wrong")
    share = await order.share()
    refusal = await refusal_of(readdress(order, UNUSABLE))
    assert Refused is type(refusal)
    assert "the old address stays" in str(refusal)
    assert plants.order(order.order_id).ship_to == (await order.record()).order.ship_to
    await share.to(Stage.IN_TRANSIT)
    late = await refusal_of(readdress(order, KIEL))
    assert TooLate is type(late)
    assert (await share.status()).tracking_numbers[0] in str(late)


async def test_on_hold_it_is_the_correction(shop: plants.Plant) -> None:
    """The order is verified again, and goes on."""
    unusable = UNUSABLE.model_dump(mode="json")
    order = await place(shop, "held", ship_to=unusable)
    await order.at(OrderStage.ON_HOLD)
    assert ("the address is corrected, and verified again",) == await readdress(order, KIEL)
    await order.share()
    assert KIEL == (await order.record()).order.ship_to


async def test_a_hand_over_that_races_with_another_address_has_one_winner(
    shop: plants.Plant,
) -> None:
    """Either the parcels have left, or the one who confirms is told that the labels are void."""
    await asyncio.gather(*(_race(shop) for _ in range(2)))


async def _race(shop: plants.Plant) -> None:
    order = await place(shop, "raceaddress")
    share = await order.share()
    old = (await share.to(Stage.AWAITING_PICKUP)).tracking_numbers
    changed, left = await asyncio.gather(
        readdress(order, KIEL), share.hand_over(), return_exceptions=True
    )
    assert isinstance(changed, TooLate) != isinstance(left, ConfirmationRefused)
    if isinstance(left, ConfirmationRefused):
        await plants.eventually(lambda: _relabeled(share, old))
    assert "completed" == await order.finish()
