"""What is left of an order everywhere, in words that do not depend on when and in what company."""

import asyncio
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from email import message_from_bytes
from email.policy import default as modern
from pathlib import Path

from fulfillment.bootstrap import sandbox_gateway
from fulfillment.domain.base import Value
from fulfillment.domain.lifecycle import LineProgress
from fulfillment.settings import Settings
from plant import Plant

Row = tuple[str, ...]
MOMENT = re.compile(r"\d{8}T\d{6}\.\d+Z/\d+")
"""In the keys of what was said: when it was said, and what number it was in that moment."""

RMA = re.compile(r"RMA-[0-9A-F]{12}")
"""The number of a return, which is made of its order's id."""

NUMBER = re.compile(r"\bFC\d{12}\b")
"""A tracking number, which counts the parcels of all orders of a shop."""

SUPPLY = re.compile(r"\bS-\d{6}\b")
"""The number of a supply order, which counts those of all orders of a shop."""

MANIFEST = re.compile(r"\bMF-[\w.-]+-\d{8}-\d{4}\b")
"""The id of a manifest, which has its cut-off in it."""

CUT_OFF = re.compile(r"\bend-of-day/([\w.-]+)/([\w.-]+)/[\d:TZ-]+")
"""The id of the workflow that ends a day, which has its cut-off in it."""


class Trace(Value):
    """All that is left of one order; every list is sorted, and the order is called ORDER."""

    outcome: str
    progress: tuple[LineProgress, ...]
    stages: tuple[str, ...]
    payment: Row
    effects: tuple[str, ...]
    notices: tuple[str, ...]
    mails: tuple[str, ...]
    actions: tuple[Row, ...]
    movements: tuple[Row, ...]
    gateway: tuple[Row, ...]
    parcels: tuple[Row, ...]
    repeated: tuple[str, ...] = ()
    """Keys that are there more than once; there must be none."""

    def differences(self, other: "Trace") -> dict[str, tuple[object, object]]:
        """Return what only this one has, and what only the other one has, by field."""
        mine, theirs = self.model_dump(), other.model_dump()
        return {
            name: (_beyond(mine[name], theirs[name]), _beyond(theirs[name], mine[name]))
            for name in mine
            if mine[name] != theirs[name]
        }


def _beyond(these: object, those: object) -> object:
    if isinstance(these, tuple) and isinstance(those, tuple):
        return list((Counter(map(str, these)) - Counter(map(str, those))).elements())
    return these


async def trace_of(shop: Plant, order_id: str) -> Trace:
    """Read all that is left of an order."""
    async with shop.database.reading() as tx:
        record = await tx.orders.get(order_id)
        payment = await tx.payments.find(order_id)
        shares = await tx.fulfillments.of_order(order_id)
        trace = Trace(
            outcome=record.outcome.summary if record.outcome else record.stage.value,
            progress=tuple(await tx.orders.progress(order_id)),
            stages=tuple(f"{s.warehouse_id} {s.stage.value} {s.carrier_id}" for s in shares),
            payment=_row(payment.model_dump(exclude={"order_id", "reference"}).values())
            if payment
            else (),
            effects=tuple(sorted(effect.key for effect in await tx.effects.of_order(order_id))),
            notices=tuple(sorted(notice.key for notice in await tx.journal.notices(order_id))),
            mails=await asyncio.to_thread(_mails, shop.settings.mail_dir, order_id),
            actions=_sorted(
                (a.action, a.by, a.detail, a.refused) for a in await tx.journal.actions(order_id)
            ),
            movements=await asyncio.to_thread(_movements, shop.settings, order_id),
            gateway=await _gateway(shop.settings, order_id),
            parcels=_sorted(
                [
                    (parcel.parcel_id, parcel.carton_id, parcel.gross_weight_g, parcel.contents)
                    for share in shares
                    for parcel in await tx.parcels.of_fulfillment(share.fulfillment_id)
                ]
            ),
        )
    once = (trace.effects, trace.notices, trace.mails, trace.gateway, trace.movements)
    trace = trace.model_copy(update={"repeated": tuple(map(str, _repeated(*once)))})
    text = trace.model_dump_json().replace(order_id, "ORDER")
    for pattern, word in ((MOMENT, "MOMENT"), (RMA, "RMA"), (NUMBER, "FC"), (SUPPLY, "S")):
        text = pattern.sub(word, text)
    text = MANIFEST.sub("MF", text)
    text = CUT_OFF.sub(r"end-of-day/\1/\2", text)
    return Trace.model_validate_json(text)


def _row(values: Iterable[object]) -> Row:
    return tuple(map(str, values))


def _sorted(rows: Iterable[Iterable[object]]) -> tuple[Row, ...]:
    return tuple(sorted(map(_row, rows)))


def _repeated(*lists: Sequence[object]) -> list[object]:
    counts = (Counter[object](keys) for keys in lists)
    return [key for counted in counts for key, count in counted.items() if count > 1]


def _is_of(key: str, order_id: str) -> bool:
    return re.search(rf"/{re.escape(order_id)}(-\d+)?/", key) is not None


def _mails(folder: Path, order_id: str) -> tuple[str, ...]:
    keys = (
        str(message_from_bytes(path.read_bytes(), policy=modern)["X-Fulfillment-Key"]).strip()
        for path in folder.glob("*.eml")
    )
    return tuple(sorted(key for key in keys if _is_of(key, order_id)))


def _movements(settings: Settings, order_id: str) -> tuple[Row, ...]:
    file = settings.database_url.partition(":///")[2]
    books = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        rows = books.execute("SELECT key, sku, quantity, source, target FROM movements").fetchall()
    finally:
        books.close()
    return _sorted(row for row in rows if _is_of(row[0], order_id))


async def _gateway(settings: Settings, order_id: str) -> tuple[Row, ...]:
    operations = await sandbox_gateway(settings).operations()
    return _sorted(
        (op.key, op.request.kind.value, op.moved_minor, op.currency, op.refusal)
        for op in operations
        if _is_of(op.key, order_id)
    )
