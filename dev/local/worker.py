"""One process of one function, run by Lambda's own runtime client."""

import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from dev.local import processes
from dev.local.blueprint import REGION, FunctionSpec
from dev.local.invocation import Invocation, Outcome
from dev.local.runtime_api import RuntimeApi

START_SECONDS_MAX = 30  # Lambda gives 10; a busy laptop without byte code needs more.
_TOO_LARGE = 6 * 1024 * 1024  # Lambda's limit on a response.


class Crew(Protocol):
    """The pool, as its workers use it."""

    function: FunctionSpec

    def take(self, worker: "Worker") -> Invocation | None: ...
    def done(self, worker: "Worker") -> None: ...
    def ended(self, worker: "Worker") -> None: ...


@dataclass(frozen=True)
class Surroundings:
    """What a worker needs beside its function."""

    logs: Path
    environment: Mapping[str, str]


class Worker:
    def __init__(self, crew: Crew, surroundings: Surroundings) -> None:
        self._crew = crew
        self._surroundings = surroundings
        self.function_arn = crew.function.arn
        self.invocation: Invocation | None = None
        self.is_ready = False
        self.is_idle = False
        self.is_ending = False
        self.init_error: Outcome | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._too_slow = threading.Timer(START_SECONDS_MAX, self.kill)
        self._too_slow.daemon = True

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def run(self) -> None:
        """Run from start to end of the process, in a thread of its own."""
        function = self._crew.function
        api = RuntimeApi(self)
        self._too_slow.start()
        with self._open_log() as log:
            self.process = processes.start_module(
                ["awslambdaric", function.handler],
                folder=function.code,
                environment=self._environment(api.address),
                output=log,
            )
        processes.wait_for(self.process)
        self._too_slow.cancel()
        self._crew.ended(self)
        api.close()

    def kill(self) -> None:
        self.is_ending = True
        if self.process:
            processes.kill(self.process)

    def next_invocation(self) -> Invocation | None:
        self._too_slow.cancel()
        self.is_ready = True
        return self._crew.take(self)

    def finish(self, invocation_id: str, outcome: Outcome) -> None:
        current = self.invocation
        if current is None or current.id != invocation_id:
            return
        if len(outcome.payload) > _TOO_LARGE:
            message = f"Response payload size exceeded maximum allowed payload size ({_TOO_LARGE} bytes)."
            outcome = Outcome.failed("Function.ResponseSizeTooLarge", message)
        current.finish(outcome)
        self._crew.done(self)

    def init_failed(self, outcome: Outcome) -> None:
        self.init_error = outcome

    def _open_log(self) -> IO[bytes]:
        return (self._surroundings.logs / f"{self._crew.function.logical_id}.log").open("ab", buffering=0)

    def _environment(self, runtime_api: str) -> dict[str, str]:
        function = self._crew.function
        code = [str(function.code), *(str(layer) for layer in function.layers)]
        return {
            **processes.base_environment(),
            **self._surroundings.environment,
            **function.environment,
            "PYTHONPATH": ":".join(code),
            "TZ": ":UTC",
            "_HANDLER": function.handler,
            "LAMBDA_TASK_ROOT": str(function.code),
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }
