"""What the rules of risk say of an order, with what the database knows of others like it."""

from fulfillment.domain.risk import (
    RiskAssessment,
    RiskHistory,
    RiskRules,
    TraitKind,
    assess,
    traits_of,
)
from fulfillment.records import OrderRecord
from fulfillment.stores import UnitOfWork


async def assess_risk(
    tx: UnitOfWork, rules: RiskRules, record: OrderRecord
) -> RiskAssessment | None:
    """Note what an order has in common with others, and assess it; None where no rule is on."""
    if record.order.replaces is not None:
        return None
    await tx.traits.note(record.order.order_id, traits_of(record.order), record.recorded_at)
    return await risk_of(tx, rules, record)


async def risk_of(tx: UnitOfWork, rules: RiskRules, record: OrderRecord) -> RiskAssessment | None:
    """Assess an order, as it is or as it would be, and note nothing; None where no rule is on.

    Of two orders at once, either may be looked at first: so the window has a span before the order
    and one after it, and what comes later than that is no haste, however late it is verified again.
    What is sent in the place of another order's goods is no order of the customer's.
    """
    order = record.order
    if order.replaces is not None:
        return None
    traits = traits_of(order)
    history = RiskHistory()
    if rules.compares:
        at, window = record.recorded_at, rules.velocity_window
        ever = await tx.traits.shared(order.order_id, traits, at)
        history = RiskHistory(
            within_window=await tx.traits.shared(order.order_id, traits, at + window, at - window),
            earlier=ever.get(TraitKind.EMAIL, 0),
        )
    assessment = assess(order, rules, history)
    return assessment if assessment.scores else None
