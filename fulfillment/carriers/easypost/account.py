"""One account at EasyPost: who asks, what remembers, and how things are named there."""

import hashlib

from fulfillment.carriers.easypost import shipments
from fulfillment.carriers.easypost.http import EasyPostHttp
from fulfillment.carriers.easypost.shipments import Shipment as Bought
from fulfillment.carriers.easypost.wire import Request
from fulfillment.domain.errors import NotFound, Problem
from fulfillment.domain.shipping import LabelReference
from fulfillment.ports import CarrierNotes


class EasyPostAccount:
    """What all of EasyPost's operations have in common."""

    def __init__(
        self,
        http: EasyPostHttp,
        notes: CarrierNotes,
        *,
        label_format: str = "PDF",
        carrier_accounts: tuple[str, ...] = (),
        verifies_addresses: bool = False,
    ) -> None:
        """Keep who asks, what remembers, and in which format labels are bought.

        Args:
            http: the client, with the account's key.
            notes: remember which of EasyPost's objects a key stands for.
            label_format: PDF, PNG or ZPL.
            carrier_accounts: whose rates are asked; empty means all that the key has.
            verifies_addresses: whether it is asked about the addresses of new orders.

        """
        self.http = http
        self.notes = notes
        self.label_format = label_format
        self.carrier_accounts = carrier_accounts
        self.verifies_addresses = verifies_addresses

    async def ask(self, request: Request) -> Bought:
        """Send a request that is answered with a shipment."""
        return shipments.parse_response(await self.http.send(request))


def our_reference(note: str) -> str:
    """Return what we call an object of EasyPost's: the note of its key, short and unreadable."""
    return f"fe-{hashlib.sha256(note.encode()).hexdigest()[:40]}"


def reference_of(label: LabelReference) -> str:
    """Return EasyPost's id of a label's shipment; raises NotFound where we have none."""
    if not label.carrier_reference:
        problem = problem_of("label", "EasyPost's id of its shipment", "none")
        raise NotFound.of(problem)
    return label.carrier_reference


def problem_of(what: str, expected: str, came: str) -> Problem:
    """Return what is wrong with an answer of EasyPost's, or with a wish to it."""
    return Problem(path=f"EasyPost {what}", expected=expected, came=came)
