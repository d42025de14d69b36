"""`fulfillment doctor` on set-ups that are really broken, and on one that is not."""

import json
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)
from typer.testing import CliRunner

import plant
from fulfillment import bootstrap
from fulfillment.domain.keyring import KEY_BYTES, EncryptionKey
from fulfillment.entrypoints import cli
from fulfillment.entrypoints.doctor import (
    clock_check,
    database_checks,
    machine_checks,
    outside_checks,
)
from fulfillment.entrypoints.doctor.checks import CHECKS, diagnose, is_wrong
from fulfillment.entrypoints.doctor.findings import Answer, Finding, Site, Verdict
from fulfillment.persistence.condition import Condition
from fulfillment.settings import Settings
from fulfillment.temporal.dev_server import free_port
from fulfillment.temporal.identifiers import order_workflow_id
from fulfillment.temporal.registration import registered_types
from http_shop import API_KEYS
from other_release import another_release_at_work
from plant import Plant
from postgres_server import Server

OK, WARNING, WRONG = Verdict.OK, Verdict.WARNING, Verdict.WRONG
NOT_CHECKED = Verdict.NOT_CHECKED


@pytest.fixture(scope="module")
def address(client: Client) -> str:
    """Give the address of the server of all tests."""
    return client.service_client.config.target_host


async def found_in(settings: Settings, address: str) -> dict[str, Finding]:
    """Return what is found of a set-up, by the check's name."""
    return {finding.check: finding for finding in await diagnose(address, lambda: settings)}


def verdicts(found: dict[str, Finding]) -> dict[str, Verdict]:
    """Return how each check ended."""
    return {name: finding.verdict for name, finding in found.items()}


async def new_namespace(client: Client, monkeypatch: pytest.MonkeyPatch, days: int) -> Client:
    """Make a namespace without our attributes, and have TEMPORAL_NAMESPACE name it."""
    name = plant.new_id("doctor")
    retention = Duration(seconds=int(timedelta(days=days).total_seconds()))
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=retention)
    )
    monkeypatch.setenv("TEMPORAL_NAMESPACE", name)
    there = Client(client.service_client, namespace=name)

    async def known() -> bool:
        return bool(await registered_types(there) is not None)

    await plant.eventually(known)
    return there


async def test_a_healthy_set_up(shop: Plant, address: str) -> None:
    """Everything is ok but what a test's set-up is rightly warned of."""
    key = SecretStr(EncryptionKey("k1", bytes(KEY_BYTES)).setting())
    keyed = shop.settings.model_copy(update={"api_keys": API_KEYS, "encryption_keys": key})
    found = await found_in(keyed, address)
    warned = {name: each.found for name, each in found.items() if each.verdict is not OK}
    assert list(found) == ["settings", *(check.name for check in CHECKS)]
    assert set(warned) == {"database", "payments", "mail"}
    assert "articles" in found["catalog"].found
    assert "among temporary files" in warned["database"]
    assert shop.settings.task_queue in found["workers"].found
    assert not is_wrong(list(found.values()))


async def test_what_is_not_encrypted_is_told() -> None:
    """Without a key, and with one as long as plaintext is taken, too."""
    key = SecretStr(EncryptionKey("k1", bytes(KEY_BYTES)).setting())
    for settings, told in (
        (Settings(), "off: "),
        (Settings(encryption_keys=key, encryption_accept_plaintext=True), "plaintext is taken"),
    ):
        answer = await machine_checks.encryption(Site(configured=settings))
        assert WARNING is answer.verdict
        assert told in answer.found


LIVE = {"stripe_api_key": SecretStr("rk_live_1"), "smtp_url": SecretStr("smtp://h:25")}


@pytest.mark.parametrize(
    ("check", "fields", "verdict", "told"),
    [
        (outside_checks.payments, {}, WARNING, "the sandbox"),
        (outside_checks.payments, {"stripe_api_key": SecretStr("sk_test_1")}, WARNING, "test mode"),
        (outside_checks.payments, LIVE, OK, "Stripe"),
        (outside_checks.mail, {}, WARNING, "nobody gets any mail"),
        (outside_checks.mail, LIVE, WARNING, "example's address"),
        (
            outside_checks.mail,
            {**LIVE, "sender_mail": "a@b.example", "supervisor_mail": "c@b.example"},
            OK,
            "from a@b.example",
        ),
    ],
)
async def test_what_reaches_nobody_outside(
    check: Callable[[Site], Awaitable[Answer]],
    fields: dict[str, object],
    verdict: Verdict,
    told: str,
) -> None:
    """What is only good for trying things is warned of, and no secret is shown."""
    answer = await check(Site(configured=Settings().model_copy(update=fields)))
    assert verdict is answer.verdict
    assert told in answer.found
    assert (verdict is OK) is (not answer.remedy)


@pytest.mark.parametrize(
    ("articles", "warehouses", "verdict"),
    [(3, 1, OK), (0, 0, WARNING), (3, 0, WARNING), (None, None, NOT_CHECKED)],
)
async def test_an_empty_catalog(
    articles: int | None, warehouses: int | None, verdict: Verdict
) -> None:
    """Where nothing is to be sold, or from nowhere, every order is refused."""
    condition = Condition(
        kind="sqlite",
        place="d",
        version="3",
        revision="1",
        head="1",
        is_known=True,
        articles=articles,
        warehouses=warehouses,
    )
    assert verdict is (await database_checks.catalog(Site(database=condition))).verdict


async def test_nothing_is_there(tmp_path: Path) -> None:
    """Without server, database and folder, each is told; what needs them is not checked."""
    nowhere = f"127.0.0.1:{free_port()}"
    folder = tmp_path / "none"
    settings = Settings(data_dir=folder, connect_timeout=timedelta(seconds=1))
    found = await found_in(settings, nowhere)
    ended = verdicts(found)
    assert {name for name, verdict in ended.items() if verdict is WRONG} == {
        "data folder",
        "database",
        "Temporal server",
    }
    assert ended["tables"] is ended["workers"] is ended["clocks"] is NOT_CHECKED
    assert found["workers"].found == "because of what is wrong with: Temporal server"
    assert not folder.exists()


async def test_a_namespace_without_attributes_and_workers(
    client: Client, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attribute that is missing has its command; nobody polls; retention is told."""
    await new_namespace(client, monkeypatch, days=30)
    found = await found_in(plant.settings_in(tmp_path), address)
    ended = verdicts(found)
    assert (ended["namespace"], ended["search attributes"], ended["workers"]) == (OK, WRONG, WRONG)
    assert found["search attributes"].remedy.count("search-attribute create") == 5
    assert "for workflows and activities" in found["workers"].found
    assert "python worker.py" in found["workers"].remedy


async def test_an_attribute_of_another_type(
    client: Client, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named with both types and what removes it; a retention that is too short is told."""
    there = await new_namespace(client, monkeypatch, days=1)
    text = IndexedValueType.INDEXED_VALUE_TYPE_TEXT
    await there.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=there.namespace, search_attributes={"Carrier": text})
    )
    whole = await found_in(Settings(data_dir=tmp_path), address)
    found = whole["search attributes"]
    assert whole["namespace"].verdict is WARNING
    assert "keeps ended workflows for 1 days" in whole["namespace"].found
    assert "--retention 14d" in whole["namespace"].remedy
    assert (found.verdict, found.found) == (
        WRONG,
        "search attribute Carrier is of type Text, expected type Keyword",
    )
    assert "search-attribute remove --name Carrier" in found.remedy


async def test_a_namespace_that_is_not_there(
    client: Client, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is ok, the namespace is not, and what creates it is told."""
    del client
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "nobody-made-it")
    found = await found_in(plant.settings_in(tmp_path), address)
    assert (found["Temporal server"].verdict, found["namespace"].verdict) == (OK, WRONG)
    assert "namespace create -n nobody-made-it" in found["namespace"].remedy


class Failing(Interceptor):
    """Fails every workflow task, as a worker of a wrong version does."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002, ARG002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        """Wrap workflows."""
        return _Failing


class _Failing(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ARG002
        message = "not of this version"
        raise RuntimeError(message)


async def test_an_order_that_is_stuck(client: Client, address: str, tmp_path: Path) -> None:
    """An order whose workflow task fails again and again is named."""
    async with plant.plant(client, tmp_path, interceptors=[Failing()]) as shop:
        order_id = plant.new_id("STUCK")
        handle = await client.start_workflow(
            "OrderWorkflow",
            plant.order_data(order_id),
            id=order_workflow_id(order_id),
            task_queue=shop.settings.task_queue,
        )

        async def told() -> Finding | None:
            found = (await found_in(shop.settings, address))["stuck workflows"]
            return found if found.verdict is WRONG else None

        found = await plant.eventually(told)
        await handle.terminate()
    begin = f"1 running workflows looked at, 1 stuck: order/{order_id} (WORKFLOW_WORKER_UNHANDLED"
    assert begin in found.found
    assert "not of this version" in found.found
    assert "see the worker's log" in found.remedy


async def test_an_order_of_other_code(client: Client, address: str, tmp_path: Path) -> None:
    """Where the code would do something else than was done, that is told with its remedy."""
    settings = plant.settings_in(tmp_path)
    workflow_id = order_workflow_id(plant.new_id("OTHER"))
    queue = settings.task_queue

    async def told() -> Finding | None:
        found = (await found_in(settings, address))["stuck workflows"]
        return found if found.verdict is WRONG else None

    async with (
        another_release_at_work(client, queue, workflow_id) as handle,
        plant.plant(client, tmp_path, task_queue=queue),
    ):
        await handle.signal("resume")
        found = await plant.eventually(told)
    assert f"{workflow_id} (NON_DETERMINISTIC_ERROR at attempt" in found.found
    assert "start workers of the version that began it" in found.remedy


async def test_tables_of_other_versions(shop: Plant, address: str, tmp_path: Path) -> None:
    """None, older and unknown tables are told apart, each with what mends it."""
    del shop
    settings = plant.settings_in(tmp_path)
    path = settings.database_url.partition(":///")[2]
    sqlite3.connect(path).execute("PRAGMA journal_mode = wal").connection.close()
    none = await found_in(settings, address)
    async with bootstrap.database(settings):
        pass
    changes: list[Callable[[sqlite3.Connection], object]] = [
        lambda c: c.execute("UPDATE alembic_version SET version_num = '0001'"),
        lambda c: c.execute("UPDATE alembic_version SET version_num = '9999'"),
    ]
    told = [none["tables"]]
    for change in changes:
        connection = sqlite3.connect(path)
        change(connection)
        connection.commit()
        connection.close()
        told.append((await found_in(settings, address))["tables"])
    assert [finding.verdict for finding in told] == [WRONG] * 3
    assert [finding.found.partition(",")[0] for finding in told] == [
        "no tables yet",
        "version 0001",
        "version 9999",
    ]
    assert "upgrade this program" in told[2].remedy


async def test_postgresql(postgres: Server, address: str, tmp_path: Path) -> None:
    """A database that will do is ok, clock included; one that is not there is wrong."""
    with postgres.database() as url:
        settings = plant.settings_in(tmp_path, database_url=url)
        async with bootstrap.database(settings):
            pass
        hasty = (await found_in(settings, address))["database"]
        name = url.partition("?")[0].rpartition("/")[2]
        postgres.execute("postgres", f"ALTER DATABASE {name} SET synchronous_commit = on")
        good = await found_in(settings, address)
    assert (hasty.verdict, "synchronous_commit=off" in hasty.found) == (WRONG, True)
    bad = (await found_in(settings, address))["database"]
    assert (good["database"].verdict, good["tables"].verdict) == (OK, OK)
    assert "the database is" in good["clocks"].found
    assert (bad.verdict, "does not exist" in bad.found) == (WRONG, True)


@pytest.mark.parametrize(
    ("facts", "version", "expected"),
    [
        ({}, "18.4", OK),
        ({}, "12.9", WRONG),
        ({"server_encoding": "LATIN1"}, "18.4", WRONG),
        ({"may_create": "no"}, "18.4", WRONG),
        ({"synchronous_commit": "off"}, "18.4", WRONG),
        ({"max_connections": "20"}, "18.4", WARNING),
    ],
)
def test_settings_of_postgresql(facts: dict[str, str], version: str, expected: Verdict) -> None:
    """What docs/operations.md asks for is asked for here."""
    good = {
        "server_encoding": "UTF8",
        "may_create": "yes",
        "synchronous_commit": "on",
        "max_connections": "100",
    }
    condition = Condition(
        kind="postgresql",
        place="postgresql://h/d",
        version=version,
        revision="1",
        head="1",
        is_known=True,
        facts={**good, **facts},
    )
    assert expected == database_checks.of_postgresql(condition).verdict


def test_a_file_on_a_network() -> None:
    """The innermost mount says of which kind a file system is."""
    mounts = [["/", "ext4"], ["/data", "nfs4"], ["/data/local", "xfs"]]
    kinds = [database_checks.longest_mount(p, mounts) for p in ("/x", "/data/a", "/data/local/a")]
    assert kinds == ["ext4", "nfs4", "xfs"]
    assert kinds[1] in database_checks.NETWORK_FILESYSTEMS


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_clocks_apart(ahead: float) -> None:
    """Two seconds apart are fine, more than thirty are not, in either direction."""
    verdict = clock_check.judged({"Temporal": ahead, "the database": 0.0}).verdict
    apart = abs(ahead)
    assert verdict is (OK if apart <= 2 else WARNING if apart <= 30 else WRONG)


def test_little_room(tmp_path: Path) -> None:
    """Below 2 GiB it warns, below 100 MiB it is wrong."""
    sizes = (3 * 1024**3, 1024**3, 1024**2)
    told = [machine_checks.of_space(tmp_path, size).verdict for size in sizes]
    assert told == [OK, WARNING, WRONG]


async def test_a_check_that_fails_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is wrong by the error's kind, without its text, and the others are told all the same."""

    async def broken(_: Site) -> Any:
        message = "Ada Lovelace"
        raise ValueError(message)

    checks = [
        type(check)(check.name, broken if check.name == "api keys" else check.look, check.needs)
        for check in CHECKS
    ]
    monkeypatch.setattr("fulfillment.entrypoints.doctor.checks.CHECKS", tuple(checks))
    settings = Settings(data_dir=tmp_path, connect_timeout=timedelta(seconds=1))
    found = await found_in(settings, f"127.0.0.1:{free_port()}")
    assert found["api keys"].found == "the check itself failed: ValueError"
    assert found["data folder"].verdict is not WRONG


def test_as_a_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str) -> None:
    """Text has a line for each check; JSON has the same; a wrong setting is exit code 1."""
    monkeypatch.setenv("FULFILLMENT_DATA_DIR", str(tmp_path))
    text = CliRunner().invoke(cli.app, ["doctor", "--address", address])
    asked = CliRunner().invoke(cli.app, ["doctor", "--json", "--address", address])
    told = json.loads(asked.stdout)
    assert (text.exit_code, len(text.stdout.splitlines())) == (1, len(CHECKS) + 1)
    assert {entry["check"] for entry in told} == {"settings", *(c.name for c in CHECKS)}
    monkeypatch.setenv("FULFILLMENT_TIME_SCALE", "fast")
    refused = CliRunner().invoke(cli.app, ["doctor", "--address", address])
    lines = refused.stdout.splitlines()
    assert refused.exit_code == 1
    assert lines[0].startswith("wrong        settings: FULFILLMENT_TIME_SCALE: expected")
    assert {line[:11] for line in lines[1:]} == {"not checked"}
