"""A merchant's own HTTP server, which listens to webhooks and verifies them as merchants do."""

import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from fulfillment.temporal.dev_server import free_port

GOOD = 204


@dataclass(frozen=True)
class Reply:
    """How the receiver answers: a status, headers, and after how long."""

    status: int = GOOD
    headers: dict[str, str] = field(default_factory=dict)
    after_seconds: float = 0.0


@dataclass(frozen=True)
class Received:
    """A request that came in."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def message_id(self) -> str:
        """Return what a receiver knows repetitions by."""
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """Return the body if its signature holds, as the library of a merchant says."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Answers by the replies it is given, and well once these are used up; keeps all it got."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """Choose a port; nothing listens there yet."""
        self.port = free_port()
        self.tls = tls
        self.received: list[Received] = []
        self.replies: list[Reply] = []
        self.always: Reply = Reply()
        self.opened = threading.Event()
        self.opened.set()

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def ids(self) -> list[str]:
        """Return the ids of what came, repetitions too."""
        return [each.message_id for each in self.received]

    def verified(self, secret: str) -> list[Any]:
        """Return all bodies, verified, each id once."""
        first = {each.message_id: each for each in reversed(self.received)}
        return [each.verified(secret) for each in reversed(first.values())]

    def answer_with(self, *replies: Reply) -> None:
        """Answer the next requests so."""
        self.replies += replies

    def took(self, request: Received) -> Reply:
        """Keep a request and return how it is answered."""
        self.received.append(request)
        return self.replies.pop(0) if self.replies else self.always

    @contextmanager
    def listening(self) -> Iterator["Receiver"]:
        """Listen meanwhile."""
        server = _Server(self)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.opened.set()
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(("127.0.0.1", receiver.port), _Requests)
        self.receiver = receiver
        if receiver.tls:
            self.socket = receiver.tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up."""


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = server.receiver.took(Received(headers, body, time.monotonic()))
        server.receiver.opened.wait(30)
        if reply.after_seconds:
            time.sleep(reply.after_seconds)
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def types(bodies: Sequence[Any]) -> list[str]:
    """Return the kinds of events in the order they came."""
    return [body["type"] for body in bodies]
