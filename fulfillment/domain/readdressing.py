"""What another address means to a fulfillment, by its stage; docs/cancellation.md is rendered."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from fulfillment.domain.addresses import Address
from fulfillment.domain.lifecycle import Stage


class AddressEffect(StrEnum):
    """What happens with a fulfillment whose order goes elsewhere."""

    USED = "used"
    RELABEL = "relabel"
    GONE = "gone"
    NONE = "-"


MEANING: Mapping[AddressEffect, str] = {
    AddressEffect.USED: "The new address is used when the parcels are labeled: for the choice of "
    "the service, the label, and the customs papers. A label that is just being bought for the old "
    "one is given back and bought anew.",
    AddressEffect.RELABEL: "Its labels are voided at the carrier and its pickup is called off; the "
    "service is chosen anew, and new labels, customs papers and pickup are bought.",
    AddressEffect.GONE: "Its parcels go to the old address. Where nothing else is left to be sent, "
    "the change is refused: cancel the order while its parcels can be intercepted, or ask the "
    "carrier.",
}

EFFECT: Mapping[Stage, AddressEffect] = {
    Stage.RELEASED: AddressEffect.USED,
    Stage.PICKING: AddressEffect.USED,
    Stage.SORTING: AddressEffect.USED,
    Stage.PACKING: AddressEffect.USED,
    Stage.LABELING: AddressEffect.USED,
    Stage.AWAITING_PICKUP: AddressEffect.RELABEL,
    Stage.IN_TRANSIT: AddressEffect.GONE,
    Stage.DELIVERED: AddressEffect.GONE,
    Stage.UNDELIVERED: AddressEffect.GONE,
    Stage.CANCELED: AddressEffect.NONE,
}


def all_gone(stages: Sequence[Stage], missing_units: int) -> bool:
    """Return whether nothing of an order is left that could go to another address."""
    open_stages = [s for s in stages if EFFECT[s] in {AddressEffect.USED, AddressEffect.RELABEL}]
    gone = any(EFFECT[stage] is AddressEffect.GONE for stage in stages)
    return gone and not open_stages and not missing_units


def changed_fields(old: Address, new: Address) -> tuple[str, ...]:
    """Return the names of the fields that differ."""
    return tuple(name for name in Address.model_fields if getattr(old, name) != getattr(new, name))


def render_effects() -> str:
    """Return the table as Markdown."""
    rows = [f"| {stage.value.replace('_', ' ')} | {EFFECT[stage].value} |" for stage in Stage]
    told = [f"- **{effect.value}**: {text}" for effect, text in MEANING.items()]
    return "\n".join(["| stage | another address |", "|---|---|", *rows, "", *told])
