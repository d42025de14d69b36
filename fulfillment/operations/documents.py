"""What was printed: labels and packing slips."""

from fulfillment.operations.engine import Engine
from fulfillment.records import DocumentRecord


async def show_document(engine: Engine, document_id: str) -> DocumentRecord:
    """Return a document with its content.

    Raises:
        NotFound: no such document.

    """
    async with engine.database.reading() as tx:
        return await tx.parcels.document(document_id)
