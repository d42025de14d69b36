"""What is printed for parcels, as files to look at: labels, slips, invoices and manifests."""

import asyncio
from pathlib import Path

from fulfillment.domain.documents import DocumentFormat
from fulfillment.operations.documents import LABEL, list_documents, show_document
from fulfillment.operations.end_of_day import list_manifests
from fulfillment.operations.engine import Engine
from fulfillment.records import DocumentRecord

MANY = 1_000
MANIFESTS = "manifests"
"""The folder of what is of several orders."""


async def write_shipping_papers(engine: Engine, folder: Path, order_ids: list[str]) -> int:
    """Write what was printed, a folder for each order; return how many files."""
    files: dict[str, bytes] = {}
    for order_id in order_ids:
        for document in await list_documents(engine, order_id):
            for name in paper_names(document):
                wanted = DocumentFormat(name.rpartition(".")[2])
                shown = await show_document(engine, document.document_id, wanted)
                files[f"{order_id}/{name}"] = shown.content
    for manifest in await list_manifests(engine, limit=MANY):
        if manifest.document_id:
            shown = await show_document(engine, manifest.document_id)
            files[f"{MANIFESTS}/{manifest.document_id}.{DocumentFormat.PDF}"] = shown.content
    await asyncio.to_thread(_write, folder, files)
    return len(files)


def paper_names(document: DocumentRecord) -> list[str]:
    """Return the files of a document: a label's for each kind of printer, else as it is kept.

    What was drawn of a document in another format has none of its own.
    """
    if document.media_type != DocumentFormat.PDF.media_type:
        return []
    formats = tuple(DocumentFormat) if document.kind == LABEL else (DocumentFormat.PDF,)
    return [f"{document.document_id}.{each}" for each in formats]


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
