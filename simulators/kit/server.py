"""A simulator on a port: threads, keep-alive, one readable line per request, a clean end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import Any, Protocol

from werkzeug.serving import WSGIRequestHandler, make_server

from simulators.kit.clock import Clock
from simulators.kit.outbox import Outbox

COURIERS = 4  # A slow receiver holds up one of them, not all news.
LONGEST_NAP_SECONDS = 0.2

log = logging.getLogger("simulator")


class SimulatorApp(Protocol):
    outbox: Outbox

    def __call__(self, environ: Any, start_response: Any) -> Any: ...

    def tick(self) -> None: ...


class PortBusy(Exception):
    """Somebody else listens there."""


class Handler(WSGIRequestHandler):
    disable_nagle_algorithm = True  # Or each answer on a kept connection waits 40 ms for an acknowledgement.
    timeout = 60
    _started: float = 0.0
    _has_answered = False

    def run_wsgi(self) -> None:
        self._started, self._has_answered = time.perf_counter(), False
        super().run_wsgi()

    def send_header(self, keyword: str, value: str) -> None:
        # werkzeug closes after each answer because bodies may stay unread; our router reads every body.
        if keyword.lower() == "connection" and value == "close" and self._may_keep_open():
            return
        super().send_header(keyword, value)

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        self.close_connection = True
        if not self._has_answered:
            self.log("info", "%s %s no answer (%s)", self.command, self._path(), type(error).__name__)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        self._has_answered = True
        status = getattr(code, "value", code)
        self.log("info", "%s %s %s %d ms", self.command, self._path(), status, self._milliseconds())

    def log(self, type: str, message: str, *args: Any) -> None:
        getattr(log, type)(message, *args)

    def _may_keep_open(self) -> bool:
        asked_to_close = self.headers.get("Connection", "").lower() == "close"
        is_chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        return self.request_version == "HTTP/1.1" and not asked_to_close and not is_chunked

    def _path(self) -> str:
        return self.path.partition("?")[0].encode("unicode_escape").decode()

    def _milliseconds(self) -> float:
        return (time.perf_counter() - self._started) * 1000


def serve(app: SimulatorApp, clock: Clock, host: str, port: int, ready: str) -> None:
    """Serves until SIGTERM or SIGINT. `ready` is said once the port is open; {port} in it is filled."""
    with _listen(host, port) as listener:
        server = make_server(host, port, app, threaded=True, request_handler=Handler, fd=listener.fileno())
        is_over = threading.Event()
        for number in range(COURIERS):
            threading.Thread(target=_carry, args=(app, clock, is_over), name=f"courier-{number}", daemon=True).start()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
        log.info(ready.format(port=listener.getsockname()[1]))
        server.serve_forever(poll_interval=0.1)
        is_over.set()
        server.server_close()


def log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        listener.close()
        raise PortBusy(f"cannot listen on {host}:{port}: {os.strerror(problem.errno or 0)}") from problem
    return listener


def _carry(app: SimulatorApp, clock: Clock, is_over: threading.Event) -> None:
    while not is_over.is_set():
        app.tick()
        if not app.outbox.deliver_next():
            is_over.wait(min(clock.real_seconds(1.0), LONGEST_NAP_SECONDS))
