"""For tests: what the template declares, and the whole stack in another process."""

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.local.blueprint import Blueprint
from dev.local.options import ROOT, Options
from dev.local.template import read_template
from gateway_simulators import GATEWAYS
from gateway_simulators.kit.ports import free_row

_START_SECONDS_MAX = 60
_ANSWER_SECONDS_MAX = 180  # Days that pass at once take a minute on a busy machine.
_END_SECONDS_MAX = 60
_CHECK_EVERY_SECONDS = 0.05


@functools.cache
def blueprint(template: Path = ROOT / "template.yaml") -> Blueprint:
    return read_template(template, Options().parameters)


@dataclass(frozen=True)
class Answer:
    http_status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class RunningStack:
    process: subprocess.Popen[bytes]
    port: int
    sim_port: int
    state: Path
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sim_url(self) -> str:
        return self.sim_url_of(GATEWAYS[0])

    def sim_url_of(self, gateway: str) -> str:
        return f"http://127.0.0.1:{self.sim_port + GATEWAYS.index(gateway)}"

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, token: str = ""
    ) -> Answer:
        """`path` may be a full URL, for example of a simulator."""
        address = path if "://" in path else self.url + path
        given = {"content-type": "application/json", **(headers or {})}
        if token:
            given["authorization"] = f"Bearer {token}"
        encoded = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = urllib.request.Request(address, encoded, given, method=method)
        try:
            with _opener().open(request, timeout=_ANSWER_SECONDS_MAX) as answer:
                return Answer(answer.status, _lowered(answer.headers), answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, _lowered(refused.headers), refused.read())

    def token(self, subject: str = "owner", ttl_seconds: int = 3600) -> str:
        answer = self.call("POST", "/_local/token", {"sub": subject, "ttl_s": ttl_seconds})
        return str(answer.json()["access_token"])

    def run_schedule(self, function: str, event: str | None = None) -> Any:
        return self.call("POST", f"/_local/schedules/{function}", {"event": event} if event else {}).json()

    def status(self) -> Any:
        return self.call("GET", "/_local/status").json()

    def kill_worker(self, function: str) -> Answer:
        return self.call("POST", f"/_local/workers/{function}/kill")

    def stop_executions(self, start: str | None = None) -> Any:
        return self.call("POST", "/_local/executions/stop", {"start": start} if start else {}).json()

    def kill(self) -> None:
        """kill -9, as in a crash."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """End it as Ctrl-C does; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(_END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@contextlib.contextmanager
def running_stack(
    *,
    speed: float = 1,
    template: Path = ROOT / "template.yaml",
    state: Path | None = None,
    ports: tuple[int, int] | None = None,
    workers: int = 3,
    root: Path = ROOT,
) -> Iterator[RunningStack]:
    """`python -m dev.local` of the checkout at `root`, on free ports. Pass `state` and `ports` to restart it."""
    with contextlib.ExitStack() as cleanup:
        folder = state or Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="pavati-")))
        stack = start_stack(speed=speed, template=template, state=folder, ports=ports, workers=workers, root=root)
        cleanup.callback(stack.end)
        _await(stack)
        yield stack


def start_stack(
    *,
    speed: float,
    template: Path,
    state: Path,
    ports: tuple[int, int] | None,
    workers: int = 3,
    root: Path = ROOT,
) -> RunningStack:
    port, sim_port = ports or free_ports()
    state.mkdir(parents=True, exist_ok=True)
    output = state / "output.txt"
    choices = {"PORT": port, "SIM_PORT": sim_port, "SPEED": speed, "STATE": state, "TEMPLATE": template}
    environment = os.environ | {name: str(value) for name, value in choices.items()} | {"WORKERS": str(workers)}
    with output.open("ab") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "dev.local"], cwd=root, env=environment, stdout=written, stderr=subprocess.STDOUT
        )
    return RunningStack(process, port, sim_port, state, output)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports() -> tuple[int, int]:
    """One port for the API, and the first of a row for the simulators."""
    return free_port(), free_row(len(GATEWAYS))


def _await(stack: RunningStack) -> None:
    give_up_at = time.monotonic() + _START_SECONDS_MAX
    while stack.process.poll() is None and time.monotonic() < give_up_at:
        with contextlib.suppress(OSError):
            if stack.call("GET", "/_local/status").http_status == 200:
                return
        time.sleep(_CHECK_EVERY_SECONDS)
    raise RuntimeError(f"the stack did not start:\n{stack.output.read_text()}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any, **more: Any) -> None:
        """Do not follow redirects, so that a test can check them."""


@functools.cache
def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def _lowered(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
