"""What is left of a campaign, read from the database's rows, the gateway's books and the mails.

Read without the engine's own stores and rules, so that a mistake in them does not hide itself.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, create_engine, func, make_url, select

from fulfillment.bootstrap import sandbox_gateway
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.inventory import SOURCES, AccountKind
from fulfillment.domain.orders import PaymentMethod
from fulfillment.payments.sandbox_books import Account, Operation
from fulfillment.persistence.tables import (
    account_levels,
    back_order_queue,
    claims,
    effects,
    fulfillment_lines,
    fulfillments,
    labels,
    movements,
    notices,
    order_lines,
    order_units,
    orders,
    payments,
    pick_batches,
    refunded_units,
    return_refunds,
    returns,
    shelf_stock,
    supply_orders,
)
from fulfillment.settings import Settings
from fulfillment.simulation.evidence import mail_keys

OURS = frozenset({PaymentMethod.TO_AUTHORIZE, PaymentMethod.AUTHORIZED})
"""Payments that we capture."""


class Row(Value):
    """One row of what was asked, by its columns' names."""

    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as the database has it
        """Return a column's value."""
        return self.values[name]


class Remains(Value):
    """All that is left, as rows."""

    orders: tuple[Row, ...]
    """order_id, stage, outcome_kind, payment_method"""
    lines: tuple[Row, ...]
    """order_id, ordered, canceled; an order's lines together"""
    given_up: tuple[Row, ...]
    """order_id, units: what was sent again or refunded, as it never arrived"""
    arrived: tuple[Row, ...]
    """account, units: what came into each customer's account"""
    levels: tuple[Row, ...]
    """account, kind, sku, lot, quantity"""
    shelves: tuple[Row, ...]
    """warehouse_id, sku, on_hand, claimed"""
    open_claims: tuple[Row, ...]
    """order_id, units"""
    live_labels: tuple[Row, ...]
    """parcel_id, labels"""
    due: tuple[Row, ...]
    """order_id, amount_minor: what its shipped units cost that were not refunded"""
    kept: tuple[Row, ...] = ()
    """order_id, amount_minor: what was kept of its returns' refunds, as for what is exchanged"""
    replacements: tuple[Row, ...] = ()
    """order_id, replaces (the order whose goods it sends anew), units"""
    resent: tuple[Row, ...] = ()
    """order_id, units: what is sent again of it, as its parcels were given up"""
    returns: tuple[Row, ...] = ()
    """return_id, order_id, stage, linked_order_id"""
    supply: tuple[Row, ...] = ()
    """supply_id, state, ordered, received"""
    batches: tuple[Row, ...] = ()
    """batch_id, stage"""
    set_aside: tuple[Row, ...] = ()
    """waiter_kind, waiter_id, units: what nobody else may claim"""
    payments: tuple[Row, ...]
    """order_id, method, reference, and authorized, captured, refunded, voided as …_minor"""
    keys: tuple[str, ...]
    """Of all effects, one for each row."""
    effect_times: tuple[Instant, ...]
    notices: tuple[Row, ...]
    """order_id, fulfillment_id, kind"""
    mails: tuple[str, ...]
    """The key that each mail bears, one for each mail."""
    operations: tuple[Operation, ...]
    """What the gateway was asked."""
    accounts: tuple[Account, ...]
    """What the gateway has on its books."""
    running: tuple[str, ...] = ()
    """Workflows that have not ended."""
    acknowledged: tuple[str, ...] = ()
    """Orders that a storefront was told are on record."""
    receipts: tuple[str, ...] = ()
    """Keys of the deliveries that the dock was told are booked."""


_LINES = select(
    order_lines.c.order_id,
    func.sum(order_lines.c.ordered).label("ordered"),
    func.sum(order_lines.c.canceled).label("canceled"),
).group_by(order_lines.c.order_id)

_share = fulfillment_lines.c
_GIVEN_UP = (
    select(fulfillments.c.order_id, func.sum(_share.resent + _share.refunded).label("units"))
    .join(fulfillments, fulfillments.c.fulfillment_id == _share.fulfillment_id)
    .group_by(fulfillments.c.order_id)
)

_RESENT = (
    select(fulfillments.c.order_id, func.sum(_share.resent).label("units"))
    .join(fulfillments, fulfillments.c.fulfillment_id == _share.fulfillment_id)
    .group_by(fulfillments.c.order_id)
    .having(func.sum(_share.resent) > 0)
)

_original = orders.c.content["replaces", "order_id"].as_string()
_REPLACEMENTS = (
    select(
        orders.c.order_id,
        _original.label("replaces"),
        func.sum(order_lines.c.ordered).label("units"),
    )
    .join(order_lines, order_lines.c.order_id == orders.c.order_id)
    .where(_original.is_not(None))
    .group_by(orders.c.order_id, _original)
)

_refund = return_refunds.c
_KEPT = (
    select(
        returns.c.order_id, func.sum(_refund.fee_minor - _refund.extra_minor).label("amount_minor")
    )
    .join(returns, returns.c.return_id == _refund.return_id)
    .where(_refund.state == "done")
    .group_by(returns.c.order_id)
)

_back = returns.c
_RETURNS = select(_back.return_id, _back.order_id, _back.stage, _back.linked_order_id)

_supplied = supply_orders.c
_SUPPLY = select(_supplied.supply_id, _supplied.state, _supplied.ordered, _supplied.received)

_line = back_order_queue.c
_SET_ASIDE = (
    select(_line.waiter_kind, _line.waiter_id, func.sum(_line.set_aside).label("units"))
    .group_by(_line.waiter_kind, _line.waiter_id)
    .having(func.sum(_line.set_aside) > 0)
)

_ARRIVED = (
    select(movements.c.target.label("account"), func.sum(movements.c.quantity).label("units"))
    .where(movements.c.target.like(f"{AccountKind.CUSTOMER.value}:%"))
    .group_by(movements.c.target)
)

_OPEN_CLAIMS = (
    select(claims.c.order_id, func.sum(claims.c.quantity).label("units"))
    .where(claims.c.state == "open")
    .group_by(claims.c.order_id)
)

_LIVE_LABELS = (
    select(labels.c.parcel_id, func.count(labels.c.label_id).label("labels"))
    .where(~labels.c.voided)
    .group_by(labels.c.parcel_id)
)

_DUE = (
    select(order_units.c.order_id, func.sum(order_units.c.amount_minor).label("amount_minor"))
    .join(fulfillments, fulfillments.c.fulfillment_id == order_units.c.fulfillment_id)
    .outerjoin(
        refunded_units,
        and_(
            refunded_units.c.order_id == order_units.c.order_id,
            refunded_units.c.line_no == order_units.c.line_no,
            refunded_units.c.unit_no == order_units.c.unit_no,
        ),
    )
    .where(fulfillments.c.stage.in_(["in_transit", "delivered", "undelivered"]))
    .where(refunded_units.c.key.is_(None))
    .group_by(order_units.c.order_id)
)

_paid = payments.c
_PAYMENTS = select(
    _paid.order_id,
    _paid.method,
    _paid.reference,
    _paid.authorized_minor,
    _paid.captured_minor,
    _paid.refunded_minor,
    _paid.voided_minor,
)


def read_rows(connection: Connection) -> dict[str, tuple[Any, ...]]:
    """Return what the database has, by the fields of Remains."""

    def rows(query: Select[Any]) -> tuple[Row, ...]:
        return tuple(Row(values=dict(row)) for row in connection.execute(query).mappings())

    o, level, shelf = orders.c, account_levels.c, shelf_stock.c
    done = connection.execute(select(effects.c.key, effects.c.at).order_by(effects.c.at)).all()
    return {
        "orders": rows(select(o.order_id, o.stage, o.outcome_kind, o.payment_method)),
        "lines": rows(_LINES),
        "given_up": rows(_GIVEN_UP),
        "arrived": rows(_ARRIVED),
        "levels": rows(select(level.account, level.kind, level.sku, level.lot, level.quantity)),
        "shelves": rows(select(shelf.warehouse_id, shelf.sku, shelf.on_hand, shelf.claimed)),
        "open_claims": rows(_OPEN_CLAIMS),
        "live_labels": rows(_LIVE_LABELS),
        "due": rows(_DUE),
        "kept": rows(_KEPT),
        "replacements": rows(_REPLACEMENTS),
        "resent": rows(_RESENT),
        "returns": rows(_RETURNS),
        "supply": rows(_SUPPLY),
        "set_aside": rows(_SET_ASIDE),
        "batches": rows(select(pick_batches.c.batch_id, pick_batches.c.stage)),
        "payments": rows(_PAYMENTS),
        "keys": tuple(key for key, _ in done),
        "effect_times": tuple(at for _, at in done),
        "notices": rows(select(notices.c.order_id, notices.c.fulfillment_id, notices.c.kind)),
    }


async def gather(
    settings: Settings,
    *,
    running: Sequence[str] = (),
    acknowledged: Sequence[str] = (),
    receipts: Sequence[str] = (),
) -> Remains:
    """Read all that is left.

    Args:
        settings: of the run; its database is SQLite, its gateway the sandbox, its mail a folder.
        running: workflows that have not ended.
        acknowledged: orders that a storefront was told are on record.
        receipts: keys of the deliveries that the dock was told are booked.

    """
    gateway = sandbox_gateway(settings)
    rows = await asyncio.to_thread(_read_database, settings.database_url)
    return Remains.model_validate(
        {
            **rows,
            "mails": await asyncio.to_thread(mail_keys, settings.mail_dir),
            "operations": await gateway.operations(),
            "accounts": await gateway.accounts(),
            "running": tuple(running),
            "acknowledged": tuple(acknowledged),
            "receipts": tuple(receipts),
        }
    )


def _read_database(url: str) -> dict[str, tuple[Any, ...]]:
    engine = create_engine(make_url(url).set(drivername="sqlite"))
    try:
        with engine.connect() as connection:
            return read_rows(connection)
    finally:
        engine.dispose()


def physical(kind: str) -> bool:
    """Return whether goods of an account are somewhere, so that it can't be negative."""
    return AccountKind(kind) not in SOURCES
