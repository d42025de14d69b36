"""`fulfillment promise`: by when a basket would arrive, and what shipping would cost."""

from pathlib import Path
from typing import Annotated

import typer

from fulfillment.domain.baskets import parse_basket
from fulfillment.domain.errors import InvalidOrder
from fulfillment.domain.orders import shortage
from fulfillment.domain.promises import Promise
from fulfillment.entrypoints.console import (
    Address,
    AsJson,
    moment,
    print_json,
    print_table,
    run,
    say,
)
from fulfillment.entrypoints.validation import read_json
from fulfillment.operations.engine import Engine
from fulfillment.operations.promise import promise as promised

NOTHING = "no service takes it"


def promise(
    file: Annotated[Path, typer.Argument(help="A basket or an order as JSON; - for stdin.")],
    as_json: AsJson,
    address: Address = None,
) -> None:
    """Say by when a basket would arrive and what shipping would cost, without ordering it."""

    async def quoted(engine: Engine) -> None:
        basket = parse_basket(read_json(file, InvalidOrder))
        answer = await promised(engine, basket)
        if as_json:
            return print_json(answer)
        return _print_promise(answer)

    run(quoted, address, as_json=as_json)


def _print_promise(answer: Promise) -> None:
    urgencies = [
        (one.urgency, one.deliver_on, one.cost, one.services, one.because)
        for one in answer.urgencies
    ]
    columns = ("urgency", "promised", "shipping", "by", "why not")
    print_table("What is promised", columns, urgencies, "")
    _print_services(answer)
    for share in answer.shares:
        goods = shortage(share.lines)
        ready = f"ready by {moment(share.ready_at)} UTC, cut-off {share.cutoff:%H:%M} there"
        say(f"{share.warehouse_id} would ship {goods} in {share.parcels} parcel(s), {ready}")
    for taken in answer.substitutions:
        say(str(taken))
    for missing in answer.missing:
        say(f"back-ordered: {missing}", "yellow")


def _print_services(answer: Promise) -> None:
    rows = [
        (one.key, one.mode, one.order_by, one.pickup_on, one.deliver_on, one.cost)
        for one in answer.services
    ]
    columns = ("service", "mode", "order by (UTC)", "pickup", "delivery", "shipping")
    print_table("By each service", columns, rows, NOTHING)
    for refusal in answer.unserved:
        say(f"not {refusal.service}: {refusal.because}")
