"""A customer's data that are erased, and a look at whether anything of them is left."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

import plant as plants
from canaries import Flock, data_of
from floor_driver import Placed, refusal_of
from fulfillment import bootstrap
from fulfillment.domain.erasure import ERASE_ACTION
from fulfillment.domain.errors import OrderConflict
from fulfillment.domain.orders import parse_order
from fulfillment.operations import order_views, orders
from fulfillment.operations.erasure import Eraser, Erasure, erase_order
from fulfillment.operations.verify import verify
from plant import Plant

ZOE = Eraser("zoe", "request 2026-17")
KEPT = {"declined", "signal"}
"""The payment's reference at the gateway, and the person on the floor who gave the signal."""


async def erase(shop: Plant, order_id: str) -> Erasure:
    """Erase an order as the operation does."""
    return await erase_order(shop.engine, bootstrap.sent_mail(shop.settings), order_id, ZOE)


async def exists(client: Client, workflow_id: str) -> bool:
    """Return whether Temporal still has a workflow."""
    try:
        await client.get_workflow_handle(workflow_id).describe()
    except RPCError:
        return False
    return True


def mails(shop: Plant) -> Iterator[Path]:
    """Yield the mails that are kept."""
    return shop.settings.mail_dir.glob("*")


def bytes_of(folder: Path) -> bytes:
    """Return all that a shop has written, its gateway's own books excepted."""
    files = (f for f in folder.rglob("*") if f.is_file() and not f.name.startswith("gateway"))
    return b"".join(file.read_bytes() for file in files)


async def erase_all(shop: Plant, flock: Flock, ids: list[str]) -> None:
    """Erase a flock from the shop and from Temporal; a second time finds nothing left."""
    *recorded, never = ids
    workflow_ids = [f"order/{order_id}" for order_id in ids] + [f"fulfillment/{ids[0]}-1"]
    assert all([await exists(shop.client, workflow_id) for workflow_id in workflow_ids])
    assert list(mails(shop))

    done = [await erase(shop, order_id) for order_id in ids]
    assert [False] * 4 == [erasure.already for erasure in done]
    assert [2, 1, 1, 1] == [erasure.workflows for erasure in done]
    assert [] == list(mails(shop))
    for workflow_id in workflow_ids:
        await plants.eventually(partial(_gone, shop.client, workflow_id))
    again = [await erase(shop, order_id) for order_id in ids]
    assert [(True, 0, 0)] * 4 == [(e.already, e.mails, e.workflows) for e in again]

    for order_id in ids:
        audit = await Placed(shop, order_id).actions()
        erasures = [a for a in audit if a.action == ERASE_ACTION]
        assert [("zoe", "request 2026-17")] == [(a.by, a.detail) for a in erasures]
    assert [] == await verify(shop.engine, settled=True)
    for order_id in recorded:
        view = await order_views.show_order(shop.engine, order_id)
        assert "gone" == view.workflow
        assert await order_views.timeline(shop.engine, order_id)
    await _is_still_known(shop, flock, ids[0])
    assert never not in recorded


async def _gone(client: Client, workflow_id: str) -> bool:
    return not await exists(client, workflow_id)


async def _is_still_known(shop: Plant, flock: Flock, order_id: str) -> None:
    """Hand the same order in again, which is the same one; other content is refused."""
    same = parse_order(data_of(flock, order_id))
    assert order_id == (await orders.submit_order(shop.engine, same)).order_id
    assert not await exists(shop.client, f"order/{order_id}")
    other = parse_order(data_of(flock, order_id, shipping_minor=1))
    assert OrderConflict is type(await refusal_of(orders.submit_order(shop.engine, other)))
