"""The command `fulfillment` and the starter, as a person runs them."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from temporalio.client import Client, WorkflowExecutionStatus
from typer.testing import CliRunner

from fulfillment.domain.lifecycle import OrderStage, TaskKind
from fulfillment.entrypoints import cli, submit
from fulfillment.operations.floor import list_tasks
from fulfillment.operations.order_access import get_order, order_handle
from fulfillment.operations.orders import submit_order
from plant import Plant, eventually, new_id, order, order_data

ROOT = Path(__file__).parents[2]
Run = Callable[..., Coroutine[Any, Any, Result]]


@pytest.fixture
def settings(shop: Plant, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the commands at the shop."""
    monkeypatch.setenv("FULFILLMENT_DATA_DIR", str(shop.settings.data_dir))
    monkeypatch.setenv("FULFILLMENT_TASK_QUEUE", shop.settings.task_queue)
    monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(shop.settings.data_dir / "none.toml"))


@pytest.fixture
def run(settings: None) -> Run:  # noqa: ARG001 - it points the commands at the shop
    """Run a command; in a thread, since the shop's worker lives in this one's loop."""

    async def invoke(*arguments: str, given: str = "", app: object = cli.app) -> Result:
        runner = CliRunner()
        return await asyncio.to_thread(runner.invoke, app, list(arguments), input=given)  # type: ignore[arg-type]

    return invoke


async def placed(shop: Plant, name: str, *lines: tuple[str, int]) -> str:
    """Submit an order and wait until its first fulfillment is about to be picked."""
    wanted = order(new_id(name), *lines)
    await submit_order(shop.engine, wanted)

    async def ready() -> bool:
        share = f"{wanted.order_id}-1"
        return bool(await list_tasks(shop.engine, fulfillment_id=share, kind=TaskKind.PICK))

    await eventually(ready)
    return wanted.order_id


async def packed_otherwise(run: Run, share: str, folder: Path) -> None:
    """Want another carton, look at its picture, and have its odd weight let pass."""
    changed = await run("floor", "change-cartons", share, "--carton", "M", "--as", "bob")
    assert "to be packed in M" in changed.stdout
    drawn = folder / "carton.png"
    picture = await run("floor", "picture", f"{share}-pack", "--png", "--out", str(drawn))
    assert "carton 1 of 1, M" in picture.stdout
    assert drawn.read_bytes().startswith(b"\x89PNG")
    nowhere = await run("floor", "picture", f"{share}-pack", "--out", str(drawn / "a.svg"))
    assert (nowhere.exit_code, "--out: expected a file" in nowhere.stderr) == (1, True)
    packed = ("floor", "confirm-pack", share, "--as", "bob", "--carton", "M", "--weight", "9")
    assert "too light" in (await run(*packed)).stderr
    override = ("--supervisor", "eve", "--reason", "the scales are off")
    assert (await run(*packed, *override)).exit_code == 0


async def papers(run: Run, order_id: str, folder: Path) -> None:
    """Check that what was printed is listed, shown, and printed again as the same bytes."""
    listed = json.loads((await run("documents", "list", order_id, "--json")).stdout)
    names = {paper["kind"]: paper["document_id"] for paper in listed}
    assert set(names) == {"label", "packing_slip"}
    for wanted, begins in (("pdf", b"%PDF"), ("png", b"\x89PNG"), ("zpl", b"^XA")):
        first, again = folder / f"1.{wanted}", folder / f"2.{wanted}"
        given = (names["label"], "--format", wanted, "--out")
        assert (await run("documents", "show", *given, str(first))).exit_code == 0
        shown = await run("documents", "reprint", *given, str(again), "--as", "bob")
        assert (shown.exit_code, names["label"] in shown.stdout) == (0, True)
        assert first.read_bytes()[: len(begins)] == begins
        assert again.read_bytes() == first.read_bytes()
    nowhere = str(folder / "no" / "where")
    for refused, words in (
        (("show", names["packing_slip"], "--format", "zpl", "--out", "-"), "format: expected"),
        (("show", names["label"], "--out", nowhere), "a file that can be written"),
        (("show", names["label"], "--format", "png", "--page", "2", "--out", "-"), "1 to 1"),
    ):
        result = await run("documents", *refused)
        assert (result.exit_code, words in result.stderr) == (1, True)


async def test_an_order_is_carried_by_commands_alone(shop: Plant, run: Run, tmp_path: Path) -> None:
    """From the floor's list to the carrier's delivery."""
    order_id = await placed(shop, "cli")
    share = f"{order_id}-1"
    assert share in (await run("floor", "list")).stdout
    assert "BER-A0-01" in (await run("floor", "show", share)).stdout
    picked = await run(
        "floor", "confirm-pick", share, "--as", "ann", "--item", "MUG=2@BER-A0-01", "--item",
        "BOOK=1",
    )  # fmt: skip
    assert (picked.exit_code, picked.stdout) == (
        0,
        f"{share}: pick confirmed by ann; next is sorting\n",
    )
    assert (await run("floor", "confirm-sort", share, "--as", "ann")).exit_code == 0
    assert "Take carton" in (await run("floor", "show", share)).stdout
    await packed_otherwise(run, share, tmp_path)

    async def labeled() -> bool:
        return bool(await list_tasks(shop.engine, fulfillment_id=share, kind=TaskKind.HAND_OVER))

    await eventually(labeled)
    shown = json.loads((await run("floor", "show", share, "--json")).stdout)
    [parcel] = shown[0]["plan"]["parcels"]
    number = parcel["tracking_number"]
    await papers(run, share[:-2], tmp_path)
    assert (await run("floor", "confirm-handover", share, "--parcel", number)).exit_code == 0
    assert (await run("tracking", "record", number, "delivered")).exit_code == 0
    reported = json.loads((await run("report", "--json")).stdout)
    roles = {row["role"] for row in reported["work"] if row["tasks"]}
    assert roles == {"picker", "sorter", "packer", "shipper"}
    assert sum(row["left_in_time"] for row in reported["due"]) >= 1
    assert "shipper" in (await run("report")).stdout

    async def settled() -> bool:
        return (await get_order(shop.engine, order_id)).stage is OrderStage.SETTLED

    await eventually(settled)
    assert "outcome: completed" in (await run("orders", "show", order_id)).stdout
    assert "delivered" in (await run("orders", "timeline", order_id)).stdout
    assert "sourcing" in (await run("orders", "why", order_id)).stdout


async def test_a_refusal_is_one_line_and_exit_code_1(shop: Plant, run: Run) -> None:
    """With what was expected, what came, and what to do."""
    share = f"{await placed(shop, 'refuse')}-1"
    refused = await run("floor", "confirm-pick", share, "--item", "LAMP=1")
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr == (
        "confirmation refused: item LAMP: expected one of MUG, BOOK, came LAMP; "
        "put it back and scan the item on the pick list\n"
    ).replace("MUG, BOOK", ", ".join(await skus_in_walking_order(shop, share)))
    wrong = await run("floor", "confirm-pick", share, "--item", "LAMP")
    assert (wrong.exit_code, "SKU=QUANTITY[@BIN]" in wrong.stderr) == (1, True)


async def skus_in_walking_order(shop: Plant, share: str) -> list[str]:
    """Return the SKUs of a pick task."""
    [task] = await list_tasks(shop.engine, fulfillment_id=share)
    return [item["sku"] for item in task.plan["items"]]


async def test_refusals_are_json_where_json_is_asked_for(run: Run) -> None:
    """So that a program reads the problems one by one."""
    refused = await run("orders", "show", "nobody", "--json")
    assert refused.exit_code == 1
    error = json.loads(refused.stderr)["error"]
    assert (error["code"], error["problems"][0]["path"]) == ("not_found", "order nobody")


@pytest.mark.parametrize(
    "arguments",
    [
        ["orders", "list", "--stage", "nowhere"],
        ["orders", "cancel", "A1"],
        ["floor", "assign", "A1-1"],
        ["floor", "assign", "A1-1", "--to", "ann", "--pool"],
        ["nonsense"],
    ],
)
async def test_wrong_usage_has_exit_code_2(run: Run, arguments: list[str]) -> None:
    """Before anything is asked of the engine."""
    assert (await run(*arguments)).exit_code == 2


async def test_nobody_answers_has_exit_code_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says where nobody answered and how to start one."""
    monkeypatch.setenv("FULFILLMENT_CONNECT_TIMEOUT", "PT1S")
    silent = await run("orders", "list", "--address", "127.0.0.1:1")
    assert silent.exit_code == 2
    assert silent.stderr.startswith("temporal unreachable: Temporal: expected a server answering")
    assert silent.stderr.count("\n") == 1


async def test_orders_are_assigned_corrected_canceled_and_resumed(shop: Plant, run: Run) -> None:
    """What operators do, each with its answer in a line."""
    order_id = await placed(shop, "ops")
    given = await run("floor", "assign", f"{order_id}-1", "--to", "ann")
    assert "picking is given to ann" in given.stdout
    on_hold = await run("orders", "correct-address", order_id, "--city", "Altona")
    assert (on_hold.exit_code, "expected on_hold, came fulfilling" in on_hold.stderr) == (1, True)
    assert "told to" in (await run("orders", "resume", order_id)).stdout
    cancel = ["orders", "cancel", order_id, "--reason", "a test", "--as", "ann"]
    assert "nothing of it is back-ordered" in (await run(*cancel, "--back-ordered-only")).stderr
    canceled = await run(*cancel)
    assert f"{order_id} is canceled: " in canceled.stdout
    late = await run("orders", "cancel", order_id, "--reason", "again", "--as", "bob")
    assert (late.exit_code, late.stderr.startswith("too late: ")) == (1, True)


async def test_an_address_is_corrected_field_by_field(shop: Plant, run: Run) -> None:
    """What is not given stays as it was; a wrong field is named."""
    wrong = order_data(new_id("address"))
    wrong["ship_to"]["postal_code"] = "XX"
    await submit_order(shop.engine, order(wrong["order_id"], ship_to=wrong["ship_to"]))

    async def held() -> bool:
        tried = await run("orders", "correct-address", wrong["order_id"], "--country", "de")
        assert "country" in tried.stderr
        shown = await run("orders", "show", wrong["order_id"], "--json")
        status = json.loads(shown.stdout)["status"]
        return bool(status and status["stage"] == "on_hold")

    await eventually(held)
    done = await run("orders", "correct-address", wrong["order_id"], "--postal-code", "20359")
    assert done.exit_code == 0
    address = (await get_order(shop.engine, wrong["order_id"])).order.ship_to
    assert (address.postal_code, address.city) == ("20359", "Hamburg")


async def test_stock_is_received_adjusted_and_shown(run: Run) -> None:
    """By commands, each id once."""
    where = ["--bin", "BER-A0-09", "--sku", "RARE15", "--as", "ann"]
    delivery = [new_id("R"), "--warehouse", "BER", "--quantity", "5", *where]
    assert "5 RARE15 received in BER" in (await run("stock", "receive", *delivery)).stdout
    count = [new_id("C"), "--counted", "4", "--reason", "broken", *where]
    assert (await run("stock", "adjust", *count)).stdout == "-1 RARE15: 4 in BER-A0-09\n"
    shown = json.loads((await run("stock", "show", "--sku", "RARE15", "--json")).stdout)
    assert [row["level"]["on_hand"] for row in shown] == [4]
    lot = [new_id("R"), *delivery[1:], "--lot", "L1", "--expires"]
    assert (await run("stock", "receive", *lot, "2031-05-31")).exit_code == 0
    wrong = await run("stock", "receive", *lot, "31.5.")
    assert (wrong.exit_code, "expires_on" in wrong.stderr) == (1, True)
    sweep = ["--warehouse", "BER", "--as", "ann", "--json"]
    assert json.loads((await run("stock", "expire", *sweep)).stdout)["quarantined"] == []
    neither = await run("stock", "adjust", "C0", "--reason", "x", *where)
    assert (neither.exit_code, "either counted" in neither.stderr) == (1, True)


async def test_verify_names_what_does_not_hold(shop: Plant, run: Run) -> None:
    """Rule, rows and repair of each finding; findings are exit code 1."""
    order_id = await placed(shop, "open")
    found = await run("verify", "--settled", "--json")
    assert found.exit_code == 1
    rows = {tuple(finding["rows"]) for finding in json.loads(found.stdout)}
    assert (f"order {order_id}",) in rows
    told = await run("verify", "--settled")
    assert f"  repair: fulfillment orders show {order_id}" in told.stdout.splitlines()


async def test_verify_repairs_what_is_safe(shop: Plant, run: Run) -> None:
    """What was terminated is started again, once it is agreed to; JSON can't be asked."""
    order_id = await placed(shop, "repaired")
    await order_handle(shop.engine, order_id).terminate("a test")
    unasked = await run("verify", "--repair", "--json")
    assert (2, True) == (unasked.exit_code, "--yes" in unasked.stderr)
    told = await run("verify", "--grace", "0", "--repair", "--yes", "--json")
    repair = {"kind": "resume_order", "subject": order_id}
    assert {"repair": repair, "refusal": ""} in json.loads(told.stdout)["repaired"]
    described = await order_handle(shop.engine, order_id).describe()
    assert WorkflowExecutionStatus.RUNNING == described.status


async def test_schemas_are_printed(run: Run) -> None:
    """JSON Schema of what is handed in."""
    order_schema = json.loads((await run("orders", "schema")).stdout)
    assert "lines" in order_schema["required"]
    catalog_schema = json.loads((await run("catalog", "schema")).stdout)
    assert "opening_stock" in catalog_schema["properties"]


async def test_control_characters_do_not_reach_the_terminal(shop: Plant, run: Run) -> None:
    """What a customer typed can't steer an operator's screen."""
    data = order_data(new_id("escape"))
    data["ship_to"]["company"] = "Evil\x1b[2J Inc"
    await submit_order(shop.engine, order(data["order_id"], ship_to=data["ship_to"]))
    shown = (await run("orders", "show", data["order_id"])).stdout
    assert "\x1b" not in shown
    assert "Evil\\x1b[2J Inc" in shown


async def test_the_starter_submits_the_good_ones_of_a_bad_file(run: Run, tmp_path: Path) -> None:
    """From a file and from standard input; what is refused decides the exit code."""
    good, bad = order_data(new_id("starter")), order_data(new_id("starter"), ("NOPE", 1))
    file = tmp_path / "orders.json"
    file.write_text(json.dumps([bad, good, {"order_id": "B"}]))
    started = await run(str(file), "--no-follow", app=submit.app)
    assert started.exit_code == 1
    assert started.stdout == f"{good['order_id']}: acknowledged\n"
    assert "orders[0].lines[0].sku: expected an article of the catalog" in started.stderr
    assert "orders[2].placed_at: expected a value, came nothing" in started.stderr
    again = await run("-", "--no-follow", app=submit.app, given=json.dumps(good))
    assert (again.exit_code, again.stdout) == (0, f"{good['order_id']}: acknowledged\n")


async def test_the_starter_follows_to_the_outcome(shop: Plant, run: Run, tmp_path: Path) -> None:
    """A line for each change, and at the end how it ended."""
    data = order_data(new_id("follow"))
    file = tmp_path / "order.json"
    file.write_text(json.dumps(data))
    following = asyncio.create_task(run(str(file), app=submit.app))

    async def ready() -> bool:
        return bool(await list_tasks(shop.engine, fulfillment_id=f"{data['order_id']}-1"))

    await eventually(ready)
    await run("orders", "cancel", data["order_id"], "--reason", "a test")
    ended = await following
    assert ended.exit_code == 0
    lines = ended.stdout.splitlines()
    assert lines[0] == f"{data['order_id']}: acknowledged"
    assert lines[-1] == f"{data['order_id']}: canceled"


async def test_made_orders_are_submitted(run: Run) -> None:
    """`--sample` needs no file."""
    made = await run("--sample", "2", "--no-follow", app=submit.app)
    assert (made.exit_code, made.stdout.count("acknowledged")) == (0, 2)


@pytest.mark.parametrize(
    "command", [["-m", "fulfillment.entrypoints.cli", "orders", "schema"], ["starter.py", "--help"]]
)
def test_the_commands_end_cleanly(command: list[str]) -> None:
    """As processes of their own."""
    ended = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
