"""On which terms units may come back: window, final sale, fee, and whose approval it needs."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from fulfillment.domain.catalog import Article
from fulfillment.domain.errors import Problem, ReturnRefused
from fulfillment.domain.return_units import ShippedUnit
from fulfillment.domain.returns import OUR_FAULT, ReturnItem, ReturnPolicy, ReturnReason


def choose_units(
    items: Sequence[ReturnItem], free: Sequence[ShippedUnit], *, on_its_way: bool = False
) -> list[tuple[ReturnItem, ShippedUnit]]:
    """Return which units of each line come back: those named, or the lowest that are not back.

    Args:
        items: what is asked for.
        free: units that no other return has.
        on_its_way: whether units count too that have not been delivered.

    Raises:
        ReturnRefused: a line has fewer; one problem for each.

    """
    chosen: list[tuple[ReturnItem, ShippedUnit]] = []
    problems = []
    for item in items:
        mine = [
            unit
            for unit in free
            if unit.line_no == item.line_no
            and (unit.delivered_at or on_its_way)
            and (not item.units or unit.unit_no in item.units)
        ]
        if len(mine) < item.quantity:
            problems.append(_too_many(item, len(mine)))
        chosen += [
            (item, unit) for unit in sorted(mine, key=lambda unit: unit.unit_no)[: item.quantity]
        ]
    if problems:
        raise ReturnRefused.of(*problems)
    return chosen


def _too_many(item: ReturnItem, left: int) -> Problem:
    return Problem(
        path=f"line {item.line_no}",
        expected=f"at most the {left} units that were delivered and are not returned yet",
        came=str(item.quantity),
        remedy="`fulfillment orders show` tells what arrived, `returns list` what is back",
    )


def refusals(
    chosen: Sequence[tuple[ReturnItem, ShippedUnit]],
    articles: Mapping[str, Article],
    policy: ReturnPolicy,
    at: datetime,
) -> list[Problem]:
    """Return why units may not come back, in the trade's words: final sale, or the window is over.

    What is not as agreed may come back in any case, within its own window.
    """
    problems: dict[str, Problem] = {}
    for item, unit in chosen:
        article = articles[unit.sku]
        if item.reason not in OUR_FAULT and article.final_sale:
            problems.setdefault(f"{item.line_no} final", _final_sale(item, article))
        days = window_days(item.reason, article, policy)
        if unit.delivered_at and at > unit.delivered_at + timedelta(days=days):
            problems.setdefault(f"{item.line_no} window", _over(item, unit.delivered_at, days))
    return list(problems.values())


def window_days(reason: ReturnReason, article: Article, policy: ReturnPolicy) -> int:
    """Return how many days after its delivery an article may come back for a reason."""
    if reason in OUR_FAULT:
        return policy.fault_window_days
    own = article.return_window_days
    return policy.window_days if own is None else own


def fee_percent(reason: ReturnReason, article: Article, policy: ReturnPolicy) -> int:
    """Return which share of its price is kept of an article that comes back for a reason."""
    if reason is not ReturnReason.UNWANTED:
        return 0
    own = article.restocking_fee_percent
    return policy.restocking_fee_percent if own is None else own


def approval_reasons(
    chosen: Sequence[tuple[ReturnItem, ShippedUnit]], policy: ReturnPolicy
) -> tuple[str, ...]:
    """Return why a person must approve a return before it is sent; empty if nobody must."""
    value = sum(unit.amount_minor for _, unit in chosen)
    unseen = sum(
        unit.amount_minor
        for item, unit in chosen
        if item.reason is ReturnReason.DAMAGED and not item.photos
    )
    reasons = []
    if policy.approval_over_minor is not None and value > policy.approval_over_minor:
        reasons.append(f"its value {value} is over {policy.approval_over_minor} (minor units)")
    if policy.photo_over_minor is not None and unseen > policy.photo_over_minor:
        reasons.append(f"damage of {unseen} without a photo, over {policy.photo_over_minor}")
    return tuple(reasons)


def _final_sale(item: ReturnItem, article: Article) -> Problem:
    return Problem(
        path=f"line {item.line_no}",
        expected="an article that may come back",
        came=f"{article.sku}, which is final sale",
        remedy="it comes back only if it is wrong, damaged or incomplete",
    )


def _over(item: ReturnItem, delivered_at: datetime, days: int) -> Problem:
    return Problem(
        path=f"line {item.line_no}",
        expected=f"a request within {days} days of delivery ({_until(delivered_at, days)})",
        came="a later one",
        remedy="the return window is over; a person may take it back as goodwill",
    )


def _until(delivered_at: datetime, days: int) -> date:
    return (delivered_at + timedelta(days=days)).date()
