"""How executions start, on moto's own backend in this process."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dev.local import starts
from dev.local.blueprint import ACCOUNT, REGION
from gateway_simulators.kit.messages import Request, Response

# isort: split
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends

ROLE = f"arn:aws:iam::{ACCOUNT}:role/local"
REPLACED = (
    (ExecutionWorker, "_get_evaluation_entrypoint"),
    (StateMachine, "_handle_name_input_idempotency"),
    (StepFunctionsParserBackend, "start_execution"),
)
# The third state changes what the first returns; an execution that sees the change too early fails.
CHANGES_ITS_LITERAL = {
    "StartAt": "Give",
    "States": {
        "Give": {"Type": "Pass", "Result": {"a": 1}, "Next": "Look"},
        "Look": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.b", "IsPresent": True, "Next": "Spoilt"}],
            "Default": "Change",
        },
        "Change": {"Type": "Pass", "Result": 2, "ResultPath": "$.b", "End": True},
        "Spoilt": {"Type": "Fail", "Error": "Spoilt"},
    },
}
WAITS = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, name in REPLACED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    starts._pickled_program.cache_clear()
    starts.install()


@pytest.fixture
def backend() -> Iterator[StepFunctionsParserBackend]:
    backend: Any = stepfunctions_parser_backends[ACCOUNT][REGION]
    yield backend
    for machine in backend.state_machines:
        for execution in machine.executions:
            if execution.exec_worker.env:
                execution.exec_worker.env.set_ended()
    backend.state_machines.clear()


def machine(backend: StepFunctionsParserBackend, definition: Any) -> Any:
    return backend.create_state_machine("m", json.dumps(definition), ROLE)


def start(arn: str, name: str, given: str = "{}") -> Response | None:
    wanted = {"stateMachineArn": arn, "name": name, "input": given}
    return starts.start(Request("POST", "/", [], json.dumps(wanted).encode()))


def ended(execution: Any) -> Any:
    give_up_at = time.monotonic() + 10
    while execution.status == "RUNNING":
        assert time.monotonic() < give_up_at
        threading.Event().wait(0.005)
    return execution


def test_an_execution_sees_nothing_of_what_another_did_to_the_definition(backend: StepFunctionsParserBackend) -> None:
    arn = machine(backend, CHANGES_ITS_LITERAL).arn
    found = [ended(backend.start_execution(arn, name, "{}")) for name in ("one", "two", "three")]
    assert [(one.status, one.output) for one in found] == [("SUCCEEDED", {"a": 1, "b": 2})] * 3


def test_a_definition_is_parsed_for_its_first_execution_alone(
    backend: StepFunctionsParserBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn, parsed, parse = machine(backend, CHANGES_ITS_LITERAL).arn, list[str](), AmazonStateLanguageParser.parse

    def counted(definition: str) -> Any:
        parsed.append(definition)
        return parse(definition)

    monkeypatch.setattr(AmazonStateLanguageParser, "parse", staticmethod(counted))
    for number in range(3):
        ended(backend.start_execution(arn, f"e{number}", "{}"))
    assert len(parsed) == 1


def test_the_answer_is_step_functions_own(backend: StepFunctionsParserBackend) -> None:
    answer = start(machine(backend, WAITS).arn, "e")
    assert answer is not None
    response = json.loads(answer.body)
    assert response["executionArn"] == f"arn:aws:states:{REGION}:{ACCOUNT}:execution:m:e"
    assert response["startDate"] == pytest.approx(time.time(), abs=60)


def test_a_name_is_an_execution_for_ever(backend: StepFunctionsParserBackend) -> None:
    made = machine(backend, WAITS)
    for number in range(5):
        assert start(made.arn, f"e{number}", "{}")
    again = start(made.arn, "e3", "{}")
    assert again is not None
    assert json.loads(again.body)["executionArn"].endswith(":e3")
    assert start(made.arn, "e3", '{"other": 1}') is None
    assert [execution.name for execution in made.executions] == [f"e{number}" for number in range(5)]


def test_of_two_starts_of_one_name_at_the_same_moment_one_begins(
    backend: StepFunctionsParserBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, check = machine(backend, WAITS), StateMachine._handle_name_input_idempotency
    other_has_checked = threading.Event()

    def slow_check(machine: Any, name: str, given: str) -> Any:
        found = check(machine, name, given)
        other_has_checked.wait(0.2)  # Long enough for the other thread, if it is allowed in.
        other_has_checked.set()
        return found

    monkeypatch.setattr(StateMachine, "_handle_name_input_idempotency", slow_check)
    with ThreadPoolExecutor(2) as callers:
        assert all(callers.map(lambda _: start(made.arn, "e"), range(2)))
    assert len(made.executions) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"stateMachineArn": "x", "name": "e"}', b'{"name": "e"}'])
def test_what_cannot_be_started_is_left_to_moto_to_refuse(body: bytes) -> None:
    assert starts.start(Request("POST", "/", [], body)) is None


def test_an_input_that_is_no_json_starts_nothing(backend: StepFunctionsParserBackend) -> None:
    made = machine(backend, WAITS)
    assert start(made.arn, "e", "{") is None
    assert made.executions == []


def test_another_version_of_moto_is_noticed() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        starts.replace(ExecutionWorker, "no_such_name", None)
