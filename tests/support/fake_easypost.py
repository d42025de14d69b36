"""EasyPost as far as we ask it, in one process: what it sold, and each way in which it may fail."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

KEY = "EZTK-a-key-that-nobody-may-see"
FILES = "https://files.example"
DOCUMENTS = {"pdf": b"%PDF-1.4 made up", "png": b"\x89PNG\r\n\x1a\n made up", "zpl": b"^XA^FS^XZ"}
TYPES = {"PDF": "application/pdf", "PNG": "image/png", "ZPL": "application/zpl"}
SERVICES = {"GroundAdvantage": ("6.07", 3), "Priority": ("7.42", 2), "Express": ("34.15", 1)}

Answer = tuple[int, Any]


PASS: Answer = (0, None)
"""No fault: that time it does what it is asked."""


class Lost(Exception):
    """The answer does not come."""


@dataclass
class FakeEasyPost:
    """What it has, what it was asked, and what it does next instead of answering.

    `before` and `after` map a route, such as `POST buy`, to what happens once before or after it
    has done what it was asked: an answer, or None for no answer at all.
    """

    services: dict[str, tuple[str, int]] = field(default_factory=lambda: dict(SERVICES))
    drawn: str | None = None
    """The format in which labels are drawn, whatever was wanted."""
    before: dict[str, list[Answer | None]] = field(default_factory=dict)
    after: dict[str, list[Answer | None]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    bodies: list[str] = field(default_factory=list)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """What it sends along with a failure."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def transport(self) -> httpx.MockTransport:
        """Return what an httpx client reaches it by."""
        return httpx.MockTransport(self.answer)

    @property
    def paid(self) -> list[str]:
        """Return the ids of the shipments whose labels were bought."""
        return [key for key, found in self.objects.items() if found.get("tracking_code")]

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer, or fail as was asked for; others are heard in between."""
        await asyncio.sleep(0)
        if request.url.host == "files.example":
            assert "authorization" not in request.headers
            return httpx.Response(200, content=DOCUMENTS[request.url.path.rpartition(".")[2]])
        assert request.headers["authorization"].startswith("Basic ")
        parts = request.url.path.removeprefix("/v2/").split("/")
        verb = parts[2] if len(parts) == 3 else parts[0] if len(parts) == 1 else "get"
        route = f"{request.method} {verb}"
        self.asked[route] += 1
        body = json.loads(request.content or b"{}")
        self.bodies.append(request.content.decode())
        try:
            self._strike(self.before, route)
            status, found = self._done(parts, route, body, dict(request.url.params))
            self._strike(self.after, route)
        except Lost as error:
            message = "made up"
            raise httpx.ReadTimeout(message, request=request) from error
        except _Instead as instead:
            return httpx.Response(instead.status, json=instead.body, headers=self.headers)
        return httpx.Response(status, json=found)

    def _strike(self, faults: dict[str, list[Answer | None]], route: str) -> None:
        waiting = faults.get(route, [])
        if waiting:
            fault = waiting.pop(0)
            if fault is None:
                raise Lost
            if fault is not PASS:
                raise _Instead(*fault)

    def _done(
        self, parts: list[str], route: str, body: dict[str, Any], query: dict[str, str]
    ) -> Answer:
        makers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "POST shipments": self._rated,
            "POST pickups": self._pickup,
            "POST scan_forms": self._scan_form,
            "POST trackers": self._tracker,
            "POST addresses": self._address,
        }
        if route in makers:
            return 201, makers[route](body)
        found = self._find(parts[1])
        if found is None:
            return 404, _error("NOT_FOUND")
        changes: dict[str, Callable[[], Answer]] = {
            "POST buy": lambda: self._buy(found, body),
            "POST rerate": lambda: self._rerate(found),
            "POST refund": lambda: self._refund(found),
            "POST cancel": lambda: self._cancel(found),
            "GET label": lambda: self._convert(found, query["file_format"]),
            "GET get": lambda: (200, found),
        }
        return changes[route]()

    def _find(self, name: str) -> dict[str, Any] | None:
        by_reference = (o for o in self.objects.values() if o.get("reference") == name)
        return self.objects.get(name) or next(by_reference, None)

    def _new(self, prefix: str, **fields: Any) -> dict[str, Any]:
        name = f"{prefix}_{next(self._numbers):032x}"
        self.objects[name] = {"id": name, "unheard_of": {"more": 1}, **fields}
        return self.objects[name]

    def _rates(self) -> list[dict[str, Any]]:
        return [
            {
                "id": f"rate_{next(self._numbers)}",
                "carrier": "USPS",
                "service": service,
                "rate": rate,
                "currency": "USD",
                "delivery_days": days,
                "est_delivery_days": days,
            }
            for service, (rate, days) in self.services.items()
        ]

    def _rated(self, body: dict[str, Any]) -> dict[str, Any]:
        wish = body["shipment"]
        return self._new(
            "shp",
            reference=wish.get("reference"),
            rates=self._rates(),
            messages=[] if self.services else [{"carrier": "USPS", "type": "rate_error"}],
            tracking_code=None,
            selected_rate=None,
            postage_label=None,
            refund_status=None,
            scan_form=None,
            wanted=wish["options"]["label_format"],
        )

    def _buy(self, found: dict[str, Any], body: dict[str, Any]) -> Answer:
        if "pickup_rates" in found:
            found |= {"status": "scheduled", "confirmation": "WTC1"}
            return 200, found
        if found["tracking_code"]:
            return 422, _error("SHIPMENT.POSTAGE.EXISTS")
        rates = [rate for rate in found["rates"] if rate["id"] == body["rate"]["id"]]
        if not rates:
            return 422, _error("SHIPMENT.RATE.EXPIRED")
        drawn = self.drawn or found["wanted"]
        found |= {
            "tracking_code": f"94001002083031{next(self._numbers):08}",
            "selected_rate": rates[0],
            "postage_label": {
                "label_url": f"{FILES}/{found['id']}.{drawn.lower()}",
                "label_file_type": TYPES[drawn],
                "label_pdf_url": None,
            },
        }
        return 200, found

    def _rerate(self, found: dict[str, Any]) -> Answer:
        found["rates"] = self._rates()
        return 200, found

    def _refund(self, found: dict[str, Any]) -> Answer:
        if found["refund_status"]:
            return 422, _error("SHIPMENT.REFUND.UNAVAILABLE")
        found["refund_status"] = "submitted"
        return 200, found

    def _convert(self, found: dict[str, Any], wanted: str) -> Answer:
        found["postage_label"][f"label_{wanted.lower()}_url"] = (
            f"{FILES}/{found['id']}.{wanted.lower()}"
        )
        return 200, found

    def _pickup(self, body: dict[str, Any]) -> dict[str, Any]:
        rates = [{"carrier": "USPS", "service": "NextDay", "rate": "0.00", "currency": "USD"}]
        wish = body["pickup"]
        return self._new(
            "pickup", reference=wish["reference"], status="unknown", pickup_rates=rates
        )

    def _cancel(self, found: dict[str, Any]) -> Answer:
        if found["status"] == "canceled":
            return 422, _error("PICKUP.CANCEL.FAILURE")
        found["status"] = "canceled"
        return 200, found

    def _scan_form(self, body: dict[str, Any]) -> dict[str, Any]:
        sent = [self.objects[each["id"]] for each in body["scan_form"]["shipment"]]
        codes = [each["tracking_code"] for each in sent]
        form = self._new("sf", status="created", form_url=f"{FILES}/form.pdf", tracking_codes=codes)
        for each in sent:
            each["scan_form"] = {"id": form["id"]}
        return form

    def _tracker(self, body: dict[str, Any]) -> dict[str, Any]:
        return tracker(body["tracker"]["tracking_code"], ("in_transit", "departed_facility"))

    def _address(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self._new("adr", **body["address"])
        known = not body["address"]["street1"].startswith("000")
        errors = [] if known else [{"code": "E.ADDRESS.NOT_FOUND", "field": "address"}]
        return {**found, "verifications": {"delivery": {"success": known, "errors": errors}}}


def tracker(code: str, *told: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """Return a tracker as EasyPost tells it: (status, detail), an hour between them."""
    details = [
        {
            "status": status,
            "status_detail": detail,
            "datetime": f"2026-03-05T{hour:02}:00:00Z",
            "message": f"{status} {detail}",
            "tracking_location": {"city": "HOUSTON", "state": "TX", "country": None},
        }
        for hour, (status, detail) in enumerate(told, 8)
    ]
    return {
        "id": "trk_1",
        "tracking_code": code,
        "carrier": "USPS",
        "status": told[-1][0],
        "est_delivery_date": "2026-03-07T00:00:00Z",
        "tracking_details": details,
        **fields,
    }


def event(result: dict[str, Any], created_at: str, description: str = "tracker.updated") -> bytes:
    """Return an event as a webhook delivers it."""
    told = {
        "id": "evt_1",
        "object": "Event",
        "description": description,
        "created_at": created_at,
        "result": result,
    }
    return json.dumps(told).encode()


def _error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "Jack Sparrow does not live there", "errors": []}}


class _Instead(Exception):
    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.body = body


def refusal(code: str, *fields: str) -> dict[str, Any]:
    """Return the body of a refusal, whose texts quote a customer."""
    wrong = [{"field": name, "message": "Jack Sparrow"} for name in fields]
    return {"error": {"code": code, "message": "388 Townsend St is unknown", "errors": wrong}}
