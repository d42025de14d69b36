"""A worker and `serve` as processes, with all that they tell: logs, metrics and traces."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

from fulfillment.domain.access import Role
from fulfillment.entrypoints.stack import Stack
from fulfillment.temporal.dev_server import DevServer, free_port
from http_shop import API_KEYS, KEYS
from plant import Plant
from sites import site
from trace_sink import TraceSink, trace_sink

SERVE = (sys.executable, "-m", "fulfillment.entrypoints.cli", "serve", "--port", "0")


@dataclass(frozen=True)
class Observed:
    """The running processes, and where they tell what."""

    shop: Plant
    stack: Stack
    web: httpx.AsyncClient
    sink: TraceSink
    serve_log: Path
    metrics: tuple[str, ...]

    def lines(self, path: Path) -> list[dict[str, Any]]:
        """Return a log's lines; fails where one is no JSON object."""
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    async def scrape(self) -> str:
        """Return what all metrics addresses expose."""
        async with httpx.AsyncClient() as prometheus:
            answers = [await prometheus.get(f"http://{a}/metrics") for a in self.metrics]
        return "\n".join(answer.text for answer in answers)


@asynccontextmanager
async def observed(
    server: DevServer, client: Client, folder: Path, environ: dict[str, str]
) -> AsyncIterator[Observed]:
    """Run a worker and `serve` that log JSON, expose metrics and trace.

    Every workflow task replays its history from the beginning, since nothing is cached.
    """
    addresses = tuple(f"127.0.0.1:{free_port()}" for _ in range(4))
    told = {
        "log_format": "json",
        "metrics_interval": timedelta(seconds=1),
        "max_cached_workflows": 0,
    }
    with trace_sink() as sink:
        environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        os.environ.update(environ)
        bound = {"metrics_bind": addresses[0], "temporal_metrics_bind": addresses[1]}
        async with site(server, client, folder, **told, **bound) as (shop, stack):
            await stack.start_worker()
            path = folder / "serve.log"
            serving = {
                **stack.environment(),
                "FULFILLMENT_API_KEYS": ",".join(map(str, API_KEYS)),
                "FULFILLMENT_METRICS_BIND": addresses[2],
                "FULFILLMENT_TEMPORAL_METRICS_BIND": addresses[3],
            }
            with path.open("wb") as output:
                process = await asyncio.create_subprocess_exec(
                    *SERVE, env=serving, stderr=output, stdout=output
                )
            try:
                url = await _url(process, path)
                headers = {"Authorization": f"Bearer {KEYS[Role.OPERATIONS]}"}
                async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as web:
                    yield Observed(shop, stack, web, sink, path, addresses)
            finally:
                process.terminate()
                await process.wait()


async def _url(process: Process, log: Path) -> str:
    async with asyncio.timeout(60):
        while not (found := re.search(r"serves on (http://[\d.:]+)", _text(log))):
            assert process.returncode is None, _text(log)
            await asyncio.sleep(0.05)
    return found[1]


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8")
