"""The packer at work: other cartons than planned, and what the scales say."""

import plant as plants
from floor_driver import Share, place, refusal_of
from fulfillment.domain.decisions import Decision
from fulfillment.domain.errors import ConfirmationRefused, NotFound
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.operations.pictures import draw_carton
from fulfillment.records import ParcelRecord
from histories import events, quiet_history

TOO_MUCH = {"cartons": ("L",), "weights_g": (9_999,)}


async def parcels(share: Share) -> list[ParcelRecord]:
    """Return what was packed."""
    return await share.shop.read(lambda tx: tx.parcels.of_fulfillment(share.fulfillment_id))


async def test_other_cartons_are_planned_weighed_and_overridden(shop: plants.Plant) -> None:
    """What is confirmed is the changed plan; a weight that is off needs a supervisor's word."""
    order = await place(shop, "repacked")
    share = await order.share()
    assert "came picking" in str(await refusal_of(share.change_cartons("L")))
    await share.to(Stage.PACKING)
    assert "expected one of L, M, S" in str(await refusal_of(share.change_cartons("GIANT")))
    assert ("S",) == (await share.sheet()).carton_ids

    first, back, again = [await share.change_cartons(name) for name in ("L", "S", "L")]
    assert Stage.PACKING is first.stage
    assert "to be packed in L; see the new steps" == first.message == again.message
    assert "to be packed in S; see the new steps" == back.message
    decided = [one.chosen for one in await share.handle.query("why", result_type=list[Decision])]
    assert [f"{name} by overland/road-parcel" for name in ("S", "L", "S", "L")] == decided
    sheet = await share.sheet()
    assert sheet.service is not None
    assert "overland/road-parcel" == sheet.service.key
    assert "Take carton L (1 of 1)." == sheet.steps[0].steps[0].text
    drawing = await draw_carton(shop.engine, (await share.task(TaskKind.PACK)).task_id)
    assert f"Order {order.order_id}: carton 1 of 1, L" == drawing.title

    before = await quiet_history(share.handle)
    expected = sheet.weights_g[0]
    for said, words in (
        ({"cartons": ("S",)}, "cartons: expected L, came S"),
        (TOO_MUCH, f"weight of carton 1 (L): expected {expected} g, give or take 77 g, came 9999"),
        ({**TOO_MUCH, "override": {"by": "ann", "reason": "?"}}, "somebody else than the packer"),
        ({"weights_g": (expected, expected)}, "weights: expected 1, one for each carton, came 2"),
    ):
        refusal = await refusal_of(share.pack(**said))
        assert ConfirmationRefused is type(refusal)
        assert words in str(refusal)
    assert before == len(await events(share.handle))
    await share.handle.signal("packing_done", {"by": "zoe", "weights_g": [1]})
    await share.noted("pack by signal: weight of carton 1")

    await share.pack(**TOO_MUCH, override={"by": "eve", "reason": "a wet carton"})
    [parcel] = await parcels(share)
    assert ("L", 9_999) == (parcel.carton_id, parcel.gross_weight_g)
    await share.at(Stage.AWAITING_PICKUP)
    assert "done already" in str(await refusal_of(share.change_cartons("M")))
    actions = await order.actions()
    audited = [(a.action, a.by) for a in actions if a.action != "assign" and not a.refused]
    assert 3 == audited.count(("change_cartons", "ann"))
    [override] = [a.detail for a in actions if a.action == "weight_override"]
    assert f"a wet carton (weight of carton 1 (L): expected {expected} g" in override
    assert 4 == sum(a.refused for a in actions if a.action == "confirm_pack")
    assert "completed" == await order.finish()


async def test_what_does_not_fit_is_named_and_changes_nothing(shop: plants.Plant) -> None:
    """The packer reads which item it is and why; the first plan still holds."""
    order = await place(shop, "unfit", ("LAMP", 1), ("SOAP", 1))
    share = await order.share()
    await share.to(Stage.PACKING)
    before = await share.sheet()
    refusal = str(await refusal_of(share.change_cartons("S", "M")))
    lamp = "Lamp (LAMP) of 200 x 200 x 350 mm"
    for words in (lamp, "too large standing upright", "a larger carton"):
        assert words in refusal
    assert "chemicals and general never share" in str(await refusal_of(share.change_cartons("L")))
    assert before == await share.sheet()
    await share.pack()
    assert list(before.weights_g) == [p.gross_weight_g for p in await parcels(share)]
    assert list(before.carton_ids) == [p.carton_id for p in await parcels(share)]
    for task_id, number in (
        (f"{share.fulfillment_id}-pick", 1),
        (f"{share.fulfillment_id}-pack", 9),
    ):
        assert NotFound is type(await refusal_of(draw_carton(shop.engine, task_id, number)))
    assert "completed" == await order.finish()
