"""Carriers are asked whether they find an address; what they don't say in time holds nothing."""

from dataclasses import dataclass
from datetime import timedelta

from fulfillment.domain.addresses import Address
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.holds import Finding, HoldKind
from fulfillment.ports import VERIFIED_WITHIN, AddressVerifier


@dataclass(frozen=True)
class CarrierSaid:
    """What carriers find doubtful about an address, and what is worth a remark only."""

    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()


async def carrier_said(
    verifier: AddressVerifier | None, address: Address, within: timedelta = VERIFIED_WITHIN
) -> CarrierSaid:
    """Ask a carrier about an address, where one is to be asked.

    What it does not find is a doubt and no more: new houses are missing in every carrier's data.
    """
    if verifier is None:
        return CarrierSaid()
    try:
        verdict = await verifier.verify_address(address, within)
    except FulfillmentError as error:
        return CarrierSaid(remarks=(f"address not verified: {error.code}",))
    return CarrierSaid(
        findings=tuple(
            Finding(
                subject="address",
                message=f"{problem.path}: the carrier does not deliver there ({problem.came})",
                kind=HoldKind.ADDRESS_AMBIGUOUS,
            )
            for problem in verdict.problems
        )
    )
