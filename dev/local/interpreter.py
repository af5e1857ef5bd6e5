"""Step Functions: moto's interpreter, with Lambda tasks sent to our workers and waits scaled by SPEED."""

import dev.local.lean_moto  # noqa: F401  First: see there.

# isort: split
import functools
import os
import threading
import time
import types
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from moto.core.config import default_user_config
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from dev.local import starts
from dev.local.blueprint import ACCOUNT, REGION
from dev.local.clock import Clock
from dev.local.starts import replace

_RUNNING = "RUNNING"
_SETTLE_SECONDS_MAX = 5.0
_CHECK_EVERY_SECONDS = 0.005


def install(port: int, clock: Clock) -> "Pause":
    """Call this before the first execution starts."""
    os.environ["MOTO_PORT"] = str(port)  # The interpreter sends every AWS call to this port.
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    client = functools.cache(functools.partial(_client, port))
    # One client for all tasks: moto makes a new one each time, from a session that is not thread-safe.
    replace(lambda_eval_utils, "boto_client_for", lambda service, **_: client(service))
    starts.install()
    pause = Pause(clock)
    replace(WaitFunction, "_wait_interval", lambda self, env, wait_seconds: pause.within(env, wait_seconds))
    replace(RetrierDecl, "_eval_body", pause.remember(RetrierDecl._eval_body))
    replace(retrier_decl, "time", types.SimpleNamespace(sleep=pause.sleep))
    return pause


def _client(port: int, service: str) -> Any:
    config = Config(
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        read_timeout=900,  # Longer than any function may run.
        max_pool_connections=100,
    )
    session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=REGION)
    return session.client(service, endpoint_url=f"http://127.0.0.1:{port}", config=config)  # type: ignore[call-overload]


class Pause:
    """Waits that end early when the execution is stopped or the clock is put forward."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._current = threading.local()
        self._waiting: dict[int, tuple[Any, float]] = {}  # By thread: the execution that waits, and until when.

    def within(self, env: Any, virtual_seconds: float) -> None:
        until = self._clock.now() + virtual_seconds
        self._waiting[threading.get_ident()] = env, until
        try:
            while env.is_running() and (left := until - self._clock.now()) > 0:
                env.program_state_event.wait(self._clock.real_seconds(left))
        finally:
            del self._waiting[threading.get_ident()]

    def settle(self, count_running: Callable[[], int], seconds_max: float = _SETTLE_SECONDS_MAX) -> None:
        """Call after the clock was put forward: end waits that are over, then wait until all executions wait again or
        have ended.
        """
        give_up_at = time.monotonic() + seconds_max
        while self._wake() or count_running() > len(self._waiting):
            if time.monotonic() > give_up_at:
                return
            time.sleep(_CHECK_EVERY_SECONDS)

    def _wake(self) -> int:
        """A thread that was about to wait misses this call, so call it again until no thread is late."""
        now = self._clock.now()
        late = [env for env, until in list(self._waiting.values()) if until <= now]
        for env in late:
            env.program_state_event.set()  # Cleared at once, as moto does: the waiting threads check again.
            env.program_state_event.clear()
        return len(late)

    def remember(self, evaluate: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        """A Retrier sleeps by plain time.sleep; this records for our sleep which execution sleeps."""

        def evaluate_and_remember(retrier: Any, env: Any) -> None:
            self._current.env = env
            evaluate(retrier, env)

        return evaluate_and_remember

    def sleep(self, virtual_seconds: float) -> None:
        self.within(self._current.env, virtual_seconds)


def count_running() -> int:
    return sum(execution.status == _RUNNING for execution in executions())


def executions() -> list[Any]:
    machines = stepfunctions_parser_backends[ACCOUNT][REGION].state_machines
    return [execution for machine in machines for execution in list(machine.executions)]
