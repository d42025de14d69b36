"""What a campaign must not have cost; pure: each rule counts what it finds, and says where.

Every count is 0 where nothing was lost. What is counted is what a merchant would lose: orders,
effects done twice, units promised twice, units held back by nobody, minor units of money, and
workflows that never end.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.inventory import AccountKind
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.domain.returns import OPEN_STAGES
from fulfillment.domain.supply import UNDER_WAY
from fulfillment.payments.sandbox_books import Kind, subject_of
from fulfillment.simulation.chaos.remains import OURS, Remains, physical

SETTLED = OrderStage.SETTLED.value
ON_THE_WAY = frozenset(
    {
        AccountKind.CART,
        AccountKind.PUT_WALL,
        AccountKind.CARTON,
        AccountKind.CARRIER,
        AccountKind.RETURNED,
    }
)
"""Where goods are only while somebody works on their order or return, or carries it."""
ON_THE_FLOOR = frozenset({BatchStage.PICKING, BatchStage.SORTING})
"""Stages in which a batch has a cart with its totes, or slots of the put wall."""
MOVED_ONCE = frozenset({Kind.CAPTURE, Kind.REFUND})
"""What a payer's bank is asked for once about each subject."""
ONCE = frozenset({"acknowledged", "canceled", "rejected"})
"""What a customer is told once about an order ..."""
ONCE_A_SHARE = frozenset({"shipped", "delivered"})
"""... and once about each share of it."""


class Finding(Value):
    """Something that should not be: how much of it, and where."""

    count: int
    text: str


Rule = Callable[[Remains], Iterator[Finding]]


def lost(left: Remains) -> Iterator[Finding]:
    """Orders that were taken and are gone, or whose units are; and deliveries that are not booked.

    An order that has not ended counts only if no workflow carries it on.
    """
    known = {row["order_id"]: row for row in left.orders}
    for name in sorted(set(left.acknowledged) - set(known)):
        yield Finding(count=1, text=f"order {name} was acknowledged and is not on record")
    carried = set(left.running)
    for name, row in known.items():
        if row["stage"] != SETTLED and f"order/{name}" not in carried:
            yield Finding(count=1, text=f"order {name} is {row['stage']}, and nobody carries it on")
    arrived = _units_at_customers(left)
    given_up = Counter({row["order_id"]: row["units"] for row in left.given_up})
    for line in left.lines:
        name = line["order_id"]
        ended = line["canceled"] + arrived[name] + given_up[name]
        if known[name]["stage"] == SETTLED and ended < line["ordered"]:
            text = f"order {name}: {line['ordered']} units ordered, {ended} delivered or canceled"
            yield Finding(count=1, text=text)
    yield from _lost_of_what_follows(left)
    for key in sorted(set(left.receipts) - set(left.keys)):
        yield Finding(count=1, text=f"delivery {key} was acknowledged and is not on record")


def _lost_of_what_follows(left: Remains) -> Iterator[Finding]:
    """Yield returns, supply orders, pick batches and replacements that are gone."""
    known, carried = _ids(left), set(left.running)
    for row in left.returns:
        name = row["return_id"]
        if row["stage"] in OPEN_STAGES and f"return/{name}" not in carried:
            text = f"return {name} is {row['stage']}, and nobody carries it on"
            yield Finding(count=1, text=text)
        if row["linked_order_id"] and row["linked_order_id"] not in known:
            yield Finding(count=1, text=f"return {name}: what was to go in its place did not")
    for row in left.supply:
        name = row["supply_id"]
        if row["state"] in UNDER_WAY and f"supply/{name}" not in carried:
            text = f"supply order {name} is {row['state']}, and nobody carries it on"
            yield Finding(count=1, text=text)
    for row in left.batches:
        if row["stage"] in ON_THE_FLOOR and f"pick-batch/{row['batch_id']}" not in carried:
            text = f"batch {row['batch_id']} is {row['stage']}, and nobody carries it on"
            yield Finding(count=1, text=text)
    for name, units in _sent_anew(left).items():
        if units < 0:
            yield Finding(count=-units, text=f"order {name}: {-units} units were not sent again")


def duplicated(left: Remains) -> Iterator[Finding]:
    """Effects that were done more than once: on record, in goods, money, labels or messages."""
    yield from _repeated("effect", left.keys)
    yield from _repeated("mail", left.mails)
    told = [
        (row["order_id"], row["fulfillment_id"], row["kind"])
        for row in left.notices
        if row["kind"] in ONCE | ONCE_A_SHARE
    ]
    yield from _repeated("message", (f"{o} {f or ''} {kind}" for o, f, kind in told))
    ordered = {line["order_id"]: line["ordered"] for line in left.lines}
    for name, units in _units_at_customers(left).items():
        if units > ordered.get(name, 0):
            more = units - ordered.get(name, 0)
            yield Finding(count=more, text=f"order {name}: {more} units more than ordered came")
    for row in left.live_labels:
        if row["labels"] > 1:
            text = f"parcel {row['parcel_id']} has {row['labels']} labels that are paid for"
            yield Finding(count=row["labels"] - 1, text=text)
    moved = [
        f"{operation.request.kind.value} {subject_of(operation.key)}"
        for operation in left.operations
        if operation.moved_minor and operation.request.kind in MOVED_ONCE
    ]
    yield from _repeated("payment", moved)
    for name, units in _sent_anew(left).items():
        if units > 0:
            yield Finding(count=units, text=f"order {name}: {units} units more than lost came anew")


def oversold(left: Remains) -> Iterator[Finding]:
    """Units that were promised or taken and are not there."""
    for row in left.levels:
        if row["quantity"] < 0 and physical(row["kind"]):
            text = f"{row['account']} holds {row['quantity']} of {row['sku']}"
            yield Finding(count=-row["quantity"], text=text)
    for row in left.shelves:
        if row["claimed"] > row["on_hand"]:
            over = row["claimed"] - row["on_hand"]
            text = f"{row['warehouse_id']}: {over} of {row['sku']} claimed and not on hand"
            yield Finding(count=over, text=text)


def leaked(left: Remains) -> Iterator[Finding]:
    """Units that are held for an order that has ended, or lie about in the house for it."""
    settled = {row["order_id"] for row in left.orders if row["stage"] == SETTLED}
    for row in left.open_claims:
        if row["order_id"] in settled or row["order_id"] not in _ids(left):
            text = f"order {row['order_id']} has ended and holds {row['units']} units"
            yield Finding(count=row["units"], text=text)
    for row in left.set_aside:
        if row["waiter_kind"] == "order" and row["waiter_id"] in settled:
            text = f"order {row['waiter_id']} has ended; {row['units']} units are set aside for it"
            yield Finding(count=row["units"], text=text)
    if not left.running:
        for row in left.levels:
            if row["quantity"] > 0 and AccountKind(row["kind"]) in ON_THE_WAY:
                text = f"{row['account']} still holds {row['quantity']} of {row['sku']}"
                yield Finding(count=row["quantity"], text=text)


def unbalanced(left: Remains) -> Iterator[Finding]:
    """Minor units that are not where they belong: taken, not taken, held, or told otherwise."""
    settled = {row["order_id"] for row in left.orders if row["stage"] == SETTLED}
    due = Counter({row["order_id"]: row["amount_minor"] for row in left.due})
    due.update({row["order_id"]: row["amount_minor"] for row in left.kept})
    at_gateway = {account.reference: account for account in left.accounts}
    for row in left.payments:
        if row["method"] not in OURS or row["order_id"] not in settled:
            continue
        name, captured = row["order_id"], row["captured_minor"]
        account = at_gateway.get(row["reference"] or "")
        kept = captured - row["refunded_minor"]
        yield from _off(f"order {name}: captured and kept", due[name], kept)
        yield from _off(
            f"order {name}: captured at the gateway",
            captured,
            account.captured_minor if account else 0,
        )
        held = row["authorized_minor"] - captured - row["voided_minor"]
        yield from _off(f"order {name}: still held", 0, held)
    yield from _forgotten_holds(left)
    sums: Counter[tuple[str, str]] = Counter()
    for row in left.levels:
        sums[row["sku"], row["lot"]] += row["quantity"]
    for (sku, lot), total in sums.items():
        yield from _off(f"all accounts of {sku} {lot}".strip(), 0, total)


def _forgotten_holds(left: Remains) -> Iterator[Finding]:
    """Yield what the gateway still holds of payers when no order is left that could take it."""
    for account in left.accounts if not left.running else ():
        held = (account.amount_minor or 0) - account.captured_minor
        if not account.voided:
            yield from _off(f"the gateway's {account.reference}: still held", 0, max(0, held))


def stuck(left: Remains) -> Iterator[Finding]:
    """Workflows that have not ended long after the last fault."""
    for name in left.running:
        yield Finding(count=1, text=f"{name} has not ended")


RULES: dict[str, Rule] = {
    "lost": lost,
    "duplicated": duplicated,
    "oversold": oversold,
    "leaked": leaked,
    "unbalanced": unbalanced,
    "stuck": stuck,
}
"""The counts of the campaign's result, by name."""


def counts(left: Remains) -> tuple[dict[str, int], list[str]]:
    """Return each rule's count, and all findings in words."""
    found = {name: list(rule(left)) for name, rule in RULES.items()}
    words = [f"{name}: {one.text}" for name, each in found.items() for one in each]
    return {name: sum(one.count for one in each) for name, each in found.items()}, words


def longest_recovery(outages: Iterable[Instant], effects: Iterable[Instant]) -> timedelta:
    """Return the longest time from an outage to the next effect on record; zero without any.

    An outage after which nothing was left to do counts for nothing.
    """
    done = sorted(effects)
    longest = timedelta(0)
    for at in outages:
        next_one = next((effect for effect in done if effect > at), None)
        if next_one is not None:
            longest = max(longest, next_one - at)
    return longest


def _ids(left: Remains) -> set[str]:
    return {row["order_id"] for row in left.orders}


def _sent_anew(left: Remains) -> dict[str, int]:
    """Return units sent again beyond those that were given up, by the order they belong to."""
    linked = {row["linked_order_id"] for row in left.returns}
    more = Counter({row["order_id"]: -row["units"] for row in left.resent})
    for row in left.replacements:
        if row["order_id"] not in linked:
            more[row["replaces"]] += row["units"]
    return more


def _units_at_customers(left: Remains) -> Counter[str]:
    prefix = f"{AccountKind.CUSTOMER.value}:"
    return Counter({r["account"].removeprefix(prefix): r["units"] for r in left.arrived})


def _repeated(what: str, names: Iterable[str]) -> Iterator[Finding]:
    for name, times in sorted(Counter(names).items()):
        if times > 1:
            yield Finding(count=times - 1, text=f"{what} {name} came {times} times")


def _off(what: str, expected: int, came: int) -> Iterator[Finding]:
    if expected != came:
        yield Finding(count=abs(expected - came), text=f"{what}: expected {expected}, came {came}")
