"""Documents as PDF, by reportlab; the same content prints the same bytes.

reportlab is imported with the first document: its import takes longer than a command.
"""

from collections.abc import Mapping, Sequence

from fulfillment.domain.documents import LabelContent, SlipContent
from fulfillment.domain.errors import Problem, Unprintable


class PdfDocuments:
    """Draws labels and packing slips as PDF.

    Limit: the font has Latin letters only (see `fulfillment.labels.text`); other scripts are
    refused as Unprintable rather than printed as boxes.
    """

    def problems(self, texts: Mapping[str, str]) -> list[str]:
        """Return what can't be printed of these texts, by their fields' paths, in words."""
        return [str(problem) for path, text in texts.items() for problem in _lacking(path, text)]

    def label(self, content: LabelContent) -> bytes:
        """Return a parcel's label: one page of 4 by 6 inches.

        Raises:
            Unprintable: a text has characters that the font lacks, or does not fit.

        """
        from fulfillment.labels.shipping_label import draw_label  # noqa: PLC0415 - see above

        return draw_label(content)

    def packing_slip(self, content: SlipContent) -> bytes:
        """Return a parcel's packing slip: A5 pages, without prices on a gift.

        Raises:
            Unprintable: a text has characters that the font lacks, or does not fit.

        """
        from fulfillment.labels.packing_slip import draw_slip  # noqa: PLC0415 - see above

        return draw_slip(content)


def _lacking(path: str, text: str) -> Sequence[Problem]:
    from fulfillment.labels.text import printable  # noqa: PLC0415 - see above

    try:
        printable(text, path)
    except Unprintable as error:
        return error.problems
    return ()
