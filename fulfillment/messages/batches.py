"""What the workflows of floor planning and of pick batches are asked, ask and tell."""

from fulfillment.domain.base import Identifier, Instant, Value
from fulfillment.domain.confirmations import Confirmation, Person
from fulfillment.domain.decisions import Decision
from fulfillment.domain.lifecycle import Nudge, Patience, TaskKind
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.messages.people import AssignTask

# --- a fulfillment and the floor -------------------------------------------------------------


class ReleaseToFloor(Value):
    """Let a fulfillment be taken into a pick batch."""

    key: str
    fulfillment_id: str


class BatchNews(Value):
    """What a batch tells a fulfillment of its own: taken in, picked, or sorted."""

    batch_id: str
    slot: str = ""
    by: Person = "unknown"
    nothing_found: bool = False
    """Told with `picked`, where no unit of it was there: it has ended."""


class OnTheFloor(Value):
    """A fulfillment is released, or how far its batch is that was known before a reset."""

    batched: BatchNews | None = None
    picked: BatchNews | None = None
    sorted: BatchNews | None = None


# --- planning --------------------------------------------------------------------------------


class FloorRequest(Value):
    """Plan the floor of a warehouse."""

    warehouse_id: str


class PlanFloor(Value):
    """Form pick batches of what is released in a warehouse."""

    key: str
    warehouse_id: str
    run: str
    """The planning run's part of the batches' ids."""


class PickBatchRequest(Value):
    """Have a planned batch walked and sorted."""

    batch_id: str
    warehouse_id: str
    members: tuple[tuple[str, str], ...]
    """Fulfillment id and order id."""
    slots: tuple[str, ...]
    """Of the members, in their order."""
    picks: int
    distance_mm: int
    pick: Patience
    sort: Patience
    decision: Decision
    stage: BatchStage = BatchStage.PICKING
    """Where the batch stands, if its workflow is started again."""


class FloorPlanned(Value):
    """The batches of a planning run, the most urgent first, and who is left."""

    batches: tuple[PickBatchRequest, ...] = ()
    waiting: int = 0
    """How many are held back for a fuller batch."""
    wait_until: Instant | None = None
    """When the first of them is not held back any longer."""
    left_out: tuple[str, ...] = ()
    """Who can't be picked and why, in words."""


# --- the walk and the wall -------------------------------------------------------------------


class Closing(Confirmation):
    """The walk is done, or the wall: the rest as planned; nothing means all as planned."""

    session_id: Identifier | None = None
    """The scanner's session; the same one again gets the first answer."""


class BatchAnswer(Value):
    """The answer to a closing or an assignment: it holds, and this is where the batch stands."""

    batch_id: str
    stage: BatchStage
    message: str


class RecordBatchPicking(Value):
    """The goods of a batch are in the cart."""

    key: str
    batch_id: str
    confirmation: Closing


class RecordBatchSorting(Value):
    """The goods of a batch are in their slots."""

    key: str
    batch_id: str
    confirmation: Closing


class BatchRecorded(Value):
    """Who is still part of the batch, who is not, and whose order misses units."""

    live: tuple[str, ...] = ()
    """Fulfillment ids."""
    withdrawn: tuple[str, ...] = ()
    """Fulfillments that have ended: canceled, or nothing of them was found."""
    picked_short: tuple[str, ...] = ()
    """Ids of orders whose missing units are looked for elsewhere."""


class CallOffBatch(Value):
    """Give the members of a batch back to planning, if nothing was picked yet."""

    key: str
    batch_id: str
    reason: str
    by: str


class BatchCalledOff(Value):
    """Whether a batch was called off, and what became of its members; `too_late` says why not."""

    too_late: str | None = None
    given_back: tuple[str, ...] = ()
    """Fulfillments that are planned again."""
    withdrawn: tuple[str, ...] = ()
    """Fulfillments that have ended: canceled, or nothing of them was found."""
    picked_short: tuple[str, ...] = ()
    """Ids of orders whose missing units are looked for elsewhere."""


class WithdrawnNews(Value):
    """What a fulfillment tells its batch: it is not to be done any more."""

    fulfillment_id: str


class ShortNews(Value):
    """What a scan tells the batch: an order misses units now, and looks for them elsewhere."""

    order_id: str | None = None


class NudgeBatchStaff(Value):
    """Remind the floor of a batch, tell the supervisor, or give its task back to the pool."""

    key: str
    batch_id: str
    task: TaskKind
    kind: Nudge
    reason: str


class RecordBatchAssignment(Value):
    """Put on record to whom a batch's open task is given."""

    key: str
    batch_id: str
    assignment: AssignTask


class BatchStatus(Value):
    """Where a batch stands; members by fulfillment id."""

    batch_id: str
    warehouse_id: str
    stage: BatchStage
    assignee: str | None = None
    members: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    """The members that know of the last closing."""
