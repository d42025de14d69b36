"""Recomputes what the books say from their single rows, on SQL."""

from collections.abc import Iterable

from fulfillment.persistence.repositories.book_rules import (
    back_orders,
    batches,
    effects,
    given_up,
    goods,
    holds,
    manifests,
    money,
    money_ledger,
    orders,
    returns,
    stock,
    supply,
    webhooks,
)
from fulfillment.persistence.repositories.book_rules.rule import Rule
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.records import BookFinding

RULES = (
    *stock.RULES,
    *goods.RULES,
    *given_up.RULES,
    *orders.RULES,
    *holds.RULES,
    *batches.RULES,
    *manifests.RULES,
    *back_orders.RULES,
    *supply.RULES,
    *money.RULES,
    *money_ledger.RULES,
    *returns.RULES,
    *effects.RULES,
    *webhooks.RULES,
)
"""Every rule of the books, in the order in which `verify` names what breaks it."""


class SqlBookStore(SqlStore):
    """Recomputes what the books say from their single rows; what it reads is of one moment."""

    async def findings(self, rules: Iterable[Rule] = RULES) -> list[BookFinding]:
        """Return each broken rule with its rows and its repair; empty if all holds."""
        found: list[BookFinding] = []
        for rule in rules:
            found.extend(rule.finding(row) for row in await self._rows(rule.broken))
        return found
