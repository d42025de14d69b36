"""The people of both warehouses and the carriers as a process of their own, until it is killed."""

import asyncio
from random import Random

from fulfillment import bootstrap
from fulfillment.settings import load_settings
from fulfillment.simulation.carrier import Carriers
from fulfillment.simulation.robots import Diary, Pace, Surroundings
from fulfillment.simulation.staff import STAFF, Floor
from fulfillment.simulation.ways import ByOperations
from fulfillment.temporal import clean_exit

PACE = Pace(look=0.2, work=(0.0, 0.0), travel=(0.0, 0.0))


async def main() -> int:
    """Do whatever there is to do, through the operations alone."""
    async with bootstrap.engine(load_settings()) as engine:
        around = Surroundings(
            way=ByOperations(engine), clock=engine.clock, rng=Random(1), diary=Diary(), pace=PACE
        )
        floors = [Floor(around, warehouse_id, people) for warehouse_id, people in STAFF.items()]
        await asyncio.gather(*(robot.run() for robot in (*floors, Carriers(around))))
    return 0


if __name__ == "__main__":
    clean_exit.run(main)
