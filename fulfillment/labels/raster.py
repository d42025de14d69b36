"""A PDF's page as the dots that a 203 dpi printer burns, by PDFium."""

from io import BytesIO
from threading import Lock

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from fulfillment.domain.errors import NotFound, Problem
from fulfillment.labels.page import DOTS_PER_MM, PT_PER_MM

PDF = b"%PDF"
BLACK_BELOW = 128
DOTS_PER_PT = DOTS_PER_MM / PT_PER_MM
DOTS_PER_INCH = 203
"""The trade's name for 8 dots a millimeter; 4 by 6 inches are 812 by 1218 dots."""
ONE_AT_A_TIME = Lock()
"""PDFium keeps state that threads must not share."""


def dots(document: bytes, page_number: int = 1) -> Image.Image:
    """Return a page in black and white, one pixel a dot; of a picture, its own pixels.

    Raises:
        NotFound: there are fewer pages.

    """
    gray = _page(document, page_number) if document.startswith(PDF) else _picture(document)
    black: Image.Image = gray.point(lambda value: 255 * (value >= BLACK_BELOW))
    return black.convert("1")


def _picture(document: bytes) -> Image.Image:
    opened = Image.open(BytesIO(document)).convert("RGBA")
    paper = Image.new("RGBA", opened.size, "white")
    return Image.alpha_composite(paper, opened).convert("L")


def _page(document: bytes, page_number: int) -> Image.Image:
    with ONE_AT_A_TIME, pypdfium2.PdfDocument(document) as opened:
        if not 1 <= page_number <= len(opened):
            raise NotFound.of(
                Problem(path="page", expected=f"1 to {len(opened)}", came=str(page_number))
            )
        page = opened[page_number - 1]
        width, height = (round(side_pt / 72 * DOTS_PER_INCH) for side_pt in page.get_size())
        bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_Gray)
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        scaled = pdfium.FS_MATRIX(DOTS_PER_PT, 0, 0, DOTS_PER_PT, 0, 0)
        clip = pdfium.FS_RECTF(0, 0, width, height)
        pdfium.FPDF_RenderPageBitmapWithMatrix(bitmap, page, scaled, clip, pdfium.FPDF_ANNOT)
        gray: Image.Image = bitmap.to_pil()
        return gray.copy()


def png(document: bytes, page_number: int = 1) -> bytes:
    """Return a page as PNG of 203 dpi, in black and white."""
    written = BytesIO()
    dots(document, page_number).save(
        written, "PNG", optimize=True, dpi=(DOTS_PER_INCH, DOTS_PER_INCH)
    )
    return written.getvalue()
