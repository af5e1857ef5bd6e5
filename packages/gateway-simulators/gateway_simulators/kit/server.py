"""A simulator on a port, with threads that deliver its webhooks and an orderly end."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Protocol

from gateway_simulators.kit.clock import Clock
from gateway_simulators.kit.messages import Request, Response
from gateway_simulators.kit.outbox import Outbox, Webhook
from gateway_simulators.kit.serving import Server
from gateway_simulators.kit.wsgi import answer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

COURIERS = 4  # Threads that deliver webhooks: a slow receiver delays one of them, not all webhooks.
LONGEST_NAP_SECONDS = 0.1
SHORTEST_NAP_SECONDS = 0.02  # Lower limit of a wait, however fast the clock runs: each check costs processor time.

log = logging.getLogger("simulator")


class SimulatorApp(Protocol):
    outbox: Outbox

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]: ...

    def tick(self) -> None: ...


class PortBusyError(Exception):
    """Another process listens on this port."""


class RunningSimulator:
    """One app served on a port by threads, from start() to stop()."""

    def __init__(self, app: SimulatorApp, clock: Clock, host: str = "127.0.0.1", port: int = 0) -> None:
        self._app = app
        self._clock = clock
        self._is_over = threading.Event()
        self._watch = threading.Lock()
        self._server = _bind(app, host, port)
        self.port = self._server.port
        self.url = f"http://{host}:{self.port}"

    def start(self) -> None:
        for _ in range(COURIERS):
            threading.Thread(target=self._carry, daemon=True).start()
        self._server.start()

    def stop(self) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._server.server_close()

    def _carry(self) -> None:
        while webhook := self._await_webhook():
            self._app.outbox.deliver(webhook)

    def _await_webhook(self) -> Webhook | None:
        """Wait for a webhook that is due; one thread at a time waits. None: the server stops."""
        nap = min(max(self._clock.real_seconds(1.0), SHORTEST_NAP_SECONDS), LONGEST_NAP_SECONDS)
        with self._watch:
            while not self._is_over.is_set():
                self._app.tick()
                if webhook := self._app.outbox.claim():
                    return webhook
                self._is_over.wait(nap)
        return None


def serve(running_by_name: Mapping[str, RunningSimulator]) -> None:
    """Serve until SIGTERM or SIGINT."""
    is_over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_over.set())
    for name, running in running_by_name.items():
        running.start()
        log.info("%s on %s", name, running.url)
    gc.freeze()  # Objects made at the start live to the end: the garbage collector can skip them.
    is_over.wait()
    for running in running_by_name.values():
        running.stop()


def log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")


def _bind(app: SimulatorApp, host: str, port: int) -> Server:
    """Raises PortBusyError."""

    def answer(request: Request) -> Response:
        started_at, outcome = time.perf_counter(), ""
        try:
            response = answer_of(app, request)
            outcome = str(response.http_status)
        except ConnectionError as problem:
            outcome = f"no answer ({type(problem).__name__})"
            raise
        finally:
            spent_ms = (time.perf_counter() - started_at) * 1000
            log.info("%s %s %s %.0f ms", request.method, _printable(request.raw_path), outcome or "failed", spent_ms)
        return response

    try:
        return Server(port, answer, host)
    except OSError as problem:
        raise PortBusyError(f"cannot listen on {host}:{port}: {os.strerror(problem.errno or 0)}") from problem


def _printable(path: str) -> str:
    return path.encode("unicode_escape").decode()
