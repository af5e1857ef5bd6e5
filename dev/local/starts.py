"""How an execution starts: on moto's model of Step Functions, without the parts that are slow for every payment."""

import dev.local.lean_moto  # noqa: F401  First: see there.

# isort: split
import functools
import json
import pickle
import threading
import types
import weakref
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import AWSError, ServiceException
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends

from dev.local.blueprint import ACCOUNT, REGION
from gateway_simulators.kit.messages import Request, Response


def install() -> None:
    """Call this before the first execution starts."""
    replace(ExecutionWorker, "_get_evaluation_entrypoint", _program)
    replace(StateMachine, "_handle_name_input_idempotency", _by_name(StateMachine._handle_name_input_idempotency))
    replace(StepFunctionsParserBackend, "start_execution", _one_at_a_time(StepFunctionsParserBackend.start_execution))


def replace(owner: object, name: str, by: object) -> None:
    if not hasattr(owner, name):  # Another version of moto than this was written for.
        raise AttributeError(f"{owner!r} has no {name} to replace")
    setattr(owner, name, by)


def start(request: Request) -> Response | None:
    """None: moto refuses the request and answers with the reason."""
    try:
        wanted = request.json()
        machine, name, given = wanted["stateMachineArn"], wanted["name"], wanted.get("input", "{}")
        execution = stepfunctions_parser_backends[ACCOUNT][REGION].start_execution(machine, name, given)
    except (AWSError, ServiceException, ValueError, KeyError, TypeError):
        return None
    started = {"executionArn": execution.execution_arn, "startDate": round(execution.start_date.timestamp(), 3)}
    return Response(200, json.dumps(started).encode(), [("content-type", "application/x-amz-json-1.0")])


def _program(worker: Any) -> Any:
    """The program of an execution; each has a copy of its own."""
    definition = worker._evaluation_details.state_machine_details.definition
    return pickle.loads(_pickled_program(definition))  # noqa: S301 - Pickled by us, a line below.


@functools.cache
def _pickled_program(definition: str) -> bytes:
    """Cached: moto parses the definition for each execution, which takes forty times as long."""
    return pickle.dumps(AmazonStateLanguageParser.parse(definition)[0], pickle.HIGHEST_PROTOCOL)


def _by_name(check: Callable[[Any, str, str], Any]) -> Callable[[Any, str, str], Any]:
    """A check for a name in use that does not read every past execution."""
    known: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()

    def check_one(machine: Any, name: str, given: str) -> Any:
        by_name = known.setdefault(machine, {})
        by_name.update((execution.name, execution) for execution in machine.executions[len(by_name) :])
        found = [by_name[name]] if name in by_name else []
        return check(types.SimpleNamespace(executions=found), name, given)

    return check_one


def _one_at_a_time(start: Callable[..., Any]) -> Callable[..., Any]:
    """moto looks up the name and then adds it: two of one name could both begin."""
    lock = threading.Lock()

    def start_alone(*wanted: Any, **more: Any) -> Any:
        with lock:
            return start(*wanted, **more)

    return start_alone
