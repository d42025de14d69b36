"""Printed documents as a scanner and a person see them."""

from io import BytesIO
from typing import Any

import pypdfium2
import zplkit
import zplkit.rendering
import zxingcpp
from PIL import Image

from fulfillment.labels.pdf import PdfDocuments

LABEL_DOTS = (812, 1218)
ROOM = zplkit.rendering.Limits(graphic_bytes=200_000, field_bytes=200_000)


def scanned(picture: Image.Image) -> set[tuple[str, bytes]]:
    """Return what a scanner reads off a picture: symbology identifiers and contents."""
    found = zxingcpp.read_barcodes(picture.convert("L"))
    return {(code.symbology_identifier, code.bytes) for code in found}


def burned(document: bytes, page_number: int = 1) -> Image.Image:
    """Return a page of a PDF as the product's own PNG has it, in dots of 203 dpi."""
    return Image.open(BytesIO(PdfDocuments().png(document, page_number)))


def shown(document: bytes, dpi: int = 203) -> Image.Image:
    """Return the first page of a PDF as a screen or an office printer has it."""
    picture: Any = pypdfium2.PdfDocument(document)[0].render(scale=dpi / 72).to_pil()
    return Image.Image.copy(picture)


def printed(zpl: bytes) -> Image.Image:
    """Return what a label printer makes of ZPL."""
    width, height = LABEL_DOTS
    options = zplkit.Options(profile="specification", width=width, height=height, dpi=203)
    (label,) = zplkit.render(zpl, options, limits=ROOM).labels
    return Image.open(BytesIO(label.png()))
