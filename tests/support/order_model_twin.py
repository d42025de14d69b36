"""An order of a test shop beside its model: what is on record of both, and whether it agrees."""

import asyncio
import sqlite3
from dataclasses import dataclass
from typing import Any

import plant as plants
from floor_driver import Placed, Share
from fulfillment.domain.inventory import AccountKind
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.domain.money_ledger import LEVELS
from fulfillment.domain.orders import parse_order
from fulfillment.operations import floor, orders
from fulfillment.records import FulfillmentRecord
from order_model import ACCOUNTS, LINES, PRICES_MINOR, WANTED, State
from order_model_actions import Step
from return_driver import Back

BINS = ("BER-A1-02", "RTM-A1-02")
SEEN_TO = (TaskKind.PUT_BACK, TaskKind.DELIVERY_EXCEPTION, TaskKind.UNDELIVERED)
IN_CARTON = (AccountKind.CART, AccountKind.PUT_WALL)
"""What the model does not tell from goods in cartons."""


@dataclass(frozen=True)
class Twin:
    """An order, and what its model says of it."""

    shop: plants.Plant
    order: Placed
    returns: dict[str, Back]

    @classmethod
    async def begin(cls, shop: plants.Plant, name: str, start: State) -> "Twin":
        """Give the order articles of its own, put what is there into the bins, and hand it in."""
        order_id = plants.new_id(name)
        twin = cls(shop, Placed(shop, order_id), {})
        made = [plants.ARTICLES[0].model_copy(update={"sku": twin.sku(n)}) for n in LINES]
        async with shop.database.writing() as tx:
            await tx.catalog.add_articles(made)
        there = [(BINS[n], twin.sku(n), start.on(AccountKind.BIN, n)) for n in LINES]
        await shop.stock(order_id, [row for row in there if row[2]])
        data = plants.order_data(order_id, ship_complete=start.together, shipping_minor=0)
        data["lines"] = [
            {"sku": twin.sku(n), "quantity": WANTED[n], "unit_price_minor": PRICES_MINOR[n]}
            for n in LINES
        ]
        await orders.submit_order(shop.engine, parse_order(data))
        await twin.comes_to(start, "begun")
        return twin

    def sku(self, line: int) -> str:
        """Return a line's article."""
        return f"{self.order.order_id}-L{line}"

    # --- looking -------------------------------------------------------------------------

    async def shares(self) -> list[FulfillmentRecord]:
        """Return the fulfillments with which something can still happen, as the model has them."""
        found = await self.shop.read(lambda tx: tx.fulfillments.of_order(self.order.order_id))
        mine = [s for s in found if s.stage is not Stage.CANCELED or await self._put_back(s)]
        return sorted(mine, key=lambda share: (share.lines[0].line_no, share.fulfillment_id))

    async def _put_back(self, share: FulfillmentRecord) -> bool:
        return bool(await self.shop.read(lambda tx: tx.changes.put_backs(share.fulfillment_id)))

    async def share(self, step: Step) -> Share:
        """Return the fulfillment that a step is about."""
        return Share(self.shop, (await self.shares())[step.number].fulfillment_id)

    async def comes_to(self, state: State, step: str) -> None:
        """Wait until all that is on record is as the model says."""
        expected, actual = _expected(state), dict[str, Any]()
        clock = asyncio.get_running_loop().time
        deadline, pause = clock() + 60, 0.02
        while (actual := await self._seen()) != expected:
            if clock() > deadline:
                differing = {
                    k: (expected[k], actual[k]) for k in expected if expected[k] != actual[k]
                }
                message = f"{self.order.order_id} after {step}: {differing}"
                raise AssertionError(message)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.4)

    async def _seen(self) -> dict[str, Any]:
        order_id = self.order.order_id
        async with self.shop.database.reading() as tx:
            record, payment = await tx.orders.get(order_id), await tx.payments.find(order_id)
            lines = await tx.orders.progress(order_id)
        shares = await self.shares()
        settled = record.stage is OrderStage.SETTLED
        return {
            "settled": settled,
            "canceled": tuple(line.canceled for line in lines),
            "missing": tuple(line.back_ordered for line in lines),
            "known": () if settled else await self._known_missing(),
            "given up": tuple((line.resent, line.refunded) for line in lines),
            "money": tuple(getattr(payment, name) for name in LEVELS),
            "shares": [(s.lines[0].line_no - 1, units_of(s), s.stage) for s in shares],
            "tasks": [await self._task(share) for share in shares],
            "labels": [await self._labels(share) for share in shares],
            "goods": await asyncio.to_thread(self._goods),
        }

    async def _known_missing(self) -> tuple[int, ...]:
        """Return what the workflow itself knows to be missing."""
        known = {line.line_no: line.quantity for line in (await self.order.status()).missing}
        return tuple(known.get(n + 1, 0) for n in LINES)

    async def _task(self, share: FulfillmentRecord) -> TaskKind | None:
        found = await floor.list_tasks(self.shop.engine, fulfillment_id=share.fulfillment_id)
        return next((task.kind for task in found if task.kind in SEEN_TO), None)

    async def _labels(self, share: FulfillmentRecord) -> int:
        labels = await self.shop.read(lambda tx: tx.parcels.labels(share.fulfillment_id))
        return len(labels) if share.stage in {Stage.AWAITING_PICKUP, Stage.IN_TRANSIT} else 0

    def _goods(self) -> list[tuple[int, ...]]:
        """Return units by account, as the movements say."""
        file = self.shop.settings.database_url.partition(":///")[2]
        books = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            rows = books.execute(
                "SELECT sku, quantity, source, target FROM movements WHERE sku IN (?, ?)",
                [self.sku(n) for n in LINES],
            ).fetchall()
        finally:
            books.close()
        levels = [dict.fromkeys(ACCOUNTS, 0) for _ in LINES]
        for sku, quantity, source, target in rows:
            line = [self.sku(n) for n in LINES].index(sku)
            levels[line][_account(source)] -= quantity
            levels[line][_account(target)] += quantity
        return [tuple(level.values()) for level in levels]


def _account(name: str) -> AccountKind:
    kind = AccountKind(name.partition(":")[0])
    return AccountKind.CARTON if kind in IN_CARTON else kind


def units_of(share: FulfillmentRecord) -> int:
    """Return how many units a fulfillment has."""
    return sum(line.planned for line in share.lines)


def _expected(state: State) -> dict[str, Any]:
    missing = tuple(state.missing(n) for n in LINES)
    given_up = [
        tuple(
            sum(s.units for s in state.shares if s.line == n and s.given_up == choice)
            for choice in ("reship", "refund")
        )
        for n in LINES
    ]
    return {
        "settled": state.is_settled,
        "canceled": state.canceled,
        "missing": missing,
        "known": () if state.is_settled else missing,
        "given up": tuple(given_up),
        "money": state.money,
        "shares": [(s.line, s.in_books, s.stage) for s in state.shares],
        "tasks": [s.task if s.task in SEEN_TO else None for s in state.shares],
        "labels": [s.live_labels for s in state.shares],
        "goods": list(state.goods),
    }
