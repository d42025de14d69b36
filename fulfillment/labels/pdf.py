"""Documents as PDF, by reportlab; the same content prints the same bytes.

What draws is imported with the first document: its import takes longer than a command.
"""

from collections.abc import Mapping, Sequence

from fulfillment.domain.documents import (
    InvoiceContent,
    LabelContent,
    ManifestContent,
    SlipContent,
)
from fulfillment.domain.errors import Problem, Unprintable


class PdfDocuments:
    """Draws what is printed, in all scripts that we have fonts for."""

    def problems(self, texts: Mapping[str, str]) -> list[str]:
        """Return what can't be printed of these texts, by their fields' paths, in words."""
        return [str(problem) for path, text in texts.items() for problem in _lacking(path, text)]

    def label(self, content: LabelContent) -> bytes:
        """Return a parcel's label: one page of 4 by 6 inches.

        Raises:
            Unprintable: a text has characters that the fonts lack, or does not fit.

        """
        from fulfillment.labels.page import Page  # noqa: PLC0415 - see above
        from fulfillment.labels.shipping_label import on_a_label  # noqa: PLC0415 - see above

        return on_a_label(Page, content)

    def label_zpl(self, content: LabelContent) -> bytes:
        """Return a parcel's label as commands of a Zebra printer of 203 dpi.

        Raises:
            Unprintable: a text has characters that the fonts lack, or does not fit.

        """
        from fulfillment.labels.shipping_label import on_a_label  # noqa: PLC0415 - see above
        from fulfillment.labels.zpl import ZplPage  # noqa: PLC0415 - see above

        return on_a_label(ZplPage, content)

    def packing_slip(self, content: SlipContent) -> bytes:
        """Return a parcel's packing slip: A5 pages, without prices on a gift.

        Raises:
            Unprintable: a text has characters that the fonts lack, or does not fit.

        """
        from fulfillment.labels.packing_slip import draw_slip  # noqa: PLC0415 - see above

        return draw_slip(content)

    def commercial_invoice(self, content: InvoiceContent) -> bytes:
        """Return the invoice of a parcel that crosses a customs border: A4 pages.

        Raises:
            Unprintable: a text has characters that the fonts lack, or does not fit.

        """
        from fulfillment.labels.commercial_invoice import draw_invoice  # noqa: PLC0415 - see above

        return draw_invoice(content)

    def manifest(self, content: ManifestContent) -> bytes:
        """Return the list of parcels that a carrier takes at a cut-off: A4 pages.

        Raises:
            Unprintable: a text has characters that the fonts lack, or does not fit.

        """
        from fulfillment.labels.manifest import draw_manifest  # noqa: PLC0415 - see above

        return draw_manifest(content)

    def png(self, document: bytes, page_number: int = 1) -> bytes:
        """Return a page of a PDF as a picture of 203 dpi, in black and white.

        Raises:
            NotFound: it has fewer pages.

        """
        from fulfillment.labels.raster import png  # noqa: PLC0415 - see above

        return png(document, page_number)

    def picture_zpl(self, document: bytes) -> bytes:
        """Return a PNG or a PDF's first page, as a carrier drew it, as one graphic field of ZPL."""
        from fulfillment.labels.raster import dots  # noqa: PLC0415 - see above
        from fulfillment.labels.zpl import picture  # noqa: PLC0415 - see above

        return picture(dots(document))


def _lacking(path: str, text: str) -> Sequence[Problem]:
    from fulfillment.labels.text import printable  # noqa: PLC0415 - see above

    try:
        printable(text, path)
    except Unprintable as error:
        return error.problems
    return ()
