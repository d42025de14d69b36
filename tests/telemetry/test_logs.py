"""The log's lines: what they say, and what they never say."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

import plant
from fulfillment.domain.errors import InvalidOrder, Problem
from fulfillment.telemetry import logs
from fulfillment.telemetry.log_context import request, subject
from fulfillment.telemetry.logs import LogFormat, LogLevel
from fulfillment.temporal.identifiers import fulfillment_workflow_id, order_workflow_id

CANARY = "Zebedee Canaryson, Canarystr. 7, +49 40 7654321, canary@example.com"
PARTS = ("Zebedee", "Canarystr", "7654321", "canary@")


@contextmanager
def logged(
    log_format: LogFormat = LogFormat.JSON, level: LogLevel = LogLevel.DEBUG
) -> Iterator[io.StringIO]:
    """Collect what is logged inside, as a program that was set up so writes it."""
    stream = io.StringIO()
    root = logging.getLogger()
    names = ["", *logs.LEVELLED]
    before = {name: logging.getLogger(name).level for name in names}
    logs.configure(log_format, level, "test")
    handler = next(h for h in root.handlers if isinstance(h, logs._SafeStream))
    handler.setStream(stream)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        for name, number in before.items():
            logging.getLogger(name).setLevel(number)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return the lines that were logged as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_of_json() -> None:
    """It says when, how heavy, who, what, and what was added of the names that are known."""
    with logged() as stream, request("r-1"):
        extra = {"order_id": "A-1", "customer": CANARY}
        logging.getLogger("fulfillment.x").info("did %d things", 2, extra=extra)
    (line,) = lines(stream)
    assert line["time"].endswith("Z")
    assert (line["level"], line["logger"], line["program"]) == ("INFO", "fulfillment.x", "test")
    assert (line["message"], line["order_id"], line["request_id"]) == ("did 2 things", "A-1", "r-1")
    assert "customer" not in line


def test_a_line_of_text() -> None:
    """It is one line, with the rest behind the message, and the error by its kind and place."""
    with logged(LogFormat.TEXT) as stream:
        try:
            raise InvalidOrder.of(Problem(path="customer.name", expected="a name", came=CANARY))
        except InvalidOrder:
            logging.getLogger("worker").exception("refused", extra={"code": "x"})
    (line,) = stream.getvalue().splitlines()
    assert " ERROR refused code=x error=InvalidOrder[invalid_order]@tests/telemetry/" in line
    assert "Zebedee" not in line


def test_levels() -> None:
    """Our own lines from the level that is set on; other libraries warn at least."""
    with logged(level=LogLevel.INFO) as stream:
        for name in ("fulfillment", "temporalio.worker", "alembic"):
            logging.getLogger(name).debug("debug")
            logging.getLogger(name).info("info")
            logging.getLogger(name).warning("warning")
    assert [(line["logger"], line["message"]) for line in lines(stream)] == [
        ("fulfillment", "info"),
        ("fulfillment", "warning"),
        ("temporalio.worker", "info"),
        ("temporalio.worker", "warning"),
        ("alembic", "warning"),
    ]


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=8), st.integers(0, 4))
def test_no_errors_text_is_said(secret: str, depth: int) -> None:
    """Neither its own, nor its causes', whoever logs it, in either format."""
    error: Exception = ApplicationError(secret, secret, type="payment_declined")
    for _ in range(depth):
        outer = ValueError(secret)
        outer.__cause__ = error
        error = outer
    for log_format in LogFormat:
        with logged(log_format) as stream:
            for name in ("fulfillment", "asyncio"):
                logging.getLogger(name).error("failed: %s", error, exc_info=error)
        told = stream.getvalue()
        assert secret not in told.replace("payment_declined", "")
        assert told.count("payment_declined") >= 2


def test_others_messages_end_where_they_begin_to_quote() -> None:
    """Of a library's message the first line is kept, up to its first colon."""
    with logged() as stream:
        other = logging.getLogger("asyncio")
        other.error("Task exception was never retrieved\nfuture: <Task %s>", CANARY)
        other.error(f"Exception handling failed, original error: {CANARY}")
        details = f"Completing ({ {'id': CANARY} })"
        logging.getLogger("temporalio.activity").warning(details)
        logging.getLogger("py.warnings").warning("%s", f"/a/b.py:12: UserWarning: {CANARY}")
    assert [line["message"] for line in lines(stream)] == [
        "Task exception was never retrieved",
        "Exception handling failed, original error",
        "Completing",
        "/a/b.py:12: UserWarning",
    ]


def test_a_variable_that_can_not_be_used_has_the_default() -> None:
    """The log begins before settings are checked; a line of JSON is asked for in any case."""
    assert logs._one_of(LogFormat, "xml", LogFormat.TEXT) is LogFormat.TEXT
    assert logs._one_of(LogLevel, "WARNING", LogLevel.INFO) is LogLevel.WARNING


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True), st.integers(1, 99))
def test_whom_a_workflow_is_about(order_id: str, number: int) -> None:
    """An order's workflow is about the order, a fulfillment's about both."""
    share = f"{order_id}-{number}"
    assert subject(order_workflow_id(order_id)) == {"order_id": order_id}
    about = {"order_id": order_id, "fulfillment_id": share}
    assert subject(fulfillment_workflow_id(share)) == about
    assert subject("doctor") == {}


class Quoting(Interceptor):
    """Has an activity and a workflow fail with an error whose text is personal."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap activities."""
        return _QuotingActivities(next)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002, ARG002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        """Wrap workflows."""
        return _QuotingWorkflows


class _QuotingActivities(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ARG002
        raise RuntimeError(CANARY) from ValueError(CANARY)


class _QuotingWorkflows(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002
        if "FAILS" in str(input.args[0]):
            raise RuntimeError(CANARY)
        return await super().execute_workflow(input)


async def test_the_sdk_says_no_text_either(client: Client, tmp_path: Path) -> None:
    """Failing activities, failing workflow tasks and lost tasks are told with ids alone."""
    with logged() as stream:
        async with plant.plant(client, tmp_path, interceptors=[Quoting()]) as shop:
            ids = [plant.new_id("FAILS"), plant.new_id("QUOTES")]
            handles = [
                await client.start_workflow(
                    "OrderWorkflow",
                    plant.order_data(order_id),
                    id=order_workflow_id(order_id),
                    task_queue=shop.settings.task_queue,
                )
                for order_id in ids
            ]

            async def told() -> bool:
                messages = [line["message"] for line in lines(stream)]
                return {"Completing activity as failed"} <= set(messages) and any(
                    message.startswith("Failed") for message in messages
                )

            await plant.eventually(told)
            for handle in handles:
                await handle.terminate()
        lost = asyncio.get_running_loop().create_future()
        lost.set_exception(RuntimeError(CANARY))
        del lost
    text = stream.getvalue()
    failed = [line for line in lines(stream) if line["message"] == "Completing activity as failed"]
    assert [part for part in PARTS if part in text] == []
    assert (failed[0]["order_id"], failed[0]["activity"]) == (ids[1], "record_order")
    assert failed[0]["error"]["type"] == "RuntimeError"
    assert failed[0]["error"]["cause"]["type"] == "ValueError"


def test_what_is_told_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    """It is a plain line for people, and one of the log's where that is JSON."""
    with logged(LogFormat.TEXT) as stream:
        logs.tell("Temporal: here")
    assert (capsys.readouterr().err, stream.getvalue()) == ("Temporal: here\n", "")
    with logged() as stream:
        logs.tell("Temporal: here")
    assert [line["message"] for line in lines(stream)] == ["Temporal: here"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("log_format", LogFormat)
def test_a_program_that_ends_by_an_error(
    log_format: LogFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which and where, and not its text."""
    monkeypatch.setattr("sys.excepthook", None)
    with logged(log_format) as stream:
        error = RuntimeError(CANARY)
        logs._log_uncaught(type(error), error, None)
    assert "ended by an error" in stream.getvalue()
    assert "RuntimeError" in stream.getvalue()
    assert "Zebedee" not in stream.getvalue()
