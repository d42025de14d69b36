"""Stripe on this machine: its own mock for the shape of requests, and a small one with a memory."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fulfillment.temporal.binary_cache import cache_folder, cached_name, only_maker

VERSION = "0.203.0"
_BUILD_SECONDS = 600
_LISTENS = re.compile(r"http://127\.0\.0\.1:(\d+)|127\.0\.0\.1:(\d+)")


async def stripe_mock() -> Path | None:
    """Find stripe-mock in the user's cache, or build it with Go; None where there is no Go."""
    folder = cache_folder()
    name = cached_name("stripe-mock", VERSION)
    async with only_maker(folder, name, "stripe-mock", lambda _: None):
        target = folder / name
        if target.is_file():
            return target
        go = shutil.which("go")
        if go is None:
            return None
        with tempfile.TemporaryDirectory(dir=folder) as workshop:
            await asyncio.to_thread(_build, go, Path(workshop))
            (Path(workshop) / "stripe-mock").rename(target)
        return target


def _build(go: str, folder: Path) -> None:
    subprocess.run(
        [go, "install", f"github.com/stripe/stripe-mock@v{VERSION}"],
        env={**os.environ, "GOBIN": str(folder)},
        check=True,
        capture_output=True,
        timeout=_BUILD_SECONDS,
    )


@contextmanager
def running_mock(program: Path) -> Iterator[str]:
    """Run stripe-mock on a free port, and give its URL."""
    with subprocess.Popen(
        [program, "-http-addr", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield f"http://127.0.0.1:{_port(process)}"
        finally:
            process.terminate()
            process.wait()


def _port(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := _LISTENS.search(line):
            return found[1] or found[2]
    message = "stripe-mock ended before it listened"
    raise AssertionError(message)


# --- one with a memory ---------------------------------------------------------------------------

CARDS: dict[str, tuple[int, dict[str, Any]]] = {
    "tok_declined": (
        402,
        {"type": "card_error", "code": "card_declined", "decline_code": "stolen"},
    ),
    "tok_insufficient": (
        402,
        {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"},
    ),
    "pm_missing": (
        400,
        {
            "type": "invalid_request_error",
            "code": "resource_missing",
            "param": "payment_method",
        },
    ),
    "tok_asks": (402, {"type": "card_error", "code": "authentication_required"}),
}
Answer = tuple[int, dict[str, Any]]


@dataclass
class FakeStripe:
    """Payment intents and refunds as Stripe keeps them, once by idempotency key."""

    multicapture: bool = True
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[str, Answer]] = field(default_factory=dict)
    disputes: list[dict[str, Any]] = field(default_factory=list)
    trouble: list[int] = field(default_factory=list)
    """Statuses that the next requests are answered with instead; 0 loses the answer."""
    acts_in_trouble: bool = False
    """Whether what is asked is done all the same."""
    acted: int = 0

    def answer(self, method: str, path: str, key: str, params: dict[str, str]) -> Answer:
        """Do what is asked, unless it was done under that key; find the first answer again."""
        asked = json.dumps([method, path, params], sort_keys=True)
        if key and key in self.answers:
            first, answer = self.answers[key]
            if first != asked:
                return 400, _error("idempotency_error", "idempotency_key_in_use")
            return answer
        answer = self._act(method, path, params)
        if key and answer[0] < 500:
            self.answers[key] = asked, deepcopy(answer)
        self.acted += method == "POST"
        return answer

    def _act(self, method: str, path: str, params: dict[str, str]) -> Answer:
        match [*path.strip("/").split("/")[1:], method]:
            case ["payment_intents", "POST"]:
                return self._create(params)
            case ["payment_intents", name, *rest, _]:
                intent = self.intents.get(name)
                if intent is None:
                    return 404, _error("invalid_request_error", "resource_missing")
                acts = {"capture": self._capture, "cancel": self._cancel}
                return acts[rest[0]](intent, params) if rest else (200, intent)
            case ["disputes", "GET"]:
                of_intent = [d for d in self.disputes if d["payment_intent"] in params.values()]
                return 200, {"object": "list", "has_more": False, "data": of_intent}
            case ["refunds", "POST"]:
                return self._refund(params)
        return 404, _error("invalid_request_error", "url_invalid")

    def dispute(self, intent_id: str, amount: int, status: str) -> None:
        """Have the payer's bank dispute an amount of what was captured."""
        self.intents[intent_id]["latest_charge"]["disputed"] = True
        self.disputes.append(
            {
                "id": f"du_{len(self.disputes) + 1}",
                "object": "dispute",
                "payment_intent": intent_id,
                "amount": amount,
                "currency": self.intents[intent_id]["currency"],
                "status": status,
            }
        )

    def _create(self, params: dict[str, str]) -> Answer:
        card = params["payment_method"].partition("-")[0]
        if card in CARDS:
            status, error = CARDS[card]
            return status, {"error": {"message": "your card 4242 was declined", **error}}
        name = f"pi_{len(self.intents) + 1}"
        amount = int(params["amount"])
        state = "available" if self.multicapture else "unavailable"
        self.intents[name] = {
            "id": name,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": amount,
            "amount_received": 0,
            "currency": params["currency"],
            "status": "requires_capture",
            "metadata": _metadata(params),
            "latest_charge": {
                "id": f"ch_{name}",
                "object": "charge",
                "amount_refunded": 0,
                "disputed": False,
                "payment_method_details": {"card": {"multicapture": {"status": state}}},
            },
        }
        return 200, self.intents[name]

    def _capture(self, intent: dict[str, Any], params: dict[str, str]) -> Answer:
        amount = int(params["amount_to_capture"])
        if intent["status"] != "requires_capture":
            return 400, _error("invalid_request_error", "payment_intent_unexpected_state")
        if amount > intent["amount_capturable"]:
            return 400, _error("invalid_request_error", "amount_too_large")
        intent["metadata"] |= _metadata(params)
        intent["amount_received"] += amount
        intent["amount_capturable"] -= amount
        if params.get("final_capture") != "false":
            intent["amount_capturable"] = 0
            intent["status"] = "succeeded"
        return 200, intent

    def _cancel(self, intent: dict[str, Any], params: dict[str, str]) -> Answer:
        del params
        intent["status"] = "canceled"
        intent["amount_capturable"] = 0
        return 200, intent

    def _refund(self, params: dict[str, str]) -> Answer:
        intent, amount = self.intents[params["payment_intent"]], int(params["amount"])
        charge = intent["latest_charge"]
        if amount > intent["amount_received"] - charge["amount_refunded"]:
            return 400, _error("invalid_request_error", "charge_already_refunded")
        charge["amount_refunded"] += amount
        return 200, {"id": "re_1", "object": "refund", "status": "succeeded"}


def _metadata(params: dict[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in params.items()
        if name.startswith("metadata[")
    }


def _error(kind: str, code: str) -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": "in Stripe's words"}}


@contextmanager
def serving(fake: FakeStripe) -> Iterator[str]:
    """Serve a fake Stripe on a free port, and give its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("GET")

        def do_POST(self) -> None:
            self._reply("POST")

        def _reply(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            url, key = urlsplit(self.path), self.headers.get("idempotency-key") or ""
            trouble = fake.trouble.pop(0) if fake.trouble and method == "POST" else None
            answer: Answer = (trouble or 500, _error("api_error", "down"))
            if trouble is None or fake.acts_in_trouble:
                done = fake.answer(method, url.path, key, dict(parse_qsl(body or url.query)))
                answer = done if trouble is None else answer
            if trouble == 0:
                self.close_connection = True
                return
            content = json.dumps(answer[1]).encode()
            with suppress(BrokenPipeError):
                self.send_response(answer[0])
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
