"""The worker that is measured: pipeline and twin in a process of its own.

It says on stdout when a pick list is about to be made, so that robots need not look for it, and
answers each line on stdin with what it has cost so far. It ends when its stdin is closed.
"""

import asyncio
import json
import os
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from bench import _twin
from fulfillment import bootstrap
from fulfillment.settings import load_settings
from fulfillment.temporal import clean_exit
from fulfillment.temporal.sandbox import stateless

PICKS = ("plan_picking", "twin_plan_picking")


class Bell(Interceptor):
    """Tells the robots that a fulfillment can be picked in a moment."""

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 - the SDK's name
    ) -> ActivityInboundInterceptor:
        """Stand before each activity."""
        return _Ringing(next)


class _Ringing(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401
        """Ring, if it is a pick list that is made."""
        info = activity.info()
        if info.activity_type in PICKS:
            _say({"pick": info.workflow_id})
        return await super().execute_activity(input)


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _cost() -> dict[str, Any]:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {"cpu_s": time.process_time(), "rss_bytes": pages * os.sysconf("SC_PAGE_SIZE")}


async def main() -> int:
    """Work until stdin is closed."""
    settings = load_settings()
    stateless.add("bench")  # the twin shall gain as much
    client = await bootstrap.connect(settings)
    twin = {
        "task_queue": f"{settings.task_queue}-twin",
        "workflows": _twin.WORKFLOWS,
        "activities": _twin.ACTIVITIES,
    }
    async with AsyncExitStack() as stack:
        ports = await stack.enter_async_context(bootstrap.ports(settings))
        for options in ({}, twin):
            worker = bootstrap.make_worker(
                client, ports, settings, interceptors=[Bell()], **options
            )
            await stack.enter_async_context(worker)
        _say({"ready": os.getpid()})
        while await asyncio.to_thread(sys.stdin.readline):
            _say({"cost": _cost()})
    return 0


if __name__ == "__main__":
    clean_exit.run(main)
