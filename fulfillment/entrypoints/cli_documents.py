"""`fulfillment documents ...`: what was printed, to see it and to print it again."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fulfillment.domain.documents import DocumentFormat
from fulfillment.domain.errors import Problem, Refused
from fulfillment.entrypoints.console import Address, AsJson, By, print_json, print_table, run, say
from fulfillment.entrypoints.validation import validated
from fulfillment.operations import documents
from fulfillment.operations.engine import Engine
from fulfillment.records import DocumentRecord

app = typer.Typer(help="See labels, slips and invoices; print them again.", no_args_is_help=True)

DocumentId = Annotated[str, typer.Argument(metavar="DOCUMENT", help="As `documents list` has it.")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to; - for stdout.")]
Format = Annotated[
    DocumentFormat,
    typer.Option("--format", help="zpl: for a label printer of 203 dpi; labels only."),
]
PageNumber = Annotated[int, typer.Option("--page", min=1, help="Which page, as a picture.")]


@app.command("list")
def list_documents(
    order: Annotated[str, typer.Argument(metavar="ORDER")],
    as_json: AsJson,
    address: Address = None,
) -> None:
    """List what was printed for an order."""

    async def listed(engine: Engine) -> None:
        found = await documents.list_documents(engine, order)
        if as_json:
            return print_json([doc.model_dump(exclude={"content", "says"}) for doc in found])
        rows = [(doc.document_id, doc.kind, doc.parcel_id or "", doc.media_type) for doc in found]
        columns = ("document", "kind", "parcel", "format")
        return print_table("", columns, rows, "nothing was printed yet")

    run(listed, address, as_json=as_json)


@app.command()
def show(
    document: DocumentId,
    out: Out,
    made_for: Format = DocumentFormat.PDF,
    page: PageNumber = 1,
    address: Address = None,
) -> None:
    """Write a document into a file."""

    async def shown(engine: Engine) -> None:
        _write(out, await documents.show_document(engine, document, made_for, page))

    run(shown, address)


@app.command()
def reprint(  # noqa: PLR0913, PLR0917 - what is put on record
    document: DocumentId,
    out: Out,
    by: By,
    made_for: Format = DocumentFormat.PDF,
    page: PageNumber = 1,
    reason: Annotated[str, typer.Option(help="Why; goes on record.")] = "",
    address: Address = None,
) -> None:
    """Write a document into a file to print it again: the same bytes; it goes on record."""

    async def reprinted(engine: Engine) -> None:
        data = {
            "document_id": document,
            "by": by,
            "reason": reason,
            "format": made_for,
            "page": page,
        }
        wish = validated(documents.Reprint, data)
        _write(out, await documents.reprint_document(engine, wish))

    run(reprinted, address)


def _write(out: Path, document: DocumentRecord) -> None:
    if str(out) == "-":
        sys.stdout.buffer.write(document.content)
        return
    try:
        out.write_bytes(document.content)
    except OSError as error:
        came = error.strerror or str(error)
        raise Refused.of(
            Problem(path=str(out), expected="a file that can be written", came=came)
        ) from error
    say(f"{document.document_id}: {len(document.content)} bytes in {out}", "green")
