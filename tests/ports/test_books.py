"""The books find nothing along an order's whole way, and find each row that somebody breaks."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import cache, partial

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from fulfillment.domain.lifecycle import CANCELABLE, OrderStage, Outcome, OutcomeKind
from fulfillment.persistence import dialects
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.migrations import migrate
from fulfillment.persistence.repositories.books import RULES, SqlBookStore
from fulfillment.records import BookFinding
from order_journey import Journey
from record_samples import NOW, stock_up
from templates import SCHEME, WITHOUT_RULES, Templates

ByHand = Callable[..., None]

STEPS = (
    "receive",
    "reserve",
    "plan",
    "pick",
    "sort",
    "pack",
    "label",
    "hand_over",
    "deliver",
    "settle",
)


async def findings(database: SqlDatabase) -> list[BookFinding]:
    """Return what the books find."""
    async with database.reading() as record:
        return await record.books.findings()


async def test_the_books_hold_after_every_step(database: SqlDatabase) -> None:
    """From the empty database to a settled order, with another order always on its way."""
    assert await findings(database) == []
    await stock_up(database, 100)
    for number, step in enumerate(STEPS):
        await Journey(database, f"O-{number}").to(step)
        assert await findings(database) == []


async def test_the_books_hold_after_a_cancellation(database: SqlDatabase) -> None:
    """A fulfillment that was canceled and released leaves nothing behind."""
    await stock_up(database)
    journey = Journey(database)
    await journey.to("plan")
    own = journey.fulfillment.fulfillment_id
    async with database.writing() as record:
        assert await record.fulfillments.cancel(own, CANCELABLE, NOW)
        await record.stock.release(own)
        await record.tasks.close_all(own, "engine", NOW)
        await record.orders.free_units(own)
        await record.orders.set_stage("O-1", OrderStage.BACK_ORDERED, "stock", NOW)
    assert await findings(database) == []


IN_A_BATCH = (
    """INSERT INTO pick_batches
    SELECT 'B', warehouse_id, 'sorted', stage_since, stage_since, 0, '{}' FROM fulfillments""",
    """INSERT INTO pick_batch_members
    SELECT 'B', fulfillment_id, order_id, 1, 'S001', 'in' FROM fulfillments""",
    """INSERT INTO batch_picks
    SELECT 'B', line_no, line_no, 'BER-A01', sku, '', planned, fulfillment_id, 'O-1', line_no, '',
    picked, 0 FROM fulfillment_lines""",
)
"""Makes the order's fulfillment a batch of one that was sorted."""

PAID_AT_ONCE = ("UPDATE orders SET payment_method = 'paid'",)

_REFUND = """INSERT INTO refunds
(key, order_id, extra_minor, fee_minor, amount_minor, currency, reason, state, at)
SELECT 'r', order_id, {extra_minor}, 0, {amount_minor}, 'EUR', '', '{state}', recorded_at
FROM orders"""

GIVEN_UP = """INSERT INTO given_up_parcels (parcel_id, tracking_number, fulfillment_id, order_id,
    cause, choice, goods, "by", at)
    SELECT parcel_id, 'X', fulfillment_id, order_id, 'lost', 'reship', '{}', 'eva', (SELECT
    MAX(at) FROM effects) FROM parcels"""

QUEUED = """INSERT INTO back_order_queue (waiter_kind, waiter_id, line_no, sku, rank, units,
    set_aside, promise_at, urgency, since, set_aside_at)
    SELECT 'order', order_id, 1, 'MUG', 0, 9000, {}, recorded_at, 'standard', recorded_at, {}
    FROM orders"""
SUPPLIED = """INSERT INTO supply_orders (supply_id, sku, method, warehouse_id, bin_id, ordered,
    received, state, reason, opened_at, state_since)
    SELECT 'S-1', 'MUG', '{}', bins.warehouse_id, bins.bin_id, 5, {}, 'received', '', recorded_at,
    recorded_at FROM bins, orders LIMIT 1"""
ISSUED = """INSERT INTO supply_components (supply_id, sku, needed, issued, given_back)
    VALUES ('S-1', 'MUG', 2, 2, 0)"""
RETURNED = """INSERT INTO returns (return_id, order_id, warehouse_id, stage, stage_since,
    requested_at, request, policy, approval, outcome, label_due_minor)
    SELECT 'R-1', order_id, warehouse_id, '{}', recorded_at, recorded_at, '{{}}', '{{}}', '{{}}',
    '', 0 FROM orders JOIN fulfillments USING (order_id) LIMIT 1"""
RETURNED_UNIT = """INSERT INTO return_units (return_id, line_no, unit_no, order_id, sku,
    fulfillment_id, reason, fee_percent, lot, state, disposition, loss_percent, accepted,
    shipping_kept_minor, from_carrier)
    SELECT 'R-1', line_no, unit_no, order_id, 'MUG', fulfillment_id, 'damaged', 0, '', {}, 0, {},
    0, FALSE FROM order_units WHERE fulfillment_id IS NOT NULL LIMIT 1"""
PAID_BACK = """INSERT INTO return_refunds (return_id, refund_no, units, amount_minor, extra_minor,
    fee_minor, shipping_kept_minor, label_minor, exchange_minor, state, at)
    SELECT 'R-1', 1, {0}, {0}, 0, 0, 0, 0, 0, '{1}', requested_at FROM returns"""

HELD = """INSERT INTO holds (hold_id, order_id, kinds, reason, placed_at, until, question, reply,
    remark, answer, closed_at, closed_by)
    SELECT {}, order_id, '["address_unusable"]', '', recorded_at, recorded_at, '', '', '', {}
    FROM orders WHERE order_id = 'O-1'"""
BY_VERIFICATION = "'order/O-1/verify_order/-/1'"

BREAKS: dict[str, tuple[str, ...]] = {
    "a settled order has no open hold": (
        "settle",
        HELD.format(BY_VERIFICATION, "NULL, NULL, NULL"),
    ),
    "a hold was placed by an effect": (
        "plan",
        HELD.format("'nobody'", "NULL, NULL, NULL"),
    ),
    "nobody lets an unusable address pass": (
        "plan",
        HELD.format(BY_VERIFICATION, "'release', recorded_at, 'eve'"),
    ),
    "levels follow from the ledger": (
        "settle",
        "UPDATE movements SET quantity = quantity + 1 WHERE key = 'receipt/1' AND sku = 'MUG'",
    ),
    "all accounts of a SKU and lot sum to zero": (
        "settle",
        "UPDATE account_levels SET quantity = 11 WHERE account = 'bin:BER-A01' AND sku = 'TEE'",
    ),
    "no physical account is negative": (
        "settle",
        "UPDATE account_levels SET quantity = -1 WHERE account = 'bin:BER-A01' AND sku = 'TEE'",
    ),
    "on hand is what lies in the bins": (
        "settle",
        "UPDATE shelf_stock SET on_hand = on_hand + 1 WHERE sku = 'TEE'",
    ),
    "claimed is what open claims come to": (
        "plan",
        "UPDATE shelf_stock SET claimed = claimed + 1 WHERE sku = 'TEE'",
    ),
    "claims never exceed what is on hand": (
        "plan",
        "UPDATE shelf_stock SET claimed = on_hand + 1 WHERE sku = 'TEE'",
    ),
    "every open claim is owned by a live order": (
        "settle",
        "UPDATE claims SET state = 'open' WHERE sku = 'TEE'",
    ),
    "what is still to be picked is claimed": (
        "plan",
        "UPDATE claims SET state = 'released' WHERE sku = 'TEE'",
    ),
    "a bin holds what is bound in it": (
        "plan",
        "UPDATE claims SET quantity = 11 WHERE sku = 'TEE'",
    ),
    "what is picked and not packed is in cart and put wall": (
        "pick",
        "UPDATE fulfillment_lines SET picked = 1 WHERE sku = 'TEE'",
    ),
    "what is packed and not shipped is in cartons": (
        "label",
        "UPDATE fulfillment_lines SET shipped = 1 WHERE sku = 'TEE'",
    ),
    "what is shipped and not delivered is with the carrier": (
        "hand_over",
        "UPDATE fulfillment_lines SET delivered = 1 WHERE sku = 'TEE'",
    ),
    "what is delivered is with the customer": (
        "settle",
        "UPDATE fulfillment_lines SET delivered = 1 WHERE sku = 'TEE'",
    ),
    "a line's units are canceled, planned or back-ordered, none twice": (
        "plan",
        "UPDATE order_lines SET canceled = 1 WHERE sku = 'TEE'",
    ),
    "no step has more units than the step before": (
        "settle",
        "UPDATE fulfillment_lines SET picked = 1 WHERE sku = 'TEE'",
    ),
    "a fulfillment has done what its stage says": (
        "plan",
        "UPDATE fulfillments SET stage = 'sorting'",
    ),
    "what is planned is what was ordered, or a substitute that the customer allows": (
        "plan",
        "UPDATE order_lines SET sku = 'MUG' WHERE line_no = 2",
    ),
    "the customer of a settled order was told of what was substituted": (
        "settle",
        "UPDATE order_lines SET sku = 'MUG' WHERE line_no = 2",
    ),
    "a line has as many units as were ordered": (
        "settle",
        "DELETE FROM order_units WHERE line_no = 2 AND unit_no = 2",
    ),
    "the units of an order cost what the order costs": (
        "settle",
        "UPDATE order_units SET amount_minor = amount_minor + 1 WHERE line_no = 2 AND unit_no = 2",
    ),
    "a fulfillment has as many units as it plans": (
        "plan",
        "UPDATE order_units SET fulfillment_id = NULL WHERE line_no = 2 AND unit_no = 2",
    ),
    "a settled order has no fulfillment under way": (
        "settle",
        "UPDATE fulfillments SET stage = 'in_transit'",
    ),
    "an open task is of its fulfillment's stage": (
        "settle",
        "UPDATE tasks SET state = 'open', closed_at = NULL",
    ),
    "the members of a batch are where the batch is": (
        "settle",
        "UPDATE pick_batches SET stage = 'picking'",
    ),
    "what a batch's picks say was picked is what its members have": (
        "settle",
        "UPDATE batch_picks SET picked = 1",
    ),
    "an open task is of its batch's stage": (
        "settle",
        """INSERT INTO tasks
        (task_id, kind, batch_id, warehouse_id, plan, opened_at, state, reminders, escalations)
        SELECT 'T', 'sort', batch_id, warehouse_id, '{}', planned_at, 'open', 0, 0
        FROM pick_batches""",
    ),
    "authorized covers captured and voided, captured covers refunded": (
        "settle",
        "UPDATE payments SET voided_minor = 1",
    ),
    "what was paid at once for canceled units is given back": (
        "settle",
        "UPDATE order_units SET fulfillment_id = NULL WHERE line_no = 1",
    ),
    "captured and written off is what the shipped units cost": (
        "settle",
        "UPDATE payments SET captured_minor = captured_minor - 1",
    ),
    "payments follow from the money ledger": (
        "settle",
        "UPDATE money_entries SET amount_minor = amount_minor + 1 WHERE kind = 'authorized'",
    ),
    "a posting moves between the accounts of its kind": (
        "settle",
        "UPDATE money_entries SET target = 'shop' WHERE kind = 'captured'",
    ),
    "no account that holds money is negative": (
        "settle",
        "UPDATE money_entries SET amount_minor = amount_minor - 1 WHERE kind = 'authorized'",
    ),
    "a posting has its effect": (
        "settle",
        "UPDATE money_entries SET key = 'order/O-1/void_payment/-/1' WHERE kind = 'captured'",
    ),
    "a refund is what its units cost, with what is added and kept": (
        "settle",
        _REFUND.format(amount_minor=5, extra_minor=6, state="owed"),
    ),
    "refunded is what the refunds came to": (
        "settle",
        _REFUND.format(amount_minor=5, extra_minor=5, state="made"),
    ),
    "a parcel has at most one live label, and one from labeling on": (
        "label",
        "UPDATE labels SET voided = TRUE",
    ),
    "a parcel with a label stands on one manifest": ("label", "DELETE FROM manifest_parcels"),
    "a label that is void stands on no manifest": ("label", "UPDATE labels SET voided = TRUE"),
    "what has left was handed over": (
        "settle",
        "UPDATE manifest_parcels SET handed_over_at = NULL, handed_over_by = NULL",
    ),
    "a manifest has parcels of its own warehouse and carrier alone": (
        "label",
        "UPDATE manifests SET carrier_id = 'air'",
    ),
    "a fulfillment's stage has the effects that led to it": (
        "settle",
        "DELETE FROM effects WHERE step = 'record_packing'",
    ),
    "an order's stage has the effects that led to it": (
        "settle",
        "DELETE FROM effects WHERE step = 'reserve_stock'",
    ),
    "what was given up has left the carrier's account": (
        "hand_over",
        "UPDATE fulfillment_lines SET resent = 1 WHERE line_no = 1",
    ),
    "the goods of a given-up parcel are where it says": ("hand_over", GIVEN_UP.format("lost")),
    "what is undelivered is of a given-up parcel": (
        "hand_over",
        """INSERT INTO account_levels (account, sku, lot, kind, quantity)
        VALUES ('undelivered:P-9', 'MUG', '', 'undelivered', 1)""",
    ),
    "what was decided of a given-up parcel is done": ("settle", GIVEN_UP.format("back")),
    "no unit is promised twice": ("reserve", QUEUED.format(9000, "recorded_at")),
    "who waits for goods is under way": ("settle", QUEUED.format(0, "NULL")),
    "a supply order has brought what the ledger says": (
        "receive",
        SUPPLIED.format("purchase", 5),
    ),
    "what was issued and not given back is in production": (
        "receive",
        SUPPLIED.format("production", 0),
        ISSUED,
    ),
    "what a return takes has left": (
        "reserve",
        RETURNED.format("announced"),
        RETURNED_UNIT.format("'announced', NULL", "FALSE"),
    ),
    "what came back and waits for inspection is in its return's account": (
        "settle",
        RETURNED.format("announced"),
        RETURNED_UNIT.format("'received', NULL", "FALSE"),
    ),
    "a return that has ended waits for nothing": (
        "settle",
        RETURNED.format("resolved"),
        RETURNED_UNIT.format("'announced', NULL", "FALSE"),
    ),
    "a return's refund is what its units cost, plus extra, less what is kept": (
        "settle",
        RETURNED.format("announced"),
        PAID_BACK.format(1, "due"),
    ),
    "a refund of a return that has ended was made": (
        "settle",
        RETURNED.format("resolved"),
        PAID_BACK.format(0, "due"),
    ),
    "what was accepted of a resolved return was given back or replaced": (
        "settle",
        RETURNED.format("resolved"),
        RETURNED_UNIT.format("'inspected', 'scrap'", "TRUE"),
    ),
    "an order's messages are numbered without gaps": (
        "settle",
        """INSERT INTO webhook_messages (message_id, order_id, sequence, type, at, data)
        SELECT 'msg_2', order_id, 2, 'order.completed', at, '{}' FROM effects
        WHERE step = 'settle_order'""",
    ),
    "a message has its cause": (
        "settle",
        "DELETE FROM effects WHERE step = 'notify_customer' AND key LIKE '%/shipped/%'",
    ),
    "a message is true": ("deliver", "UPDATE fulfillments SET stage = 'labeling'"),
    "the customer of a settled order was told": (
        "settle",
        "DELETE FROM notices WHERE kind = 'acknowledged'",
    ),
    "the customer was told of each fulfillment of a settled order": (
        "settle",
        "DELETE FROM notices WHERE kind = 'delivered'",
    ),
}


def test_every_rule_is_broken_once() -> None:
    """No rule stands without a test that turns it red."""
    assert sorted(BREAKS) == sorted(rule.name for rule in RULES)


async def carried(step: str, rows: Iterable[str], url: str) -> None:
    """Fill a database with an order that has gone so far; its rules are past, its books hold."""
    database = SqlDatabase(url)
    await stock_up(database)
    await Journey(database).to(step)
    await database.dispose()
    async with somebodys_hand(url) as hand:
        for row in (*rows, *(() if url.startswith(SCHEME) else (WITHOUT_RULES,))):
            await hand.exec_driver_sql(row)
        await hand.commit()
        assert await SqlBookStore(hand).findings() == []


@cache
def engine_of(url: str) -> AsyncEngine:
    """Return an engine that keeps no connection, and that remembers how the rules are compiled."""
    return create_async_engine(dialects.database_url(url), poolclass=NullPool)


@asynccontextmanager
async def somebodys_hand(url: str) -> AsyncIterator[AsyncConnection]:
    """Give a connection that keeps no rule; what is not committed through it has not happened."""
    async with engine_of(url).connect() as hand:
        if url.startswith(SCHEME):
            await hand.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        yield hand
        await hand.rollback()


@pytest.mark.parametrize("rule", BREAKS)
async def test_a_broken_row_is_found(kind: str, templates: Templates, rule: str) -> None:
    """The finding names the rule, the rows and a repair; before, there was none."""
    step, *statements = BREAKS[rule]
    rows = IN_A_BATCH if "batch" in rule else PAID_AT_ONCE if "paid at once" in rule else ()
    name = f"carried to {step}, {len(rows)} rows added"
    tables = await templates.of(kind, "tables", migrate)
    url = await templates.of(kind, name, partial(carried, step, rows), like=tables)
    async with somebodys_hand(url) as hand:
        for statement in statements:
            assert (await hand.exec_driver_sql(statement)).rowcount != 0, statement
        found = await SqlBookStore(hand).findings(one for one in RULES if one.name == rule)
    assert found
    texts = (*found[-1].rows, found[-1].message, found[-1].repair)
    assert all(texts)
    assert "{" not in "".join(texts)


@pytest.mark.parametrize("stage", ["undelivered", "canceled"])
async def test_a_sorted_batch_asks_no_more_of_its_members(
    kind: str, templates: Templates, stage: str
) -> None:
    """One that was refused at the door, or put back when it was packed, leaves its picks true."""
    name = f"carried to settle, {len(IN_A_BATCH)} rows added"
    tables = await templates.of(kind, "tables", migrate)
    url = await templates.of(kind, name, partial(carried, "settle", IN_A_BATCH), like=tables)
    async with somebodys_hand(url) as hand:
        await hand.exec_driver_sql(f"UPDATE fulfillments SET stage = '{stage}'")  # noqa: S608
        if stage == "canceled":
            await hand.exec_driver_sql(
                "UPDATE fulfillment_lines"
                " SET delivered = 0, shipped = 0, packed = 0, picked = 0, planned = 0"
            )
        rules = [one for one in RULES if "batch" in one.name]
        assert await SqlBookStore(hand).findings(rules) == []


async def test_every_effect_is_missed(database: SqlDatabase, by_hand: ByHand) -> None:
    """Whichever single effect is deleted, the books say so."""
    await stock_up(database)
    await Journey(database).to("settle")
    async with database.reading() as record:
        effects = await record.effects.of_order("O-1")
    assert len(effects) == 16
    for effect in effects:
        by_hand("UPDATE effects SET key = 'x', step = 'x' WHERE key = ?", effect.key)
        assert await findings(database) != [], effect.key
        by_hand("UPDATE effects SET key = ?, step = ? WHERE key = 'x'", effect.key, effect.step)
    assert await findings(database) == []


async def test_two_live_labels_are_found(database: SqlDatabase, by_hand: ByHand) -> None:
    """Also where somebody dropped the index that forbids them."""
    await stock_up(database)
    await Journey(database).to("label")
    by_hand("DROP INDEX uq_labels_live_parcel_id")
    by_hand(
        "INSERT INTO labels (label_id, parcel_id, tracking_number, carrier_id, service_id,"
        " cost_minor, currency, document_id, voided, carrier_reference)"
        " SELECT 'L-2', parcel_id, 'T-2', carrier_id, service_id, cost_minor,"
        " currency, document_id, voided, carrier_reference FROM labels"
    )
    by_hand(
        "INSERT INTO manifest_parcels (label_id, manifest_id, put_at)"
        " SELECT 'L-2', manifest_id, put_at FROM manifest_parcels"
    )
    assert [(f.rows, f.message) for f in await findings(database)] == [
        (
            ("labels of parcel O-1-P1",),
            "parcel O-1-P1 of a fulfillment that is awaiting_pickup has 2 live labels",
        )
    ]


@pytest.mark.parametrize("ending", [OutcomeKind.CANCELED, OutcomeKind.REJECTED])
async def test_a_final_message_is_missed(database: SqlDatabase, ending: OutcomeKind) -> None:
    """Who is canceled or rejected must have been told."""
    await stock_up(database)
    journey = Journey(database)
    await journey.to("receive")
    async with database.writing() as record:
        await record.orders.set_outcome("O-1", Outcome(kind=ending, summary="s"), NOW)
    rules = {finding.rule for finding in await findings(database)}
    assert "the customer of a settled order was told" in rules
