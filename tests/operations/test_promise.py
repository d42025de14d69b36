"""What was promised of a basket is what its order gets; by command and over HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from typer.testing import CliRunner

from fulfillment.domain.baskets import Basket
from fulfillment.domain.orders import Urgency
from fulfillment.entrypoints import cli
from fulfillment.operations.order_access import get_order
from fulfillment.operations.orders import submit_order
from fulfillment.operations.promise import promise
from http_shop import PROBLEM, app_of, client_of
from plant import Plant, eventually, new_id, order, order_data


def basket_data(**changes: Any) -> dict[str, Any]:
    """Return a basket's JSON: a lamp, which only Berlin has, for Hamburg."""
    ship_to = order_data("any")["ship_to"]
    return {"ship_to": ship_to, "lines": [{"sku": "LAMP", "quantity": 1}]} | changes


@pytest.mark.parametrize("urgency", list(Urgency))
async def test_an_order_is_promised_what_its_basket_was(shop: Plant, urgency: Urgency) -> None:
    """The day is on record as soon as the goods are reserved; the order's hash stays."""
    wanted = order(new_id("promise"), ("LAMP", 1), urgency=urgency)
    answer = await promise(shop.engine, wanted)
    [promised] = [one.deliver_on for one in answer.urgencies if one.urgency is urgency]
    acknowledged = await submit_order(shop.engine, wanted)

    async def is_promised() -> bool:
        return (await get_order(shop.engine, wanted.order_id)).order.deliver_by is not None

    await eventually(is_promised)
    record = await get_order(shop.engine, wanted.order_id)
    assert promised == record.order.deliver_by
    assert acknowledged.content_hash == record.content_hash
    assert acknowledged == await submit_order(shop.engine, wanted)


async def test_an_order_keeps_the_day_that_it_named(shop: Plant) -> None:
    """Nothing else is put on record as its promise."""
    wanted = order(new_id("promise"), ("LAMP", 1), deliver_by="2031-01-15")
    await submit_order(shop.engine, wanted)

    async def is_reserved() -> bool:
        return (await get_order(shop.engine, wanted.order_id)).stage == "fulfilling"

    await eventually(is_reserved)
    assert wanted.deliver_by == (await get_order(shop.engine, wanted.order_id)).order.deliver_by


async def test_a_basket_is_asked_for_over_http(shop: Plant) -> None:
    """As the operation answers, and a wrong field is named."""
    web = client_of(app_of(shop))
    response = await web.post("/v1/promises", json=basket_data())
    expected = await promise(shop.engine, Basket.model_validate(basket_data()))
    assert 200 == response.status_code
    assert json.loads(expected.model_dump_json())["services"] == response.json()["services"]
    whole = await web.post("/v1/promises", json=order_data("any"))
    assert 200 == whole.status_code
    wrong = await web.post("/v1/promises", json=basket_data(urgancy="express"))
    assert (422, PROBLEM) == (wrong.status_code, wrong.headers["content-type"])
    assert "urgancy" in wrong.text


@pytest.fixture
def runner(shop: Plant, client: Client, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Give a runner of commands that reach the shop."""
    monkeypatch.setenv("FULFILLMENT_DATA_DIR", str(shop.settings.data_dir))
    monkeypatch.setenv("FULFILLMENT_TASK_QUEUE", shop.settings.task_queue)
    monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(shop.settings.data_dir / "none.toml"))
    return CliRunner()


def asked(runner: CliRunner, data: Any, folder: Path, *more: str) -> tuple[int, str, str]:
    """Run the command on a file of that content; return its code and what it printed."""
    file = folder / "basket.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    result = runner.invoke(cli.app, ["promise", str(file), *more])
    return result.exit_code, result.stdout, result.stderr


def test_a_basket_is_asked_for_by_command(runner: CliRunner, tmp_path: Path) -> None:
    """As tables, and as JSON."""
    code, told, _ = asked(runner, basket_data(), tmp_path)
    assert 0 == code
    for words in ("express", "overland/road-parcel", "BER would ship 1 x LAMP", "not seaway/"):
        assert words in told
    code, told, _ = asked(runner, basket_data(), tmp_path, "--json")
    assert (0, 3) == (code, len(json.loads(told)["urgencies"]))
    code, told, _ = asked(runner, basket_data(lines=[{"sku": "RARE9", "quantity": 1}]), tmp_path)
    assert (0, True) == (code, "back-ordered: 1 x RARE9, without a date" in told)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"lines": []}, "ship_to: expected a value, came nothing"),
        (basket_data(lines=[{"sku": "MUG"}]), "lines[0].quantity: expected a value"),
        (basket_data(urgency="now"), "urgency: expected 'express', 'standard' or 'economy'"),
        (basket_data(colour="red"), "colour: expected no field of this name, came 'red'"),
        (basket_data(lines=[{"sku": "NOPE", "quantity": 1}]), "an article of the catalog"),
        ([], "expected"),
    ],
)
def test_a_wrong_basket_is_refused_by_field(
    runner: CliRunner, tmp_path: Path, data: Any, words: str
) -> None:
    """What was expected, and what came."""
    code, _, told = asked(runner, data, tmp_path)
    assert (1, True) == (code, words in told), told
