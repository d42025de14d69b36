"""Counts how many processes that used Temporal's SDK end cleanly: ``python -m bench.clean_exit``.

Runs alternate between one that connects, works and runs a workflow, and one whose connection
fails. With ``--bare`` they end as plain Python would, which shows what the remedy is for.
"""

import argparse
import asyncio
import json
import sys
import uuid
from collections import Counter
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.worker import Worker

from fulfillment.temporal import clean_exit
from fulfillment.temporal.client import connect
from fulfillment.temporal.dev_server import HOST, free_port, start_dev_server
from fulfillment.temporal.plugin import FulfillmentPlugin
from fulfillment.temporal.setup_errors import ServerUnreachable

CONNECTED, UNREACHABLE = "connected", "unreachable"
SAID = {CONNECTED: "hello", UNREACHABLE: "unreachable"}


@activity.defn(name="bench.hello")
async def hello() -> str:
    """Return a word, to have an activity's way through the SDK in the run."""
    return SAID[CONNECTED]


@workflow.defn(name="BenchHelloWorkflow")
class HelloWorkflow:
    """Runs one activity."""

    @workflow.run
    async def run(self) -> str:
        """Return the activity's word."""
        return await workflow.execute_activity(hello, start_to_close_timeout=timedelta(seconds=10))


async def work(address: str) -> None:
    """Connect, start a worker, run a workflow, print its result.

    Args:
        address: where the dev server listens.

    """
    client = await connect(address=address, plugins=[FulfillmentPlugin()])
    queue = f"clean-exit-{uuid.uuid4()}"
    async with Worker(client, task_queue=queue, workflows=[HelloWorkflow], activities=[hello]):
        print(await client.execute_workflow(HelloWorkflow.run, id=queue, task_queue=queue))


async def fail(address: str) -> None:
    """Try to connect where nobody listens, and print that.

    Args:
        address: where nobody listens.

    """
    try:
        await connect(address=address, timeout_seconds=0.2)
    except ServerUnreachable:
        print(SAID[UNREACHABLE])


async def measure(runs: int, jobs: int, *, bare: bool) -> dict[str, object]:
    """Run the processes and count how they ended.

    Args:
        runs: how many.
        jobs: how many at once.
        bare: whether they end without the remedy.

    Returns:
        The counts: runs, clean ones, and each exit code.

    """
    slots = asyncio.Semaphore(jobs)
    nobody = f"{HOST}:{free_port()}"
    async with await start_dev_server(None, ui=False) as server:

        async def one(number: int) -> tuple[int, bool]:
            kind = UNREACHABLE if number % 2 else CONNECTED
            async with slots:
                return await _end_of(kind, nobody if number % 2 else server.address, bare=bare)

        ends = await asyncio.gather(*(one(number) for number in range(runs)))
    codes = Counter(str(code) for code, _ in ends)
    clean = sum(code == 0 and complete for code, complete in ends)
    return {"runs": runs, "clean": clean, "bare": bare, "exit_codes": dict(codes)}


async def _end_of(kind: str, address: str, *, bare: bool) -> tuple[int, bool]:
    argv = [sys.executable, "-m", "bench.clean_exit", "--once", kind, "--address", address]
    process = await asyncio.create_subprocess_exec(
        *argv,
        *(["--bare"] if bare else []),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode().strip() == SAID[kind]


def main() -> None:
    """Read the arguments and do as they say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--once", choices=[CONNECTED, UNREACHABLE])
    parser.add_argument("--address")
    asked = parser.parse_args()
    if asked.once is None:
        clean_exit.run(_report(asked.runs, asked.jobs, bare=asked.bare))
    once = (work if asked.once == CONNECTED else fail)(asked.address)
    if not asked.bare:
        clean_exit.run(once)
    asyncio.run(once)


async def _report(runs: int, jobs: int, *, bare: bool) -> int:
    result = await measure(runs, jobs, bare=bare)
    print(json.dumps(result))
    return 0 if bare or result["clean"] == runs else 1


if __name__ == "__main__":
    main()
