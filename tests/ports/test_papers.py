"""Manifests and commercial invoices as a scanner and a person read them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdfium2 import PdfDocument

from fulfillment.domain.addresses import Address
from fulfillment.domain.documents import (
    InvoiceContent,
    InvoiceLine,
    ManifestContent,
    ManifestRow,
)
from fulfillment.domain.errors import NotFound
from fulfillment.domain.gs1 import sscc, tracking_number
from fulfillment.domain.money import Money
from fulfillment.labels.pdf import PdfDocuments
from paper import burned, scanned
from shipping_samples import SENDER

DOCUMENTS = PdfDocuments()
TOKYO = Address(
    name="山田 太郎",
    company="株式会社サクラ電機",
    street=("千代田区丸の内一丁目9番1号",),
    postal_code="100-0005",
    city="東京都",
    country="JP",
    phone="+81 3 1234 5678",
    tax_id="JP1234567890123",
)
MUG = InvoiceLine(
    sku="MUG-01",
    name="Stoneware mug",
    hs_code="69120090",
    origin="DE",
    quantity=3,
    net_weight_g=1050,
    value_minor=5970,
)


def manifest(parcels: int, manifest_id: str = "MF-BER-overland-20260304") -> ManifestContent:
    """Return a manifest of so many parcels."""
    return ManifestContent(
        manifest_id=manifest_id,
        warehouse_name="Berlin",
        sender=SENDER,
        carrier_name="Overland",
        cut_off=datetime(2026, 3, 4, 17, tzinfo=ZoneInfo("Europe/Berlin")),
        rows=tuple(
            ManifestRow(
                parcel_id=f"SHOP-2026-{number:06d}-1-P1",
                sscc=sscc(3, "4012345", number),
                tracking_number=tracking_number(number),
                service_name="Road Parcel",
                weight_g=1000 + number,
            )
            for number in range(parcels)
        ),
    )


def invoice(*lines: InvoiceLine) -> InvoiceContent:
    """Return an invoice from Berlin to Tokyo."""
    return InvoiceContent(
        order_id="SHOP-2026-000123",
        parcel_id="SHOP-2026-000123-1-P1",
        parcel_number=1,
        parcel_count=2,
        sender=SENDER.model_copy(update={"tax_id": "DE123456789012345"}),
        recipient=TOKYO,
        invoice_id="CI-FC000000000424",
        issued_on=date(2026, 3, 4),
        carrier_name="Overland",
        tracking_number=tracking_number(42),
        currency="EUR",
        gross_weight_g=4250,
        lines=lines,
    )


def pages(document: bytes) -> list[str]:
    """Return the text of each page, its white space made single."""
    opened = PdfDocument(document)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in opened]


@pytest.mark.parametrize("parcels", [1, 33, 34, 35, 200])
def test_a_manifest_lists_each_parcel_and_is_signed_at_its_end(parcels: int) -> None:
    """Each once, each page with the manifest's code, the signatures on the last one only."""
    content = manifest(parcels)
    document = DOCUMENTS.manifest(content)
    texts = pages(document)
    found = [row.tracking_number for row in content.rows if row.tracking_number in " ".join(texts)]
    assert len(found) == parcels
    total = f"{parcels} parcels, {content.weight_g // 1000}.{content.weight_g % 1000:03d} kg in all"
    assert [total in text and "Signature" in text for text in texts] == [
        *[False] * (len(texts) - 1),
        True,
    ]
    assert "Cut-off: 2026-03-04 17:00 CET" in texts[0]
    for number in (1, len(texts)):
        assert f"page {number} of {len(texts)}" in texts[number - 1]
        assert scanned(burned(document, number)) == {("]C0", content.manifest_id.encode())}


@settings(max_examples=15, deadline=None)
@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{3,24}", fullmatch=True))
def test_a_manifests_code_reads_back(manifest_id: str) -> None:
    """The driver scans it."""
    document = DOCUMENTS.manifest(manifest(1, manifest_id))
    assert scanned(burned(document)) == {("]C0", manifest_id.encode())}


def test_an_invoice_tells_customs_all_they_ask() -> None:
    """Who, what, its code, origin, weight and value, on which terms and why."""
    pen = MUG.model_copy(update={"sku": "PEN", "hs_code": "960810", "origin": "CN", "quantity": 1})
    content = invoice(MUG, pen)
    document = DOCUMENTS.commercial_invoice(content)
    (text,) = pages(document)
    expected = [
        *("Commercial invoice", "No. CI-FC000000000424", *SENDER.lines(), *TOKYO.lines()),
        *("Tax id DE123456789012345", "Tax id JP1234567890123", "Phone +81 3 1234 5678"),
        *("Stoneware mug", "69120090", "960810", "19.90", "59.70", "1.050", "DE", "CN"),
        *("Reason for export: Sale of goods", "Incoterm: DAP 東京都", "Currency: EUR"),
        *("(1 of 2)", "4 units, 2.100 kg net, total value 119.40 EUR", "Gross weight: 4.250 kg"),
    ]
    assert [phrase for phrase in expected if phrase not in text] == []
    assert content.total == Money(amount_minor=11940, currency="EUR")
    assert scanned(burned(document)) == {("]C0", content.tracking_number.encode())}


def test_a_page_that_is_not_there_is_refused() -> None:
    """With how many there are."""
    document = DOCUMENTS.commercial_invoice(invoice(MUG))
    with pytest.raises(NotFound, match="page: expected 1 to 1, came 2"):
        DOCUMENTS.png(document, 2)
