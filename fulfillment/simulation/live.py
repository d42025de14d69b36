"""Shows a run as it goes: a table on a terminal, a line now and then elsewhere."""

from collections import Counter
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.order_views import OrderSnapshot
from fulfillment.simulation.robots import Diary, Entry
from fulfillment.simulation.world import World

LINE_SECONDS = 3.0
"""Between two lines where no terminal is."""

COLUMNS = {"order": 8, "scenario": 29, "stage": 12, "blocked on": None, "fulfillments": 28}
"""Of the table of orders under way, with their width; None takes what is left."""

SHOWN_ORDERS = 16
SHOWN_ENTRIES = 6


class Show:
    """What a person sees while the robots work; as a context it ends by itself."""

    def __init__(self, console: Console, world: World, diary: Diary) -> None:
        """Keep what is shown."""
        self._console = console
        planned = {p.order.order_id: p.group.kind for p in world.orders}
        self._kinds = dict.fromkeys(world.replacement_ids(), "sent again") | planned
        self._diary = diary
        self._live = Live(console=console, refresh_per_second=4, transient=True)
        self._said_at = -LINE_SECONDS
        self._refusals_said = 0

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._console.print(text, highlight=False, soft_wrap=True)

    def update(self, seconds: float, orders: Sequence[OrderSnapshot]) -> None:
        """Show where the orders stand, so many seconds after the first came in."""
        if self._console.is_terminal:
            self._live.update(self._page(seconds, orders))
            return
        for entry in self._refused():
            self.say(f"         refused: {_sentence(entry)}")
        if seconds - self._said_at >= LINE_SECONDS:
            self._said_at = seconds
            self.say(f"{seconds:6.1f} s {self._counts(orders)}")

    def _refused(self) -> Iterator[Entry]:
        refused = [entry for entry in self._diary.entries if entry.refused]
        yield from refused[self._refusals_said :]
        self._refusals_said = len(refused)

    def _counts(self, orders: Sequence[OrderSnapshot]) -> str:
        counts = Counter(order.stage for order in orders)
        known = [f"{counts[stage]} {stage.value}" for stage in OrderStage if counts[stage]]
        return f"{len(orders)} of {len(self._kinds)} orders: {', '.join(known) or 'none yet'}"

    def _page(self, seconds: float, orders: Sequence[OrderSnapshot]) -> RenderableType:
        table = Table(title=f"{seconds:.0f} s: {self._counts(orders)}", expand=True)
        for column, width in COLUMNS.items():
            table.add_column(column, no_wrap=True, overflow="ellipsis", width=width)
        under_way = [order for order in orders if order.stage is not OrderStage.SETTLED]
        for order in under_way[:SHOWN_ORDERS]:
            shares = ", ".join(f"{f.warehouse_id} {f.stage.value}" for f in order.fulfillments)
            kind = self._kinds.get(order.order_id, "")
            table.add_row(order.order_id, kind, order.stage.value, order.blocked_on, shares)
        if len(under_way) > SHOWN_ORDERS:
            table.add_row("...", f"and {len(under_way) - SHOWN_ORDERS} more")
        return Group(table, *self._latest())

    def _latest(self) -> Iterator[Text]:
        for entry in self._diary.entries[-SHOWN_ENTRIES:]:
            yield Text(_sentence(entry), style="red" if entry.refused else "dim", no_wrap=True)

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave what was said on the screen."""
        if self._console.is_terminal:
            self._live.stop()


def _sentence(entry: Entry) -> str:
    return f"{entry.by}, {entry.action} {entry.order_id}: {entry.answer}"
