"""Start functions as Lambda does: a new process, the official runtime client, events from a Runtime API."""

from __future__ import annotations

import atexit
import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.bench import processes
from dev.bench.packages import CACHE, ROOT, Packages, compile_all
from dev.local.blueprint import REGION, FunctionSpec
from dev.local.invocation import Invocation, Outcome
from dev.local.runtime_api import RuntimeApi
from dev.tools.aws_models import MODELS, write_models

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_HANDLERS = Path(__file__).with_name("handlers")
_ANSWER_S_MAX = 60.0
_INVOCATION_S = 55.0  # Also under a measuring tool.
_SLOWER = 50  # The most by which a tool may slow a process down.


@dataclass(frozen=True, slots=True)
class Function:
    """The folders of its code: a copy with byte code, and its own packages."""

    name: str
    folders: tuple[Path, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Start:
    """Times of one process, from its start to its first answer."""

    cpu_ms: float
    wall_ms: float

    def ms(self, kind: str) -> float:
        return self.cpu_ms if kind == "cpu" else self.wall_ms


class Shelf:
    """Compiled copies of the code as it is now."""

    def __init__(self, packages: Packages, endpoint: str) -> None:
        self._packages, self._endpoint = packages, endpoint
        self._code = CACHE / "code" / str(os.getpid())  # Two processes may measure at the same time.
        shutil.rmtree(self._code, ignore_errors=True)
        atexit.register(shutil.rmtree, self._code, ignore_errors=True)
        (CACHE / "functions.log").unlink(missing_ok=True)
        ours = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "layers/common/payments", self._code / "layer/payments", ignore=ours)
        write_models(self._code / "layer" / MODELS)
        shutil.copytree(ROOT / "functions", self._code / "functions", ignore=ours)
        shutil.copytree(_HANDLERS, self._code / "references", ignore=ours)
        compile_all(self._code)

    def function(self, spec: FunctionSpec) -> Function:
        layer = (self._code / "layer", self._packages.layer)
        code = self._code / "functions" / spec.code.name
        return Function(spec.code.name, (code, *layer, self._packages.runtime), self._environment(spec))

    def reference(self, name: str, spec: FunctionSpec) -> Function:
        """A handler to compare with, in the environment of `spec` but without its layer."""
        return Function(name, (self._code / "references" / name, self._packages.runtime), self._environment(spec))

    def _environment(self, spec: FunctionSpec) -> dict[str, str]:
        return {
            **spec.environment,
            "PATH": os.defpath,
            "TZ": ":UTC",
            "LANG": "en_US.UTF-8",
            "_HANDLER": spec.handler,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SESSION_TOKEN": "local",
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": spec.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "PYTHONHASHSEED": "0",  # So that equal starts take equally many instructions.
        }


class Desk:
    """The other side of the Runtime API: events in, answers out, one at a time."""

    function_arn = f"arn:aws:lambda:{REGION}:123456789012:function:bench"

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[float, Outcome]] = queue.SimpleQueue()

    def ask(self, event: Mapping[str, Any]) -> tuple[float, Outcome]:
        """Send an event; returns when the answer arrived, and the answer."""
        self._events.put(Invocation(json.dumps(event).encode(), deadline=time.time() + _INVOCATION_S))
        return self._answers.get(timeout=_ANSWER_S_MAX)

    def dismiss(self) -> None:
        self._events.put(None)

    def next_invocation(self) -> Invocation | None:
        return self._events.get()

    def finish(self, invocation_id: str, outcome: Outcome) -> None:
        self._answers.put((time.perf_counter(), outcome))

    def init_failed(self, outcome: Outcome) -> None:
        self._answers.put((time.perf_counter(), outcome))


class Process:
    """One instance of a function, for the duration of the block."""

    def __init__(self, function: Function, under: Sequence[str] = ()) -> None:
        """`under` is the command of a tool that runs the process; it must receive the process's signals."""
        self._function, self._under, self.desk = function, under, Desk()
        self._api = RuntimeApi(self.desk)
        self.cpu_ms = 0.0  # User and system time of its whole life, known after the block.

    def __enter__(self) -> Process:
        python = str(getattr(sys, "_base_executable", sys.executable))  # A virtual environment has packages of its own.
        folders = [str(folder) for folder in self._function.folders]
        command = [*self._under, python, "-P", "-s", "-S", str(_BOOTSTRAP), "handler.handler", *folders]
        environment = {**self._function.environment, "AWS_LAMBDA_RUNTIME_API": self._api.address}
        if self._under:
            environment["BENCH_SLOWER"] = str(_SLOWER)
        log = os.open(CACHE / "functions.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        output = [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
        self.started_at = time.perf_counter()
        self._pid = os.posix_spawn(command[0], command, environment, file_actions=output)
        os.close(log)
        return self

    def used_ms(self) -> float:
        """Its processor time so far, or real time where the system does not report that."""
        return processes.used_ms(self._pid) if processes.IS_KNOWN else time.perf_counter() * 1000

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGTERM if self._under else signal.SIGKILL)
        used = os.wait4(self._pid, 0)[2]
        self.cpu_ms = (used.ru_utime + used.ru_stime) * 1000
        self.desk.dismiss()
        threading.Thread(target=self._api.close, daemon=True).start()  # Closing takes half a second.


def start(function: Function, event: Mapping[str, Any]) -> tuple[Start, Outcome]:
    """Start a process, send it its first event, end it after its answer."""
    with Process(function) as process:
        answered_at, outcome = process.desk.ask(event)
    return Start(process.cpu_ms, (answered_at - process.started_at) * 1000), outcome
