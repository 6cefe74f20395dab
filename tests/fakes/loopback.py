"""An HTTP server on the loopback that answers from a script and remembers what it was asked."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One answer. `gate`: it is held back until the event is set. `body` may be bytes. `drop`: the
    connection ends without an answer."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    gate: threading.Event | None = None
    drop: bool = False


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Script:
    """`enqueue` answers in order, then `otherwise` answers; `history` is what came in."""

    def __init__(self, otherwise: Callable[[Request], Reply]) -> None:
        self.history: list[Request] = []
        self.otherwise = otherwise
        self._queue: list[Reply] = []
        self._lock = threading.Lock()

    def enqueue(self, *replies: Reply) -> None:
        self._queue.extend(replies)

    def answer(self, request: Request) -> Reply:
        with self._lock:
            self.history.append(request)
            if request.method == "POST" and self._queue:
                return self._queue.pop(0)
        return self.otherwise(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that left is no error
            super().handle_error(request, client_address)


@contextmanager
def serve(script: Script) -> Iterator[str]:
    """Serve the script; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            raw = self.rfile.read(length) if length else b""
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(raw) if raw else None
            reply = script.answer(Request(self.command, self.path, headers, body))
            if reply.gate is not None:
                reply.gate.wait(30)
            if reply.drop:
                self.close_connection = True
                return
            text = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            try:
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            except OSError:
                self.close_connection = True  # the client has left

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
