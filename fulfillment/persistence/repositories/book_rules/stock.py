"""Rules of the ledger, its levels, and the claims."""

from sqlalchemy import ColumnElement, and_, func, or_, select

from fulfillment.domain.inventory import SOURCES
from fulfillment.domain.lifecycle import CANCELABLE, OrderStage
from fulfillment.persistence.repositories.book_rules.rule import Rule, counted, differing
from fulfillment.persistence.repositories.stock_claims import OPEN, bound_in_bins
from fulfillment.persistence.tables import (
    account_levels,
    bins,
    claims,
    fulfillment_lines,
    fulfillments,
    movements,
    orders,
    shelf_stock,
)

_level = account_levels.c
_shelf = shelf_stock.c
_line = fulfillment_lines.c
_bound = bound_in_bins()
_GOODS = ("account", "sku", "lot")
_OPEN: ColumnElement[bool] = claims.c.state == OPEN

_LEVELS = Rule(
    name="levels follow from the ledger",
    broken=differing(
        _GOODS,
        [counted(_level.account, _level.sku, _level.lot, units=_level.quantity)],
        [
            counted(m.target, m.sku, m.lot, units=m.quantity)
            if incoming
            else counted(m.source, m.sku, m.lot, units=-m.quantity)
            for m in (movements.c,)
            for incoming in (True, False)
        ],
    ),
    rows=("account_levels {account} {sku} {lot!r}",),
    message="{account} is said to hold {left} of {sku}, its movements come to {right}",
    repair="the ledger counts: set the level to {right}",
)

_SUMS = Rule(
    name="all accounts of a SKU and lot sum to zero",
    broken=select(_level.sku, _level.lot, func.sum(_level.quantity).label("total"))
    .group_by(_level.sku, _level.lot)
    .having(func.sum(_level.quantity) != 0)
    .order_by(_level.sku, _level.lot),
    rows=("account_levels of {sku} {lot!r}",),
    message="the accounts of {sku} sum to {total}; goods appeared or vanished",
    repair="set the levels of {sku} to what their movements come to",
)

_NEGATIVE = Rule(
    name="no physical account is negative",
    broken=select(_level.account, _level.sku, _level.lot, _level.quantity)
    .where(_level.quantity < 0, _level.kind.not_in(list(SOURCES)))
    .order_by(_level.account, _level.sku, _level.lot),
    rows=("account_levels {account} {sku} {lot!r}",),
    message="{account} holds {quantity} of {sku}",
    repair="count what is there, and book the difference with `fulfillment stock adjust`",
)

_ON_HAND = Rule(
    name="on hand is what lies in the bins",
    broken=differing(
        ("warehouse_id", "sku"),
        [counted(_shelf.warehouse_id, _shelf.sku, units=_shelf.on_hand)],
        [
            counted(bins.c.warehouse_id, _level.sku, units=_level.quantity).join(
                bins, bins.c.bin_id == _level.bin_id
            )
        ],
    ),
    rows=("shelf_stock {warehouse_id} {sku}",),
    message="{warehouse_id} is said to have {left} of {sku} on hand, its bins hold {right}",
    repair="the bins count: set on_hand to {right}",
)

_CLAIMED = Rule(
    name="claimed is what open claims come to",
    broken=differing(
        ("warehouse_id", "sku"),
        [counted(_shelf.warehouse_id, _shelf.sku, units=_shelf.claimed)],
        [counted(claims.c.warehouse_id, claims.c.sku, units=claims.c.quantity).where(_OPEN)],
    ),
    rows=("shelf_stock {warehouse_id} {sku}",),
    message="{left} of {sku} are said to be claimed in {warehouse_id}, open claims come to {right}",
    repair="the claims count: set claimed to {right}",
)

_OVERCLAIMED = Rule(
    name="claims never exceed what is on hand",
    broken=select(_shelf.warehouse_id, _shelf.sku, _shelf.on_hand, _shelf.claimed)
    .where(or_(_shelf.claimed > _shelf.on_hand, _shelf.claimed < 0))
    .order_by(_shelf.warehouse_id, _shelf.sku),
    rows=("shelf_stock {warehouse_id} {sku}",),
    message="{claimed} of {sku} are claimed in {warehouse_id}, {on_hand} are on hand",
    repair="count the bins of {sku}, then cancel the youngest orders that can't be served",
)

_OWNER = Rule(
    name="every open claim is owned by a live order",
    broken=select(claims.c.claim_id, claims.c.fulfillment_id, fulfillments.c.stage)
    .outerjoin(fulfillments, fulfillments.c.fulfillment_id == claims.c.fulfillment_id)
    .outerjoin(orders, orders.c.order_id == claims.c.order_id)
    .where(_OPEN)
    .where(
        or_(
            fulfillments.c.stage.is_(None),
            fulfillments.c.stage.not_in(list(CANCELABLE)),
            orders.c.stage.is_(None),
            orders.c.stage == OrderStage.SETTLED,
        )
    )
    .order_by(claims.c.claim_id),
    rows=("claims {claim_id}", "fulfillments {fulfillment_id}"),
    message="{claim_id} holds stock for {fulfillment_id}, which is {stage} or of a settled order",
    repair="release the claims of {fulfillment_id}",
)

_COVERED = Rule(
    name="what is still to be picked is claimed",
    broken=differing(
        ("fulfillment_id", "line_no"),
        [
            counted(_line.fulfillment_id, _line.line_no, units=_line.planned - _line.picked)
            .join(fulfillments, fulfillments.c.fulfillment_id == _line.fulfillment_id)
            .where(fulfillments.c.stage.in_(list(CANCELABLE)))
        ],
        [
            counted(claims.c.fulfillment_id, claims.c.line_no, units=claims.c.quantity)
            .join(fulfillments, fulfillments.c.fulfillment_id == claims.c.fulfillment_id)
            .where(_OPEN, fulfillments.c.stage.in_(list(CANCELABLE)))
        ],
    ),
    rows=("fulfillment_lines {fulfillment_id} {line_no}",),
    message="{left} units of line {line_no} are to be picked for {fulfillment_id}, {right} claimed",
    repair="cancel {fulfillment_id}, and let its order reserve again",
)

_BOUND = Rule(
    name="a bin holds what is bound in it",
    broken=select(
        _bound.c.bin_id,
        _bound.c.sku,
        _bound.c.lot,
        _bound.c.quantity.label("bound"),
        func.coalesce(_level.quantity, 0).label("held"),
    )
    .outerjoin(
        account_levels,
        and_(
            _level.bin_id == _bound.c.bin_id,
            _level.sku == _bound.c.sku,
            _level.lot == _bound.c.lot,
        ),
    )
    .where(_bound.c.quantity > func.coalesce(_level.quantity, 0))
    .order_by(_bound.c.bin_id, _bound.c.sku, _bound.c.lot),
    rows=("claims in bin {bin_id} of {sku} {lot!r}",),
    message="pick lists take {bound} of {sku} from bin {bin_id}, which holds {held}",
    repair="count the bin, and report a short pick for what is missing",
)

RULES = (
    _LEVELS,
    _SUMS,
    _NEGATIVE,
    _ON_HAND,
    _CLAIMED,
    _OVERCLAIMED,
    _OWNER,
    _COVERED,
    _BOUND,
)
