"""Pictures of packed cartons, drawn when they are asked for.

They follow from the plan that is stored with the pack task alone. So none is kept: a plan that is
changed leaves no old picture behind, and an erased order none at all.
"""

from fulfillment.domain.drawing import Drawing
from fulfillment.domain.errors import NotFound, Problem
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.pack_pictures import carton_picture
from fulfillment.domain.packing import PackSheet
from fulfillment.operations.engine import Engine


async def draw_carton(engine: Engine, task_id: str, carton_number: int = 1) -> Drawing:
    """Return the picture of a carton of a pack task, by its number from 1.

    Raises:
        NotFound: no such task; not one of packing; no such carton in it.

    """
    async with engine.database.reading() as tx:
        task = await tx.tasks.get(task_id)
    if task.kind is not TaskKind.PACK or not task.plan:
        came = "one whose plan was erased" if not task.plan else f"one of kind {task.kind.value}"
        remedy = "ask for the pack task of a fulfillment, as in `fulfillment floor list`"
        raise NotFound.of(
            Problem(path=f"task {task_id}", expected="a pack task", came=came, remedy=remedy)
        )
    sheet = PackSheet.model_validate(task.plan)
    if not 1 <= carton_number <= len(sheet.steps):
        expected = f"1 to {len(sheet.steps)}"
        raise NotFound.of(
            Problem(path=f"carton of {task_id}", expected=expected, came=str(carton_number))
        )
    return carton_picture(sheet, carton_number)
