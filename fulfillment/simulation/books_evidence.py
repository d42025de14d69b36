"""What is left of an order whose story is told: its money, its lines, and where its goods are."""

from collections.abc import Collection, Sequence

from fulfillment.bootstrap import sandbox_gateway
from fulfillment.domain.base import Value
from fulfillment.domain.inventory import Account, AccountKind
from fulfillment.domain.replacements import replacement_id
from fulfillment.operations.documents import LABEL
from fulfillment.operations.engine import Engine
from fulfillment.payments.sandbox_books import Account as BankAccount
from fulfillment.settings import Settings
from fulfillment.simulation.expected_books import GoodsLevels, LineLevels, MoneyLevels
from fulfillment.simulation.world import FOLLOWED, PlannedOrder, World
from fulfillment.stores import UnitOfWork

_LINE_FIELDS = set(LineLevels.model_fields)


class BooksEvidence(Value):
    """What the books say of an order, and the gateway's."""

    order_id: str
    money: MoneyLevels
    at_gateway: MoneyLevels
    """Captured and refunded, by the gateway's own books."""
    lines: dict[str, LineLevels]
    goods: dict[str, GoodsLevels]
    labels_voided: int
    followed_by: dict[str, int]
    """Units by SKU that were delivered in the place of its goods."""
    followed_by_minor: int
    """What was asked for them."""


async def gather_books(engine: Engine, settings: Settings, world: World) -> list[BooksEvidence]:
    """Read what the books say of each order whose story is told; nothing is written."""
    accounts = await sandbox_gateway(settings).accounts()
    async with engine.database.reading() as tx:
        return [await _books(tx, planned, world, accounts) for planned in world.stories()]


async def _books(
    tx: UnitOfWork, planned: PlannedOrder, world: World, accounts: Sequence[BankAccount]
) -> BooksEvidence:
    order_id, books = planned.order.order_id, planned.group.expect.books
    follower = replacement_id(order_id, 1) if FOLLOWED.intersection(planned.acts) else None
    followed = await tx.orders.find(follower) if follower else None
    arrived = await tx.orders.progress(follower) if follower else []
    customers = [order_id, *([follower] if follower else [])]
    opening = _opening(world)
    return BooksEvidence(
        order_id=order_id,
        money=await _money(tx, order_id),
        at_gateway=_at_gateway(accounts, await _source(tx, order_id)),
        lines={
            line.sku: LineLevels(**line.model_dump(include=_LINE_FIELDS))
            for line in await tx.orders.progress(order_id)
        },
        goods={
            sku: await _goods(tx, sku, customers, opening.get(sku, 0))
            for sku in (books.goods if books else ())
        },
        labels_voided=await _labels_voided(tx, order_id),
        followed_by={line.sku: line.delivered for line in arrived},
        followed_by_minor=followed.order.amount_minor if followed else 0,
    )


async def _money(tx: UnitOfWork, order_id: str) -> MoneyLevels:
    payment = await tx.payments.find(order_id)
    if payment is None:
        return MoneyLevels()
    return MoneyLevels(
        authorized=payment.authorized_minor,
        captured=payment.captured_minor,
        voided=payment.voided_minor,
        refunded=payment.refunded_minor,
    )


async def _labels_voided(tx: UnitOfWork, order_id: str) -> int:
    labels = [one for one in await tx.parcels.documents(order_id) if one.kind == LABEL]
    return sum([await tx.parcels.is_void(label.document_id) for label in labels])


async def _source(tx: UnitOfWork, order_id: str) -> str:
    """Return with what the order is paid in the end, which may be another card than at first."""
    record = await tx.orders.find(order_id)
    return (record.order.payment.reference if record else None) or ""


def _at_gateway(accounts: Sequence[BankAccount], source: str) -> MoneyLevels:
    own = [account for account in accounts if account.source == source]
    return MoneyLevels(
        captured=sum(account.captured_minor for account in own),
        refunded=sum(account.refunded_minor for account in own),
    )


def _opening(world: World) -> dict[str, int]:
    found: dict[str, int] = {}
    for receipt in world.catalog.opening_stock:
        found[receipt.sku] = found.get(receipt.sku, 0) + receipt.quantity
    return found


async def _goods(tx: UnitOfWork, sku: str, customers: Collection[str], opening: int) -> GoodsLevels:
    on_shelves = sum(level.on_hand for level in await tx.stock.levels([sku]))
    warehouses = [warehouse.warehouse_id for warehouse in await tx.catalog.warehouses()]
    parcels = [
        parcel.parcel_id
        for order_id in customers
        for share in await tx.fulfillments.of_order(order_id)
        for parcel in await tx.parcels.of_fulfillment(share.fulfillment_id)
    ]

    async def units(kind: AccountKind, refs: Collection[str]) -> int:
        names = [str(Account(kind=kind, ref=ref)) for ref in refs]
        return sum([await tx.stock.balance(name, sku) for name in names])

    return GoodsLevels(
        shelf=on_shelves - opening,
        customer=await units(AccountKind.CUSTOMER, customers),
        undelivered=await units(AccountKind.UNDELIVERED, parcels),
        quarantine=await units(AccountKind.QUARANTINE, warehouses),
        scrap=await units(AccountKind.SCRAP, warehouses),
    )
