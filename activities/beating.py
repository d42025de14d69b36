"""Heartbeats of an activity that waits for others: so a killed worker is noticed soon."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import activity

BEAT_SECONDS = 3.0


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Heartbeat inside this context, or around what it decorates; outside of an activity do not."""
    if not activity.in_activity():
        yield
        return
    beats = asyncio.ensure_future(_beat())
    try:
        yield
    finally:
        beats.cancel()
        await asyncio.gather(beats, return_exceptions=True)


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT_SECONDS)
