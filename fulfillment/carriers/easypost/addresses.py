"""Address verification: whether a carrier would find it, and how it writes it."""

from fulfillment.carriers.easypost.wire import Answer, Request, address_body, read
from fulfillment.domain.address_verdicts import AddressVerdict
from fulfillment.domain.addresses import Address
from fulfillment.domain.errors import Problem


class AddressError(Answer):
    """What is wrong with an address; its text is not read, since it may quote it."""

    code: str = ""
    field: str = ""


class Verification(Answer):
    """The result of one check."""

    success: bool
    errors: tuple[AddressError, ...] = ()


class Verifications(Answer):
    """The checks that were made: postal delivery, and the ZIP code alone."""

    delivery: Verification | None = None
    zip4: Verification | None = None


class VerifiedAddress(Answer):
    """An address as EasyPost answers it."""

    id: str
    name: str = ""
    street1: str = ""
    street2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    residential: bool | None = None
    verifications: Verifications = Verifications()


def to_request(address: Address) -> Request:
    """Return the request to verify an address."""
    return Request("POST", "/addresses", {"address": address_body(address), "verify": True})


def parse_response(payload: object, asked: Address) -> AddressVerdict:
    """Return the verdict on an address that was asked for.

    Raises:
        CarrierAnswerInvalid: it is no address; each missing field is named.

    """
    found = read(VerifiedAddress, payload, "address")
    delivery = found.verifications.delivery
    if delivery is None or not delivery.success:
        problems = () if delivery is None else tuple(map(_problem, delivery.errors or _UNNAMED))
        return AddressVerdict(problems=problems, verified=delivery is not None)
    return AddressVerdict(
        problems=(),
        verified=True,
        corrected=_corrected(found, asked),
        residential=found.residential,
    )


_UNNAMED = (AddressError(code="not deliverable", field="address"),)


def _problem(error: AddressError) -> Problem:
    return Problem(
        path=error.field or "address",
        expected="an address that the carrier delivers to",
        came=error.code or "one that it does not find",
        remedy="correct it with the customer",
    )


def _corrected(found: VerifiedAddress, asked: Address) -> Address:
    street = tuple(line for line in (found.street1, found.street2) if line) or asked.street
    return asked.model_copy(
        update={
            "street": street,
            "city": found.city or asked.city,
            "region": found.state or asked.region,
            "postal_code": found.zip or asked.postal_code,
        }
    )
