"""Rules of pick batches: their members are where their batch is, their picks what members have."""

from sqlalchemy import and_, or_, select

from fulfillment.domain.lifecycle import STEPS, Stage, TaskKind
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.persistence.repositories.book_rules.rule import Rule, counted, differing
from fulfillment.persistence.tables import (
    batch_picks,
    fulfillment_lines,
    fulfillments,
    pick_batch_members,
    pick_batches,
    tasks,
)
from fulfillment.records import MemberState, TaskState

_batch = pick_batches.c
_member = pick_batch_members.c
_share = fulfillments.c
_line = fulfillment_lines.c
_pick = batch_picks.c

_STAGES = {
    BatchStage.PICKING: [Stage.PICKING],
    BatchStage.SORTING: [Stage.SORTING],
    BatchStage.SORTED: [*STEPS[STEPS.index(Stage.SORTING) :], Stage.UNDELIVERED, Stage.CANCELED],
    BatchStage.CANCELED: [],
}

_TOGETHER = Rule(
    name="the members of a batch are where the batch is",
    broken=select(
        _batch.batch_id, _batch.stage, _share.fulfillment_id, _share.stage.label("member_stage")
    )
    .join(pick_batch_members, _member.batch_id == _batch.batch_id)
    .join(fulfillments, _share.fulfillment_id == _member.fulfillment_id)
    .where(_member.state == MemberState.IN)
    .where(
        or_(
            *(
                and_(_batch.stage == stage, _share.stage.not_in(allowed))
                for stage, allowed in _STAGES.items()
            )
        )
    )
    .order_by(_batch.batch_id, _share.fulfillment_id),
    rows=("pick_batches {batch_id}", "fulfillments {fulfillment_id}"),
    message="batch {batch_id} is {stage}, and its member {fulfillment_id} is {member_stage}",
    repair="see what pick-batch/{batch_id} says of {fulfillment_id}, and let the member leave",
)

# Of what is canceled after the wall, nothing is picked any more, though the batch has picked it.
_live = (
    select(_member.batch_id, _member.fulfillment_id)
    .join(fulfillments, _share.fulfillment_id == _member.fulfillment_id)
    .where(_member.state == MemberState.IN, _share.stage != Stage.CANCELED)
    .subquery("live")
)

_PICKED = Rule(
    name="what a batch's picks say was picked is what its members have",
    broken=differing(
        ("fulfillment_id", "line_no"),
        [
            counted(_pick.fulfillment_id, _pick.line_no, units=_pick.picked).join(
                _live,
                and_(
                    _live.c.batch_id == _pick.batch_id,
                    _live.c.fulfillment_id == _pick.fulfillment_id,
                ),
            )
        ],
        [
            counted(_line.fulfillment_id, _line.line_no, units=_line.picked).join(
                _live, _live.c.fulfillment_id == _line.fulfillment_id
            )
        ],
    ),
    rows=("batch_picks of {fulfillment_id}", "fulfillment_lines {fulfillment_id} {line_no}"),
    message="{left} units of line {line_no} were picked for {fulfillment_id}, which has {right}",
    repair="compare with the movements into cart:{fulfillment_id}, and correct the picks",
)

_TASKS = Rule(
    name="an open task is of its batch's stage",
    broken=select(tasks.c.task_id, tasks.c.kind, _batch.batch_id, _batch.stage)
    .join(pick_batches, _batch.batch_id == tasks.c.batch_id)
    .where(tasks.c.state == TaskState.OPEN)
    .where(
        or_(
            and_(tasks.c.kind == TaskKind.PICK, _batch.stage != BatchStage.PICKING),
            and_(tasks.c.kind == TaskKind.SORT, _batch.stage != BatchStage.SORTING),
        )
    )
    .order_by(tasks.c.task_id),
    rows=("tasks {task_id}", "pick_batches {batch_id}"),
    message="{task_id} asks to {kind} for batch {batch_id}, which is {stage}",
    repair="close {task_id} as not needed",
)

RULES = (_TOGETHER, _PICKED, _TASKS)
