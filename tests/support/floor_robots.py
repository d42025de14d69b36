"""The people of both warehouses and the carriers, for tests in which nobody else is to do it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from fulfillment.operations.engine import Engine
from fulfillment.simulation.carrier import Carriers
from fulfillment.simulation.robots import Diary, Pace, Surroundings
from fulfillment.simulation.staff import STAFF, Floor
from fulfillment.simulation.ways import ByOperations

PACE = Pace(look=0.2, work=(0.0, 0.0), travel=(0.0, 0.0))


@asynccontextmanager
async def floor_at_work(engine: Engine) -> AsyncIterator[None]:
    """Have whatever there is to do done meanwhile, through the operations alone."""
    around = Surroundings(
        way=ByOperations(engine), clock=engine.clock, rng=Random(1), diary=Diary(), pace=PACE
    )
    floors = [Floor(around, warehouse_id, people) for warehouse_id, people in STAFF.items()]
    work = asyncio.gather(*(robot.run() for robot in (*floors, Carriers(around))))
    try:
        yield
    finally:
        work.cancel()
        await asyncio.wait([work])
