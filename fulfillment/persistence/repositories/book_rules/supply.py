"""Rules of supply orders: what they say has come and gone is what the ledger says."""

from sqlalchemy import case, literal

from fulfillment.domain.supply import SupplyMethod
from fulfillment.persistence.repositories.book_rules.rule import Rule, counted, differing
from fulfillment.persistence.tables import account_levels, supply_components, supply_orders

_level = account_levels.c
_supply = supply_orders.c
_part = supply_components.c
_account = (
    case(
        (_supply.method == SupplyMethod.PURCHASE, literal("supplier:")),
        else_=literal("production:"),
    )
    + _supply.supply_id
)

_RECEIVED = Rule(
    name="a supply order has brought what the ledger says",
    broken=differing(
        ("supply_id", "sku"),
        [counted(_supply.supply_id, _supply.sku, units=_supply.received)],
        [
            counted(_supply.supply_id, _supply.sku, units=-_level.quantity)
            .select_from(supply_orders)
            .join(account_levels, (_level.account == _account) & (_level.sku == _supply.sku))
        ],
    ),
    rows=("supply_orders {supply_id}",),
    message="supply order {supply_id} is said to have brought {left} of {sku}, the ledger {right}",
    repair="the ledger counts: set received of {supply_id} to {right}",
)

_IN_PRODUCTION = Rule(
    name="what was issued and not given back is in production",
    broken=differing(
        ("supply_id", "sku"),
        [counted(_part.supply_id, _part.sku, units=_part.issued - _part.given_back)],
        [
            counted(_part.supply_id, _part.sku, units=_level.quantity)
            .select_from(supply_components)
            .join(
                account_levels,
                (_level.account == literal("production:") + _part.supply_id)
                & (_level.sku == _part.sku),
            )
        ],
    ),
    rows=("supply_components {supply_id} {sku}",),
    message="{left} of {sku} are said to be in production for {supply_id}, the ledger says {right}",
    repair="compare the movements of production:{supply_id} with what was issued and given back",
)

RULES = (_RECEIVED, _IN_PRODUCTION)
