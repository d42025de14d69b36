"""Who finds cartons for goods, and renders what is printed for them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from fulfillment.domain.cartonization import PackItem, PackPlan, PackRules
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.documents import InvoiceContent, LabelContent, ManifestContent, SlipContent


class PackPlanner(Protocol):
    """Finds cartons for goods."""

    def plan(
        self, items: Sequence[PackItem], cartons: Sequence[CartonType], rules: PackRules
    ) -> PackPlan:
        """Choose cartons for these items, and a place for each item; to be called in a thread.

        Raises:
            Unpackable: some items fit no carton; one problem per order line.
            PlanInvalid: two items have the same `item_ref`.

        """

    def candidates(
        self, items: Sequence[PackItem], cartons: Sequence[CartonType], rules: PackRules
    ) -> Sequence[PackPlan]:
        """Return a few plans that differ, that of `plan` first; to be called in a thread.

        Raises:
            Unpackable: some items fit no carton; one problem per order line.
            PlanInvalid: two items have the same `item_ref`.

        """


class Documents(Protocol):
    """Renders what is printed."""

    def problems(self, texts: Mapping[str, str]) -> Sequence[str]:
        """Return what can't be printed of these texts, by their fields' paths, in words."""

    def label(self, content: LabelContent) -> bytes:
        """Return a 4×6 inch label as PDF."""

    def label_zpl(self, content: LabelContent) -> bytes:
        """Return a 4×6 inch label as commands of a label printer of 203 dpi."""

    def packing_slip(self, content: SlipContent) -> bytes:
        """Return the packing slip as PDF."""

    def commercial_invoice(self, content: InvoiceContent) -> bytes:
        """Return the invoice of a parcel that crosses a customs border, as PDF."""

    def manifest(self, content: ManifestContent) -> bytes:
        """Return the list of parcels that a carrier takes at a cut-off, as PDF."""

    def png(self, document: bytes, page_number: int = 1) -> bytes:
        """Return a page of a PDF as a picture of 203 dpi; raises NotFound if there is none."""

    def picture_zpl(self, document: bytes) -> bytes:
        """Return a PNG or a PDF's first page as a picture for a label printer of 203 dpi."""
