"""What is printed for parcels: label, packing slip and, across a customs border, an invoice."""

from collections.abc import Sequence
from datetime import date

from activities.consignment import Consignment
from fulfillment.domain.documents import DocumentFormat
from fulfillment.domain.shipping import BoughtLabel, Quote
from fulfillment.ports import Documents
from fulfillment.records import DocumentRecord, ParcelRecord


def print_parcels(
    documents: Documents,
    goods: Consignment,
    quote: Quote,
    bought: Sequence[BoughtLabel],
    issued_on: date,
) -> dict[str, tuple[DocumentRecord, ...]]:
    """Return the documents of each parcel, its label first.

    Raises:
        CustomsDataMissing: an article can't be declared.
        Unprintable: a text has characters that the fonts lack, or does not fit.

    """
    printed = {}
    for number, (parcel, label) in enumerate(zip(goods.parcels, bought, strict=True), 1):
        papers = [
            _label(documents, goods, quote, parcel, label, number),
            _slip(documents, goods, parcel, number),
        ]
        if goods.crosses_border:
            papers.append(
                _invoice(documents, goods, quote, parcel, label, number, issued_on=issued_on)
            )
        printed[parcel.parcel_id] = tuple(papers)
    return printed


def _label(  # noqa: PLR0913, PLR0917 - what a label says
    documents: Documents,
    goods: Consignment,
    quote: Quote,
    parcel: ParcelRecord,
    bought: BoughtLabel,
    number: int,
) -> DocumentRecord:
    name = f"{bought.tracking_number}-label"
    if bought.document is not None:
        drawn = _record(name, "label", parcel, bought.document)
        return drawn.model_copy(update={"media_type": bought.media_type})
    content = goods.label_content(quote, parcel, bought, number)
    drawn = _record(name, "label", parcel, documents.label(content))
    return drawn.model_copy(update={"says": content.model_dump(mode="json")})


def _slip(
    documents: Documents, goods: Consignment, parcel: ParcelRecord, number: int
) -> DocumentRecord:
    drawn = documents.packing_slip(goods.slip_content(parcel, number))
    return _record(f"{parcel.parcel_id}-slip", "packing_slip", parcel, drawn)


def _invoice(  # noqa: PLR0913, PLR0917 - what an invoice says
    documents: Documents,
    goods: Consignment,
    quote: Quote,
    parcel: ParcelRecord,
    bought: BoughtLabel,
    number: int,
    *,
    issued_on: date,
) -> DocumentRecord:
    content = goods.invoice_content(quote, parcel, bought, number, issued_on)
    drawn = documents.commercial_invoice(content)
    return _record(f"{bought.tracking_number}-invoice", "commercial_invoice", parcel, drawn)


def _record(document_id: str, kind: str, parcel: ParcelRecord, content: bytes) -> DocumentRecord:
    return DocumentRecord(
        document_id=document_id,
        kind=kind,
        media_type=DocumentFormat.PDF.media_type,
        content=content,
        order_id=parcel.order_id,
        parcel_id=parcel.parcel_id,
    )
