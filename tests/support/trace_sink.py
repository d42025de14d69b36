"""A collector of OpenTelemetry traces on this machine, as far as a test needs one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class TraceSink:
    """What was sent, raw and read."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)

    def spans(self) -> list[Span]:
        """Return all spans that came so far."""
        return [
            span
            for body in list(self.bodies)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def attributes(span: Span) -> dict[str, str]:
    """Return a span's attributes as text."""
    return {
        pair.key: pair.value.string_value or str(pair.value.int_value) for pair in span.attributes
    }


@contextmanager
def trace_sink() -> Iterator[TraceSink]:
    """Run a collector on a free port."""
    sink = TraceSink()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sink.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        sink.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()
