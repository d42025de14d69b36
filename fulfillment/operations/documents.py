"""What was printed: labels, packing slips, invoices, manifests; shown and printed again."""

import asyncio

from fulfillment.domain.base import Value
from fulfillment.domain.confirmations import Person, Remark
from fulfillment.domain.documents import DocumentFormat, LabelContent
from fulfillment.domain.errors import Problem, Refused
from fulfillment.operations.engine import Engine
from fulfillment.records import ActionRecord, DocumentRecord

REPRINT_ACTION = "reprint"
LABEL = "label"
PICTURED = {DocumentFormat.PDF.media_type, DocumentFormat.PNG.media_type}
"""What a picture for a printer can be made of."""
ERASED_TYPE = "text/plain"
"""What an erased document says is no document any more."""


class Reprint(Value):
    """The wish to print a document again."""

    document_id: str
    by: Person
    reason: Remark = ""
    format: DocumentFormat = DocumentFormat.PDF
    page: int = 1


async def list_documents(engine: Engine, order_id: str) -> list[DocumentRecord]:
    """Return an order's documents without their content, by id.

    Raises:
        NotFound: no such order.

    """
    async with engine.database.reading() as tx:
        await tx.orders.get(order_id)
        return await tx.parcels.documents(order_id)


async def show_document(
    engine: Engine, document_id: str, wanted: DocumentFormat | None = None, page: int = 1
) -> DocumentRecord:
    """Return a document with its content, as it is kept or in another format.

    What was drawn in another format is kept, so that it stays the same bytes from then on.

    Raises:
        NotFound: no such document, or no such page.
        Refused: the document can't be had in that format.

    """
    async with engine.database.reading() as tx:
        kept = await tx.parcels.document(document_id)
    if wanted is None or wanted.media_type == kept.media_type:
        return kept
    name = f"{document_id}.{wanted}" if page == 1 else f"{document_id}.{page}.{wanted}"
    _check_format(kept, wanted)
    drawn = await asyncio.to_thread(_drawn, engine, kept, wanted, page)
    other = kept.model_copy(
        update={
            "document_id": name,
            "media_type": wanted.media_type,
            "content": drawn,
            "says": None,
        }
    )
    async with engine.database.writing() as tx:
        return await tx.parcels.keep_document(other)


async def reprint_document(engine: Engine, wish: Reprint) -> DocumentRecord:
    """Return a document to be printed again, the same bytes, and put on record who asked for it.

    Raises:
        NotFound: no such document, or no such page.
        Refused: the label is void, or the document can't be had in that format.

    """
    async with engine.database.reading() as tx:
        if await tx.parcels.is_void(wish.document_id.removesuffix(f".{wish.format}")):
            raise Refused.of(
                Problem(
                    path="document_id",
                    expected="a label that is live",
                    came=f"{wish.document_id}, which was given back to the carrier",
                    remedy="print the parcel's new label, or keep the parcel",
                )
            )
    printed = await show_document(engine, wish.document_id, wish.format, wish.page)
    async with engine.database.writing() as tx:
        because = f": {wish.reason}" if wish.reason else ""
        await tx.journal.add_action(
            ActionRecord(
                at=engine.clock.now(),
                by=wish.by,
                action=REPRINT_ACTION,
                order_id=printed.order_id,
                detail=f"{printed.document_id} as {wish.format}{because}",
            )
        )
    return printed


def _check_format(kept: DocumentRecord, wanted: DocumentFormat) -> None:
    drawable = wanted is DocumentFormat.PNG or kept.kind == LABEL
    if kept.media_type in PICTURED and wanted is not DocumentFormat.PDF and drawable:
        return
    remedy = "show it as it is" if kept.media_type != ERASED_TYPE else "it was erased"
    raise Refused.of(
        Problem(
            path="format",
            expected=f"what can be made of a {kept.kind} kept as {kept.media_type}",
            came=wanted.value,
            remedy=remedy,
        )
    )


def _drawn(engine: Engine, kept: DocumentRecord, wanted: DocumentFormat, page: int) -> bytes:
    if wanted is DocumentFormat.PNG:
        return engine.documents.png(kept.content, page)
    if kept.says is not None:
        return engine.documents.label_zpl(LabelContent.model_validate(kept.says))
    return engine.documents.picture_zpl(kept.content)
