"""Run a state machine on a virtual clock: moto's interpreter executes the real definition, and no wait takes time."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import SyncExecutionWorker

REGION = "ap-south-1"
_ROLE = "arn:aws:iam::123456789012:role/poll-payment"
_FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:poll"
_CONFIG: Any = {"stepfunctions": {"execute_state_machine": True}}
_DUMMY_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}

Definition = dict[str, Any]
Task = Callable[[float], Mapping[str, Any]]


class TaskFailed(Exception):
    """Raised by a task function; the state machine sees `name` as the error."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Run:
    """One finished execution. `called_at`: the seconds since its start at which the task was called."""

    status: str
    output: Any
    called_at: tuple[int, ...]
    transitions: int


@dataclass(slots=True)
class _Stage:
    """The clock, and the function behind the Lambda API."""

    task: Task
    now_s: float = 0.0
    called_at: list[int] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def invoke(self, **_: object) -> dict[str, Any]:
        """Lambda's Invoke, as the interpreter calls it."""
        self.called_at.append(round(self.now_s))
        try:
            return {"Payload": io.BytesIO(json.dumps(self.task(self.now_s)).encode())}
        except TaskFailed as error:
            if error.name == "States.Timeout":
                raise TimeoutError from error  # Not a function's error: the task's own time limit.
            body = {"errorType": error.name, "errorMessage": error.name}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(body).encode())}


def read_definition(path: Path, substitutions: Mapping[str, str]) -> Definition:
    """A definition with its `${…}` filled as the template fills them."""
    text = path.read_text()
    for name, value in substitutions.items():
        text = text.replace(f"${{{name}}}", value)
    definition: Definition = json.loads(text)
    return definition


def run(definition: Definition, task: Task) -> Run:
    """Execute the definition to its end; `task` is called with the seconds since the start."""
    stage = _Stage(task)
    with _virtual(stage), mock_aws(config=_CONFIG):
        machines = boto3.client("stepfunctions", region_name=REGION)
        text = json.dumps(definition).replace("${PollFunctionArn}", _FUNCTION)
        machine = machines.create_state_machine(name="poll", definition=text, roleArn=_ROLE)
        started = machines.start_execution(stateMachineArn=machine["stateMachineArn"], name="att_1", input="{}")
        ended = machines.describe_execution(executionArn=started["executionArn"])
        history = machines.get_execution_history(executionArn=started["executionArn"], maxResults=1000)
    entered = sum(event["type"].endswith("StateEntered") for event in history["events"])
    retried = max(0, len(stage.called_at) - 1)
    output = json.loads(ended["output"]) if "output" in ended else None
    return Run(ended["status"], output, tuple(stage.called_at), transitions=entered + retried + 1)


@contextmanager
def _virtual(stage: _Stage) -> Iterator[None]:
    def wait(_: WaitFunction, env: object, wait_seconds: float) -> None:
        stage.sleep(wait_seconds)

    def worker(self: Execution) -> SyncExecutionWorker:
        built = asynchronous(self)
        return SyncExecutionWorker(
            evaluation_details=built._evaluation_details,
            exec_comm=built._execution_communication,
            cloud_watch_logging_session=None,
            activity_store=built._activity_store,
        )

    asynchronous = Execution._get_start_execution_worker
    with ExitStack() as patches:
        patches.enter_context(patch.dict(os.environ, _DUMMY_CREDENTIALS))
        patches.enter_context(patch.object(WaitFunction, "_wait_interval", wait))
        patches.enter_context(patch.object(retrier_decl, "time", SimpleNamespace(sleep=stage.sleep)))
        patches.enter_context(patch.object(lambda_eval_utils, "boto_client_for", lambda **_: stage))
        patches.enter_context(patch.object(Execution, "_get_start_execution_worker", worker))
        yield
