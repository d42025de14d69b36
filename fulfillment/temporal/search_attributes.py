"""The typed attributes by which orders are found in the Temporal UI; no personal data among them.

Light on purpose: workflows import this module.
"""

from datetime import datetime
from typing import Any

from temporalio.common import SearchAttributeKey

ORDER_STAGE: SearchAttributeKey[str] = SearchAttributeKey.for_keyword("OrderStage")
"""The stage an order or fulfillment is in."""

BLOCKED_ON: SearchAttributeKey[str] = SearchAttributeKey.for_keyword("BlockedOn")
"""What an order waits for, where it waits for more than the next ordinary step."""

SLA_DUE: SearchAttributeKey[datetime] = SearchAttributeKey.for_datetime("SlaDue")
"""When the current step must be done to keep the promise."""

WAREHOUSE: SearchAttributeKey[str] = SearchAttributeKey.for_keyword("Warehouse")
"""The warehouse that ships."""

CARRIER: SearchAttributeKey[str] = SearchAttributeKey.for_keyword("Carrier")
"""The carrier that was chosen."""

ALL: tuple[SearchAttributeKey[Any], ...] = (ORDER_STAGE, BLOCKED_ON, SLA_DUE, WAREHOUSE, CARRIER)
"""Every attribute that must be registered before a workflow may use it."""


def type_name(key: SearchAttributeKey[Any]) -> str:
    """Name an attribute's type as Temporal's command line spells it.

    Args:
        key: the typed attribute.

    Returns:
        For example ``Keyword`` or ``Datetime``.

    """
    return key.indexed_value_type.name.title().replace("_", "")
