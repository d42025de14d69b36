"""Orders on hold by command and over HTTP, on a real server."""

import asyncio
import json

from temporalio.client import Client
from typer.testing import CliRunner

import plant as plants
from floor_driver import Placed, place
from fulfillment.domain.access import Role
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.entrypoints import cli
from http_shop import KEYS, app_of, client_of

DOUBTFUL = {
    "name": "Ada Lovelace",
    "street": ["Reeperbahn"],
    "city": "Hamburg",
    "postal_code": "20359",
    "country": "DE",
}
DECLINED = {"method": "to_authorize", "reference": "tok_declined"}


async def command(shop: plants.Plant, client: Client, *arguments: str, fails: int = 0) -> str:
    """Run `fulfillment orders ...` as in a shell; return what it says."""
    variables = {
        "FULFILLMENT_DATA_DIR": str(shop.settings.data_dir),
        "FULFILLMENT_TASK_QUEUE": shop.settings.task_queue,
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "NO_COLOR": "1",
        "COLUMNS": "250",
    }
    runner = CliRunner(env=variables)
    done = await asyncio.to_thread(runner.invoke, cli.app, ["orders", *arguments])
    assert fails == done.exit_code, done.output
    return done.stdout + done.stderr


async def held(shop: plants.Plant, name: str, **changes: object) -> Placed:
    """Have an order go on hold."""
    order = await place(shop, name, **changes)
    await order.at(OrderStage.ON_HOLD)
    return order


async def test_by_commands(shop: plants.Plant, client: Client) -> None:
    """An order is asked about, answered, and paid otherwise; another one is rejected."""
    paid, rejected = await asyncio.gather(
        held(shop, "pays", payment=DECLINED), held(shop, "refuses", ship_to=DOUBTFUL)
    )
    listed = json.loads(await command(shop, client, "holds", "--kind", "payment", "--json"))
    [hold] = [one for one in listed if one["order_id"] == paid.order_id]
    assert hold["choices"] == ["release", "correct_address", "ask", "pay", "reject"]
    table = await command(shop, client, "holds", "--order", rejected.order_id)
    assert "address: street: Reeperbahn has no house number" in table
    assert "staff" in table
    ask = [paid.order_id, "--question", "another card?", "--as", "eve"]
    assert "the customer is asked, until 20" in await command(shop, client, "ask", *ask)
    assert "customer" in await command(shop, client, "holds", "--order", paid.order_id)
    answer = [paid.order_id, "--answer", "tomorrow", "--as", "eve"]
    assert "waits for a decision" in await command(shop, client, "answer", *answer)
    again = await command(shop, client, "answer", *answer, fails=1)
    assert "expected a question to the customer that is open, came none" in again
    assert "answered: tomorrow" in await command(shop, client, "holds", "--order", paid.order_id)
    pay = [paid.order_id, "--reference", "tok_visa", "--as", "ada"]
    assert "the bank is asked anew" in await command(shop, client, "pay", *pay)
    reject = [rejected.order_id, "--reason", "no answer", "--as", "eve"]
    assert "is rejected" in await command(shop, client, "reject", *reject)
    assert "rejected: no answer" == (await rejected.handle.result()).outcome.summary
    ended = await command(shop, client, "holds", "--order", rejected.order_id)
    assert "reject by eve" in ended
    await paid.share()
    assert "expected on_hold" in await command(
        shop, client, "reject", *pay[:1], "--as", "x", fails=1
    )


async def test_over_http(shop: plants.Plant) -> None:
    """Staff asks and rejects; the storefront answers and pays, and may do nothing else."""
    paid, rejected = await asyncio.gather(
        held(shop, "pays", payment=DECLINED), held(shop, "refuses", ship_to=DOUBTFUL)
    )
    app = app_of(shop)
    staff, storefront = client_of(app), client_of(app, KEYS[Role.STOREFRONT])
    page = (await staff.get("/v1/holds", params={"limit": 200})).json()
    assert {paid.order_id, rejected.order_id} <= {one["order_id"] for one in page["holds"]}
    first = (await staff.get("/v1/holds", params={"limit": 1})).json()
    assert first["next"] == first["holds"][0]["order_id"]
    where, other = (f"/v1/orders/{order.order_id}" for order in (paid, rejected))
    for name in ("ask", "reject"):
        assert (await storefront.post(f"{where}/{name}", json={})).status_code == 403
    assert (await storefront.get("/v1/holds")).status_code == 403
    early = await storefront.post(f"{where}/answer", json={"answer": "yes"})
    assert (early.status_code, early.json()["code"]) == (409, "confirmation_refused")
    asked = await staff.post(f"{where}/ask", json={"question": "another card?"})
    assert (asked.status_code, asked.json()["hold"]["asked"]) == (200, True)
    answered = await storefront.post(f"{where}/answer", json={"answer": "yes"})
    assert (answered.status_code, answered.json()["hold"]["asked"]) == (200, False)
    useless = await storefront.post(f"{other}/pay", json={"reference": "tok_visa"})
    assert "does not help against address_ambiguous" in useless.json()["detail"]
    done = await storefront.post(f"{where}/pay", json={"reference": "tok_visa"})
    assert done.status_code == 200
    await paid.share()
    [hold] = (await staff.get(f"{where}/holds")).json()
    assert ("pay", "the-storefront", "yes") == (hold["answer"], hold["closed_by"], hold["reply"])
    assert (await staff.post(f"{other}/reject", json={"reason": "no"})).status_code == 200
    assert "rejected: no" == (await rejected.handle.result()).outcome.summary
