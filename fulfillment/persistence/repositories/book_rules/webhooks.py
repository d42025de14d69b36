"""Rules of outward webhooks: an order's messages are numbered without gaps."""

from sqlalchemy import func, or_, select

from fulfillment.persistence.repositories.book_rules.rule import Rule
from fulfillment.persistence.tables import webhook_messages

_told = webhook_messages.c
_last = func.max(_told.sequence)
_count = func.count()

_NO_GAPS = Rule(
    name="an order's messages are numbered without gaps",
    broken=select(_told.order_id, _last.label("last"), _count.label("messages"))
    .where(_told.order_id.is_not(None))
    .group_by(_told.order_id)
    .having(or_(_last != _count, func.min(_told.sequence) != 1))
    .order_by(_told.order_id),
    rows=("webhook_messages of {order_id}",),
    message="{order_id} has {messages} messages, and the last one's number is {last}",
    repair="find out who deleted messages of {order_id}; tell the merchant how it stands",
)

RULES = (_NO_GAPS,)
