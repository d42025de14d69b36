"""The way into the engine over HTTP, with the key of whoever's part a robot plays."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from pydantic import BaseModel, TypeAdapter

from fulfillment.domain.access import Role
from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Value
from fulfillment.domain.confirmations import (
    Confirmation,
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    PutBackConfirmation,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.dock_scans import DockScan
from fulfillment.domain.errors import FulfillmentError, NotFound, Problem, Refused, Unavailable
from fulfillment.domain.lifecycle import OrderStage, TaskKind
from fulfillment.domain.manifests import ManifestRecord
from fulfillment.domain.orders import Order
from fulfillment.domain.scan_sessions import ScanAnswer, ScanRequest
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.messages import Accepted
from fulfillment.operations.end_of_day import ManifestView
from fulfillment.operations.engine import Engine
from fulfillment.operations.hand_over import ParcelScanned
from fulfillment.operations.stock import Receipt, Received
from fulfillment.operations.tracking import TrackingTaken
from fulfillment.records import OrderRecord, TaskRecord, TaskState
from fulfillment.simulation.ways import MANY, ByOperations, ResultT
from fulfillment.temporal.errors import BY_CODE

ANSWER_SECONDS = 70.0
"""A little longer than the service itself waits for a workflow."""
PAGE = 200

_PATHS: dict[type[Confirmation], str] = {
    PickConfirmation: "confirm-pick",
    SortConfirmation: "confirm-sort",
    PackConfirmation: "confirm-pack",
    HandoverConfirmation: "confirm-handover",
    PutBackConfirmation: "confirm-put-back",
    ShortPick: "short-pick",
}
_TASKS = TypeAdapter(list[TaskRecord])
_MANIFESTS = TypeAdapter(list[ManifestRecord])


class _Page(Value):
    """Orders by id, and what to give as `after` for those behind them."""

    orders: tuple[OrderRecord, ...]
    next: str | None


class ByHttp:
    """The HTTP API, as shops, staff and carriers reach it; bare signals go to Temporal itself."""

    def __init__(self, client: httpx.AsyncClient, keys: Mapping[Role, str], engine: Engine) -> None:
        """Keep who is asked and the keys that open each part.

        Args:
            client: knows the URL of the service.
            keys: one of each role.
            engine: by which a bare signal is sent, as the Temporal UI would.

        """
        self._client, self._keys = client, keys
        self._signals = ByOperations(engine)

    async def submit_order(self, order: Order) -> None:
        """Hand an order in."""
        await self._post(Role.STOREFRONT, "/v1/orders", order)

    async def cancel_order(self, order_id: str, reason: str, by: str) -> tuple[str, ...]:
        """Cancel an order; return what was done."""
        body = {"reason": reason, "by": by}
        answer = await self._post(Role.STOREFRONT, f"/v1/orders/{order_id}/cancel", body)
        return tuple(answer.json()["done"])

    async def correct_address(self, order_id: str, address: Address, by: str) -> OrderStage:
        """Replace the address of an order on hold; return where the order stands then."""
        body = {"address": address.model_dump(mode="json"), "by": by}
        answer = await self._post(Role.STOREFRONT, f"/v1/orders/{order_id}/correct-address", body)
        return OrderStage(answer.json()["stage"])

    async def stage_of(self, order_id: str) -> OrderStage | None:
        """Return where an order stands, or None where none of that id is on record."""
        try:
            answer = await self._get(Role.STOREFRONT, f"/v1/orders/{order_id}")
        except NotFound:
            return None
        return OrderStage(answer.json()["record"]["stage"])

    async def orders_at(self, stage: OrderStage) -> list[OrderRecord]:
        """Return the orders at a stage."""
        found: list[OrderRecord] = []
        after: dict[str, str] = {}
        while True:
            asked = {"stage": stage.value, "limit": PAGE, **after}
            answer = await self._get(Role.STOREFRONT, "/v1/orders", **asked)
            page = _Page.model_validate_json(answer.content)
            found += page.orders
            if page.next is None:
                return found
            after = {"after": page.next}

    async def list_tasks(
        self,
        *,
        warehouse_id: str | None = None,
        kind: TaskKind | None = None,
        state: TaskState = TaskState.OPEN,
    ) -> list[TaskRecord]:
        """Return tasks, oldest first."""
        asked = {"warehouse": warehouse_id, "kind": kind, "state": state, "limit": MANY}
        given = {name: value for name, value in asked.items() if value is not None}
        answer = await self._get(Role.FLOOR, "/v1/tasks", **given)
        return _TASKS.validate_json(answer.content)

    async def show_task(self, task_id: str) -> TaskRecord:
        """Return a task with its plan."""
        answer = await self._get(Role.FLOOR, f"/v1/tasks/{task_id}")
        return TaskRecord.model_validate_json(answer.content)

    async def confirm(self, fulfillment_id: str, confirmation: Confirmation) -> Accepted:
        """Tell what was done, or that a bin held less than planned."""
        path = f"/v1/fulfillments/{fulfillment_id}/{_PATHS[type(confirmation)]}"
        answer = await self._post(Role.FLOOR, path, confirmation)
        return Accepted.model_validate_json(answer.content)

    async def assign_batch(self, batch_id: str, to: str, by: str) -> None:
        """Give a batch to a person."""
        body = {"to": to, "by": by}
        await self._post(Role.FLOOR, f"/v1/floor/batches/{batch_id}/assign", body)

    async def start_session(self, batch_id: str, by: str, device: str) -> ScanAnswer:
        """Begin with a batch, or go on where it stands."""
        body = {"batch_id": batch_id, "by": by, "device": device}
        answer = await self._post(Role.FLOOR, "/v1/floor/sessions", body)
        return ScanAnswer.model_validate_json(answer.content)

    async def show_session(self, session_id: str) -> ScanAnswer:
        """Return where a session stands."""
        answer = await self._get(Role.FLOOR, f"/v1/floor/sessions/{session_id}")
        return ScanAnswer.model_validate_json(answer.content)

    async def send_scan(self, session_id: str, request: ScanRequest) -> ScanAnswer:
        """Scan something."""
        path = f"/v1/floor/sessions/{session_id}/scans"
        answer = await self._post(Role.FLOOR, path, request)
        return ScanAnswer.model_validate_json(answer.content)

    async def close_session(self, session_id: str, by: str, device: str) -> ScanAnswer:
        """Close a session that is finished."""
        path, body = f"/v1/floor/sessions/{session_id}/close", {"by": by, "device": device}
        answer = await self._post(Role.FLOOR, path, body)
        return ScanAnswer.model_validate_json(answer.content)

    async def signal(self, fulfillment_id: str, name: str) -> None:
        """Send a bare signal, as from the Temporal UI: a name, and nothing else."""
        await self._signals.signal(fulfillment_id, name)

    async def receive_stock(self, receipt: Receipt) -> Received:
        """Book a delivery."""
        answer = await self._post(Role.FLOOR, "/v1/stock/receipts", receipt)
        return Received.model_validate_json(answer.content)

    async def record_tracking(self, event: TrackingEvent) -> TrackingTaken:
        """Put what a carrier says on record."""
        answer = await self._post(Role.OPERATIONS, "/v1/tracking", event)
        return TrackingTaken.model_validate_json(answer.content)

    async def list_manifests(self) -> list[ManifestRecord]:
        """Return manifests, the latest cut-off first."""
        answer = await self._get(Role.FLOOR, "/v1/manifests", limit=MANY)
        return _MANIFESTS.validate_json(answer.content)

    async def show_manifest(self, manifest_id: str) -> ManifestView:
        """Return a manifest with its parcels."""
        answer = await self._get(Role.FLOOR, f"/v1/manifests/{manifest_id}")
        return ManifestView.model_validate_json(answer.content)

    async def end_manifest(self, manifest_id: str) -> None:
        """Close a manifest before its cut-off, and have it fetched."""
        await self._post(Role.OPERATIONS, f"/v1/manifests/{manifest_id}/close", {})

    async def scan_parcel(self, scan: DockScan) -> ParcelScanned:
        """Give a parcel to the driver."""
        answer = await self._post(Role.FLOOR, "/v1/hand-over/scans", scan)
        return ParcelScanned.model_validate_json(answer.content)

    async def resolve_exception(self, fulfillment_id: str, resolution: Resolution) -> Accepted:
        """Decide what becomes of a fulfillment's parcels in trouble."""
        path = f"/v1/fulfillments/{fulfillment_id}/resolve-exception"
        said = resolution.model_dump(mode="json", include={"choice", "by", "reason"})
        answer = await self._post(Role.OPERATIONS, path, said)
        return Accepted.model_validate_json(answer.content)

    async def send(self, question: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Ask it where it is asked, as it has no path of its own here."""
        return await question()

    async def _get(self, role: Role, path: str, **asked: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes them
        return await self._ask(role, "GET", path, params=asked)

    async def _post(
        self, role: Role, path: str, body: BaseModel | dict[str, Any]
    ) -> httpx.Response:
        content = (
            body.model_dump_json().encode() if isinstance(body, BaseModel) else _ANY.dump_json(body)
        )
        # The same request again, after an answer that was lost, is the same request.
        key = hashlib.sha256(path.encode() + content).hexdigest()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return await self._ask(role, "POST", path, content=content, headers=headers)

    async def _ask(
        self,
        role: Role,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        **rest: Any,  # noqa: ANN401 - as httpx takes them
    ) -> httpx.Response:
        shown = {"Authorization": f"Bearer {self._keys[role]}", **(headers or {})}
        try:
            answer = await self._client.request(method, path, headers=shown, **rest)
        except httpx.TransportError as error:
            raise Unavailable.of(_no_answer(path, repr(error))) from error
        if answer.is_success:
            return answer
        raise refusal_of(answer)


_ANY = TypeAdapter(dict[str, Any])


@asynccontextmanager
async def by_http(url: str, keys: Mapping[Role, str], engine: Engine) -> AsyncIterator[ByHttp]:
    """Open the way over HTTP to a service that runs.

    Args:
        url: as `fulfillment serve` says it.
        keys: one of each role.
        engine: by which a bare signal is sent.

    """
    # On this machine: no proxy of the environment's is asked.
    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_SECONDS, trust_env=False) as client:
        yield ByHttp(client, keys, engine)


def refusal_of(answer: httpx.Response) -> FulfillmentError:
    """Return the domain's error that an answer stands for."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return Unavailable.of(_no_answer(str(answer.url), f"status {answer.status_code}"))
    details = answer.json()
    problems = [Problem.model_validate(problem) for problem in details["problems"]]
    otherwise = Unavailable if details["retryable"] else Refused
    return BY_CODE.get(details["code"], otherwise)(details["detail"], problems)


def _no_answer(path: str, came: str) -> Problem:
    return Problem(path=path, expected="an answer", came=came, remedy="ask again")
