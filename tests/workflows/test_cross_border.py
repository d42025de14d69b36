"""An order that crosses a customs border: held, declared, labeled, and handed over by scan."""

import asyncio

import pytest

import plant as plants
from floor_driver import place
from fulfillment.domain.base import HsCode
from fulfillment.domain.catalog import Article
from fulfillment.domain.documents import DocumentFormat
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.gs1 import element_string
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.operations import documents, orders
from paper import burned, scanned

ZURICH = {
    "name": "محمد الأنصاري",
    "street": ["Bahnhofstrasse 1"],
    "city": "Zürich",
    "postal_code": "8001",
    "country": "CH",
    "phone": "+41 44 211 10 10",
    "tax_id": "CHE-116.281.710",
}


async def catalog_says(shop: plants.Plant, hs_code: HsCode | None) -> None:
    """Sell clocks, with a commodity code or without."""
    clock = Article(
        sku="CLOCK",
        name="Wall clock",
        dimensions=plants.dimensions(200, 200, 60),
        weight_g=900,
        unit_value_minor=3900,
        hs_code=hs_code,
        origin="DE" if hs_code else None,
    )
    async with shop.database.writing() as tx:
        await tx.catalog.add_articles([clock])


async def test_goods_cross_a_border_with_their_papers(shop: plants.Plant) -> None:
    """Nothing leaves undeclared; each parcel has its invoice, and the wrong parcel stays."""
    await catalog_says(shop, None)
    bin_id = plants.bins("BER")[0].bin_id
    await shop.stock("clocks", [(bin_id, "CLOCK", 4)])
    order = await place(shop, "border", ("CLOCK", 2), ship_to=ZURICH)
    held = await order.at(OrderStage.ON_HOLD)
    assert "customs: article CLOCK: expected an hs_code and an origin" in held.blocked_on
    await orders.release_hold(shop.engine, order.order_id, "eve", "the broker will add them")

    share = await order.share()
    await share.to(Stage.PACKING)
    await share.pack()
    blocked = await share.blocked()
    assert "article CLOCK: expected an hs_code" in blocked.blocked_on
    await catalog_says(shop, "910521")
    await share.handle.signal("retry_step")
    await share.at(Stage.AWAITING_PICKUP)

    listed = await documents.list_documents(shop.engine, order.order_id)
    papers = {paper.kind: paper for paper in listed}
    assert {"label", "packing_slip", "commercial_invoice"} == set(papers)
    invoice = await documents.show_document(shop.engine, papers["commercial_invoice"].document_id)
    [parcel] = (await share.task(TaskKind.HAND_OVER)).plan["parcels"]
    expected = {("]C0", parcel["tracking_number"].encode())}
    assert expected == await asyncio.to_thread(lambda: scanned(burned(invoice.content)))
    wish = documents.Reprint(
        document_id=papers["label"].document_id, by="bob", format=DocumentFormat.ZPL
    )
    first, second = [await documents.reprint_document(shop.engine, wish) for _ in range(2)]
    assert first == second
    reprints = [a for a in await order.actions() if a.action == "reprint"]
    detail = f"{first.document_id} as zpl"
    assert [("bob", detail), ("bob", detail)] == [(a.by, a.detail) for a in reprints]

    with pytest.raises(ConfirmationRefused, match=f"SSCCs: expected {parcel['sscc']}, came 34"):
        await share.hand_over(ssccs=("340123451234567895",))
    await share.hand_over(ssccs=(f"]C1{element_string(parcel['sscc'])}",))
    await share.at(Stage.IN_TRANSIT)
