"""An ordinary order, from its receipt to the customer's door."""

import asyncio

import pypdfium2

import plant as plants
from floor_driver import ANN, Placed, place, texts
from fulfillment.domain.lifecycle import OrderStage, Outcome, OutcomeKind, Stage, TaskKind
from fulfillment.domain.shipping_decision import MOST_ALTERNATIVES
from fulfillment.operations import order_views, orders
from fulfillment.temporal import search_attributes as attributes
from histories import details, failed_tasks

AMOUNT_MINOR = 3 * 1990 + 3 * 378 + 490


async def test_an_order_goes_from_receipt_to_delivery_by_updates(shop: plants.Plant) -> None:
    """Each step answers with the stage after it; at the end all is told, taken and on record."""
    order = await place(shop, "ordinary")
    share = await order.share()
    assert Stage.SORTING == (await share.pick()).stage
    assert Stage.PACKING == (await share.sort()).stage
    assert Stage.LABELING == (await share.pack()).stage
    await share.at(Stage.AWAITING_PICKUP)
    assert Stage.IN_TRANSIT == (await share.hand_over()).stage
    await share.deliver()
    result = await order.handle.result()

    assert Outcome(kind=OutcomeKind.COMPLETED, summary="completed") == result.outcome
    assert (share.fulfillment_id,) == result.fulfillment_ids
    assert ["acknowledged", "shipped", "delivered"] == await order.told()
    assert (AMOUNT_MINOR, AMOUNT_MINOR, 0) == await order.money()
    assert ["authorize", "capture"] == [o.request.kind.value for o in await order.gateway()]
    record = await order.record()
    assert (OrderStage.SETTLED, result.outcome) == (record.stage, record.outcome)
    done = [a.action for a in await order.actions() if a.by == ANN]
    assert ["pick_done", "sort_done", "pack_done", "hand_over_done"] == done
    assert AMOUNT_MINOR == (await share.handle.result()).captured_minor


async def test_an_order_goes_through_by_signals_that_carry_nothing(shop: plants.Plant) -> None:
    """From the Temporal UI, a signal without input is enough for each step."""
    order = await place(shop, "signals")
    share = await order.share()
    for stage, signal in (
        (Stage.PICKING, "picking_done"),
        (Stage.SORTING, "sorting_done"),
        (Stage.PACKING, "packing_done"),
        (Stage.AWAITING_PICKUP, "handed_over"),
    ):
        await share.at(stage)
        await share.handle.signal(signal)
    await share.at(Stage.IN_TRANSIT)
    await share.deliver()

    assert "completed" == await order.ended()
    assert [] == await share.refused()
    done = [(a.action, a.by) for a in await order.actions() if a.action.endswith("_done")]
    steps = ["pick_done", "sort_done", "pack_done", "hand_over_done"]
    assert [(step, "unknown") for step in steps] == done


async def test_timeline_and_why_tell_what_happened(shop: plants.Plant) -> None:
    """What happened when, by whom, and what else was possible at which cost."""
    order = await place(shop, "told")
    share = await order.share()
    await share.finish()
    await order.ended()

    assert [
        "received",
        "customer told: acknowledged",
        "verified",
        "payment authorized: 75.94 EUR",
        f"BER fulfills {share.fulfillment_id}",
        "completed",
    ] == [text for text in texts(await order.timeline()) if not text.startswith("sourcing")]
    entries = await share.timeline()
    [cartons_note] = [one for one in entries if one.event.startswith("cartons and carrier service")]
    assert "S by overland/road-parcel (the cheapest set" in cartons_note.event
    assert [("picked", ANN), ("sorted; to be packed in S", ANN), ("packed: 1 parcel(s)", ANN)] == [
        (entry.event, entry.by) for entry in entries[:4] if entry != cartons_note
    ]
    assert sorted(entries, key=lambda entry: entry.at) == entries
    [sourcing, cartons, service] = await order_views.why(shop.engine, order.order_id)
    assert ("sourcing", "BER") == (sourcing.subject, sourcing.chosen)
    assert ["RTM"] == [a.choice for a in sourcing.alternatives]
    assert ("cartons and carrier service (standard)", "S by overland/road-parcel") == (
        cartons.subject,
        cartons.chosen,
    )
    assert "S by overland/road-express" in [a.choice for a in cartons.alternatives]
    assert len(cartons.alternatives) <= MOST_ALTERNATIVES
    assert ("carrier service (standard)", "overland/road-parcel") == (
        service.subject,
        service.chosen,
    )
    dearer = [a for a in service.alternatives if a.cost is not None]
    assert ["overland/road-express"] == [a.choice for a in dearer][:1]
    assert all("more" in a.because or "earlier" in a.because for a in dearer)


async def test_operators_find_an_order_by_its_stage(shop: plants.Plant) -> None:
    """Search attributes, summary and current details say where an order stands."""
    order = await place(shop, "found")
    share = await order.share()
    await share.pick()
    await share.at(Stage.SORTING)

    async def found() -> list[str] | None:
        query = (
            "OrderStage = 'sorting' AND Warehouse = 'BER' "
            f"AND WorkflowId = '{share.handle.id}' AND TaskQueue = '{shop.settings.task_queue}'"
        )
        return [execution.id async for execution in shop.client.list_workflows(query)] or None

    assert [share.handle.id] == await plants.eventually(found)
    parent = await order.handle.describe()
    assert OrderStage.FULFILLING.value == parent.typed_search_attributes[attributes.ORDER_STAGE]
    assert (await order.record()).sla_due == parent.typed_search_attributes[attributes.SLA_DUE]
    assert "3 x MUG, BOOK, standard to DE" == await parent.static_summary()
    child = await share.handle.describe()
    assert f"Order {order.order_id} from BER" == await child.static_summary()
    page = await details(share.handle)
    assert f"### Fulfillment {share.fulfillment_id} (BER)" in page
    assert "**sorting**" in page
    assert "picked _ann_" in page
    assert "**fulfilling**" in await details(order.handle)
    await share.finish()
    await order.ended()
    attributes_now = (await share.handle.describe()).typed_search_attributes
    assert "overland" == attributes_now[attributes.CARRIER]
    assert Stage.DELIVERED.value == attributes_now[attributes.ORDER_STAGE]


async def test_wishes_reach_the_pick_list_the_packer_and_the_slip(shop: plants.Plant) -> None:
    """Engraving, gift message and wrap are shown where somebody acts on them."""
    lines = [
        {"sku": "MUG", "quantity": 1, "unit_price_minor": 1990, "properties": {"engraving": "Ada"}},
        {"sku": "BOOK", "quantity": 1, "unit_price_minor": 2400},
    ]
    gift = {"message": "Happy birthday", "wrap": True}
    order = await place(shop, "gift", lines=lines, gift=gift)
    share = await order.share()
    shown = (await share.task(TaskKind.PICK)).plan
    assert gift == shown["gift"]
    assert [{"engraving": "Ada"}, {}] == [item["properties"] for item in shown["items"]]

    await share.to(Stage.PACKING)
    steps = [
        step["text"]
        for carton in (await share.task(TaskKind.PACK)).plan["steps"]
        for step in carton["steps"]
    ]
    for wish in ("engraving", "Ada", "Happy birthday", "wrap"):
        assert any(wish.casefold() in text.casefold() for text in steps), wish

    await share.to(Stage.IN_TRANSIT)
    [parcel] = await shop.read(lambda tx: tx.parcels.of_fulfillment(share.fulfillment_id))
    slip = await shop.read(lambda tx: tx.parcels.document(f"{parcel.parcel_id}-slip"))
    printed = _text_of(slip.content)
    for wish in ("Engraving: Ada", "Happy birthday"):
        assert wish in printed, wish


async def test_many_orders_at_once_do_not_meet(shop: plants.Plant) -> None:
    """A batch submitted at once is carried through, each order by itself."""
    batch = [plants.order(plants.new_id("batch")) for _ in range(3)]
    answers = await orders.submit_orders(shop.engine, batch)
    assert [o.order_id for o in batch] == [getattr(a, "order_id", a) for a in answers]
    ends = [Placed(shop, order.order_id).finish() for order in batch]
    assert ["completed"] * 3 == await asyncio.gather(*ends)
    assert [] == await failed_tasks(shop.client, shop.settings.task_queue)


def _text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)
