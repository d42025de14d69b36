"""What became of an order with which something went wrong, as a short story for people."""

import re
from collections.abc import Iterable, Iterator, Sequence

from fulfillment.domain.base import Value
from fulfillment.domain.lifecycle import LineProgress
from fulfillment.domain.money import Money
from fulfillment.domain.notices import NoticeKind
from fulfillment.operations.engine import Engine
from fulfillment.operations.money import OrderMoney, order_money
from fulfillment.operations.order_views import OrderView, show_order, timeline
from fulfillment.operations.return_views import return_timeline
from fulfillment.records import NoticeRecord
from fulfillment.simulation.cases import VERIFIED
from fulfillment.simulation.robots import Diary
from fulfillment.simulation.scenario import Act
from fulfillment.simulation.world import PlannedOrder

_ORDINARY = re.compile(
    r"received$|customer told|verified$|sourcing: (?!no warehouse)|picked|sorted|cartons and"
    r"|packed|carrier service|FC\d+: (?!exception)|handed over|captured |delivered$"
    r"|completed|canceled$|cancellation asked"
)
"""What happens with every order, and tells nothing; the last words are the outcome's own."""

_ORDINARY_ONCE = ("payment authorized", "labeled;", " fulfills ")
"""What tells something only when it happens again."""

_EXPECTED_LETTERS = frozenset(
    {
        NoticeKind.ACKNOWLEDGED,
        NoticeKind.SHIPPED,
        NoticeKind.OUT_FOR_DELIVERY,
        NoticeKind.DELIVERED,
    }
)
_TOLD_BY_DIARY = frozenset({Act.PRODUCE.value})
"""What no timeline of the order has, as it is another workflow's."""


class Story(Value):
    """What went wrong, what was done, what the customer was told, and what the books say."""

    order_id: str
    kind: str
    trouble: str
    done: tuple[str, ...]
    told: tuple[str, ...]
    books: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield it as it is printed."""
        yield f"{self.order_id} {self.kind}"
        yield f"  went wrong    {self.trouble}"
        yield from _paragraph("was done", self.done)
        yield from _paragraph("was told", self.told)
        yield from _paragraph("books say", self.books)


async def read_story(engine: Engine, planned: PlannedOrder, diary: Diary) -> Story:
    """Return the story of an order that has ended, by what people can ask of it."""
    order_id = planned.order.order_id
    view, money = await show_order(engine, order_id), await order_money(engine, order_id)
    async with engine.database.reading() as tx:
        letters = await tx.journal.notices(order_id)
    return Story(
        order_id=order_id,
        kind=planned.group.kind,
        trouble=planned.group.trouble,
        done=tuple(await _events(engine, view, diary)),
        told=tuple(letters_told(letters)),
        books=(
            money_told(money),
            *map(line_told, view.progress),
            *(f"{name} takes its place, at no cost" for name in view.replaced_by),
            *(f"verify: {said}" for said in _verified(order_id, diary)),
        ),
    )


async def _events(engine: Engine, view: OrderView, diary: Diary) -> list[str]:
    order_id = view.record.order.order_id
    events = [(e.at, e.by, e.event) for e in await timeline(engine, order_id)]
    for made in view.returns:
        events += [(e.at, e.by, e.event) for e in await return_timeline(engine, made.return_id)]
    events += [
        (e.at, e.by, e.answer)
        for e in diary.entries
        if e.order_id == order_id and e.action in _TOLD_BY_DIARY and not e.refused
    ]
    return list(out_of_the_ordinary((by, event) for _, by, event in sorted(events)))


def out_of_the_ordinary(events: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield what happened that happens with no ordinary order.

    Args:
        events: who did what, oldest first.

    """
    seen: set[str] = set()
    for by, event in events:
        if _ORDINARY.match(event):
            continue
        usual = next((what for what in _ORDINARY_ONCE if what in event), None)
        if usual is None or usual in seen:
            yield f"{by}: {event}"
        else:
            seen.add(usual)


def letters_told(letters: Sequence[NoticeRecord]) -> list[str]:
    """Return what the customer read that customers of ordinary orders don't."""
    unusual = [one.subject for one in letters if one.kind not in _EXPECTED_LETTERS]
    return unusual or ["nothing but that it was received, has left and has arrived"]


def money_told(money: OrderMoney) -> str:
    """Return what a payment has come to, in words."""
    levels = {
        "authorized": money.authorized_minor,
        "captured": money.captured_minor,
        "given back uncaptured": money.voided_minor,
        "refunded": money.refunded_minor,
    }
    return ", ".join(
        f"{Money(amount_minor=minor, currency=money.currency)} {what}"
        for what, minor in levels.items()
        if minor
    )


def line_told(line: LineProgress) -> str:
    """Return what has become of a line, in words."""
    levels = {
        "ordered": line.ordered,
        "canceled": line.canceled,
        "delivered": line.delivered,
        "returned": line.returned,
        "lost and sent again": line.resent,
        "lost and refunded": line.refunded,
    }
    return f"{line.sku}: " + ", ".join(f"{units} {what}" for what, units in levels.items() if units)


def _verified(order_id: str, diary: Diary) -> list[str]:
    return [e.answer for e in diary.entries if (e.action, e.order_id) == (VERIFIED, order_id)]


def _paragraph(head: str, lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"  {'' if number else head:<13} {line}"
